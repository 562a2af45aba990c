from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read import dates

NOON = datetime(2024, 9, 5, 12, tzinfo=UTC)

READABLE = {
    "rfc 822": ("Thu, 05 Sep 2024 14:00:00 +0200", NOON),
    "rfc 822 with a named zone": ("Thu, 05 Sep 2024 08:00:00 EDT", NOON),
    "no weekday, no seconds": ("5 Sep 2024 12:00 GMT", NOON),
    "two-digit year": ("05 Sep 24 12:00:00 GMT", NOON),
    "two-digit year before 2000": ("05 Sep 99 12:00:00 GMT", NOON.replace(year=1999)),
    "zone with a comment": ("Thu, 05 Sep 2024 12:00:00 +0000 (Coordinated)", NOON),
    "zone as gmt+2": ("Thu, 05 Sep 2024 14:00:00 GMT+2", NOON),
    "full month name": ("Thursday, 5 September 2024 12:00:00 UTC", NOON),
    "dashes": ("05-Sep-2024 12:00:00", NOON),
    "iso": ("2024-09-05T12:00:00Z", NOON),
    "iso with an offset": ("2024-09-05T17:30:00+05:30", NOON),
    "iso with a short offset": ("2024-09-05T14:00:00+02", NOON),
    "iso with fractions": ("2024-09-05T12:00:00.123456Z", NOON),
    "iso with a blank and a named zone": ("2024-09-05 17:30:00 IST", NOON),
    "iso without seconds": ("2024-09-05 12:00", NOON),
    "day only": ("2024-09-05", NOON.replace(hour=0)),
    "midnight written as 24": ("2024-09-04T24:00:00Z", NOON.replace(hour=0)),
    "leap second": ("2024-09-05T12:00:60Z", NOON + timedelta(seconds=59)),
    "german": ("Do., 5. September 2024 14:00:00 MESZ", NOON),
    "german march": ("5. März 2024 12:00", NOON.replace(month=3)),
    "french": ("jeu., 05 sept. 2024 14:00:00 +0200", NOON),
    "french august": ("mer, 05 août 2024 12:00:00 GMT", NOON.replace(month=8)),
    "spanish": ("5 de enero de 2024 12:00", NOON.replace(month=1)),
    "italian": ("gio, 05 set 2024 12:00:00 GMT", NOON),
    "portuguese": ("5 de outubro de 2024 12:00", NOON.replace(month=10)),
    "dutch": ("5 mei 2024 12:00", NOON.replace(month=5)),
    "russian": ("5 сентября 2024 12:00", NOON),
    "russian may": ("5 мая 2024 12:00", NOON.replace(month=5)),
    "polish": ("5 wrz 2024 12:00", NOON),
    "american": ("September 5, 2024 12:00 pm", NOON),
    "american morning": ("Sep 5, 2024 12:00 am", NOON.replace(hour=0)),
    "american without a time": ("Sep 5, 2024", NOON.replace(hour=0)),
    "japanese": ("2024年9月5日 12:00", NOON),
    "slashes": ("2024/09/05 12:00:00", NOON),
    "seconds since 1970": ("1725537600", NOON),
    "milliseconds since 1970": ("1725537600000", NOON),
    "unknown zone counts as utc": ("2024-09-05 12:00:00 XYZ", NOON),
    "impossible offset counts as utc": ("2024-09-05T12:00:00+99:00", NOON),
    "line breaks within": ("\n 2024-09-05\n 12:00 ", NOON),
}
NO_DATES = {
    "empty": "",
    "words": "yesterday",
    "31 February": "2021-02-31",
    "year 0": "0000-00-00T00:00:00Z",
    "month 13": "2020-13-45T99:99:99Z",
    "a month of no language": "5 Foo 2024 12:00",
    "an american month of no language": "Foo 5, 2024",
    "offset out of the calendar": "0001-01-01T00:00:00+14:00",
    "too long": "2024-09-05" + " " * 10 + "1" * 200,
    "five digits": "12345",
}


@pytest.mark.parametrize(("text", "moment"), READABLE.values(), ids=READABLE.keys())
def test_a_date_is_read_as_utc(text: str, moment: datetime) -> None:
    found = dates.parse_date(text)

    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", NO_DATES.values(), ids=NO_DATES.keys())
def test_what_is_no_date_gives_none(text: str) -> None:
    assert dates.parse_date(text) is None


@given(st.text(max_size=120))
def test_any_text_gives_a_moment_or_none(text: str) -> None:
    found = dates.parse_date(text)

    assert found is None or found.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2099, 1, 1)))  # noqa: DTZ001 made aware below
def test_what_python_writes_is_read_back(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=0)

    assert dates.parse_date(moment.isoformat()) == moment
    assert dates.parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == moment


def test_a_date_further_ahead_than_clocks_differ_is_implausible() -> None:
    texts = ("2024-09-05T12:10:01Z",)

    assert dates.plausible(texts, now=NOON) is None
    assert dates.plausible(("2024-09-05T12:10:00Z",), now=NOON) is not None


def test_a_date_from_before_the_web_is_implausible() -> None:
    assert dates.plausible(("Thu, 01 Jan 1970 00:00:00 GMT",), now=NOON) is None


def test_an_implausible_date_gives_way_to_the_next() -> None:
    assert dates.plausible(("1970-01-01", "2024-09-05T12:00:00Z"), now=NOON) == NOON
