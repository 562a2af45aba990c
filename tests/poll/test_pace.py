from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.poll.pace import FEW_FEEDS, Pace, let_out, rate_of
from tests.poll.makers import HOUR, MINUTE, NOON

TICK = timedelta(seconds=5)


def over(minutes: int, *, due: int, a_minute: float) -> list[int]:
    """Return how many went out in each minute of regular passes, of so many that were due."""
    pace, counts = None, []
    for minute in range(minutes):
        out = 0
        for tick in range(12):
            now = NOON + minute * MINUTE + tick * TICK
            count, pace = let_out(pace, due=due, a_minute=a_minute, now=now)
            due -= count
            out += count
        counts.append(out)
    return counts


@pytest.mark.parametrize("due", [1, 50, FEW_FEEDS], ids=["one", "a household's", "all of a list"])
def test_a_list_as_people_keep_it_goes_out_at_once(due: int) -> None:
    rate = rate_of(0.0, feeds=FEW_FEEDS)

    assert math.isinf(rate)
    assert let_out(None, due=due, a_minute=rate, now=NOON)[0] == due


@pytest.mark.parametrize(
    ("planned", "expected"),
    [(0.0, 30.0), (20.0, 30.0), (100.0, 115.0)],
    ids=["new", "slow", "busy"],
)
def test_a_long_list_goes_out_at_little_more_than_its_plan(planned: float, expected: float) -> None:
    assert rate_of(planned, feeds=FEW_FEEDS + 1) == pytest.approx(expected)


@pytest.mark.parametrize("rate", [30.0, 61.5, 1000.0])
def test_no_minute_holds_more_than_the_rate_and_what_a_tick_left(rate: float) -> None:
    counts = over(10, due=100_000, a_minute=rate)

    assert max(counts) <= rate * 65 / 60 + 1
    assert min(counts[1:]) >= rate - 2


def test_what_was_not_used_is_not_saved_up() -> None:
    _, pace = let_out(None, due=0, a_minute=60.0, now=NOON)
    for tick in range(1, 100):
        _, pace = let_out(pace, due=0, a_minute=60.0, now=NOON + tick * TICK)

    assert let_out(pace, due=1000, a_minute=60.0, now=NOON + 100 * TICK)[0] == 10


@pytest.mark.parametrize("gap", [HOUR, -HOUR], ids=["the machine slept", "the clock was set back"])
def test_a_stop_earns_nothing(gap: timedelta) -> None:
    pace = Pace(left=0.0, at=NOON)

    assert let_out(pace, due=1000, a_minute=60.0, now=NOON + gap)[0] <= 5


def test_passes_that_take_longer_than_a_tick_lose_nothing() -> None:
    pace = Pace(left=0.0, at=NOON)

    assert let_out(pace, due=1000, a_minute=60.0, now=NOON + 20 * TICK / 5)[0] == 20


@given(st.integers(0, 10_000), st.floats(0.1, 5000))
def test_no_more_goes_out_than_is_due(due: int, rate: float) -> None:
    count, pace = let_out(None, due=due, a_minute=rate, now=NOON)

    assert 0 <= count <= due
    assert pace.left >= 0
