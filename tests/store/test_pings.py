from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.store import pings, topics
from aggregator.store.pings import HubReport, Ping
from aggregator.store.topics import Topic

if TYPE_CHECKING:
    from tests.store.houses import House

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HUB, OTHER = "https://hub.example/", "https://other.example/"


@pytest.fixture(autouse=True)
def _topics(house: House) -> None:
    for path in ("all.atom", "all.rss"):
        topics.save(house.db, Topic(path=path, tag="one", changed_at=NOON), marks=None)


def test_what_is_wanted_is_due(house: House) -> None:
    pings.want(house.db, HUB, "all.atom", now=NOON)

    assert pings.due(house.db, now=NOON) == [Ping(hub=HUB, topic="all.atom", next_try_at=NOON)]
    assert pings.due(house.db, now=NOON - HOUR) == []


def test_a_change_does_not_shorten_the_wait_for_a_hub_that_fails(house: House) -> None:
    pings.want(house.db, HUB, "all.atom", now=NOON)
    waits = Ping(hub=HUB, topic="all.atom", next_try_at=NOON + HOUR, failures=3, error="no")
    pings.save(house.db, waits)

    pings.want(house.db, HUB, "all.atom", now=NOON)

    assert pings.one(house.db, HUB, "all.atom") == waits


def test_a_hub_that_was_told_is_due_after_the_next_change_only(house: House) -> None:
    pings.want(house.db, HUB, "all.atom", now=NOON)
    pings.save(house.db, Ping(hub=HUB, topic="all.atom", told_at=NOON))
    assert pings.due(house.db, now=NOON + HOUR) == []

    pings.want(house.db, HUB, "all.atom", now=NOON + HOUR)

    assert len(pings.due(house.db, now=NOON + HOUR)) == 1


def test_hubs_are_reported_with_all_their_feeds(house: House) -> None:
    for path in ("all.atom", "all.rss"):
        pings.want(house.db, HUB, path, now=NOON)
    pings.want(house.db, OTHER, "all.rss", now=NOON)
    told = Ping(hub=HUB, topic="all.atom", told_at=NOON)
    pings.save(house.db, told)
    pings.save(
        house.db,
        replace(told, topic="all.rss", next_try_at=NOON + HOUR, failures=2, error="no"),
    )
    pings.save(house.db, Ping(hub=OTHER, topic="all.rss", told_at=NOON))

    assert pings.report(house.db) == [
        HubReport(
            hub=HUB, waiting=1, failures=2, next_try_at=NOON + HOUR, told_at=NOON, error="no"
        ),
        HubReport(hub=OTHER, waiting=0, failures=0, next_try_at=None, told_at=NOON, error=""),
    ]


def test_a_hub_that_left_the_configuration_is_forgotten(house: House) -> None:
    for hub in (HUB, OTHER):
        pings.want(house.db, hub, "all.atom", now=NOON)

    pings.keep_only(house.db, [OTHER])

    assert [one.hub for one in pings.report(house.db)] == [OTHER]


def test_a_topic_that_is_gone_is_told_to_nobody(house: House) -> None:
    pings.want(house.db, HUB, "all.atom", now=NOON)

    topics.remove(house.db, "all.atom")

    assert pings.due(house.db, now=NOON) == []
