from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.model import FailureKind, FeedState, Fetched, Validators
from aggregator.poll.moves import STRANGER, after_body, after_failure
from tests.poll.makers import DAY, ETAG, HOUR, NOON, body, failed

OLD, NEW, OTHER = "https://old.example/f", "https://new.example/f", "https://other.example/f"
STATE = FeedState(
    feed_id=1, url=OLD, validators=ETAG, known=frozenset({b"1"}), last_fetched_at=NOON - DAY
)
MOVED = body(moved_to=NEW)
STILL = body()


def days_on(state: FeedState, *bodies: Fetched, every: float = 1.0) -> FeedState:
    """Return the state after these bodies, a day apart."""
    for number, fetched in enumerate(bodies):
        now = NOON + number * every * DAY
        state = replace(after_body(state, fetched, now=now), last_fetched_at=now)
    return state


def test_a_redirect_is_believed_on_the_third_day() -> None:
    twice = days_on(STATE, MOVED, MOVED)
    thrice = days_on(STATE, MOVED, MOVED, MOVED)

    assert (twice.moved_to, twice.redirect_to, twice.redirects) == ("", NEW, 2)
    assert (thrice.moved_to, thrice.redirect_to, thrice.redirects) == (NEW, "", 0)
    assert thrice.validators == ETAG  # they are the new address's already


def test_many_redirects_within_a_day_count_once() -> None:
    state = days_on(STATE, *[MOVED] * 10, every=1 / 24)

    assert (state.moved_to, state.redirects) == ("", 1)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param([MOVED, MOVED, STILL, MOVED], (NEW, 1), id="it ceased"),
        pytest.param([MOVED, MOVED, body(moved_to=OTHER)], (OTHER, 1), id="it changed"),
        pytest.param([MOVED, MOVED, STILL], ("", 0), id="none any more"),
        pytest.param([body(moved_to="http://new.example/f")] * 4, ("", 0), id="to http"),
        pytest.param([MOVED, body(moved_to=NEW, is_partial=True), MOVED], (NEW, 2), id="a push"),
    ],
)
def test_only_identical_redirects_in_a_row_count(
    bodies: list[Fetched], expected: tuple[str, int]
) -> None:
    state = days_on(STATE, *bodies)

    assert (state.moved_to, state.redirect_to, state.redirects) == ("", *expected)


def test_a_feed_without_our_entries_is_never_believed() -> None:
    """A parked domain: from the second body on, its entries are the known ones."""
    strange = body([NOON], known=(b"x",), moved_to=NEW)

    state = days_on(STATE, strange, *[replace(strange)] * 9)

    assert (state.moved_to, state.redirect_to, state.redirects) == ("", NEW, STRANGER)


def test_a_feed_that_loses_our_entries_on_the_way_is_not_believed() -> None:
    state = days_on(STATE, MOVED, MOVED, body([NOON], known=(b"x",), moved_to=NEW))

    assert (state.moved_to, state.redirects) == ("", STRANGER)


@pytest.mark.parametrize(
    ("fetched", "new", "expected"),
    [
        pytest.param(body([NOON], known=(b"x",)), 0, 1, id="all entries were in the store"),
        pytest.param(body([NOON], known=(b"x",)), 1, STRANGER, id="none was"),
        pytest.param(body([NOON], known=(), items=2), None, 1, id="one was known to the reader"),
        pytest.param(body([NOON], known=()), None, STRANGER, id="nobody knows"),
    ],
)
def test_entries_may_be_ours_though_their_bytes_are_new(
    fetched: Fetched, new: int | None, expected: int
) -> None:
    met = after_body(STATE, replace(fetched, moved_to=NEW), now=NOON, new=new)

    assert met.redirects == expected


def test_the_first_body_of_a_feed_is_what_it_is() -> None:
    fresh = FeedState(feed_id=1, url=OLD)

    assert after_body(fresh, MOVED, now=NOON).redirects == 1


def test_a_moved_feed_may_move_on_and_back() -> None:
    moved = replace(STATE, moved_to=NEW)

    assert days_on(moved, *[body(moved_to=OTHER)] * 3).moved_to == OTHER
    assert days_on(moved, body(moved_to=OLD)).moved_to == ""
    assert days_on(moved, STILL).moved_to == NEW


@pytest.mark.parametrize(
    ("failures", "kind", "expected"),
    [
        (2, FailureKind.CLIENT_ERROR, NEW),
        (3, FailureKind.CLIENT_ERROR, ""),
        (3, FailureKind.DNS, ""),
        (9, FailureKind.NETWORK, NEW),
        (9, FailureKind.RATE_LIMITED, NEW),
    ],
    ids=["briefly", "repeatedly", "the name is gone", "our own network", "asked too often"],
)
def test_a_new_address_that_fails_repeatedly_is_left(
    failures: int, kind: FailureKind, expected: str
) -> None:
    state = replace(STATE, moved_to=NEW, failures=failures)

    left = after_failure(state, failed(kind))

    assert left.moved_to == expected
    assert left.validators == (ETAG if expected else Validators())
    assert left.failures == failures


def test_an_address_that_never_moved_is_not_left() -> None:
    state = replace(STATE, failures=99)

    assert after_failure(state, failed()) == state


def test_a_redirect_is_not_counted_by_the_hour_but_by_the_day() -> None:
    """Three days are three dates: late on one, early on the next, is two of them."""
    late = replace(STATE, redirect_to=NEW, redirects=1, last_fetched_at=NOON + 11.9 * HOUR)

    assert after_body(late, MOVED, now=NOON + 11.95 * HOUR).redirects == 1
    assert after_body(late, MOVED, now=NOON + 12.1 * HOUR).redirects == 2
