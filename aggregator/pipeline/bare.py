"""A body's entries as folding compares them: without what their feed repeats around its articles.

What a feed's own document repeats is learned where it is read. Here it is learned from the pages of
its entries, and what older documents taught is cut from the whole body. Runs inside the transaction
that takes the body in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.fold.features import describe
from aggregator.read.clutter import learn, without
from aggregator.read.fulltext import as_read
from aggregator.store import clutter

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Entry, Fetched, ReadEntry
    from aggregator.store.database import Database


def bare(db: Database, feed_id: int, fetched: Fetched, *, now: datetime) -> Fetched:
    """Return the body, its entries described without clutter; what is found is kept.

    Their words stay as they came: what is published is cut when it is composed.
    """
    if fetched.archived and fetched.clutter:
        marks = marks_of(db, feed_id)
        fetched = replace(
            fetched,
            entries=tuple(_described(read, marks) for read in fetched.entries),
            archived=tuple(_described(read, marks) for read in fetched.archived),
        )
    told = [read for read in fetched.entries if read.page and read.page.content]
    if not told:
        return fetched
    learned = _learned(db, feed_id, told, now=now)
    return replace(
        fetched, entries=tuple(learned.get(read.entry.key, read) for read in fetched.entries)
    )


def marks_of(db: Database, feed_id: int) -> frozenset[int]:
    """Return the fingerprints of what a feed repeats."""
    return clutter.marks(db, [feed_id]).get(feed_id, frozenset())


def bare_features(entry: Entry, marks: frozenset[int]) -> bytes:
    """Return what folding compares of an entry, without what these marks stand for."""
    return describe(without(entry, marks))


def _learned(
    db: Database, feed_id: int, told: list[ReadEntry], *, now: datetime
) -> dict[str, ReadEntry]:
    """Learn from the pages of entries; return those that hold clutter, by key, without it."""
    pages = [as_read(read.entry, read.page.content) for read in told if read.page]
    memory = clutter.page_pieces(db, feed_id)
    learned = learn(memory, pages, known=marks_of(db, feed_id))
    clutter.keep_page_pieces(db, feed_id, learned.memory)
    clutter.add(db, feed_id, learned.found, now=now)
    return {
        read.entry.key: replace(read, features=describe(cut))
        for read, page, cut in zip(told, pages, learned.entries, strict=True)
        if cut is not page
    }


def _described(read: ReadEntry, marks: frozenset[int]) -> ReadEntry:
    """Return an entry without clutter, unless its page tells it or there is none."""
    if read.page and read.page.content:
        return read
    cut = without(read.entry, marks)
    return read if cut == read.entry else replace(read, features=describe(cut))
