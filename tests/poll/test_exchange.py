from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import __version__
from aggregator.model import Freshness, Validators
from aggregator.poll.exchange import (
    clean_validator,
    content_location_of,
    fields_of,
    freshness_of,
    http_date,
    redirect_target,
    request_fields,
    user_agent,
    without_secrets,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"  # the server's clock is two hours behind
TEN_YEARS = timedelta(days=3650)


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("https://example.org/about", f"Newsfold/{__version__} (+https://example.org/about)"),
        ("", f"Newsfold/{__version__}"),
        ("me\r\nX-Evil: 1", f"Newsfold/{__version__} (+meX-Evil: 1)"),
    ],
)
def test_the_user_agent_names_the_contact(contact: str, expected: str) -> None:
    assert user_agent(contact) == expected


def test_a_persons_fields_replace_ours_but_none_that_the_exchange_needs() -> None:
    custom = (("accept", "text/plain"), ("X-Key", "1"), ("Host", "evil"), ("If-None-Match", "x"))

    fields = dict(request_fields("agent", Validators(), custom))

    assert fields[b"accept"] == b"text/plain"
    assert fields[b"X-Key"] == b"1"
    assert not fields.keys() & {b"Host", b"If-None-Match", b"Accept"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param('W/"a b"', 'W/"a b"', id="weak"),
        pytest.param("bare", "bare", id="without quotes"),
        pytest.param('"caf\xe9"', '"caf\xe9"', id="latin-1"),
        pytest.param("x" * 1_000, "x" * 1_000, id="longest"),
        pytest.param("x" * 1_001, "", id="too long"),
        pytest.param("a\r\nX-Evil: 1", "", id="line break"),
        pytest.param("a\x80", "", id="control"),
        pytest.param("☃", "", id="beyond latin-1"),
    ],
)
def test_a_validator_is_kept_as_it_is_or_not_at_all(value: str, expected: str) -> None:
    assert clean_validator(value) == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_remembered_validators_make_fields_that_can_be_sent(etag: str, modified: str) -> None:
    for name, value in request_fields("a", Validators(etag=etag, last_modified=modified), ()):
        assert name.isascii()
        assert b"\r" not in value
        assert b"\n" not in value


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, Freshness(), id="nothing"),
        pytest.param(
            {"retry-after": "120"}, Freshness(retry_after=timedelta(minutes=2)), id="seconds"
        ),
        pytest.param(
            {"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT", "date": DATE},
            Freshness(retry_after=timedelta(hours=1)),
            id="date by the server's clock",
        ),
        pytest.param(
            {"retry-after": "Sun, 01 Mar 2026 13:00:00 GMT"},
            Freshness(retry_after=timedelta(hours=1)),
            id="date by our clock",
        ),
        pytest.param(
            {"retry-after": "Sun, 01 Mar 2026 09:00:00 GMT", "date": DATE},
            Freshness(retry_after=timedelta()),
            id="date that is past",
        ),
        pytest.param(
            {"retry-after": "9" * 400}, Freshness(retry_after=TEN_YEARS), id="endless number"
        ),
        pytest.param({"retry-after": "-5"}, Freshness(), id="negative"),
        pytest.param({"retry-after": "1e309"}, Freshness(), id="float"),
        pytest.param(
            {"retry-after": "Thu, 99 Foo 99999 99:99:99 GMT"}, Freshness(), id="no such date"
        ),
        pytest.param(
            {"cache-control": "public, Max-Age=600", "expires": "Sun, 01 Mar 2026 18:00:00 GMT"},
            Freshness(max_age=timedelta(minutes=10)),
            id="max-age before Expires",
        ),
        pytest.param(
            {"cache-control": 'max-age="600"', "age": "240"},
            Freshness(max_age=timedelta(minutes=6)),
            id="less what it has aged",
        ),
        pytest.param(
            {"cache-control": "max-age=600", "age": "9000"},
            Freshness(max_age=timedelta()),
            id="aged out",
        ),
        pytest.param({"cache-control": "no-cache, max-age=600"}, Freshness(), id="no-cache"),
        pytest.param({"cache-control": "s-maxage=600"}, Freshness(), id="for shared caches only"),
        pytest.param(
            {"expires": "Sun, 01 Mar 2026 10:30:00 GMT", "date": DATE},
            Freshness(max_age=timedelta(minutes=30)),
            id="Expires",
        ),
        pytest.param({"expires": "0"}, Freshness(), id="Expires that is no date"),
    ],
)
def test_freshness_is_read(fields: dict[str, str], expected: Freshness) -> None:
    assert freshness_of(fields, now=NOON) == expected


@pytest.mark.parametrize("text", ["", "x" * 101, "yesterday-ish", "Sun, 01 Mar 2026 25:00:00 GMT"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert http_date(text) is None


@given(st.text(max_size=60))
def test_no_text_makes_the_date_raise(text: str) -> None:
    moment = http_date(text)

    assert moment is None or moment.tzinfo is UTC


def test_the_first_field_counts_and_lists_are_joined() -> None:
    raw = [
        (b"ETag", b"a"),
        (b"etag", b"b"),
        (b"Cache-Control", b"public"),
        (b"cache-control", b"x"),
    ]

    assert fields_of(raw) == {"etag": "a", "cache-control": "public, x"}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param("/b?c", "http://me:pw@a.example/b?c", id="path"),
        pytest.param("b#part", "http://me:pw@a.example/x/b#part", id="relative"),
        pytest.param("//b.example/y", "http://b.example/y", id="another host"),
        pytest.param("http://a.example:80/y", "http://me:pw@a.example/y", id="same origin"),
        pytest.param("https://a.example/y", "https://a.example/y", id="another scheme"),
        pytest.param("/caf\xe9", "http://me:pw@a.example/caf%E9", id="other bytes"),
        pytest.param("/caf\xc3\xa9", "http://me:pw@a.example/caf%C3%A9", id="UTF-8 bytes"),
    ],
)
def test_a_redirect_takes_the_password_along_in_its_origin_only(
    location: str, expected: str
) -> None:
    url = httpx.URL("http://me:pw@a.example/x/feed#old")

    assert str(redirect_target(url, location)) == expected


def test_a_url_is_shown_without_its_secrets() -> None:
    assert without_secrets(httpx.URL("http://me:pw@a.example/x?y#z")) == "http://a.example/x?y"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("/other/feed", "http://a.example/other/feed"),
        ("http://b.example/feed", "http://b.example/feed"),
        ("javascript:alert(1)", ""),
        ("http://x:y:z/", ""),
        ("/" + "x" * 3_000, ""),
    ],
)
def test_content_location_is_made_absolute(value: str, expected: str) -> None:
    url = httpx.URL("http://me:pw@a.example/feed")

    assert content_location_of({"content-location": value}, url) == expected
