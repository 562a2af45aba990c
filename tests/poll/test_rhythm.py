from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FeedState
from aggregator.poll.rhythm import blended, interval_of, rhythm_after, rhythm_of
from tests.poll.makers import DAY, HOUR, MINUTE, NOON, UNCHANGED, WEEK, body, failed

NEW = FeedState(feed_id=1, url="https://a.example/")
KNOWN = replace(
    NEW,
    rhythm=HOUR,
    last_polled_at=NOON - HOUR,
    last_fetched_at=NOON - HOUR,
    known=frozenset({b"1"}),
)
SPANS = st.timedeltas(min_value=timedelta(seconds=1), max_value=400 * DAY)


# ----------------------------------------------------------------- from a first body


def hours_ago(*ages: float) -> list[datetime]:
    return [NOON - age * HOUR for age in ages]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        pytest.param(range(1, 11), 6 * HOUR / 5, id="hourly"),
        pytest.param([*range(1, 10), 50_000], 6 * HOUR / 5, id="an old entry is pinned"),
        pytest.param(range(101, 111), 106 * HOUR / 5, id="silent since"),
        pytest.param([1, 1, 1, 1, 2, 3], 2 * HOUR, id="a batch at once is one"),
        pytest.param([1, 2], None, id="too few"),
        pytest.param([], None, id="none"),
        pytest.param([0.01, 0.05, 0.1, 0.12], None, id="dated when they were fetched"),
        pytest.param([-1, -2, -3, -4], None, id="dated ahead"),
        pytest.param([40_000, 41_000, 42_000], 365 * DAY, id="dead for years"),
    ],
)
def test_dates_tell_a_rhythm(ages: list[float], expected: timedelta | None) -> None:
    assert rhythm_of(hours_ago(*ages), now=NOON) == expected


def test_a_first_body_tells_the_rhythm_by_its_dates() -> None:
    dates = [*hours_ago(*range(1, 11)), None]

    assert rhythm_after(NEW, body(dates), now=NOON) == 6 * HOUR / 5
    assert rhythm_after(NEW, body([None, None, None]), now=NOON) is None


# --------------------------------------------------------------------- from polls


def test_news_shorten_a_rhythm_and_their_absence_lengthens_it() -> None:
    busy = rhythm_after(KNOWN, body([NOON - n * MINUTE for n in (1, 5, 9)]), now=NOON)
    idle = rhythm_after(KNOWN, UNCHANGED, now=NOON)

    assert busy is not None
    assert idle is not None
    assert busy < HOUR < idle


@pytest.mark.parametrize("rhythm", [20 * MINUTE, 5 * HOUR, WEEK], ids=["minutes", "hours", "week"])
@pytest.mark.parametrize("start", [10 * MINUTE, 30 * DAY], ids=["from below", "from above"])
def test_the_rhythm_settles_at_what_is_found(rhythm: timedelta, start: timedelta) -> None:
    """A hundred entries, or ten weeks, and what was believed before is forgotten."""
    found = start
    for _ in range(max(100, int(10 * WEEK / rhythm))):
        found = blended(found, count=1, span=rhythm)

    assert found / rhythm == pytest.approx(1, abs=0.15)


@given(SPANS, st.integers(0, 10_000), SPANS)
def test_a_rhythm_stays_within_bounds(rhythm: timedelta, count: int, span: timedelta) -> None:
    assert MINUTE <= blended(rhythm, count=count, span=span) <= 365 * DAY


@given(SPANS, st.integers(0, 100), SPANS)
def test_more_news_never_mean_a_slower_rhythm(
    rhythm: timedelta, count: int, span: timedelta
) -> None:
    assert blended(rhythm, count=count + 1, span=span) <= blended(rhythm, count=count, span=span)


@pytest.mark.parametrize(
    ("dates", "known", "new", "same_as"),
    [
        pytest.param([NOON - 9 * DAY], (b"1",), None, 0, id="an old entry was edited"),
        pytest.param([NOON - 3 * HOUR], (b"1",), None, 1, id="one that appeared late"),
        pytest.param([NOON - 3 * HOUR], (), None, 0, id="all come again: its date tells"),
        pytest.param([NOON - MINUTE], (), None, 1, id="all come again, one is new"),
        pytest.param([None] * 5, (b"1",), None, 5, id="no dates"),
        pytest.param([None] * 5, (), None, 1, id="no dates, and all come again"),
        pytest.param(
            [NOON - n * MINUTE for n in range(9)], (b"1",), 0, 0, id="dated anew, not new"
        ),
        pytest.param([NOON - n * MINUTE for n in range(9)], (b"1",), 2, 2, id="two are new"),
    ],
)
def test_what_is_new_is_counted(
    dates: list[datetime | None],
    known: tuple[bytes, ...],
    new: int | None,
    same_as: int,
) -> None:
    found = rhythm_after(KNOWN, body(dates, known=known), now=NOON, new=new)

    assert found == blended(HOUR, count=same_as, span=HOUR)


def test_an_unknown_rhythm_begins_with_the_first_gap() -> None:
    state = replace(KNOWN, rhythm=None, last_fetched_at=NOON - 6 * HOUR)

    assert rhythm_after(state, UNCHANGED, now=NOON) is None
    assert rhythm_after(state, body([None, None]), now=NOON) == 3 * HOUR


def test_failures_and_clocks_that_were_set_back_tell_nothing() -> None:
    assert rhythm_after(KNOWN, failed(), now=NOON) == HOUR
    assert rhythm_after(KNOWN, UNCHANGED, now=NOON - DAY) == HOUR


def test_what_came_while_a_feed_failed_is_spread_over_that_time() -> None:
    state = replace(KNOWN, failing_since_at=NOON - 10 * HOUR)
    dates = [NOON - n * HOUR for n in range(10)]

    found = rhythm_after(state, body(dates), now=NOON)

    assert found == blended(HOUR, count=10, span=10 * HOUR)
    assert found
    assert found / HOUR == pytest.approx(1)


# ------------------------------------------------------------------------ interval


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [(HOUR, HOUR), (15 * MINUTE, 30 * MINUTE), (16 * HOUR, 4 * HOUR), (WEEK, 13 * HOUR)],
)
def test_the_interval_grows_with_the_root_of_the_rhythm(
    rhythm: timedelta, expected: timedelta
) -> None:
    """Half a rhythm after the last news, where the factor for quiet is 1."""
    state = replace(KNOWN, rhythm=rhythm, last_fetched_at=NOON - rhythm / 2)

    assert interval_of(state, usual=HOUR, now=NOON) / expected == pytest.approx(1, abs=0.01)


def test_a_feed_is_asked_sooner_after_news_and_later_when_it_is_quiet() -> None:
    waits = [
        interval_of(replace(KNOWN, last_fetched_at=NOON - quiet), usual=HOUR, now=NOON)
        for quiet in (timedelta(), HOUR / 2, 2 * HOUR, DAY, WEEK)
    ]

    assert waits == sorted(waits)
    assert waits[0] / HOUR == pytest.approx(0.81, abs=0.01)
    assert waits[-1] == 1.6 * HOUR


def test_a_feed_of_unknown_rhythm_has_the_usual_interval_until_it_is_quiet_for_long() -> None:
    state = replace(KNOWN, rhythm=None)

    assert interval_of(NEW, usual=HOUR, now=NOON) == HOUR
    assert interval_of(state, usual=HOUR, now=NOON + HOUR) == HOUR
    assert interval_of(state, usual=HOUR, now=NOON + 80 * HOUR) > 3 * HOUR
    assert interval_of(state, usual=HOUR, now=NOON - WEEK) == HOUR
