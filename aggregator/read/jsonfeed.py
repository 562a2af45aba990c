"""JSON Feed 1.0 and 1.1 (jsonfeed.org): decoded text comes in, a `RawFeed` goes out.

Only documents that name a JSON Feed version are read. Every value may be of any type: what is not
of the type that the specification says counts as missing.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any, Final

from aggregator.model import Failed, FailureKind
from aggregator.read import clean
from aggregator.read.identity import folded_guid
from aggregator.read.raw import RawChannel, RawEnclosure, RawEntry, RawFeed, RawText
from aggregator.read.recognise import FIND_ADDRESS
from aggregator.read.unseen import HASH_BYTES

VERSIONS: Final = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")
MAX_JSON_BYTES = 20_000_000  # decoded it takes ten times as much memory
MAX_LISTED = 100  # authors, tags, attachments looked at in one item
_MAX_KEYS_NAMED = 5  # of a foreign document, in a message

Fields = dict[str, Any]


def read_json(data: bytes, *, known: frozenset[bytes]) -> RawFeed | Failed:
    """Return the feed with the items not in `known`, or what the document is instead."""
    if len(data) > MAX_JSON_BYTES:
        return _unparsable(f"is over {MAX_JSON_BYTES // 1_000_000} MB")
    try:
        found = json.loads(data)
    except RecursionError:
        return _unparsable("nests too deep")
    except ValueError as error:
        return _unparsable(f"is broken or truncated ({clean.line(str(error), limit=100)})")
    if not isinstance(found, dict) or not _string(found, "version").startswith(VERSIONS):
        return _other(found)
    return _feed(found, known)


def _unparsable(what: str) -> Failed:
    return Failed(
        kind=FailureKind.UNPARSABLE,
        message=f"The JSON document {what}. If it stays so, tell the feed's owner",
    )


def _other(found: object) -> Failed:
    names = sorted(found)[:_MAX_KEYS_NAMED] if isinstance(found, dict) else []
    named = f" (with {clean.line(', '.join(names), plain=True, limit=100)})" if names else ""
    return Failed(
        kind=FailureKind.NOT_A_FEED,
        message=f"The address gives JSON of another kind{named}, no JSON Feed. {FIND_ADDRESS}",
    )


def _feed(found: Fields, known: frozenset[bytes]) -> RawFeed:
    items = [item for item in _list(found, "items") if isinstance(item, dict)]
    marks = [_mark(item) for item in items]
    is_sure = _have_one_id_each(items)
    entries = tuple(
        _entry(item, mark if is_sure else b"")
        for item, mark in zip(items, marks, strict=True)
        if not (is_sure and mark in known)
    )
    return RawFeed(
        channel=RawChannel(
            title=_plain(found, "title"),
            site_url=_string(found, "home_page_url"),
            language=_string(found, "language"),
            hubs=tuple(_string(hub, "url") for hub in _dicts(found, "hubs") if _is_websub(hub)),
            self_url=_string(found, "feed_url"),
            next_url=_string(found, "next_url"),
        ),
        entries=tuple(entry for entry in entries if not entry.is_phantom),
        known=frozenset(marks) if is_sure else frozenset(),
        item_count=len(items),
    )


def _is_websub(hub: Fields) -> bool:
    """Return whether the hub speaks WebSub; rssCloud is another protocol (1.1, "hubs")."""
    return _string(hub, "type").lower() == "websub"


def _mark(item: Fields) -> bytes:
    written = json.dumps(item, sort_keys=True, separators=(",", ":")).encode("ascii")
    return blake2b(written, digest_size=HASH_BYTES).digest()


def _have_one_id_each(items: list[Fields]) -> bool:
    guids = {guid for item in items if (guid := folded_guid(_identifier(item)))}
    return len(guids) == len(items)


def _identifier(item: Fields) -> str:
    """Return the id as text; numbers are allowed for (JSON Feed 1.1, "items")."""
    value = item.get("id")
    return str(value) if isinstance(value, int | float) else _string(item, "id")


def _entry(item: Fields, slice_hash: bytes) -> RawEntry:
    links = (_string(item, "url"), _string(item, "external_url"))
    modified = _string(item, "date_modified")
    return RawEntry(
        guid=_identifier(item),
        links=tuple(filter(None, links)),
        title=_plain(item, "title"),
        contents=_contents(item),
        summary=_plain(item, "summary"),
        published=tuple(filter(None, (_string(item, "date_published"), modified))),
        updated=(modified,) if modified else (),
        authors=_authors(item),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        language=_string(item, "language"),
        images=tuple(filter(None, (_string(item, "image"), _string(item, "banner_image")))),
        enclosures=tuple(map(_attachment, _dicts(item, "attachments"))),
        slice_hash=slice_hash,
    )


def _contents(item: Fields) -> tuple[RawText, ...]:
    html = _string(item, "content_html")
    if html:
        return (RawText(value=html),)
    text = _plain(item, "content_text")
    return (text,) if text else ()


def _authors(item: Fields) -> tuple[str, ...]:
    """Return the names of 1.1's authors, or 1.0's author."""
    single = item.get("author")
    authors = _dicts(item, "authors") or ([single] if isinstance(single, dict) else [])
    return tuple(name for author in authors if (name := _string(author, "name")))


def _attachment(found: Fields) -> RawEnclosure:
    size = found.get("size_in_bytes")
    length = str(int(size)) if isinstance(size, int | float) and 0 < size < 2**63 else ""
    return RawEnclosure(url=_string(found, "url"), type=_string(found, "mime_type"), length=length)


def _plain(found: Fields, name: str) -> RawText | None:
    value = _string(found, name)
    return RawText(value=value, plain=True) if value else None


def _string(found: Fields, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _list(found: Fields, name: str) -> list[Any]:
    value = found.get(name)
    if not isinstance(value, list):
        return []
    return value if name == "items" else value[:MAX_LISTED]


def _dicts(found: Fields, name: str) -> list[Fields]:
    return [item for item in _list(found, name) if isinstance(item, dict)]
