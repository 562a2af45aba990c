"""What stands published, read from the files alone, as a feed reader would."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of a digest."""

    id: str
    title: str
    url: str  # of the lead
    updated: str
    published: str
    links: tuple[str, ...]  # everything that the body links, coverage among it
    content: str


def current(public: Path, digest: str) -> list[Told]:
    """Return the entries of the digest's current Atom document, in their order."""
    return _entries((public / f"{digest}.atom").read_bytes())


def everything(public: Path, digest: str) -> list[Told]:
    """Return the entries of the archives, oldest archive first, and those of the current document.

    An entry stands in the current document and in an archive while archives fill: it counts once,
    as the current one has it. Twice within one document, or in two archives, is an error.
    """
    archived = [told for path in archives(public, digest) for told in _entries(path.read_bytes())]
    assert_once([told.id for told in archived])
    now = current(public, digest)
    assert_once([told.id for told in now])
    here = {told.id for told in now}
    return [told for told in archived if told.id not in here] + now


def archives(public: Path, digest: str) -> list[Path]:
    """Return the digest's Atom archives, oldest first."""
    return sorted((public / digest).glob("archive-*.atom"))


def json_items(public: Path, digest: str) -> list[dict[str, object]]:
    """Return the items of the digest's JSON Feed."""
    items: list[dict[str, object]] = json.loads((public / f"{digest}.json").read_bytes())["items"]
    return items


def files(public: Path) -> dict[str, bytes]:
    """Return every published file by its path below the folder."""
    return {
        str(path.relative_to(public)): path.read_bytes()
        for path in sorted(public.rglob("*"))
        if path.is_file()
    }


def assert_once(ids: list[str]) -> None:
    """Fail where a value stands twice."""
    twice = [name for name, count in Counter(ids).items() if count > 1]
    assert not twice, f"told more than once: {twice[:5]}"


def _entries(body: bytes) -> list[Told]:
    feed = ET.fromstring(body)  # noqa: S314 - our own output
    return [_told(entry) for entry in feed.findall(f"{ATOM}entry")]


def _told(entry: ET.Element) -> Told:
    links = entry.findall(f"{ATOM}link")
    by_rel = {link.get("rel", "alternate"): link.get("href", "") for link in reversed(links)}
    return Told(
        id=entry.findtext(f"{ATOM}id", ""),
        title=entry.findtext(f"{ATOM}title", ""),
        url=by_rel.get("via") or by_rel.get("alternate", ""),
        updated=entry.findtext(f"{ATOM}updated", ""),
        published=entry.findtext(f"{ATOM}published", ""),
        links=tuple(link.get("href", "") for link in links),
        content=entry.findtext(f"{ATOM}content", ""),
    )
