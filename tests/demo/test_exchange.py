"""Conditional requests and codings as RFC 9110 has them."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from aggregator.demo.exchange import Request, negotiated, read_request, wire_bytes
from aggregator.demo.values import Answer

LAST_MODIFIED = "Wed, 25 Nov 2026 11:33:00 GMT"
ANSWER = Answer(
    status=200,
    headers=(
        ("Content-Type", "application/rss+xml"),
        ("ETag", '"abc"'),
        ("Last-Modified", LAST_MODIFIED),
    ),
    body=b"<rss/>" * 50,
)


def asking(method: str = "GET", /, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method=method, target="/", version="HTTP/1.1", headers=named)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(asking(), 200, id="nothing known"),
        pytest.param(asking(if_none_match='"abc"'), 304, id="the etag"),
        pytest.param(asking(if_none_match='"x", W/"abc"'), 304, id="weak and in a list"),
        pytest.param(asking(if_none_match='"abc-gz"'), 200, id="the etag of the other coding"),
        pytest.param(
            asking(if_none_match='"abc-gz"', accept_encoding="gzip"), 304, id="the coding's etag"
        ),
        pytest.param(asking(if_modified_since=LAST_MODIFIED), 304, id="the date"),
        pytest.param(
            asking(if_modified_since="Tue, 24 Nov 2026 11:33:00 GMT"), 200, id="an older date"
        ),
        pytest.param(asking(if_modified_since="yesterday"), 200, id="no date"),
        pytest.param(
            asking(if_none_match='"old"', if_modified_since=LAST_MODIFIED),
            200,
            id="an etag goes before a date",
        ),
        pytest.param(asking("POST"), 405, id="another method"),
    ],
)
def test_a_request_gets_the_status_it_deserves(request_: Request, status: int) -> None:
    answer = negotiated(request_, ANSWER)

    assert answer.status == status
    assert bool(answer.body) == (status == 200)


@pytest.mark.parametrize(
    ("accepted", "is_coded"),
    [("gzip, br", True), ("*", True), ("gzip;q=0.5", True), ("gzip;q=0", False), ("br", False)],
)
def test_gzip_is_sent_to_those_who_take_it(accepted: str, is_coded: bool) -> None:  # noqa: FBT001 - a case table
    answer = negotiated(asking(accept_encoding=accepted), ANSWER)

    assert (answer.header("Content-Encoding") == "gzip") == is_coded
    assert answer.header("Vary") == "Accept-Encoding"
    assert (gzip.decompress(answer.body) if is_coded else answer.body) == ANSWER.body


def test_a_304_repeats_the_validators_and_no_length() -> None:
    request = asking(if_none_match='"abc"')

    sent = wire_bytes(request, negotiated(request, ANSWER), date="now").decode()
    assert sent.startswith("HTTP/1.1 304 Not Modified\r\n")
    assert 'ETag: "abc"' in sent
    assert "Content-Length" not in sent
    assert sent.endswith("\r\n\r\n")


def test_head_has_the_length_and_no_body() -> None:
    sent = wire_bytes(asking("HEAD"), ANSWER, date="now")

    assert b"Content-Length: 300\r\n" in sent
    assert sent.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [b"", b"GET / HTTP/1.1\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 9000],
    ids=["nothing", "half", "no request line", "too long"],
)
async def test_a_broken_head_is_no_request(head: bytes) -> None:
    reader = asyncio.StreamReader(limit=16 * 1024)
    reader.feed_data(head)
    reader.feed_eof()

    assert await read_request(reader) is None


@pytest.mark.parametrize(
    ("version", "connection", "is_last"),
    [("1.1", "", False), ("1.1", "close", True), ("1.0", "", True), ("1.0", "keep-alive", False)],
)
def test_connections_end_as_the_version_says(version: str, connection: str, is_last: bool) -> None:  # noqa: FBT001 - a case table
    request = Request(
        method="GET", target="/", version=f"HTTP/{version}", headers={"connection": connection}
    )

    assert request.is_last == is_last
