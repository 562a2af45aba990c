"""One HTTP exchange for the demo's server: bounded reading, honest answering (RFC 9110, 9112).

Pure but for the stream that `read_request` reads from.
"""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aggregator.demo.values import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD_BYTES = 16 * 1024  # a request head; browsers send less than 2 kB
IDLE_S = 15.0  # how long a kept-alive connection may wait
METHODS = ("GET", "HEAD")
COMPRESSIBLE = ("text/", "application/")
REQUEST_LINE_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request's head; header names are in lower case."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]

    @property
    def is_last(self) -> bool:
        """Return whether the connection ends with this request."""
        wish = self.headers.get("connection", "").lower()
        return wish == "close" or (self.version == "HTTP/1.0" and wish != "keep-alive")


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request, or None where the peer is done, too slow or makes no sense."""
    try:
        async with asyncio.timeout(IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, TimeoutError):
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    parts = first.split(" ")
    if len(parts) != REQUEST_LINE_PARTS:
        return None
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Request(method=parts[0], target=parts[1], version=parts[2], headers=headers)


def negotiated(request: Request, answer: Answer) -> Answer:
    """Return the answer as the request wants it: compressed, or 304 where nothing changed."""
    if request.method not in METHODS:
        return Answer(status=405, headers=(("Allow", ", ".join(METHODS)),))
    coded = _coded(request, answer) if _may_shrink(answer) else answer
    if answer.status == HTTPStatus.OK and _is_unchanged(request, coded):
        kept = ("etag", "last-modified", "vary", "cache-control")
        headers = tuple(pair for pair in coded.headers if pair[0].lower() in kept)
        return Answer(status=304, headers=headers)
    return coded


def wire_bytes(request: Request, answer: Answer, *, date: str) -> bytes:
    """Return the answer as it goes over the wire; HEAD and 304 carry no body."""
    status = HTTPStatus(answer.status)
    headers = [*answer.headers, ("Date", date)]
    if status is not HTTPStatus.NOT_MODIFIED:
        headers.append(("Content-Length", str(len(answer.body))))
    if request.is_last:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{k}: {v}" for k, v in headers)]
    body = b"" if request.method == "HEAD" else answer.body
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + body


def _wants_gzip(request: Request) -> bool:
    codings = request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    return any(coding in ("gzip", "*") or coding.startswith("gzip;q=") for coding in codings) and (
        "gzip;q=0" not in codings
    )


def _may_shrink(answer: Answer) -> bool:
    return bool(answer.body) and answer.header("Content-Type").startswith(COMPRESSIBLE)


def _coded(request: Request, answer: Answer) -> Answer:
    """Return the answer in gzip where wanted, under an ETag of its own (section 8.8.3.3)."""
    vary = ("Vary", "Accept-Encoding")
    if not _wants_gzip(request):
        return replace(answer, headers=(*answer.headers, vary))
    headers = tuple(
        (name, f'{value[:-1]}-gz"' if name == "ETag" else value) for name, value in answer.headers
    )
    return replace(
        answer,
        headers=(*headers, ("Content-Encoding", "gzip"), vary),
        body=gzip.compress(answer.body, 6, mtime=0),
    )


def _is_unchanged(request: Request, answer: Answer) -> bool:
    """Return whether the peer has this version; an ETag goes before a date (section 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return answer.header("ETag") in tags
    since, changed = request.headers.get("if-modified-since"), answer.header("Last-Modified")
    if not since or not changed:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False
