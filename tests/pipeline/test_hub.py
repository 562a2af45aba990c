"""Our own hub verifies what it accepted, also after a restart; its subscribers are on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import HubRequest
from aggregator.pipeline import hub_door
from aggregator.pipeline.house import House
from aggregator.pipeline.hub import OwnHub
from aggregator.pipeline.hub_door import OwnHubDoor
from aggregator.store import hub_requests, subscribers
from aggregator.store.hub_requests import KEPT_FOR
from tests.end_to_end.processes import wait_until
from tests.end_to_end.subscriber import serve_subscriber
from tests.pipeline.makers import NOON, configured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.store.database import Database
    from tests.end_to_end.newsrooms import Clock
    from tests.end_to_end.subscriber import Subscriber

TOPIC = "https://news.example.org/all.atom"


def a_door() -> OwnHubDoor:
    return OwnHubDoor(wake=lambda: None)


@dataclass
class Desk:
    """A house whose hub is opened and closed as the service does it."""

    house: House
    subscriber: Subscriber
    door: OwnHubDoor = field(default_factory=a_door)
    hubs: list[OwnHub] = field(default_factory=list)

    @property
    def db(self) -> Database:
        """Return the house's store."""
        return self.house.desk.db

    def start(self, *, door: OwnHubDoor | None = None) -> OwnHub:
        """Open the hub: after a restart at a new door, after a reload at the old one."""
        self.door = door or self.door
        self.hubs.append(OwnHub(self.house, self.door, on_return=lambda: None))
        return self.hubs[-1]

    def request(self, name: str = "a", **changes: str) -> HubRequest:
        """Return a request for a callback of the subscriber's."""
        asked = HubRequest(
            mode="subscribe",
            topic=TOPIC,
            callback=self.subscriber.callback(name),
            secret="",
            lease_seconds="",
        )
        return replace(asked, **changes)

    def ask(self, name: str = "a", **changes: str) -> int:
        """Ask at the door; return the status."""
        return self.door.ask(self.request(name, **changes)).status

    def work_until_settled(self, hub: OwnHub) -> bool:
        """Let the hub work until nothing is to be verified any more."""

        def is_settled() -> bool:
            hub.work(now=self.house.clock())
            return not hub_requests.everything(self.db)

        return wait_until(is_settled, timeout_s=5)

    def subscribed(self) -> list[str]:
        """Return the callbacks that are subscribed."""
        return [one.callback for one in subscribers.everything(self.db)]


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    config = configured(tmp_path)
    config = replace(config, service=replace(config.service, own_hub=True))
    with serve_subscriber() as subscriber, House.open(config, clock=clock) as house:
        made = Desk(house, subscriber)
        yield made
        for hub in made.hubs:
            hub.close()


def test_one_that_agrees_is_subscribed_and_its_request_is_over(desk: Desk) -> None:
    hub = desk.start()
    assert desk.ask() == 202

    hub.work(now=NOON)
    assert len(hub_requests.everything(desk.db)) == 1

    assert desk.work_until_settled(hub)
    assert desk.subscribed() == [desk.subscriber.callback()]


def test_one_that_does_not_agree_is_asked_once(desk: Desk) -> None:
    desk.subscriber.agrees = False
    hub = desk.start()
    desk.ask()
    hub.work(now=NOON)

    assert desk.work_until_settled(hub)
    assert desk.subscribed() == []
    assert desk.subscriber.modes() == ["subscribe"]


@pytest.mark.parametrize("door", [a_door(), None], ids=["restart", "reload"])
def test_one_whose_callback_was_being_asked_is_asked_again(
    desk: Desk, door: OwnHubDoor | None
) -> None:
    first = desk.start()
    desk.subscriber.delay_s = 20
    desk.ask(lease_seconds="7200", secret="hush")  # noqa: S106 - of a test
    first.work(now=NOON)
    assert wait_until(lambda: desk.subscriber.modes() == ["subscribe"], timeout_s=5)
    first.close()
    desk.subscriber.delay_s = 0

    second = desk.start(door=door)

    assert desk.work_until_settled(second)
    (one,) = subscribers.everything(desk.db)
    assert (one.callback, one.secret) == (desk.subscriber.callback(), "hush")
    asked = [
        {k: v for k, v in one.items() if "challenge" not in k} for one in desk.subscriber.asked
    ]
    assert asked == [{"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": "7200"}] * 2


def test_one_that_the_hub_had_not_seen_when_it_was_closed_is_kept(desk: Desk) -> None:
    first = desk.start()
    desk.ask("a")
    desk.ask("b")
    first.close()

    second = desk.start(door=a_door())

    assert len(hub_requests.everything(desk.db)) == 2
    assert desk.work_until_settled(second)
    assert len(desk.subscribed()) == 2


def test_what_still_waits_takes_its_room_at_the_door(desk: Desk) -> None:
    first = desk.start()
    for number in range(hub_door.MOST_WAITING_AT_A_HOST):
        assert desk.ask(str(number)) == 202
    first.close()

    second = desk.start(door=a_door())

    assert desk.ask("more") == 429
    assert desk.work_until_settled(second)
    assert desk.ask("more") == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://news.example.org/removed.atom"},
        {"callback": "https://r.example/#part"},
    ],
    ids=str,
)
def test_what_may_not_be_asked_any_more_is_forgotten(desk: Desk, changes: dict[str, str]) -> None:
    hub_requests.add(desk.db, desk.request(**changes), now=NOON)

    desk.start()

    assert hub_requests.everything(desk.db) == {}
    assert desk.door.take() == []


def test_what_waited_too_long_or_is_too_much_is_forgotten(desk: Desk) -> None:
    hub_requests.add(desk.db, desk.request("old"), now=NOON - KEPT_FOR)
    for number in range(hub_door.MOST_WAITING + 1):
        hub_requests.add(desk.db, desk.request(str(number)), now=NOON)

    desk.start()

    callbacks = [wish.request.callback for wish in desk.door.take()]
    assert len(hub_requests.everything(desk.db)) == len(callbacks) == hub_door.MOST_WAITING
    assert callbacks[0] == desk.subscriber.callback("0")


def test_on_a_full_disk_it_is_asked_all_the_same(desk: Desk) -> None:
    hub = desk.start()
    (pages,) = desk.db.execute("PRAGMA page_count").fetchone()
    desk.db.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(5):
        assert desk.ask(f"{number}{'x' * 1_900}") == 202

    hub.work(now=NOON)

    assert hub_requests.everything(desk.db) == {}
    assert wait_until(lambda: len(desk.subscriber.asked) == 5, timeout_s=5)
