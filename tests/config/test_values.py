from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.faults import Unfit
from aggregator.config.values import (
    MAX_SIZE,
    MAX_SPAN,
    format_size,
    format_span,
    parse_clock,
    parse_positive_span,
    parse_size,
    parse_span,
    parse_timezone,
    parse_weekday,
)

SPANS = {
    "90s": timedelta(seconds=90),
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "3d": timedelta(days=3),
    "2w": timedelta(weeks=2),
    "1h30m": timedelta(minutes=90),
    "1w2d3h4m5s": timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5),
    "0s": timedelta(0),
}


@pytest.mark.parametrize(("text", "span"), SPANS.items())
def test_a_span_adds_up_its_units(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "h", "10", "10 m", "-1h", "1.5h", "30m1h", "1h1h", "1H", "1min", "\u0661h", "1h\n"]
)
def test_what_is_no_span_is_told_so_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        parse_span(text)

    assert "is no span of time" in caught.value.what
    assert '"1h30m"' in caught.value.mend


@pytest.mark.parametrize("text", ["3661d", "999999999w", "999999999w999999999d"])
def test_spans_over_ten_years_are_refused(text: str) -> None:
    with pytest.raises(Unfit, match="longer than ten years"):
        parse_span(text)


def test_a_positive_span_is_longer_than_nothing() -> None:
    assert parse_positive_span("1s") == timedelta(seconds=1)
    with pytest.raises(Unfit, match="longer than 0"):
        parse_positive_span("0h0m")


@given(st.integers(0, int(MAX_SPAN.total_seconds())).map(lambda n: timedelta(seconds=n)))
def test_a_formatted_span_reads_as_the_same(span: timedelta) -> None:
    assert parse_span(format_span(span)) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=14), "2w"),
        (timedelta(days=90), "90d"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(0), "0s"),
    ],
)
def test_spans_are_formatted_as_people_write_them(span: timedelta, text: str) -> None:
    assert format_span(span) == text


SIZES = {
    "10MB": 10_000_000,
    "512kB": 512_000,
    "512 kb": 512_000,
    "1GiB": 1 << 30,
    "3MiB": 3 << 20,
    "1KiB": 1024,
    "7B": 7,
}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_sizes_count_in_thousands_or_in_1024s(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "10", "MB", "10 parsecs", "-1MB", "1.5MB", "1e3kB"])
def test_what_is_no_size_is_told_so_with_the_units(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        parse_size(text)

    assert "is no size" in caught.value.what
    assert "KiB" in caught.value.mend


@pytest.mark.parametrize("text", ["0B", "2GiB", "999999999999GB"])
def test_sizes_out_of_bounds_are_refused(text: str) -> None:
    with pytest.raises(Unfit, match="between 1B and 1GiB"):
        parse_size(text)


@given(st.integers(1, MAX_SIZE) | st.sampled_from([10**6, 1 << 20, 5 * 10**8, MAX_SIZE]))
def test_a_formatted_size_reads_as_the_same(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == size_bytes


def test_sizes_are_formatted_in_the_largest_exact_unit() -> None:
    assert [format_size(size) for size in (10_000_000, 2048, 1001, 0)] == [
        "10MB", "2KiB", "1001B", "0B",
    ]  # fmt: skip


def test_the_clock_has_24_hours() -> None:
    assert [parse_clock(text) for text in ("00:00", "07:05", "23:59")] == [
        time(0), time(7, 5), time(23, 59),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["7:00", "24:00", "12:60", "07:00:00", "7pm", "07:00 ", ""])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Unfit, match="is no time of day"):
        parse_clock(text)


def test_weekdays_are_known_by_three_letters_and_whole() -> None:
    short = [parse_weekday(day) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]

    assert short == list(range(7))
    assert parse_weekday("Sunday") == 6


def test_a_misspelt_weekday_names_the_nearest() -> None:
    with pytest.raises(Unfit) as near:
        parse_weekday("wendesday")
    with pytest.raises(Unfit) as far:
        parse_weekday("x")

    assert near.value.mend == 'Did you mean "wednesday"?'
    assert '"mon"' in far.value.mend


@pytest.mark.parametrize("name", ["UTC", "Europe/Vienna", "America/Argentina/Ushuaia"])
def test_time_zones_are_known_by_their_iana_names(name: str) -> None:
    assert parse_timezone(name) == name


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("Europe/Viena", 'Did you mean "Europe/Vienna"?'),
        ("vienna", 'Did you mean "Europe/Vienna"?'),
        ("", "such as"),
        ("Europe", "Did you mean"),
        ("../../etc/passwd", "such as"),
        ("/etc/passwd", "such as"),
        ("\0", "such as"),
    ],
)
def test_unknown_time_zones_are_refused_with_a_mend(text: str, mend: str) -> None:
    with pytest.raises(Unfit, match="is no time zone") as caught:
        parse_timezone(text)

    assert mend in caught.value.mend


def test_a_machine_without_zones_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare container has no zone files: the name is right, the machine is not."""
    monkeypatch.setattr("zoneinfo.available_timezones", set)

    with pytest.raises(Unfit) as caught:
        parse_timezone("Nowhere/Land")

    assert "no time zone data" in caught.value.what
    assert "tzdata" in caught.value.mend
