from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.store import feeds, subscriptions
from aggregator.store.subscriptions import Standing, Subscription
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House

HOUR = timedelta(hours=1)
URL = "https://a.example/feed"


def a_subscription(feed_id: int, name: str = "token-1", **changes: Any) -> Subscription:  # noqa: ANN401 - fields of Subscription
    fields: dict[str, Any] = {
        "token": name,
        "feed_id": feed_id,
        "feed_url": URL,
        "topic": "https://a.example/topic",
        "hub": "https://hub.example/",
        "hubs": ("https://hub.example/", "https://second.example/"),
        "secret": "a-secret",
        "next_try_at": NOON,
    }
    return Subscription(**{**fields, **changes})


FULL: dict[str, Any] = {
    "callback": "https://me.example/websub/token-1",
    "standing": Standing.ACTIVE,
    "pending": True,
    "asked_at": NOON - HOUR,
    "active_since_at": NOON - 9 * HOUR,
    "lease_until_at": NOON + 9 * HOUR,
    "failures": 2,
    "error": "HTTP 500",
    "pushed_at": NOON - 2 * HOUR,
    "announced_at": NOON - 3 * HOUR,
    "pushes": 7,
    "pushed_new": 4,
    "ignored": 3,
    "trust": -2,
    "usual_poll_at": NOON + HOUR,
}


def tokens(found: list[Subscription]) -> list[str]:
    return [one.token for one in found]


def test_every_field_comes_back(house: House) -> None:
    kept = a_subscription(house.feed("a"), **FULL)

    subscriptions.save(house.db, kept)

    assert subscriptions.of_feed(house.db, kept.feed_id) == kept
    assert subscriptions.by_token(house.db, "token-1") == kept
    assert subscriptions.report(house.db) == [kept]


def test_saving_again_replaces_what_may_change(house: House) -> None:
    kept = a_subscription(house.feed("a"))
    subscriptions.save(house.db, kept)
    changed = replace(kept, hub=kept.hubs[1], hubs=kept.hubs[1:], **FULL)

    subscriptions.save(house.db, changed)

    assert subscriptions.everything(house.db) == [changed]


def test_no_repr_shows_token_callback_or_secret() -> None:
    """A subscription may end up in a traceback."""
    shown = repr(a_subscription(1, **FULL))

    assert "token-1" not in shown
    assert "a-secret" not in shown


def test_a_feed_has_one_subscription_beside_those_that_it_leaves(house: House) -> None:
    feed_id = house.feed("a")
    subscriptions.save(house.db, a_subscription(feed_id, "old", standing=Standing.LEAVING))
    subscriptions.save(house.db, a_subscription(feed_id, "older", standing=Standing.LEAVING))
    subscriptions.save(house.db, a_subscription(feed_id, "new"))

    found = subscriptions.of_feed(house.db, feed_id)

    assert found is not None
    assert tokens([found]) == ["new"]
    assert tokens(subscriptions.report(house.db)) == ["new"]
    assert sorted(tokens(subscriptions.everything(house.db))) == ["new", "old", "older"]


def test_what_is_due_comes_in_turn_and_no_more_than_asked_for(house: House) -> None:
    for name, at in (("late", 3), ("first", 1), ("second", 2), ("never", None)):
        at_time = None if at is None else NOON + at * HOUR
        subscriptions.save(house.db, a_subscription(house.feed(name), name, next_try_at=at_time))

    assert tokens(subscriptions.due(house.db, now=NOON + 2 * HOUR, limit=9)) == ["first", "second"]
    assert tokens(subscriptions.due(house.db, now=NOON + 9 * HOUR, limit=1)) == ["first"]


def test_a_lease_lapses_at_its_end(house: House) -> None:
    one = a_subscription(house.feed("a"), standing=Standing.ACTIVE, lease_until_at=NOON)
    subscriptions.save(house.db, one)

    assert subscriptions.lapsed(house.db, now=NOON - HOUR) == []
    assert tokens(subscriptions.lapsed(house.db, now=NOON)) == ["token-1"]


@pytest.mark.parametrize(
    ("standing", "until_h", "expected"),
    [
        (Standing.ACTIVE, 1, True),
        (Standing.ACTIVE, 0, False),
        (Standing.LEAVING, 1, False),
        (Standing.DENIED, None, False),
        (Standing.ACTIVE, None, False),
    ],
)
def test_only_a_lease_that_runs_is_active(
    *, standing: Standing, until_h: int | None, expected: bool
) -> None:
    until_at = None if until_h is None else NOON + until_h * HOUR

    one = a_subscription(1, standing=standing, lease_until_at=until_at)

    assert one.is_active(now=NOON) is expected


def test_feeds_that_left_the_configuration_abandon_theirs(house: House) -> None:
    house.feed("a")
    kept, gone, left = house.feed("kept"), house.feed("gone"), house.feed("left")
    for name, feed_id in (("kept", kept), ("gone", gone), ("left", left)):
        subscriptions.save(house.db, a_subscription(feed_id, name))
    state = feeds.state(house.db, "https://gone.example/feed")
    feeds.save(house.db, replace(state, gone=True))

    feeds.list_feeds(house.db, house.urls[:-1], now=NOON)

    assert sorted(tokens(subscriptions.abandoned(house.db))) == ["gone", "left"]


def test_offers_are_looked_at_again_when_asked_to(house: House) -> None:
    for name, standing in (("offered", Standing.OFFERED), ("denied", Standing.DENIED)):
        later = NOON + 9 * HOUR
        one = a_subscription(house.feed(name), name, standing=standing, next_try_at=later)
        subscriptions.save(house.db, one)

    subscriptions.reconsider(house.db, now=NOON)

    assert tokens(subscriptions.due(house.db, now=NOON, limit=9)) == ["offered"]


@pytest.mark.parametrize(
    ("at_h", "expected_h"),
    [pytest.param(1, 1, id="sooner"), pytest.param(9, 4, id="no-later-than-it-was")],
)
def test_a_feed_is_brought_forward_never_back(house: House, at_h: int, expected_h: int) -> None:
    feed_id = house.feed("a")
    due_at(house, NOON + 4 * HOUR)

    subscriptions.bring_forward(house.db, feed_id, NOON + at_h * HOUR)

    assert feeds.state(house.db, URL).next_poll_at == NOON + expected_h * HOUR


def test_all_feeds_come_forward_to_their_usual_times(house: House) -> None:
    """A service that was away was not pushed to."""
    feed_id = house.feed("a")
    due_at(house, NOON + 4 * HOUR)
    subscriptions.save(house.db, a_subscription(feed_id, usual_poll_at=NOON + HOUR))

    subscriptions.bring_all_forward(house.db)

    assert feeds.state(house.db, URL).next_poll_at == NOON + HOUR


def test_removing_leaves_the_others(house: House) -> None:
    subscriptions.save(house.db, a_subscription(house.feed("a"), "one"))
    subscriptions.save(house.db, a_subscription(house.feed("b"), "two"))

    subscriptions.remove(house.db, "one")

    assert tokens(subscriptions.everything(house.db)) == ["two"]


def due_at(house: House, at: object) -> None:
    state = feeds.state(house.db, URL)
    feeds.save(house.db, replace(state, next_poll_at=at))  # type: ignore[arg-type]
