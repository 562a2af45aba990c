"""What is watched throughout a simulated year: after every pass, each day, each month."""

from __future__ import annotations

import os
import resource
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.pipeline.places import database_path
from bench.year_told import LINK, fail, subscribers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.model import Config
    from aggregator.pipeline.publish import Published
    from bench.year_told import Subscriber
    from bench.year_web import Name, Web

NEW = """
SELECT e.id, e.story_id, w.url FROM entries AS e JOIN words AS w ON w.entry_id = e.id
WHERE e.id > ? ORDER BY e.id
"""
NUMBERS = "SELECT name, last_number FROM digests"
PUBLISHED_BYTES = """
SELECT (SELECT coalesce(sum(length(body)), 0) FROM publications)
    + (SELECT coalesce(sum(length(body)), 0) FROM archives)
"""
STRAYS = """
SELECT count(*) FROM entries AS e LEFT JOIN stories AS s ON s.id = e.story_id
LEFT JOIN entries AS l ON l.id = s.lead_id
WHERE s.id IS NULL OR s.merged_into IS NOT NULL OR l.story_id IS NOT e.story_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is kept at a moment."""

    at: datetime
    entries: int
    database_bytes: int  # what is in use, gaps left out
    published_bytes: int  # of that, publications and archives as they are kept for ever
    files: int
    memory_bytes: int  # the whole simulation's, at its most so far


@dataclass
class Watch:
    """The memory of a simulation: what was stored, what was told, how files stood."""

    config: Config
    web: Web
    stories: dict[Name, str] = field(default_factory=dict)  # each entry's first story
    sizes: list[Size] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)  # what passes said they published, by digest
    passes: int = 0
    quiet: int = 0  # passes that had nothing to say
    unrecognised: int = 0  # entries taken in a second time, into their own story
    _last_entry: int = 0
    _frozen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _standing: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Subscribe to every digest."""
        self.subscribers: Sequence[Subscriber] = subscribers(self.config, self.web)
        self.public = Path(self.config.service.public_dir)

    def after_pass(self, done: Sequence[Published], *, now: datetime, unsure: bool) -> None:
        """Look at what a pass did; `unsure` where one that was killed may have left work."""
        self.passes += 1
        self._note_entries()
        said = any(one.new or one.revised for one in done)
        standing = self._folders()
        if not said and not unsure:
            self.quiet += 1
            if standing != self._standing:
                fail(f"{now}: nothing was new, but files were written")
        if said or unsure:
            self._look(now)
        self._standing = standing

    def _look(self, now: datetime) -> None:
        with self.ask() as db:
            numbers = dict(db.execute(NUMBERS).fetchall())
        for one in self.subscribers:
            one.look(now)
            if len(one.first) != numbers.get(one.digest.name, 0):
                fail(
                    f"{now}: {one.digest.name} has {numbers} publications, "
                    f"its subscriber saw {len(one.first)}"
                )
            if missed := one.missed_corrections(now):
                fail(f"{now}: corrected, but updated stayed: {missed}")

    def _note_entries(self) -> None:
        with self.ask() as db:
            rows = db.execute(NEW, (self._last_entry,)).fetchall()
        for entry_id, story_id, url in rows:
            self._last_entry = entry_id
            found = LINK.search(url)
            if found is None:
                fail(f"an entry without a link: {entry_id}")
            name = int(found[1]), int(found[2])
            if self.stories.get(name, story_id) != story_id:
                fail(f"{name} was taken in twice, as {self.stories[name]} and {story_id}")
            self.unrecognised += name in self.stories
            self.stories[name] = story_id

    def daily(self) -> None:
        """Check that nothing frozen was touched."""
        for path in self._frozen_files():
            stat = path.stat()
            mark = stat.st_ino, stat.st_mtime_ns
            if self._frozen.setdefault(path, mark) != mark:
                fail(f"{path.name} of {path.parent.name} was written again")
        if gone := [path for path in self._frozen if not path.exists()]:
            fail(f"gone: {gone[:3]}")

    def monthly(self, now: datetime) -> None:
        """Note the sizes; check that every entry has a story."""
        with self.ask() as db:
            (entries,) = db.execute("SELECT count(*) FROM entries").fetchone()
            (published,) = db.execute(PUBLISHED_BYTES).fetchone()
            (strays,) = db.execute(STRAYS).fetchone()
            pages, free, size = (
                db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        if strays:
            fail(f"{strays} entries have no story of their own")
        self.sizes.append(
            Size(
                at=now,
                entries=entries,
                database_bytes=(pages - free) * size,
                published_bytes=published,
                files=sum(len(names) for _, _, names in os.walk(self.public)),
                memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            )
        )

    def ask(self) -> closing[sqlite3.Connection]:
        """Open the database beside the house, for questions."""
        path = database_path(self.config)
        return closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30))

    def _frozen_files(self) -> Iterator[Path]:
        for digest in self.config.digests:
            folder = self.public / digest.name
            yield from folder.glob("archive-*")
            yield from folder.glob("edition-*")

    def _folders(self) -> dict[str, int]:
        """Return when a file was last made or replaced, by folder."""
        folders = [self.public, *(self.public / one.name for one in self.config.digests)]
        return {str(path): path.stat().st_mtime_ns for path in folders if path.is_dir()}
