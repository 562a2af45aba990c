from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.model import HubRequest
from aggregator.store import database, hub_requests
from aggregator.store.hub_requests import KEPT_FOR

if TYPE_CHECKING:
    from tests.store.houses import House

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ONE = HubRequest(
    mode="subscribe",
    topic="https://news.example.org/all.atom",
    callback="https://r.example/cb",
    secret="hush",  # noqa: S106 - of a test
    lease_seconds="7200",
)
LEAVING = replace(ONE, mode="unsubscribe", secret="")


def test_what_was_asked_is_read_again_in_its_order(house: House) -> None:
    """Also by who opens the store next, and twice where it was asked twice."""
    with database.transaction(house.db):
        numbers = [hub_requests.add(house.db, one, now=NOON) for one in (ONE, LEAVING, ONE)]

    with database.open_store(house.path, read_only=True) as other:
        found = hub_requests.everything(other)

    assert list(found.items()) == list(zip(numbers, (ONE, LEAVING, ONE), strict=True))


def test_one_that_is_settled_is_forgotten_alone(house: House) -> None:
    first, second = (hub_requests.add(house.db, one, now=NOON) for one in (ONE, LEAVING))

    hub_requests.remove(house.db, first)
    hub_requests.remove(house.db, 0)

    assert hub_requests.everything(house.db) == {second: LEAVING}


def test_what_waited_too_long_is_forgotten(house: House) -> None:
    hub_requests.add(house.db, ONE, now=NOON)
    later = hub_requests.add(house.db, LEAVING, now=NOON + KEPT_FOR / 2)

    hub_requests.remove_old(house.db, now=NOON + KEPT_FOR)

    assert hub_requests.everything(house.db) == {later: LEAVING}
