from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import edition
from aggregator.model import Digest, Edition
from tests.digest.makers import DAY, HOUR, ISSUE, LIVE, NOW

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
MINUTE = timedelta(minutes=1)
STARTED = datetime(2026, 11, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(*times: str, timezone: str = BERLIN, weekdays: tuple[int, ...] = tuple(range(7))) -> Digest:
    moments = tuple(time.fromisoformat(text) for text in times)
    return replace(ISSUE, at=moments, timezone=timezone, weekdays=weekdays)


def last(due_at: datetime) -> Edition:
    return Edition(digest="morning", due_at=due_at, since_at=None, until_at=due_at)


def due(digest: Digest, after: datetime, now: datetime) -> Edition | None:
    return edition.due(digest, last=last(after), started_at=STARTED, now=now)


def all_due(digest: Digest, since: datetime, until: datetime) -> list[datetime]:
    """Return when editions came out, looking every ten minutes."""
    found = [since]
    now = since
    while now <= until:
        if issue := due(digest, found[-1], now):
            found.append(issue.due_at)
        now += 10 * MINUTE
    return found[1:]


def test_an_edition_is_due_at_its_time_and_not_before() -> None:
    digest, seven = at("07:00"), utc("2026-11-25T06:00")

    assert due(digest, seven - DAY, seven - MINUTE) is None
    assert due(digest, seven - DAY, seven) == Edition(
        digest="morning", due_at=seven, since_at=seven - DAY, until_at=seven
    )


def test_an_edition_is_due_once() -> None:
    seven = utc("2026-11-25T06:00")

    assert due(at("07:00"), seven, seven + HOUR) is None


def test_the_first_edition_waits_for_its_time_after_the_start() -> None:
    digest, seven = at("07:00"), utc("2026-11-25T06:00")

    early = edition.due(digest, last=None, started_at=seven + MINUTE, now=seven + HOUR)
    first = edition.due(digest, last=None, started_at=seven - HOUR, now=seven + HOUR)

    assert early is None
    assert first == Edition(digest="morning", due_at=seven, since_at=None, until_at=seven)


def test_a_late_start_covers_until_the_set_time() -> None:
    seven = utc("2026-11-25T06:00")

    late = due(at("07:00"), seven - DAY, seven + 5 * HOUR)

    assert late is not None
    assert (late.until_at, late.catch_up) == (seven, False)


@pytest.mark.parametrize("missed_days", [2, 3, 30])
def test_one_catch_up_edition_stands_for_all_that_were_missed(missed_days: int) -> None:
    seven = utc("2026-11-25T06:00")
    before = seven - missed_days * DAY

    assert due(at("07:00"), before, seven + HOUR) == Edition(
        digest="morning", due_at=seven, since_at=before, until_at=seven, catch_up=True
    )


def test_a_clock_set_back_brings_nothing() -> None:
    seven = utc("2026-11-25T06:00")

    assert due(at("07:00"), seven, seven - 3 * DAY) is None


def test_an_edition_comes_on_its_weekdays_only() -> None:
    saturday = utc("2026-11-28T06:00")
    weekly = at("07:00", weekdays=(5,))

    assert all_due(weekly, saturday - 8 * DAY, saturday + 8 * DAY) == [
        saturday - 7 * DAY,
        saturday,
        saturday + 7 * DAY,
    ]


def test_the_weekday_is_the_local_one() -> None:
    """Monday 00:30 in Berlin is still Sunday in UTC."""
    assert edition.next_due(at("00:30", weekdays=(0,)), now=NOW) == utc("2026-11-29T23:30")


def test_a_live_digest_has_no_editions() -> None:
    digest = replace(LIVE, at=(time(7),))

    assert edition.due(digest, last=None, started_at=STARTED, now=NOW) is None
    assert edition.next_due(digest, now=NOW) is None


def test_without_times_or_weekdays_nothing_is_due() -> None:
    for digest in (at(), at("07:00", weekdays=())):
        assert due(digest, STARTED, NOW) is None
        assert edition.next_due(digest, now=NOW) is None


DST = [
    (BERLIN, "02:30", "2026-03-28T12:00", ["2026-03-29T01:30", "2026-03-30T00:30"]),
    (BERLIN, "03:00", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T01:00"]),
    (BERLIN, "07:00", "2026-03-28T12:00", ["2026-03-29T05:00", "2026-03-30T05:00"]),
    (BERLIN, "02:30", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    (BERLIN, "07:00", "2026-10-24T12:00", ["2026-10-25T06:00", "2026-10-26T06:00"]),
    (NEW_YORK, "02:30", "2026-03-07T12:00", ["2026-03-08T07:30", "2026-03-09T06:30"]),
    (NEW_YORK, "07:00", "2026-03-07T13:00", ["2026-03-08T11:00", "2026-03-09T11:00"]),
    (NEW_YORK, "01:30", "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
    (NEW_YORK, "07:00", "2026-10-31T12:00", ["2026-11-01T12:00", "2026-11-02T12:00"]),
]


@pytest.mark.parametrize(("timezone", "clock", "since", "moments"), DST)
def test_a_change_of_the_clocks_neither_skips_nor_repeats(
    timezone: str, clock: str, since: str, moments: list[str]
) -> None:
    start = utc(since)

    found = all_due(at(clock, timezone=timezone), start, start + 48 * HOUR)

    assert found == [utc(moment) for moment in moments]


@pytest.mark.parametrize(("timezone", "clock", "since", "moments"), DST)
def test_the_next_time_is_known_over_a_change_of_the_clocks(
    timezone: str, clock: str, since: str, moments: list[str]
) -> None:
    digest = at(clock, timezone=timezone)

    first = edition.next_due(digest, now=utc(since))

    assert first == utc(moments[0])
    assert first is not None
    assert edition.next_due(digest, now=first) == utc(moments[1])


def test_two_times_that_fall_together_in_spring_make_one_edition() -> None:
    """02:00 does not exist on that day and becomes 03:00."""
    start = utc("2026-03-29T00:00")

    found = due(at("02:00", "03:00"), start, start + 6 * HOUR)

    assert found is not None
    assert (found.due_at, found.catch_up) == (utc("2026-03-29T01:00"), False)


def test_a_day_that_a_zone_skipped_brings_no_edition_of_its_own() -> None:
    """Samoa went from 29 to 31 December 2011."""
    start = utc("2011-12-29T18:00")

    found = all_due(at("07:00", timezone="Pacific/Apia"), start, start + 48 * HOUR)

    assert found == [utc("2011-12-30T17:00"), utc("2011-12-31T17:00")]


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(
    st.lists(st.times(), min_size=1, max_size=3),
    st.sampled_from([BERLIN, NEW_YORK, "UTC", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    MOMENTS,
)
def test_what_is_due_next_is_due_then(times: list[time], timezone: str, now: datetime) -> None:
    digest = replace(ISSUE, at=tuple(times), timezone=timezone)

    coming = edition.next_due(digest, now=now)

    assert coming is not None
    assert now < coming <= now + DAY + 2 * HOUR
    assert due(digest, now, coming - timedelta(microseconds=1)) is None
    issue = due(digest, now, coming)
    assert issue is not None
    assert (issue.due_at, issue.catch_up) == (coming, False)
