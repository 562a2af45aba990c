"""WebSub as it happens: the service as a process, a hub and a feed on loopback, real HTTP."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import hub as hub_module
from tests.end_to_end import soundness
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.processes import Runner, free_port, wait_until
from tests.end_to_end.web import Page, serve_web
from tests.service.conftest import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.hub import Hub
    from tests.service.conftest import Running

pytestmark = pytest.mark.slow  # each starts a service, which takes a second or two

HOURLY = {"interval": '"1h"', "min_interval": '"15m"', "timeout": '"2s"'}
BUSY = {"interval": '"1s"', "min_interval": '"1s"', "max_interval": '"2s"', "timeout": '"2s"'}
LARGE_BYTES = 2_500_000  # over what a push may hold, under what a feed may


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve_hub() as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give a place for services, and end whatever was started there."""
    with serve_web(hosts=2) as web:
        made = Place(tmp_path, web, Runner(), f"127.0.0.1:{free_port()}")
        yield made
        for running in made.started:
            if running.process.poll() is None:
                running.process.kill()
            running.process.wait()
        made.runner.end_all()


def document(*numbers: int, links: str = "", padding_bytes: int = 0) -> bytes:
    """Return a feed with these entries, as its hub pushes it."""
    now = datetime.now(UTC)
    items = [invented(n, published_at=now - timedelta(minutes=60 - n)) for n in numbers]
    body = rss(items).decode().replace("<channel>", f"<channel>{links}")
    body = body.replace("<rss ", '<rss xmlns:atom="http://www.w3.org/2005/Atom" ')
    return (body + f"<!--{'x' * padding_bytes}-->").encode()


def put(place: Place, hub: Hub, *numbers: int) -> str:
    """Let the feed hold these entries and name the hub; return its address."""
    url = place.web.url("/feed")
    links = f'<atom:link rel="hub" href="{hub.url}"/><atom:link rel="self" href="{url}"/>'
    return place.web.put("/feed", Page(body=document(*numbers, links=links)))


def titles(running: Running) -> set[str]:
    """Return the titles that the service publishes."""
    reply = running.ask("/all.json")
    return (
        {one["title"] for one in json.loads(reply.body)["items"]} if reply.status == 200 else set()
    )


def titled(*numbers: int) -> set[str]:
    return {invented(n).title for n in numbers}


def publishes(running: Running, *numbers: int) -> bool:
    return wait_until(lambda: titles(running) == titled(*numbers), timeout_s=10)


def is_subscribed(running: Running, hub: Hub, url: str) -> bool:
    return wait_until(lambda: url in hub.subscribers and running.saw("subscribed"), timeout_s=10)


# ------------------------------------------------------------------------ the life


def test_a_feed_is_subscribed_to_and_what_its_hub_pushes_is_published(
    place: Place, hub: Hub
) -> None:
    """From discovery in the headers to a delivery after a restart; the feed is polled once."""
    url = place.web.url("/feed")
    links = {"Link": f'<{hub.url}>; rel="hub", <{url}>; rel="self"'}
    place.web.put("/feed", Page(body=document(1, 2), headers=links))
    place.write(url, polling=HOURLY)
    running = place.start()
    assert is_subscribed(running, hub, url), running.lines
    assert hub.verified == [("subscribe", True)]

    assert hub.publish(url, document(1, 2, 3)) == 202
    assert hub.publish(url, document(1, 2, 3, 4), method="sha512") == 202
    assert wait_until(lambda: len(running.events("pushed")) == 2), running.lines
    assert running.end() == 0

    again = place.start()
    assert hub.publish(url, document(1, 2, 3, 4, 5), method="sha1") == 202
    assert publishes(again, 1, 2, 3, 4, 5), again.lines
    assert len(hub.forms) == 1
    assert len(place.web.requests("/feed")) == 1
    assert again.end() == 0
    soundness.assert_sound(place.store)


def test_what_must_not_be_believed_is_not(place: Place, hub: Hub) -> None:
    """Unsigned, signed by a stranger, repeated, oversized, unknown: none does harm or tells."""
    url = put(place, hub, 1, 2)
    place.write(url, polling=HOURLY)
    running = place.start()
    assert is_subscribed(running, hub, url), running.lines
    subscriber = hub.subscribers[url]
    forged = document(1, 2, 66)

    assert hub_module.deliver(subscriber.callback, forged) == 202
    assert hub_module.deliver(subscriber.callback, forged, signature="sha256=" + "0" * 64) == 202
    assert hub_module.deliver(f"{subscriber.callback}x", forged) == 410
    hub.publish(url, document(1, 2, 67, padding_bytes=LARGE_BYTES))  # may be cut off: not read
    question = {"hub.mode": "subscribe", "hub.topic": url, "hub.challenge": "guess"}
    assert hub_module.call(subscriber.callback, question).status == 404
    farewell = question | {"hub.mode": "unsubscribe"}
    assert hub_module.call(subscriber.callback, farewell).status == 404
    good = document(1, 2, 3)
    assert [hub.publish(url, good), hub.publish(url, good)] == [202, 202]

    assert publishes(running, 1, 2, 3), running.lines
    assert wait_until(lambda: running.saw("push ignored: wrong signature", count=2), timeout_s=8)
    assert len(running.events("pushed")) == 1
    assert running.end() == 0
    secrets = (subscriber.secret, subscriber.callback.rpartition("/")[2])
    assert [line for line in running.lines if any(one in line for one in secrets)] == []
    assert place.store.stat().st_mode & 0o777 == 0o600


def test_a_renewal_that_fell_due_while_the_service_was_away_is_made(place: Place, hub: Hub) -> None:
    """The clock is moved by moving what is due: the store alone says when."""
    url = put(place, hub, 1, 2)
    place.write(url, polling=HOURLY)
    running = place.start()
    assert is_subscribed(running, hub, url), running.lines
    assert running.end() == 0
    before = soundness.ask(place.store, "SELECT lease_until_at FROM subscriptions")
    soundness.tell(place.store, "UPDATE subscriptions SET next_try_at = asked_at")

    again = place.start()
    assert wait_until(lambda: len(hub.verified) == 2, timeout_s=10), again.lines
    assert again.end() == 0

    first, second = hub.asked("subscribe")
    assert first.fields == second.fields
    after = soundness.ask(place.store, "SELECT lease_until_at FROM subscriptions")
    assert after > before


def test_a_feed_that_leaves_the_configuration_is_unsubscribed(place: Place, hub: Hub) -> None:
    """By a hub that verifies after it has answered."""
    hub.manners.verifies = "after"
    url = put(place, hub, 1, 2)
    place.write(url, polling=HOURLY)
    running = place.start()
    assert is_subscribed(running, hub, url), running.lines

    place.write(place.web.put("/other", Page(body=document(8))), polling=HOURLY)
    running.send(signal.SIGHUP)

    assert wait_until(lambda: ("unsubscribe", True) in hub.verified, timeout_s=15), running.lines
    assert hub.subscribers == {}
    assert running.end() == 0
    assert soundness.count(place.store, "subscriptions") == 0


# ------------------------------------------------------------------- hubs in trouble


@pytest.mark.parametrize("trouble", ["denies", "hangs", "refuses", "gone"])
def test_a_hub_in_trouble_leaves_polling_as_it_was(place: Place, hub: Hub, trouble: str) -> None:
    """The feed is polled at its interval, is in no trouble itself, and so is every other."""
    hub.manners.denies = "not here" if trouble == "denies" else ""
    hub.manners.delay_s = 20 if trouble == "hangs" else 0
    hub.manners.status = 500 if trouble == "refuses" else 202
    url = put(place, hub, 1, 2)
    if trouble == "gone":
        hub.port = free_port()
        put(place, hub, 1, 2)
    place.write(url, polling=BUSY)
    running = place.start(ready=lambda one: one.saw("published"))
    told = "hub said no" if trouble == "denies" else "hub failed"

    assert wait_until(lambda: running.saw(told), timeout_s=10), running.lines
    put(place, hub, 1, 2, 3)

    assert publishes(running, 1, 2, 3), running.lines
    assert not running.saw("feed in trouble")
    assert not running.saw("job failed")
    assert running.end() == 0


def test_a_poll_by_hand_asks_no_hub(place: Place, hub: Hub) -> None:
    path = place.write(put(place, hub, 1, 2), polling=HOURLY)

    done = place.runner.run("--config", path, "poll")

    assert done.code == 0, done.errors
    assert hub.forms == []
    stands = soundness.ask(place.store, "SELECT standing FROM subscriptions")
    assert [tuple(row) for row in stands] == [("offered",)]
