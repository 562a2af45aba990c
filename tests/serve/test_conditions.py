from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.serve.conditions import is_unchanged, wants_gzip

WRITTEN_AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NOW = WRITTEN_AT + timedelta(hours=1)
WRITTEN = "Sun, 01 Mar 2026 12:00:00 GMT"
EARLIER = "Sun, 01 Mar 2026 11:59:59 GMT"
LATER = "Sun, 01 Mar 2026 12:30:00 GMT"
TO_COME = "Sun, 01 Mar 2026 13:00:01 GMT"


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("deflate, br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip; q=0.001", True),
        ("gzip ;Q=1.000", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity;q=0, *", True),
        ("identity, gzip;q=0.5", False),
        ("identity;q=0.5, gzip;q=0.5", True),
        ("identity;q=0.5, gzip", True),
        ("gzip;q=0.5, *;q=1", False),
        ("gzip;q=2", False),
        ("gzip;q=-1", False),
        ("gzip;q=high", False),
        ("gzip;q=", False),
        ("gzip;q=1e9", False),
        ("gzip;level=9", True),
        (",,;,gzip", True),
        ("gzipped", False),
    ],
)
def test_gzip_is_sent_where_it_is_welcome(accept_encoding: str, *, gzip: bool) -> None:
    assert wants_gzip(accept_encoding) is gzip


@pytest.mark.parametrize(
    ("field", "unchanged"),
    [
        ('"abc-gzip"', True),
        ('W/"abc-gzip"', True),
        ('"other", "abc-gzip"', True),
        ('"other",W/"abc-gzip" , "more"', True),
        ('"a,b", "abc-gzip"', True),
        ("abc-gzip", True),
        ("*", True),
        (" * ", True),
        ('"abc"', False),
        ('"abc-gzip-more"', False),
        ('"x abc-gzip"', False),
        ('"x,abc-gzip"', False),
        ('"*"', False),
        ('"ABC-GZIP"', False),
        ('""', False),
        ("", False),
        (",,,", False),
        ('"abc-gzip', True),
    ],
)
def test_tags_are_compared_weakly_and_whole(field: str, *, unchanged: bool) -> None:
    """A tag whose quotes were lost on the way still names its content."""
    asked = is_unchanged(
        "abc-gzip", WRITTEN_AT, if_none_match=[field], if_modified_since=[], now=NOW
    )

    assert asked is unchanged


def test_tags_in_several_fields_are_one_list() -> None:
    assert is_unchanged(
        "abc", WRITTEN_AT, if_none_match=['"x"', '"abc"'], if_modified_since=[], now=NOW
    )


@pytest.mark.parametrize(
    ("fields", "unchanged"),
    [
        ([WRITTEN], True),
        ([LATER], True),
        ([EARLIER], False),
        ([TO_COME], False),
        (["Sunday, 01-Mar-26 12:00:00 GMT"], True),
        (["Sun Mar  1 12:00:00 2026"], True),
        (["Sun, 01 Mar 2026 12:00:00 -0000"], True),
        (["Sun, 01 Mar 2026 13:00:00 +0100"], True),
        (["yesterday"], False),
        ([""], False),
        (["Sun, 01 Mar 99999999999 12:00:00 GMT"], False),
        (["Sun, 31 Feb 2026 12:00:00 GMT"], False),
        ([WRITTEN, WRITTEN], False),
        ([], False),
    ],
    ids=str,
)
def test_times_say_whether_there_is_anything_newer(fields: list[str], *, unchanged: bool) -> None:
    asked = is_unchanged("abc", WRITTEN_AT, if_none_match=[], if_modified_since=fields, now=NOW)

    assert asked is unchanged


@pytest.mark.parametrize(
    ("tag", "since", "unchanged"),
    [('"abc"', EARLIER, True), ('"other"', LATER, False), ("", LATER, False)],
    ids=["tag known, time old", "tag other, time new", "tag empty, time new"],
)
def test_tags_win_over_times(tag: str, since: str, *, unchanged: bool) -> None:
    asked = is_unchanged("abc", WRITTEN_AT, if_none_match=[tag], if_modified_since=[since], now=NOW)

    assert asked is unchanged


@given(st.text(alphabet='gzip*q=;,.019 GMT:MarSun+-W/"', max_size=40))
def test_no_field_makes_trouble(field: str) -> None:
    assert wants_gzip(field) in {True, False}
    assert is_unchanged(
        "abc", WRITTEN_AT, if_none_match=[], if_modified_since=[field], now=NOW
    ) in {True, False}
