from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.poll.skips import allowed_at
from tests.poll.makers import DAY, HOUR, MINUTE, NOON

NEVER = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "hours", "days", "expected"),
    [
        pytest.param(NOON, {11, 13}, set(), NOON, id="allowed"),
        pytest.param(NOON + 30 * MINUTE, {12}, set(), NOON + HOUR, id="the next hour"),
        pytest.param(NOON, {12, 13, 14}, set(), NOON + 3 * HOUR, id="some hours on"),
        pytest.param(NOON, set(range(1, 24)), set(), NOON + 12 * HOUR, id="at midnight alone"),
        pytest.param(NOON, set(), {6}, NOON + 12 * HOUR, id="no Sundays"),
        pytest.param(NOON, set(), {6, 0, 1}, NOON + 12 * HOUR + 2 * DAY, id="three days"),
        pytest.param(NOON, {0, 1}, {6}, NOON + 14 * HOUR, id="a day, then its hours"),
        pytest.param(
            NOON, set(range(24)) - {11}, {6, 0, 1, 2, 3, 4}, NOON + 5 * DAY + 23 * HOUR,
            id="an hour a week",
        ),
        pytest.param(NOON, set(range(24)), set(), NOON, id="all hours: ignored"),
        pytest.param(NOON, set(), set(range(7)), NOON, id="all days: ignored"),
        pytest.param(NOON, set(range(24)), {6}, NOON + 12 * HOUR, id="all hours, and a day"),
    ],
)  # fmt: skip
def test_a_skipped_moment_moves_to_the_first_allowed_hour(
    at: datetime, hours: set[int], days: set[int], expected: datetime
) -> None:
    assert allowed_at(at, hours=hours, days=days, share=0.0, latest=NEVER) == expected


def test_feeds_of_one_document_are_spread_over_the_hour() -> None:
    moved = [
        allowed_at(NOON, hours={12}, days=set(), share=share, latest=NEVER)
        for share in (0.0, 0.5, 0.999)
    ]

    assert moved[0] == NOON + HOUR
    assert moved[1] == NOON + 90 * MINUTE
    assert moved[2] < NOON + 2 * HOUR


def test_no_poll_is_moved_beyond_the_longest_wait() -> None:
    latest = NOON + 2 * HOUR

    assert allowed_at(NOON, hours=set(), days={6, 0}, share=0.5, latest=latest) == latest
    late = NOON + 3 * HOUR
    assert allowed_at(late, hours=set(), days={6, 0}, share=0.5, latest=latest) == late


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants them naive
    st.sets(st.integers(0, 23)),
    st.sets(st.integers(0, 6)),
    st.floats(0, 1, exclude_max=True),
)
def test_the_moment_is_allowed_whenever_any_is(
    at: datetime, hours: set[int], days: set[int], share: float
) -> None:
    moved = allowed_at(at, hours=hours, days=days, share=share, latest=NEVER)

    assert at <= moved <= at + timedelta(days=8)
    assert len(hours) == 24 or moved.hour not in hours
    assert len(days) == 7 or moved.weekday() not in days
