"""Lets go of entries past their time, so that they neither stay nor ever come back as new.

What was published stays known as published. Each step is its own short transaction, so the service
goes on beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.store import entries, identities, membership
from aggregator.store.codec import moment_to_text
from aggregator.store.database import make_durable, rows, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlite_utils import Database

ENTRIES_AT_ONCE = 500  # some 35 ms with the write lock held
MERGE_PAGES = 500  # of the search index, a step's worth of tidying

# A feed that is no longer configured is not polled: its entries count as seen until it was dropped.
_OUTDATED = """
SELECT id, key, story_id, content_hash FROM entries WHERE feed_id = :feed AND left_at < :before
UNION ALL
SELECT e.id, e.key, e.story_id, e.content_hash FROM entries AS e JOIN feeds AS f ON f.id = e.feed_id
WHERE e.feed_id = :feed AND e.left_at IS NULL AND f.unlisted_at < :before
LIMIT :limit
"""
_NAMES = """
SELECT entry_id, guid, url, published_at FROM words
WHERE entry_id IN (SELECT value FROM json_each(?))
"""
_BURY = "INSERT OR IGNORE INTO tombstones (feed_id, key_hash, pruned_on) VALUES (?, ?, ?)"
_MARK = "INSERT OR IGNORE INTO grave_marks (feed_id, mark) VALUES (?, ?)"
_DELETE = "DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_DELETE_ABSORBED = """
DELETE FROM stories WHERE merged_into = :id
    AND NOT EXISTS (SELECT 1 FROM published AS p WHERE p.story_id = stories.id)
    AND NOT EXISTS (SELECT 1 FROM publications AS p WHERE p.story_id = stories.id)
"""
_DELETE_STORY = """
DELETE FROM stories WHERE id = :id
    AND NOT EXISTS (SELECT 1 FROM published AS p WHERE p.story_id = :id)
    AND NOT EXISTS (SELECT 1 FROM publications AS p WHERE p.story_id = :id)
    AND NOT EXISTS (SELECT 1 FROM stories AS s WHERE s.merged_into = :id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much was let go of, and how many stories got another lead by it."""

    entries: int = 0
    stories: int = 0
    leads: int = 0

    def plus(self, other: Pruned) -> Pruned:
        """Return the sum."""
        return Pruned(
            entries=self.entries + other.entries,
            stories=self.stories + other.stories,
            leads=self.leads + other.leads,
        )


def prune(db: Database, *, retention_by_feed: Mapping[int, timedelta], now: datetime) -> Pruned:
    """Delete entries that left their feed longer ago than the feed's retention; return how many.

    Feeds without a retention keep all. To be called outside a transaction: each step is its own.
    """
    total = Pruned()
    for feed_id, retention in retention_by_feed.items():
        before = moment_to_text(now - retention)
        names: dict[str, int | str] = {"feed": feed_id, "before": before, "limit": ENTRIES_AT_ONCE}
        while db.conn.execute(_OUTDATED, names).fetchall():  # a look without the write lock first
            total = total.plus(_prune_step(db, names, now=now))
    with transaction(db):
        db.conn.execute("DELETE FROM host_pauses WHERE until_at <= ?", (moment_to_text(now),))
        if total.stories:
            membership.move_generation(db)
        if total.entries:
            tidy = "INSERT INTO words_search (words_search, rank) VALUES ('merge', ?)"
            db.conn.execute(tidy, (MERGE_PAGES,))
    db.conn.execute("PRAGMA optimize").fetchall()
    make_durable(db)
    return total


def _prune_step(db: Database, names: Mapping[str, int | str], *, now: datetime) -> Pruned:
    with transaction(db):
        outdated = rows(db, _OUTDATED, names)
        today = moment_to_text(now)[:10]
        graves = [(names["feed"], entries.key_hash(row["key"]), today) for row in outdated]
        gone = [row["id"] for row in outdated]
        entries.forget_search(db, gone)
        db.conn.executemany(_BURY, graves)
        db.conn.executemany(_MARK, [(names["feed"], mark) for mark in _marks(db, outdated)])
        db.conn.execute(_DELETE, (json.dumps(gone),))
        return _mend_stories(db, {row["story_id"] for row in outdated}, entries=len(gone))


def _marks(db: Database, outdated: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return what the entries are known by where their feed has given them other ids since.

    Some 55 bytes an entry, for ever.
    """
    ids = json.dumps([row["id"] for row in outdated])
    names = {row["entry_id"]: row for row in rows(db, _NAMES, (ids,))}
    return {
        mark
        for row in outdated
        for mark in _marks_of(names[row["id"]], row["content_hash"])
        if mark is not None
    }


def _marks_of(names: Mapping[str, Any], content_hash: bytes) -> tuple[int | None, ...]:
    published = names["published_at"] or ""
    return identities.marks_of(
        names["guid"], names["url"], content_hash=content_hash, published=published
    )


def _mend_stories(db: Database, story_ids: set[str], *, entries: int) -> Pruned:
    """Give each story that lost its lead another; delete the empty ones nothing refers to."""
    mended = membership.mend(db, story_ids)
    stories = 0
    for story_id in mended.empty:
        db.conn.execute(_DELETE_ABSORBED, {"id": story_id})
        stories += db.conn.execute(_DELETE_STORY, {"id": story_id}).rowcount
    return Pruned(entries=entries, stories=stories, leads=len(mended.led))
