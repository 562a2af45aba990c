"""Newsfold as a WebSub publisher and hub, as it happens: services as processes, real HTTP."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.digest import validators
from tests.end_to_end import soundness
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.processes import Runner, free_port, wait_until
from tests.end_to_end.subscriber import serve_subscriber
from tests.end_to_end.web import serve_web
from tests.service.conftest import Place, answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.subscriber import Subscriber
    from tests.service.conftest import Running

pytestmark = pytest.mark.slow  # each starts a service, which takes a second or two

BUSY = {"interval": '"1s"', "min_interval": '"1s"', "max_interval": '"2s"', "timeout": '"2s"'}
HOURLY = {"interval": '"1h"', "min_interval": '"15m"', "timeout": '"2s"'}
SOON_S = 5.0  # from publishing to a subscriber
CHECKS = {"atom": validators.atom, "rss": validators.rss, "json": validators.json_feed}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[list[Place]]:
    """Give two places over one web, and end whatever was started there."""
    with serve_web() as web:
        made = []
        for name in ("publisher", "follower"):
            (tmp_path / name).mkdir()
            made.append(Place(tmp_path / name, web, Runner(), f"127.0.0.1:{free_port()}"))
        yield made
        for place in made:
            for running in place.started:
                if running.process.poll() is None:
                    running.process.kill()
                running.process.wait()
            place.runner.end_all()


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with serve_subscriber() as made:
        yield made


def is_published(running: Running) -> bool:
    return running.ask("/all.atom").status == 200


@dataclass(frozen=True)
class Publisher:
    """A service that polls one feed every second and is a hub."""

    place: Place

    @property
    def hub(self) -> str:
        """Return the address of its hub."""
        return f"http://{self.place.listen}/hub"

    def topic(self, form: str = "atom") -> str:
        """Return the public address of its digest."""
        return f"http://{self.place.listen}/all.{form}"

    def put(self, *numbers: int) -> str:
        """Let its feed hold these entries; return the feed's address."""
        now = datetime.now(UTC)
        items = [invented(n, published_at=now - timedelta(minutes=60 - n)) for n in numbers]
        return self.place.web.put("/feed", page(items))

    def configure(self, *numbers: int, service: str = "own_hub = true", **plan: object) -> None:
        """Write its configuration, with these lines under [service]."""
        path = self.place.write(self.put(*numbers), **{"polling": BUSY, **plan})
        text = path.read_text("utf-8").replace("[service]", f"[service]\n{service}", 1)
        path.write_text(text, "utf-8")

    def start(self) -> Running:
        """Run it; come back when its digest can be had."""
        return self.place.start(ready=lambda one: answers(one) and is_published(one))

    def subscribed(self) -> int:
        """Return how many are subscribed."""
        return soundness.count(self.place.store, "subscribers")

    def status(self) -> dict[str, object]:
        """Return what `newsfold status` says."""
        done = self.place.runner.run("--config", self.place.path, "status", "--json")
        assert done.code == 0, done.errors
        told: dict[str, object] = json.loads(done.output)
        return told


@pytest.fixture
def publisher(places: list[Place]) -> Publisher:
    return Publisher(places[0])


def titles(body: bytes) -> set[str]:
    return {one["title"] for one in json.loads(body)["items"]}


def titled(*numbers: int) -> set[str]:
    return {invented(n).title for n in numbers}


# --------------------------------------------------------------- the whole of it


def test_a_second_newsfold_hears_of_a_story_within_seconds(
    publisher: Publisher, places: list[Place]
) -> None:
    """It finds the hub by itself, polls once, and publishes what is pushed."""
    follower = places[1]
    publisher.configure(1, 2)
    running = publisher.start()
    follower.write(publisher.topic(), polling=HOURLY)
    second = follower.start()
    assert wait_until(lambda: second.saw("subscribed"), timeout_s=10), (running.lines, second.lines)

    for number in (3, 4):
        publisher.put(*range(1, number + 1))
        news = titled(*range(1, number + 1))
        assert wait_until(lambda: titles(running.ask("/all.json").body) == news)  # noqa: B023 - now
        published_s = time.monotonic()
        assert wait_until(lambda: titles(second.ask("/all.json").body) == news)  # noqa: B023 - now
        assert time.monotonic() - published_s < SOON_S

    assert len(second.events("pushed")) == 2
    assert [running.end(), second.end()] == [0, 0]
    for place in places:
        soundness.assert_sound(place.store)


def test_a_delivery_is_the_document_signed_and_linked(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    publisher.configure(1, 2)
    running = publisher.start()
    for form in CHECKS:
        callback = subscriber.callback(form, query="?key=1&x")
        status, told = subscriber.subscribe(
            publisher.hub, publisher.topic(form), callback=callback, lease_seconds="7200"
        )
        assert status == 202, told
    assert wait_until(lambda: publisher.subscribed() == 3), running.lines

    publisher.put(1, 2, 3)

    assert wait_until(lambda: len(subscriber.delivered) == 3), running.lines
    for one in subscriber.delivered:
        form = one.path.removeprefix("/").partition("?")[0]
        whole = running.ask(f"/all.{form}")
        assert one.path == f"/{form}?key=1&x"
        assert one.body == whole.body
        assert CHECKS[form](one.body) == []
        assert one.headers["content-type"] == whole.headers["Content-Type"]
        links = f'<{publisher.hub}>; rel="hub", <{publisher.topic(form)}>; rel="self"'
        assert one.headers["link"] == links == whole.headers["Link"]
        assert one.is_signed()
    question = subscriber.asked[0]
    assert (question["key"], question["hub.lease_seconds"]) == ("1", "7200")
    running.end()
    assert [line for line in running.lines if "between us" in line or "key=1" in line] == []


def test_unsubscribing_asks_the_callback_too(publisher: Publisher, subscriber: Subscriber) -> None:
    publisher.configure(1)
    running = publisher.start()
    subscriber.subscribe(publisher.hub, publisher.topic())
    assert wait_until(lambda: publisher.subscribed() == 1), running.lines
    subscriber.agrees = False  # a stranger asks in its name
    subscriber.subscribe(publisher.hub, publisher.topic(), mode="unsubscribe")
    assert wait_until(lambda: subscriber.modes() == ["subscribe", "unsubscribe"])
    publisher.put(1, 2)
    assert wait_until(lambda: len(subscriber.delivered) == 1), running.lines

    subscriber.agrees = True
    subscriber.subscribe(publisher.hub, publisher.topic(), mode="unsubscribe")

    assert wait_until(lambda: publisher.subscribed() == 0), running.lines


def test_one_that_does_not_agree_is_not_subscribed(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    publisher.configure(1)
    running = publisher.start()
    subscriber.agrees = False

    assert subscriber.subscribe(publisher.hub, publisher.topic())[0] == 202
    assert wait_until(lambda: subscriber.modes() == ["subscribe"]), running.lines
    publisher.put(1, 2)

    assert wait_until(lambda: titles(running.ask("/all.json").body) == titled(1, 2))
    assert publisher.subscribed() == 0
    assert subscriber.delivered == []


def test_what_was_not_delivered_is_delivered_after_a_restart(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    """A callback that fails is told of in `status`, by host alone, and tried again."""
    publisher.configure(1)
    running = publisher.start()
    subscriber.subscribe(publisher.hub, publisher.topic())
    assert wait_until(lambda: publisher.subscribed() == 1), running.lines
    subscriber.status = 500
    publisher.put(1, 2)
    assert wait_until(lambda: running.saw("delivery failed")), running.lines
    told = publisher.status()["hub"]
    assert running.end() == 0
    soundness.tell(publisher.place.store, "UPDATE subscribers SET next_try_at = since_at")

    subscriber.status = 204
    again = publisher.start()

    assert wait_until(lambda: len(subscriber.delivered) == 2), again.lines
    assert subscriber.delivered[1].body == again.ask("/all.atom").body
    assert told == {
        "subscribers": 1,
        "failing": 1,
        "hosts": [
            {
                "host": "127.0.0.1",
                "subscribers": 1,
                "failing": 1,
                "deliveries": 0,
                "delivered_at": None,
                "error": "its callback answered 500",
            }
        ],
    }


def test_what_was_not_verified_when_the_service_was_killed_is_verified_after_it(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    """The callback hangs while it is asked; the hub has said 202, so nobody will ask it again."""
    publisher.configure(1)
    running = publisher.start()
    subscriber.delay_s = 20
    assert subscriber.subscribe(publisher.hub, publisher.topic())[0] == 202
    assert wait_until(lambda: subscriber.modes() == ["subscribe"]), running.lines
    running.process.kill()
    running.process.wait()
    assert publisher.subscribed() == 0

    subscriber.delay_s = 0
    again = publisher.start()

    assert wait_until(lambda: publisher.subscribed() == 1), again.lines
    assert subscriber.modes() == ["subscribe", "subscribe"]
    assert soundness.count(publisher.place.store, "hub_requests") == 0


def test_gone_ends_a_subscription(publisher: Publisher, subscriber: Subscriber) -> None:
    publisher.configure(1)
    running = publisher.start()
    subscriber.subscribe(publisher.hub, publisher.topic())
    assert wait_until(lambda: publisher.subscribed() == 1), running.lines
    subscriber.status = 410

    publisher.put(1, 2)

    assert wait_until(lambda: publisher.subscribed() == 0), running.lines


def test_a_digest_that_is_no_longer_published_is_denied(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    publisher.configure(1)
    running = publisher.start()
    subscriber.subscribe(publisher.hub, publisher.topic("rss"))
    assert wait_until(lambda: publisher.subscribed() == 1), running.lines
    running.end()
    publisher.configure(1, digests='[[digests]]\nname = "all"\nformats = ["atom"]\n')

    publisher.start()

    assert wait_until(lambda: subscriber.modes() == ["subscribe", "denied"])
    assert subscriber.asked[-1]["hub.topic"] == publisher.topic("rss")
    assert publisher.subscribed() == 0


def test_one_that_hangs_holds_up_no_other(publisher: Publisher, subscriber: Subscriber) -> None:
    publisher.configure(1)
    with serve_subscriber("127.0.0.2") as hanging:
        running = publisher.start()
        subscriber.subscribe(publisher.hub, publisher.topic())
        hanging.subscribe(publisher.hub, publisher.topic())
        assert wait_until(lambda: publisher.subscribed() == 2), running.lines
        hanging.delay_s = 20

        publisher.put(1, 2)
        assert wait_until(lambda: titles(running.ask("/all.json").body) == titled(1, 2))

        assert wait_until(lambda: len(subscriber.delivered) == 1, timeout_s=SOON_S), running.lines
        assert len(hanging.delivered) == 1


# ----------------------------------------------------------------- others' hubs


def test_hubs_are_told_of_every_changed_feed_and_again_after_a_failure(
    publisher: Publisher,
) -> None:
    """Each current document names the hub; its archives and pages do not."""
    with serve_hub() as hub:
        hub.manners.status = 503
        publisher.configure(1, service=f'hubs = ["{hub.url}"]')
        running = publisher.start()
        assert wait_until(lambda: running.saw("hub not told", error="the hub answered 503: heard"))
        failing = publisher.status()["pings"]
        assert running.end() == 0
        soundness.tell(publisher.place.store, "UPDATE pings SET next_try_at = '2026-01-01'")
        hub.manners.status = 204
        hub.forms.clear()

        again = publisher.start()
        assert wait_until(lambda: len(hub.forms) >= 3), again.lines
        first = {form.fields["hub.url"] for form in hub.forms}
        hub.forms.clear()
        publisher.put(1, 2)
        assert wait_until(lambda: len(hub.forms) >= 3), again.lines
        whole = again.ask("/all.atom")
        page_fields = again.ask("/all.html").headers

    topics = {publisher.topic(form) for form in CHECKS}
    assert first == {form.fields["hub.topic"] for form in hub.forms} == topics
    assert {form.mode for form in hub.forms} == {"publish"}
    assert f'<link rel="hub" href="{hub.url}" />'.encode() in whole.body
    assert whole.headers["Link"].startswith(f'<{hub.url}>; rel="hub", ')
    assert "Link" not in page_fields
    assert isinstance(failing, list)
    assert {(one["hub"], one["waiting"], one["error"]) for one in failing} == {
        (hub.url, 3, "the hub answered 503: heard")
    }
