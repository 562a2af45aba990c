"""Cuts a document into the slices of its items, so that only those not yet known are parsed.

A cut is either sure or not made: it must never give an entry that parsing the whole document would
not give. Comments, CDATA sections and processing instructions are stepped over, so what looks like
an item inside them is text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from aggregator.read.identity import folded_guid

_MAX_PREFIX = 40  # of an item's tag; real prefixes have five characters
HASH_BYTES = 8  # within one feed: a false "known" once in 10^15 entries

_MARK: Final = re.compile(
    rb"<(?:(!\[CDATA\[)|(!--)|(\?)|(/?)(?:[A-Za-z_][\w.-]*:)?(?:item|entry)(?=[\s/>]))"
)
_CLOSING: Final = (b"]]>", b"-->", b"?>")
_SOURCE: Final = re.compile(rb"<source[\s>].*?</source\s*>", re.DOTALL)
_ID: Final = re.compile(
    rb"<((?:[\w.-]+:)?(?:guid|id))(?:\s[^>]*)?>\s*(?:<!\[CDATA\[([^\]]*)\]\]>|([^<]*))\s*</\1\s*>"
)
_ID_TAG: Final = re.compile(rb"<(?:[\w.-]+:)?(?:guid|id)[\s/>]", re.IGNORECASE)
_NAME: Final = re.compile(rb"([\w.-]+:)?[\w.-]+")
_ABOUT: Final = re.compile(rb"<item\s[^>]*?\brdf:about\s*=\s*[\"']([^\"']*)[\"']")

_HUGE = re.compile(r"&#(?:[xX][0-9A-Fa-f]{7,}|[0-9]{8,});?")  # int() refuses 4,300 digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The bytes of one item and their hash."""

    data: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document taken apart: `gaps[n]` stands before `slices[n]`, the last gap after all."""

    gaps: tuple[bytes, ...]
    slices: tuple[Slice, ...]

    @property
    def shell(self) -> bytes:
        """Return the document without its items."""
        return b"".join(self.gaps)

    @property
    def hashes(self) -> frozenset[bytes]:
        """Return the hash of every slice."""
        return frozenset(piece.hash for piece in self.slices)

    def document(self, wanted: frozenset[bytes]) -> bytes:
        """Return the document with only the slices of these hashes in it."""
        pieces = []
        for gap, piece in zip(self.gaps, self.slices, strict=False):
            pieces.append(gap)
            if piece.hash in wanted:
                pieces.append(piece.data)
        return b"".join([*pieces, self.gaps[-1]])


def cut(document: bytes, *, known: frozenset[bytes] = frozenset()) -> Cut | None:
    """Return the document cut at its items, or None where the cut would be a guess.

    Each slice has exactly one guid, and no two the same; slices all known were proven before.
    """
    borders = _borders(document)
    if not borders:
        return None
    found = _taken_apart(document, borders)
    if found.hashes <= known or _have_one_guid_each(found.slices):
        return found
    return None


def _borders(document: bytes) -> list[tuple[int, int]] | None:
    """Return where each item begins and ends, or None where items nest or do not pair."""
    borders: list[tuple[int, int]] = []
    at, opened = 0, -1
    while match := _MARK.search(document, at):
        if match.lastindex and match.lastindex < 4:  # noqa: PLR2004 CDATA, comment, instruction
            at = document.find(_CLOSING[match.lastindex - 1], match.end())
        else:
            at = document.find(b">", match.end())
            if bool(match[4]) is (opened < 0) or document[at - 1 : at] == b"/":
                return None
            if match[4]:
                borders.append((opened, at + 1))
            opened = -1 if match[4] else match.start()
        if at < 0:
            return None
    return borders if opened < 0 else None


def _taken_apart(document: bytes, borders: list[tuple[int, int]]) -> Cut:
    """Return the cut, an item repeated byte for byte taken once."""
    gaps: list[bytes] = []
    slices: list[Slice] = []
    seen, after = set(), 0
    for start, end in borders:
        data = document[start:end]
        mark = blake2b(data, digest_size=HASH_BYTES).digest()
        gap, after = document[after:start], end
        if mark in seen:
            gaps[-1] += gap
            continue
        seen.add(mark)
        gaps.append(gap)
        slices.append(Slice(data=data, hash=mark))
    return Cut(gaps=(*gaps, document[after:]), slices=tuple(slices))


def _have_one_guid_each(slices: tuple[Slice, ...]) -> bool:
    guids = {guid for piece in slices if (guid := _guid(piece.data))}
    return len(guids) == len(slices)


def _guid(data: bytes) -> str:
    """Return the guid of a slice as keys compare it, "" where there is none or more than one."""
    if b"<source" in data:
        data = _SOURCE.sub(b"", data)
    tags = _ID_TAG.findall(data)
    if len(tags) > 1:
        return ""
    match = _ID.search(data) if tags else _ABOUT.match(data)
    if not match or (tags and _prefix(match[1]) != _prefix(data[1:_MAX_PREFIX])):
        return ""
    raw = match[match.lastindex or 0].decode("utf-8", "replace")
    return folded_guid(html.unescape(_HUGE.sub("\ufffd", raw)) if "&" in raw else raw)


def _prefix(tag: bytes) -> bytes:
    """Return the prefix of a tag's name: an id of another vocabulary is not the entry's."""
    name = _NAME.match(tag)
    return name[1] or b"" if name else b"?"
