"""Tells what a body is, and what a person can do when it is no feed.

It looks at the bytes, never at the content type: servers call feeds text/html and error pages
application/rss+xml. It parses nothing.
"""

from __future__ import annotations

import html
import re
import zlib
from dataclasses import dataclass
from typing import Final

from aggregator.model import Failed, FailureKind
from aggregator.read import clean, decode
from aggregator.read.stranger import Stranger

MAX_JUNK_BYTES = 65_536  # before the root element: warnings of a script, a licence, blank lines
_TITLE_CHARS = 80  # of a foreign page's title, in a message

MAX_UNPACKED_BYTES = 10_000_000  # as `max_body`; the largest real feed seen has 4.1 MB
_GZIP: Final = b"\x1f\x8b"
_SIGNATURES: Final = (
    (b"\x89PNG", "an image (PNG)"),
    (b"GIF8", "an image (GIF)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"RIFF", "an image or a sound (RIFF)"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
)
_ROOT: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?(?:rss|feed|rdf))(?=[\s/>])", re.IGNORECASE)
_ELEMENT: Final = re.compile(rb"<([A-Za-z_][\w.:-]{0,60})")
_DOCTYPE: Final = re.compile(
    rb"<!DOCTYPE(?:[^\[\]>\"']|\"[^\"]*\"|'[^']*')*+"
    rb"(?:\[(?:[^\]\"']|\"[^\"]*\"|'[^']*')*+\]\s*)?>",
    re.IGNORECASE,
)
_HTML_DOCTYPE: Final = re.compile(rb"<!doctype\s+html", re.IGNORECASE)
_HTML_ELEMENTS: Final = frozenset({b"html", b"head", b"body"})
_PAGE_TITLE: Final = re.compile(rb"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_CHALLENGE: Final = re.compile(
    r"just a moment|attention required|checking your browser|are you (?:a )?human|captcha|ddos"
    r"|verify(?:ing)? (?:that )?you|security check|access denied|bot (?:check|verification)",
    re.IGNORECASE,
)
_NEWS_INSIDE: Final = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s/>]|\]\]>", re.IGNORECASE)

FIND_ADDRESS = "Look for the feed's own address: `newsfold add` finds the feed behind a page"
ADD_LIST = "`newsfold add` adds all of its feeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlText:
    """A feed's root element, whole: UTF-8, nothing before it and nothing after it."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonText:
    """A document that begins as JSON, in UTF-8."""

    data: bytes


def recognise(body: bytes, *, content_type: str = "") -> XmlText | JsonText | Failed:
    """Return the feed's document, or what came instead of it."""
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        return Failed(
            kind=FailureKind.EMPTY,
            message="The body is empty. Nothing to do if it passes; else ask the feed's owner",
        )
    if body.startswith(_GZIP):
        return _unpacked(body, content_type)
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            return _no_feed(f"{name}, no feed")
    data = decode.to_utf8(body, content_type=content_type)
    if data[:256].lstrip()[:1] in {b"{", b"["}:
        return JsonText(data=data)
    return _xml(data)


def _unpacked(body: bytes, content_type: str) -> XmlText | JsonText | Failed:
    """Return what is in a body that was compressed and did not say so: one layer, bounded."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        inner = unpacker.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:
        return _no_feed("gzip data that is broken")
    if unpacker.unconsumed_tail:
        limit = f"{MAX_UNPACKED_BYTES // 1_000_000} MB"
        message = f"The body is gzip data of more than {limit}. {FIND_ADDRESS}"
        return Failed(kind=FailureKind.TOO_LARGE, message=message)
    if inner.startswith(_GZIP):
        return _no_feed("gzip data within gzip data")
    return recognise(inner, content_type=content_type)


def _no_feed(what: str, mend: str = FIND_ADDRESS, *, is_list: bool = False) -> Stranger:
    message = f"The address gives {what}. {mend}"
    return Stranger(kind=FailureKind.NOT_A_FEED, message=message, is_list=is_list)


def _xml(data: bytes) -> XmlText | Failed:
    start = _after_prolog(data)
    first = _ELEMENT.match(data, start)
    if first and first[1].lower() in _HTML_ELEMENTS or _HTML_DOCTYPE.search(data, 0, start):  # noqa: RUF021 either sign is enough
        return _page(data)
    root = _ROOT.search(data, start, start + MAX_JUNK_BYTES)
    if root is None:
        return _other(data, first[1] if first else b"")
    return _whole(data, root)


def _after_prolog(data: bytes) -> int:
    """Return where the first element begins: behind declaration, comments and doctype."""
    at = 0
    while (at := data.find(b"<", at)) >= 0:
        if data.startswith(b"<?", at):
            end = data.find(b"?>", at)
        elif data.startswith(b"<!--", at):
            end = data.find(b"-->", at)
        elif data.startswith(b"<!", at):
            doctype = _DOCTYPE.match(data, at)
            end = doctype.end() if doctype else data.find(b">", at)
        else:
            return at
        if end < 0:
            break
        at = end
    return len(data)


def _page(data: bytes) -> Failed:
    match = _PAGE_TITLE.search(data, 0, MAX_JUNK_BYTES)
    title = clean.line(match[1].decode("utf-8", "replace"), limit=_TITLE_CHARS) if match else ""
    if _CHALLENGE.search(title):
        mend = "The site lets only browsers in: ask its owner to let feed readers in"
        return _no_feed(f"a challenge page titled '{title}'", mend)
    return _no_feed(f"an HTML page titled '{title}'" if title else "an HTML page without a title")


def _other(data: bytes, first: bytes) -> Failed:
    name = html.escape(first.decode("ascii", "replace"))
    if name.lower() == "opml":
        return _no_feed("a list of feeds (OPML), no feed", ADD_LIST, is_list=True)
    if name:
        return _no_feed(f"a document of another kind (<{name}>)")
    is_binary = data[:1000].count(b"\xef\xbf\xbd") > 10  # noqa: PLR2004 a few are typing errors
    return _no_feed("binary data" if is_binary else "plain text, no feed")


def _whole(data: bytes, root: re.Match[bytes]) -> XmlText | Failed:
    """Return the root element, or the failure of a body that was cut off.

    A closing tag of the root is looked for as bytes: the document may be ill-formed.
    """
    start, name = root.start(), root[1]
    closing = data.rfind(b"</" + name, start)
    end = data.find(b">", closing) + 1 if closing >= 0 else 0
    if end and not _NEWS_INSIDE.search(data, end):
        return XmlText(data=data[start:end])
    rest = data[start:].rstrip()
    if rest.endswith(b"/>") and rest.find(b">") == len(rest) - 1:
        return XmlText(data=rest)
    if rest.endswith(b"</channel>") and name.lower() == b"rss":
        return XmlText(data=rest + b"</" + name + b">")
    return Failed(
        kind=FailureKind.UNPARSABLE,
        message=f"The document is truncated: no closing </{name.decode('ascii', 'replace')}>. "
        "It is asked for again; if it stays so, tell the feed's owner",
    )
