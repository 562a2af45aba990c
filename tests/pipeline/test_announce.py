"""One pass tells the hubs for a while; what they have not taken stays for a later one."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

from aggregator.model import HubRequest
from aggregator.pipeline.announce import Announcer, tell_hubs
from aggregator.pipeline.house import House
from aggregator.pipeline.hub_door import OwnHubDoor
from aggregator.pipeline.pings import FIRST_RETRY
from aggregator.store import hub_requests, pings, topics
from tests.end_to_end.hub import serve_hub
from tests.pipeline.makers import FIRST, NOON, POLLING, configured, fetched, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.end_to_end.hub import Hub
    from tests.end_to_end.newsrooms import Clock

ADDRESSES = {f"https://news.example.org/all.{form}" for form in ("atom", "rss", "json")}


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., House]]:
    """Give an opener of the house that is to tell these hubs and has published a story."""
    houses: list[House] = []

    def open_house(*hubs: str, allow: bool = True) -> House:
        config = configured(tmp_path)
        service = replace(config.service, hubs=hubs)
        polling = replace(POLLING, allow_private_addresses=allow)
        house = House.open(replace(config, service=service, polling=polling), clock=clock)
        houses.append(house)
        house.desk.take_in([(FIRST, fetched(read(1)))])
        house.publish()
        return house

    yield open_house
    for house in houses:
        house.close()


def told(hub: Hub) -> list[str]:
    return [form.fields["hub.url"] for form in hub.asked("publish")]


def test_a_hub_is_told_of_each_changed_feed_once(opened: Callable[..., House], hub: Hub) -> None:
    house = opened(hub.url)

    assert tell_hubs(house, stop=Event()) == []
    assert tell_hubs(house, stop=Event()) == []

    assert len(told(hub)) == len(ADDRESSES)
    assert set(told(hub)) == ADDRESSES


def test_a_hub_that_refuses_is_told_of_and_told_later(
    opened: Callable[..., House], hub: Hub, clock: Clock
) -> None:
    house = opened(hub.url)
    hub.manners.status = 503
    (untold,) = tell_hubs(house, stop=Event())
    hub.forms.clear()
    hub.manners.status = 204

    assert len(tell_hubs(house, stop=Event())) == 1  # its wait is not over
    clock.move(FIRST_RETRY)
    assert tell_hubs(house, stop=Event()) == []

    assert (untold.hub, untold.error) == (hub.url, "the hub answered 503: heard")
    assert set(told(hub)) == ADDRESSES


def test_a_hub_that_hangs_costs_the_patience_and_no_other_hub_its_word(
    opened: Callable[..., House], hub: Hub
) -> None:
    with serve_hub() as hanging:
        hanging.manners.delay_s = 20
        house = opened(hanging.url, hub.url)
        started_s = time.monotonic()

        (untold,) = tell_hubs(house, stop=Event(), patience_s=1.0)

        assert time.monotonic() - started_s < 2.0
        assert (untold.hub, untold.waiting) == (hanging.url, len(ADDRESSES))
        assert set(told(hub)) == ADDRESSES
        due = pings.due(house.desk.db, now=NOON)
        assert {(ping.hub, ping.failures) for ping in due} == {(hanging.url, 0)}


def test_a_person_who_stops_it_does_not_wait(opened: Callable[..., House], hub: Hub) -> None:
    hub.manners.delay_s = 20
    house, stop = opened(hub.url), Event()
    started_s = time.monotonic()
    Timer(0.2, stop.set).start()

    (untold,) = tell_hubs(house, stop=stop)

    assert time.monotonic() - started_s < 2.0
    assert untold.waiting == len(ADDRESSES)


def test_the_guard_stands_before_a_hub(opened: Callable[..., House], hub: Hub) -> None:
    (untold,) = tell_hubs(opened(hub.url, allow=False), stop=Event())

    assert "no public address" in untold.error
    assert hub.forms == []


def test_without_hubs_nothing_is_looked_at(opened: Callable[..., House]) -> None:
    house = opened()

    assert tell_hubs(house, stop=Event()) == []
    assert topics.everything(house.desk.db) == {}


def test_a_hub_that_was_turned_off_forgets_what_it_was_asked(opened: Callable[..., House]) -> None:
    house = opened()
    asked = HubRequest(
        mode="subscribe",
        topic="https://news.example.org/all.atom",
        callback="https://r.example/cb",
        secret="",
        lease_seconds="",
    )
    hub_requests.add(house.desk.db, asked, now=NOON)

    Announcer(house, OwnHubDoor(wake=lambda: None), wake=lambda: None).close()

    assert hub_requests.everything(house.desk.db) == {}
