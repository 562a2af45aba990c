"""What subscribers of a simulated year were told, watched from outside: files first.

After each pass that brought something, the current Atom documents are read as a subscriber would.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from aggregator.model import Config, Digest
    from bench.year_web import Name, Web

ATOM = "{http://www.w3.org/2005/Atom}"
LINK = re.compile(r"https://outlet-(\d+)\.example/news\d*/(\d+)")


class Trouble(Exception):  # noqa: N818 - it is what a simulation looks for
    """A promise was broken."""


def fail(message: str) -> NoReturn:
    """Raise Trouble."""
    raise Trouble(message)


class Item(NamedTuple):
    """One entry of a digest's Atom document."""

    id: str
    lead: Name | None  # None: an edition
    title: str
    published: str
    updated: str
    names: frozenset[Name]  # every entry that it links


class First(NamedTuple):
    """What an id stood for when it was first told."""

    lead: Name | None
    title: str
    published: str
    updated: str
    at: datetime


@dataclass
class Subscriber:
    """Follows one digest by its current document alone."""

    digest: Digest
    public: Path
    web: Web
    first: dict[str, First] = field(default_factory=dict)
    updated: dict[str, str] = field(default_factory=dict)
    moves: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    leads: dict[Name, str] = field(default_factory=dict)  # which id told of it as its lead
    archives: set[str] = field(default_factory=set)  # read so far

    def look(self, now: datetime) -> int:
        """Read the current document; return how many ids are new."""
        path = self.public / f"{self.digest.name}.atom"
        if not path.is_file():
            return 0
        new = 0
        for archive in sorted((self.public / self.digest.name).glob("archive-*.atom")):
            if archive.name not in self.archives:  # as one who walks back to what is known
                self.archives.add(archive.name)
                new += sum(self._meet(item, now) for item in read(archive))
        items = list(read(path))
        unique((item.id for item in items), f"{path.name}")
        return new + sum(self._meet(item, now) for item in items)

    def _meet(self, item: Item, now: datetime) -> bool:
        known = self.first.get(item.id)
        if known is None:
            self._begin(item, now)
            return True
        if (item.lead, item.published) != (known.lead, known.published):
            fail(f"{item.id}: was {known}, is {item}")
        if item.updated != self.updated[item.id]:
            self.moves[item.id] += 1
            self.updated[item.id] = item.updated
            corrected = item.lead and self.web.corrected.get(item.lead)
            if not corrected or self.moves[item.id] > 1:
                fail(f"{item.id}: updated moved without a correction: {item}")
        return False

    def _begin(self, item: Item, now: datetime) -> None:
        if item.lead is not None:
            if item.lead in self.leads:
                fail(f"{item.lead} is told as {self.leads[item.lead]} and {item.id}")
            self.leads[item.lead] = item.id
        self.first[item.id] = First(item.lead, item.title, item.published, item.updated, now)
        self.updated[item.id] = item.updated

    def missed_corrections(self, now: datetime) -> list[str]:
        """Return the current entries whose lead was corrected after they were told, unmoved."""
        missed = []
        for item in read(self.public / f"{self.digest.name}.atom"):
            known = self.first[item.id]
            at = self.web.corrected.get(item.lead) if item.lead else None
            if at and known.at < at < now and not self.moves[item.id]:
                missed.append(item.id)
        return missed


def read(path: Path) -> Iterator[Item]:
    """Yield the entries of an Atom document."""
    root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own output
    for entry in root.findall(f"{ATOM}entry"):
        links = {link.get("rel", ""): link.get("href", "") for link in entry.findall(f"{ATOM}link")}
        text = " ".join([*links.values(), entry.findtext(f"{ATOM}content", "")])
        name = entry.findtext(f"{ATOM}id", "")
        yield Item(
            id=name,
            lead=None if ":edition:" in name else _first(links),
            title=entry.findtext(f"{ATOM}title", ""),
            published=entry.findtext(f"{ATOM}published", ""),
            updated=entry.findtext(f"{ATOM}updated", ""),
            names=names_in(text),
        )


def _first(links: dict[str, str]) -> Name:
    found = names_in(links.get("alternate", ""))
    if not found:
        fail(f"no lead in {links}")
    return next(iter(found))


def names_in(text: str) -> frozenset[Name]:
    """Return the entries that a text links."""
    return frozenset((int(outlet), int(number)) for outlet, number in LINK.findall(text))


def unique(values: Iterable[str], where: str) -> None:
    """Raise Trouble where a value stands twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            fail(f"{value} stands twice in {where}")
        seen.add(value)


def subscribers(config: Config, web: Web) -> list[Subscriber]:
    """Return one for each digest."""
    public = Path(config.service.public_dir)
    return [Subscriber(digest, public, web) for digest in config.digests]
