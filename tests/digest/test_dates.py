from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from aggregator.digest import dates
from tests.digest.makers import NOW, bare

BERLIN = "Europe/Berlin"


def test_moments_are_written_in_utc() -> None:
    at = datetime(2026, 1, 2, 0, 30, 5, 999, tzinfo=timezone(timedelta(hours=1)))

    assert dates.rfc3339(at) == "2026-01-01T23:30:05Z"
    assert dates.rfc822(at) == "Thu, 01 Jan 2026 23:30:05 GMT"
    assert dates.compact(at) == "20260101T233005Z"


def test_an_early_year_has_four_digits() -> None:
    at = datetime(27, 1, 2, tzinfo=UTC)

    assert dates.rfc3339(at).startswith("0027-")
    assert " 0027 " in dates.rfc822(at)


def test_days_and_times_are_local() -> None:
    at = datetime(2026, 7, 31, 22, 5, tzinfo=UTC)

    assert dates.day(at, BERLIN) == "Saturday, 1 August 2026"
    assert dates.day_of_year(at, "UTC") == "Friday, 31 July"
    assert dates.clock(at, BERLIN) == "00:05"
    assert dates.moment(at, BERLIN) == "1 Aug 2026, 00:05"


def test_a_year_that_stands_beside_is_not_repeated() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert dates.moment(new_year, "UTC", NOW) == "31 Dec, 23:30"
    assert dates.moment(new_year, BERLIN, NOW) == "1 Jan 2027, 00:30"


def test_the_last_change_is_that_of_the_content() -> None:
    assert dates.last_change([bare("a", 1, 0)]) == NOW
    assert dates.last_change([]) == dates.NEVER_AT
