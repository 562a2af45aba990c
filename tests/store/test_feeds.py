from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import NotFoundError
from aggregator.model import FeedState, IdScheme, Validators
from aggregator.store import feeds
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House

A, B = "https://a.example/feed", "https://b.example:8443/feed"
HOUR = timedelta(hours=1)
POLLED = FeedState(
    feed_id=1,
    url=A,
    moved_to="https://moved.example/feed",
    redirect_to="https://elsewhere.example/feed",
    redirects=2,
    hint="it moved",
    title="A title",
    site_url="https://a.example/",
    language="en",
    validators=Validators(etag='W/"x"', last_modified="Sun, 01 Mar 2026 12:00:00 GMT"),
    body_hash=b"\x00body",
    known=frozenset({b"12345678", b"abcdefgh"}),
    pieces=b"pieces",
    id_scheme=IdScheme.LINK,
    id_reason="its ids change at each fetch",
    ttl=timedelta(minutes=90),
    skip_hours=frozenset({0, 23}),
    skip_days=frozenset({6}),
    rhythm=timedelta(hours=7),
    failures=3,
    error="HTTP 503",
    failing_since_at=NOON,
    gone=True,
    last_polled_at=NOON + HOUR,
    last_fetched_at=NOON - HOUR,
    last_whole_at=NOON - 2 * HOUR,
    next_poll_at=NOON + 2 * HOUR,
    left_alone_until_at=NOON + HOUR,
)


def listed(house: House) -> list[str]:
    return [state.url for state in feeds.states(house.db)]


def test_a_feed_never_polled_is_blank(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)

    assert feeds.state(house.db, A) == FeedState(feed_id=1, url=A)


def test_every_remembered_field_comes_back(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)

    feeds.save(house.db, POLLED)

    assert feeds.state(house.db, A) == POLLED
    assert feeds.states(house.db) == [replace(POLLED, known=frozenset(), pieces=b"")]
    blank = FeedState(feed_id=1, url=A)
    elsewhere = {"feed_id", "url", "clutter"}
    told_apart = [one.name for one in fields(FeedState) if one.name not in elsewhere]
    assert all(getattr(POLLED, name) != getattr(blank, name) for name in told_apart)


def test_a_feed_that_is_listed_again_goes_on_where_it_was(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.save(house.db, POLLED)

    feeds.list_feeds(house.db, [B], now=NOON)
    assert listed(house) == [B]
    assert feeds.state(house.db, A) == POLLED
    feeds.list_feeds(house.db, [B, A], now=NOON)

    assert feeds.state(house.db, A) == POLLED
    assert house.db.execute("SELECT unlisted_at FROM feeds").fetchall() == [(None,), (None,)]


def test_a_feed_is_unlisted_since_it_was_dropped(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.list_feeds(house.db, [B], now=NOON)
    feeds.list_feeds(house.db, [], now=NOON + HOUR)

    when = house.db.execute("SELECT unlisted_at FROM feeds ORDER BY id").fetchall()
    assert when == [("2026-03-01T12:00:00.000000Z",), ("2026-03-01T13:00:00.000000Z",)]


@pytest.mark.parametrize("urls", [[A, B], [B, A], [A, B, A]], ids=["same", "turned", "twice"])
def test_listing_the_same_feeds_writes_nothing(house: House, urls: list[str]) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON, titles={A: "Mine"})
    before = house.db.conn.total_changes

    feeds.list_feeds(house.db, urls, now=NOON, titles={A: "Mine"})

    assert house.db.conn.total_changes == before


def test_an_unknown_feed_is_told(house: House) -> None:
    with pytest.raises(NotFoundError, match="No feed https://a"):
        feeds.state(house.db, A)
    with pytest.raises(NotFoundError, match="List it before"):
        feeds.save(house.db, POLLED)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"next_poll_at": None}, True),
        ({"next_poll_at": NOON}, True),
        ({"next_poll_at": NOON + timedelta(microseconds=1)}, False),
        ({"gone": True}, False),
    ],
    ids=["never polled", "now", "just not yet", "gone"],
)
def test_a_feed_is_due_when_its_time_has_come(
    house: House, changes: dict[str, object], *, expected: bool
) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    state = replace(POLLED, gone=False, next_poll_at=NOON)
    feeds.save(house.db, replace(state, **changes))  # type: ignore[arg-type]  # fields of the case

    assert bool(feeds.due(house.db, now=NOON)) == expected


def test_due_feeds_come_whole_and_the_longest_waiting_first(house: House) -> None:
    feeds.list_feeds(house.db, [A, B, "https://c.example/"], now=NOON)
    late = replace(POLLED, gone=False, next_poll_at=NOON)
    early = replace(late, feed_id=2, url=B, next_poll_at=NOON - HOUR)
    feeds.save(house.db, late)
    feeds.save(house.db, early)

    new = FeedState(feed_id=3, url="https://c.example/")
    assert feeds.due(house.db, now=NOON) == [new, early, late]


def test_an_unlisted_feed_is_not_due(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.list_feeds(house.db, [], now=NOON)

    assert feeds.due(house.db, now=NOON) == []


def test_feeds_may_be_asked_before_they_are_due_but_not_when_gone(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.save(house.db, POLLED)
    feeds.save(house.db, replace(POLLED, feed_id=2, url=B, gone=False))

    assert [state.url for state in feeds.pollable(house.db)] == [B]


def test_feeds_no_longer_listed_are_named(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.list_feeds(house.db, [B], now=NOON)

    assert feeds.unlisted(house.db) == [1]


def test_the_longer_pause_stands(house: House) -> None:
    feeds.pause_host(house.db, "a.example:443", NOON + 2 * HOUR)
    feeds.pause_host(house.db, "a.example:443", NOON + HOUR)

    assert feeds.paused_hosts(house.db, now=NOON) == {"a.example:443": NOON + 2 * HOUR}
    assert feeds.paused_hosts(house.db, now=NOON + 2 * HOUR) == {}


# ------------------------------------------------------------------ moved feeds


def test_a_feed_goes_on_under_the_address_that_it_moved_to(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.save(house.db, replace(POLLED, moved_to=B, gone=False))

    feeds.list_feeds(house.db, [B], now=NOON)

    state = feeds.state(house.db, B)
    assert listed(house) == [B]
    assert (state.feed_id, state.known, state.validators) == (1, POLLED.known, POLLED.validators)
    assert (state.moved_to, state.redirect_to, state.redirects, state.hint) == ("", "", 0, "")
    assert (state.failures, state.error) == (0, "")
    with pytest.raises(NotFoundError):
        feeds.state(house.db, A)


@pytest.mark.parametrize(
    ("urls", "expected"),
    [([A, B], [A, B]), ([], []), (["https://c.example/"], ["https://c.example/"])],
    ids=["both listed", "none listed", "another listed"],
)
def test_an_address_is_taken_over_only_in_place_of_the_old_one(
    house: House, urls: list[str], expected: list[str]
) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.save(house.db, replace(POLLED, moved_to=B))

    feeds.list_feeds(house.db, urls, now=NOON)

    assert listed(house) == expected
    assert feeds.state(house.db, A).feed_id == 1


def test_a_former_feed_at_the_new_address_keeps_its_row_under_the_old_one(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.save(house.db, replace(POLLED, moved_to=B))

    feeds.list_feeds(house.db, [B], now=NOON)

    assert (feeds.state(house.db, B).feed_id, feeds.state(house.db, A).feed_id) == (1, 2)
    assert listed(house) == [B]


def test_of_two_feeds_that_became_one_the_first_goes_on(house: House) -> None:
    c = "https://c.example/"
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.save(house.db, replace(POLLED, moved_to=c))
    feeds.save(house.db, replace(POLLED, feed_id=2, url=B, moved_to=c))

    feeds.list_feeds(house.db, [c], now=NOON)

    assert feeds.state(house.db, c).feed_id == 1
    assert feeds.unlisted(house.db) == [2]


def test_a_feed_listed_under_both_addresses_is_not_merged(house: House) -> None:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    feeds.save(house.db, replace(POLLED, moved_to=B))

    feeds.list_feeds(house.db, [B], now=NOON)

    assert feeds.state(house.db, B).feed_id == 2
    assert feeds.unlisted(house.db) == [1]


def test_a_feed_is_led_to_a_new_address_and_due_there_at_once(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.save(house.db, POLLED)

    assert feeds.lead(house.db, A, new=B) is True

    (state,) = feeds.due(house.db, now=NOON)
    assert (state.moved_to, state.validators, state.known) == (B, Validators(), POLLED.known)
    assert not state.gone
    assert feeds.lead(house.db, B, new=A) is False


def test_validators_of_the_address_that_is_asked_already_stay(house: House) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    feeds.save(house.db, POLLED)

    feeds.lead(house.db, A, new=POLLED.moved_to)

    assert feeds.state(house.db, A).validators == POLLED.validators


# ----------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(timedelta(days=400), True), (2 * HOUR, False)],
    ids=["years", "the end of summer time"],
)
def test_a_clock_that_was_ahead_silences_no_feed(
    house: House, ahead: timedelta, *, expected: bool
) -> None:
    feeds.list_feeds(house.db, [A], now=NOON)
    then = NOON + ahead
    state = replace(POLLED, gone=False, last_polled_at=then, next_poll_at=then + HOUR)
    feeds.save(house.db, state)

    assert bool(feeds.due(house.db, now=NOON)) == expected


def test_the_polls_that_are_planned_are_counted(house: House) -> None:
    feeds.list_feeds(house.db, [A, B, "https://c.example/"], now=NOON)
    known = replace(POLLED, gone=False, last_polled_at=NOON)
    feeds.save(house.db, replace(known, next_poll_at=NOON + timedelta(minutes=30)))
    feeds.save(house.db, replace(known, feed_id=2, url=B, next_poll_at=NOON + HOUR))

    a_minute, count = feeds.planned(house.db)

    assert a_minute == pytest.approx(1 / 30 + 1 / 60, rel=1e-4)
    assert count == 3
