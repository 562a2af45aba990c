"""Subscriptions from end to end but for our own HTTP server: a real hub, a clock that moves."""

from __future__ import annotations

import hmac
import signal
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.door import Door
from aggregator.pipeline.house import House
from aggregator.pipeline.places import database_path
from aggregator.pipeline.push import Pushes
from aggregator.pipeline.subscribing import PROVEN
from aggregator.serve.door import Delivery, Verification
from aggregator.store import feeds, subscriptions
from aggregator.store.subscriptions import Standing, Subscription
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.newsrooms import Clock
from tests.end_to_end.processes import wait_until
from tests.end_to_end.soundness import assert_sound
from tests.end_to_end.web import Page, serve_web
from tests.pipeline.makers import HOUR, NOON, configured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.model import Config, FeedState, PollReport
    from tests.end_to_end.hub import Form, Hub
    from tests.end_to_end.web import Web

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass
class Stage:
    """A house that is pushed to; the test plays the server between hub and door."""

    config: Config
    clock: Clock
    hub: Hub
    web: Web
    house: House = field(init=False)
    door: Door = field(init=False)
    pushes: Pushes = field(init=False)
    reports: list[PollReport] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Open everything, as the service does at its start."""
        self.house = House.open(self.config, clock=self.clock)
        self.door = Door(wake=self.woken.set)
        wake, told = self.woken.set, self.reports.append
        self.pushes = Pushes(self.house, self.door, wake=wake, on_report=told)

    def close(self) -> None:
        """Close everything."""
        self.pushes.close()
        self.house.close()

    def reopen(self, **changes: object) -> None:
        """Start again, with another configuration where one is given."""
        self.close()
        self.config = replace(self.config, **changes)  # type: ignore[arg-type]  # by name
        self.open()

    @property
    def url(self) -> str:
        """Return the feed's address."""
        return self.web.url("/feed")

    def put(self, *numbers: int) -> bytes:
        """Let the feed hold these entries, with its links to hub and self; return the body."""
        body = self.document(*numbers)
        self.web.put("/feed", Page(body=body))
        return body

    def document(self, *numbers: int) -> bytes:
        """Return a feed with these entries."""
        links = (
            f'<atom:link rel="hub" href="{self.hub.url}"/><atom:link rel="self" href="{self.url}"/>'
        )
        body = rss([invented(number, published_at=NOON) for number in numbers]).decode()
        body = body.replace("<channel>", f"<channel>{links}")
        name = '<rss xmlns:atom="http://www.w3.org/2005/Atom" '
        return body.replace("<rss ", name).encode()

    def poll(self) -> FeedState:
        """Poll what is due; return the feed's state."""
        self.house.poll(self.house.due(), on_report=lambda _: None)
        return self.state

    @property
    def state(self) -> FeedState:
        """Return the feed's state."""
        return feeds.state(self.house.desk.db, self.url)

    @property
    def subscription(self) -> Subscription:
        """Return the feed's subscription."""
        found = subscriptions.of_feed(self.house.desk.db, self.state.feed_id)
        assert found is not None
        return found

    def kept(self) -> list[Subscription]:
        """Return every subscription."""
        return subscriptions.everything(self.house.desk.db)

    def work(self) -> None:
        """Do what is due, and wait until no hub is being asked."""
        self.pushes.work()
        assert wait_until(lambda: not self.pushes._hubs.is_busy, timeout_s=5)
        self.pushes.take()

    def verify(self, form: Form, *, lease_s: int = 864_000) -> str | None:
        """Ask as the hub does whether the form was meant."""
        asked = Verification(
            mode=form.mode,
            topic=form.fields["hub.topic"],
            challenge="a challenge",
            lease_seconds=str(lease_s),
            reason="",
        )
        answer = self.door.verify(token_of(form), asked)
        self.pushes.take()
        return answer

    def deny(self) -> None:
        """Refuse as a hub does."""
        form = self.hub.forms[-1]
        topic = form.fields["hub.topic"]
        refusal = Verification(
            mode="denied", topic=topic, challenge="", lease_seconds="", reason="full"
        )
        self.door.verify(token_of(form), refusal)
        self.pushes.take()

    def subscribe(self, *numbers: int, lease_s: int = 864_000) -> Form:
        """Poll the feed with these entries, subscribe to it and have it verified."""
        self.put(*numbers or (1, 2))
        self.poll()
        self.work()
        form = self.hub.asked("subscribe")[-1]
        assert self.verify(form, lease_s=lease_s) == "a challenge"
        return form

    def push(self, body: bytes) -> None:
        """Deliver a body as the hub does, and wait until it is taken in."""
        self.deliver(body)
        self.wait()

    def deliver(self, body: bytes) -> None:
        """Deliver a body as the hub does, and let a worker begin to read it."""
        form = self.hub.asked("subscribe")[-1]
        mark = hmac.new(form.fields["hub.secret"].encode(), body, "sha256").hexdigest()
        delivery = Delivery(body=body, content_type="text/xml", signature=f"sha256={mark}")
        self.door.deliver(token_of(form), delivery)
        self.pushes.take()

    def wait(self) -> None:
        """Wait until what was delivered is taken in."""

        def is_taken() -> bool:
            self.pushes.take()
            return not self.pushes._reads

        assert wait_until(is_taken, timeout_s=5)

    def titles(self) -> set[str]:
        """Return the titles of what is kept."""
        question = "SELECT title FROM words"
        return {str(row[0]) for row in self.house.desk.db.execute(question)}


def token_of(form: Form) -> str:
    return form.callback.rpartition("/")[2]


def titled(*numbers: int) -> set[str]:
    return {invented(number).title for number in numbers}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Give a house over one feed that names a hub."""
    with serve_web() as web, serve_hub() as hub:
        hub.manners.verifies = "never"
        config = configured(tmp_path, feeds=[web.url("/feed")])
        service = replace(config.service, public_url="http://127.0.0.1:9/news")
        made = Stage(replace(config, service=service), Clock(NOON), hub, web)
        made.open()
        yield made
        made.close()
        assert_sound(database_path(config))


# ------------------------------------------------------------------- subscribing


def test_a_feed_that_names_a_hub_is_subscribed_to(stage: Stage) -> None:
    form = stage.subscribe(1, lease_s=86_400)

    one = stage.subscription
    assert form.fields["hub.topic"] == stage.url
    assert form.callback == f"http://127.0.0.1:9/news/websub/{one.token}"
    assert form.fields["hub.secret"] == one.secret
    assert one.is_active(now=NOON)
    assert one.lease_until_at == NOON + DAY
    stage.work()
    assert len(stage.hub.forms) == 1  # nothing more to ask


def test_a_hub_may_verify_while_it_is_being_asked(stage: Stage) -> None:
    """What is expected is known before the form leaves."""
    stage.hub.manners.delay_s = 20
    stage.put(1)
    stage.poll()
    stage.pushes.work()
    assert wait_until(lambda: stage.hub.forms)

    assert stage.verify(stage.hub.forms[0]) == "a challenge"
    assert stage.subscription.is_active(now=NOON)


def test_a_hub_that_verified_has_agreed_whatever_it_answers_after(stage: Stage) -> None:
    stage.put(1)
    stage.poll()
    stage.hub.manners.status = 500
    stage.hub.manners.delay_s = 0.1
    stage.pushes.work()
    assert wait_until(lambda: stage.hub.forms)
    stage.verify(stage.hub.forms[0])

    assert wait_until(lambda: not stage.pushes._hubs.is_busy)
    stage.pushes.take()

    assert stage.subscription.is_active(now=NOON)


def test_nothing_is_verified_twice(stage: Stage) -> None:
    form = stage.subscribe()

    assert stage.verify(form) is None


def test_a_hub_that_never_verifies_is_asked_again_later(stage: Stage) -> None:
    stage.put(1)
    stage.poll()
    stage.work()
    stage.clock.move(2 * HOUR)
    stage.work()
    failed = stage.subscription
    stage.clock.move(2 * HOUR)
    stage.work()

    assert (failed.standing, failed.pending) == (Standing.FAILED, False)
    assert "never verified" in failed.error
    assert len(stage.hub.asked("subscribe")) == 2


def test_without_a_public_address_no_hub_is_asked(stage: Stage) -> None:
    service = replace(stage.config.service, public_url="http://news.lan")
    networks = replace(stage.config.polling, allow_private_addresses=("127.0.0.0/8",))
    stage.reopen(service=service, polling=networks)
    stage.put(1)
    stage.poll()

    stage.work()

    assert stage.hub.forms == []
    assert "public_url" in stage.subscription.error


def test_a_public_address_that_is_set_later_is_used_at_the_next_start(stage: Stage) -> None:
    public = stage.config.service
    stage.reopen(service=replace(public, public_url="ftp://127.0.0.1"))
    stage.put(1)
    stage.poll()
    stage.work()

    stage.reopen(service=public)
    stage.work()

    assert len(stage.hub.asked("subscribe")) == 1


def test_a_new_public_address_is_told_to_the_hub(stage: Stage) -> None:
    """The old callback is left, as far as the hub listens; the new one has its own token."""
    old = stage.subscribe()

    service = replace(stage.config.service, public_url="http://127.0.0.1:9/moved")
    stage.reopen(service=service)
    stage.work()

    new = stage.hub.asked("subscribe")[-1]
    assert new.callback.startswith("http://127.0.0.1:9/moved/websub/")
    assert token_of(new) != token_of(old)
    assert [form.callback for form in stage.hub.asked("unsubscribe")] == [old.callback]


# --------------------------------------------------------------------- renewing


def test_a_lease_is_renewed_before_it_ends(stage: Stage) -> None:
    form = stage.subscribe(lease_s=86_400)

    stage.clock.move(DAY / 2)
    stage.work()
    early = len(stage.hub.forms)
    stage.clock.move(DAY / 3)
    stage.work()
    again = stage.hub.forms[-1]
    stage.verify(again, lease_s=86_400)

    assert early == 1
    assert again.fields == form.fields  # callback and secret as well
    assert stage.subscription.lease_until_at == stage.clock.now + DAY
    assert len(stage.hub.forms) == 2


def test_a_lapsed_lease_gives_the_feed_back_to_polling(stage: Stage) -> None:
    stage.subscribe(1, 2, lease_s=86_400)
    stage.push(stage.document(1, 2, 3))
    stage.clock.move(DAY - 2 * HOUR)
    stage.put(1, 2, 3)
    slow_at = stage.poll().next_poll_at
    usual_at = stage.subscription.usual_poll_at
    stage.hub.manners.status = 500

    stage.clock.move(2 * HOUR)
    stage.work()

    assert slow_at is not None
    assert usual_at is not None
    assert slow_at - usual_at > 2 * HOUR
    assert stage.state.next_poll_at == usual_at
    assert not stage.subscription.is_active(now=stage.clock.now)
    assert stage.subscription.error


def test_a_denial_gives_the_feed_back_to_polling(stage: Stage) -> None:
    stage.subscribe(1, 2)
    stage.push(stage.document(1, 2, 3))
    stage.put(1, 2, 3)
    stage.clock.move(2 * HOUR)
    stage.poll()
    usual_at = stage.subscription.usual_poll_at

    stage.deny()

    assert stage.subscription.standing is Standing.DENIED
    assert stage.subscription.error == "the hub says no: full"
    assert stage.state.next_poll_at == usual_at
    stage.work()
    assert len(stage.hub.forms) == 1  # its no is taken for an answer


# ----------------------------------------------------------------------- leaving


@pytest.mark.parametrize("how", ["removed", "switched-off"])
def test_what_is_not_wanted_any_more_is_unsubscribed(stage: Stage, how: str) -> None:
    form = stage.subscribe()
    if how == "removed":
        stage.reopen(feeds=())
    else:
        stage.reopen(polling=replace(stage.config.polling, push=False))

    stage.work()
    (farewell,) = stage.hub.asked("unsubscribe")
    answered = stage.verify(farewell)

    assert answered == "a challenge"
    assert farewell.callback == form.callback
    assert "hub.secret" not in farewell.fields
    assert [one for one in stage.kept() if one.standing is Standing.LEAVING] == []
    stage.clock.move(HOUR)
    stage.work()
    assert len(stage.hub.forms) == 2


def test_a_feed_that_is_gone_is_unsubscribed(stage: Stage) -> None:
    stage.subscribe()
    stage.web.put("/feed", Page(body=b"", status=410))
    stage.clock.move(2 * HOUR)
    stage.poll()

    stage.pushes.work()

    assert wait_until(lambda: stage.hub.asked("unsubscribe"))


def test_a_farewell_that_nobody_hears_ends_some_day(stage: Stage) -> None:
    stage.subscribe()
    stage.hub.manners.status = 503
    stage.reopen(feeds=())

    for _ in range(5):
        stage.work()
        stage.clock.move(DAY)

    assert len(stage.hub.asked("unsubscribe")) == 3
    assert stage.kept() == []


def test_switched_on_again_it_is_subscribed_to_again(stage: Stage) -> None:
    """The feed's offer outlives the switch: a 304 would not repeat it."""
    stage.subscribe()
    polling = stage.config.polling
    stage.reopen(polling=replace(polling, push=False))
    stage.work()
    stage.reopen(polling=polling)

    stage.work()

    assert len(stage.hub.asked("subscribe")) == 2


# ----------------------------------------------------------------------- pushes


def test_what_is_pushed_is_taken_in_without_asking_the_feed(stage: Stage) -> None:
    stage.subscribe(1, 2)
    before, asked = stage.state, len(stage.web.asked)

    stage.push(stage.document(1, 2, 3))

    assert stage.titles() == titled(1, 2, 3)
    assert len(stage.web.asked) == asked
    assert [(one.new, one.feed) for one in stage.reports] == [(1, stage.url)]
    assert stage.subscription.pushes == 1
    after = stage.state
    assert after.next_poll_at == before.next_poll_at
    assert after.validators == before.validators
    assert after.last_polled_at == before.last_polled_at


def test_a_pushed_feed_is_polled_less_but_polled(stage: Stage) -> None:
    stage.subscribe(1, 2)
    stage.put(1, 2, 3)
    stage.push(stage.document(1, 2, 3))
    now = stage.clock.move(2 * HOUR)

    after = stage.poll()

    usual_at = stage.subscription.usual_poll_at
    assert usual_at is not None
    assert HOUR / 2 < usual_at - now < 2 * HOUR
    assert after.next_poll_at == now + 4 * (usual_at - now)
    assert len(stage.web.asked) == 2


def test_a_poll_that_finds_what_was_not_pushed_brings_the_usual_times_back(stage: Stage) -> None:
    stage.subscribe(1, 2)
    stage.push(stage.document(1, 2, 3))
    stage.put(1, 2, 3, 4)
    stage.clock.move(2 * HOUR)

    after = stage.poll()

    assert after.next_poll_at == stage.subscription.usual_poll_at
    assert stage.subscription.trust < 0


def test_a_push_that_fits_nothing_known_lets_the_feed_be_asked_soon(stage: Stage) -> None:
    """There may be a gap; but never sooner than the shortest interval after the last poll."""
    stage.subscribe(1, 2)

    stage.push(stage.document(9))

    assert stage.titles() == titled(1, 2, 9)
    assert stage.state.next_poll_at == NOON + stage.config.polling.min_interval


def test_where_pushes_have_proved_complete_it_is_not(stage: Stage) -> None:
    """Hubs that send only what is new are no trouble for ever."""
    stage.subscribe(1, 2)
    due_at = stage.state.next_poll_at
    subscriptions.save(stage.house.desk.db, replace(stage.subscription, trust=PROVEN))

    stage.push(stage.document(9))

    assert stage.titles() == titled(1, 2, 9)
    assert stage.state.next_poll_at == due_at


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html><title>Log in</title></html>", id="a-page"),
        pytest.param(b"\x00\x01\x02", id="noise"),
        pytest.param(b'<rss version="2.0"><channel><ti', id="cut-off"),
    ],
)
def test_a_push_that_cannot_be_read_is_no_failure_of_the_feed(stage: Stage, body: bytes) -> None:
    stage.subscribe(1, 2)

    stage.push(body)

    assert stage.titles() == titled(1, 2)
    assert (stage.state.failures, stage.state.error) == (0, "")
    assert stage.state.next_poll_at == NOON + stage.config.polling.min_interval
    assert stage.subscription.pushes == 0


def test_a_push_that_could_not_be_taken_lets_the_feed_be_asked(stage: Stage) -> None:
    form = stage.subscribe()

    stage.door.decline(token_of(form))
    stage.pushes.take()

    assert stage.state.next_poll_at == NOON + stage.config.polling.min_interval


def test_a_feed_that_wants_full_text_is_asked_itself(stage: Stage) -> None:
    """A push rings; the poll that it brings forward asks for the pages, and misses nothing."""
    (spec,) = stage.config.feeds
    stage.reopen(feeds=(replace(spec, full_text=True),))
    stage.subscribe(1, 2)
    stage.clock.move(HOUR / 2)

    stage.push(stage.document(1, 2, 3))
    stage.put(1, 2, 3)
    due_at = stage.state.next_poll_at
    stage.poll()

    assert due_at == stage.clock.now
    assert stage.titles() == titled(1, 2, 3)
    assert stage.subscription.trust == 1


def test_a_push_does_not_mend_a_feed_that_fails(stage: Stage) -> None:
    stage.subscribe(1, 2)
    stage.web.put("/feed", Page(body=b"", status=500))
    stage.clock.move(2 * HOUR)
    failing = stage.poll()

    stage.push(stage.document(1, 2, 3))

    assert stage.titles() == titled(1, 2, 3)
    assert (stage.state.failures, stage.state.error) == (1, failing.error)


def test_an_unsigned_push_is_counted_and_left(stage: Stage) -> None:
    form = stage.subscribe(1, 2)
    due_at = stage.state.next_poll_at
    body = stage.document(1, 2, 3)

    stage.door.deliver(token_of(form), Delivery(body=body, content_type="", signature=""))
    stage.pushes.take()

    assert stage.titles() == titled(1, 2)
    assert (stage.subscription.ignored, stage.subscription.pushes) == (1, 0)
    assert stage.state.next_poll_at == due_at


def test_a_worker_that_dies_over_a_push_lets_the_feed_be_asked_soon(stage: Stage) -> None:
    stage.subscribe(1, 2)
    (worker,) = stage.house.crew._workers
    worker._process.send_signal(signal.SIGSTOP)
    stage.deliver(stage.document(1, 2, 3))

    worker._process.kill()
    stage.wait()

    assert stage.titles() == titled(1, 2)
    assert stage.state.failures == 0
    assert stage.state.next_poll_at == NOON + stage.config.polling.min_interval


# ---------------------------------------------------------------------- restarts


def test_subscriptions_outlive_a_restart(stage: Stage) -> None:
    stage.subscribe(1, 2)

    stage.reopen()
    stage.work()
    stage.push(stage.document(1, 2, 3))

    assert len(stage.hub.forms) == 1
    assert stage.titles() == titled(1, 2, 3)


def test_a_hub_may_verify_after_a_restart(stage: Stage) -> None:
    stage.put(1)
    stage.poll()
    stage.work()

    stage.reopen()

    assert stage.verify(stage.hub.forms[0]) == "a challenge"
    assert stage.subscription.is_active(now=NOON)


def test_a_start_asks_slowed_feeds_at_their_usual_times(stage: Stage) -> None:
    """Nobody heard what was pushed while no service ran."""
    stage.subscribe(1, 2)
    stage.push(stage.document(1, 2, 3))
    stage.put(1, 2, 3)
    stage.clock.move(2 * HOUR)
    slow_at = stage.poll().next_poll_at
    usual_at = stage.subscription.usual_poll_at

    stage.reopen()

    assert slow_at != usual_at
    assert stage.state.next_poll_at == usual_at


def test_no_hub_is_asked_by_polling_alone(stage: Stage) -> None:
    """`newsfold poll` opens a house and nothing more."""
    stage.put(1)

    stage.poll()

    assert stage.hub.forms == []
    assert stage.subscription.standing is Standing.OFFERED
