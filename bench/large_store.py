"""A store of a million stories for `folding_cost`: most are old, the newest in the window."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.fold.features import describe
from aggregator.fold.identity import story_id
from aggregator.model import Entry, Joined, ReadEntry, Relation, Started
from aggregator.pipeline.places import DATABASE
from aggregator.read.identity import content_hash
from aggregator.store import entries, feeds, stories
from aggregator.store.codec import moment_to_text
from aggregator.store.database import open_store, transaction
from aggregator.store.entries import NewEntry
from bench.invented_news import Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from aggregator.store.database import Database

DIGEST = "all"
PLAN, FRESH = "plan.json", "fresh.jsonl"
FEED_COUNT = 4_000
END = datetime(2026, 3, 9, 12, tzinfo=UTC)
EVERY = timedelta(days=6) / 200_000  # between two entries: 200,000 in two windows of 72 hours
AT_ONCE = 5_000  # entries in a transaction
OLD_AT_ONCE = 100_000

_BUILDING = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA cache_size = -500000",
)
# An old entry has the words of one of the window, under a story, an address and an id of its own.
_OLD = """
WITH RECURSIVE old (id) AS (
    SELECT :first UNION ALL SELECT id + 1 FROM old WHERE id < :last)
"""
_OLD_ENTRIES = f"""{_OLD}
INSERT INTO entries (
    id, feed_id, key, content_hash, slice_hash, held, first_seen_at, left_at, at, story_id)
SELECT old.id, e.feed_id, e.key || '-' || old.id, randomblob(16), randomblob(16), 0, :seen, :seen,
    :seen, lower(substr(hex(e.slice_hash), 1, 12)) || printf('%08x', old.id)
FROM old JOIN entries AS e ON e.id = :newest - old.id % :window
"""  # noqa: S608 - put together of our own words alone
_OLD_WORDS = f"""{_OLD}
INSERT INTO words (entry_id, features, guid, url, title, summary, authors, categories,
    enclosures, language, image, content)
SELECT old.id, w.features, w.guid || '-' || old.id, w.url || '-' || old.id, w.title,
    w.summary || ' ' || hex(old.id), w.authors, w.categories, w.enclosures, w.language, w.image,
    w.content
FROM old JOIN words AS w ON w.entry_id = :newest - old.id % :window
"""  # noqa: S608 - put together of our own words alone
_OLD_STORIES = """
INSERT INTO stories (id, first_seen_at, changed_at, lead_id)
SELECT story_id, first_seen_at, first_seen_at, id FROM entries
WHERE id BETWEEN :first AND :last ORDER BY story_id
"""
_OLD_SEARCH = """
INSERT INTO words_search (rowid, title, summary)
SELECT entry_id, title, summary FROM words WHERE entry_id BETWEEN :first AND :last
"""
_PUBLISHED = """
INSERT INTO published (digest, story_id, number)
SELECT :digest, id, row_number() OVER (ORDER BY first_seen_at, id) FROM stories ORDER BY id
"""
_NUMBERED = """
INSERT INTO digests (name, started_at, last_number) SELECT :digest, :now, count(*) FROM stories
"""


def feed_url(number: int) -> str:
    """Return the address of a feed."""
    return f"https://outlet{number}.example/feed"


def feed_of(number: int) -> int:
    """Return which feed an entry is of: all bring as much, in no order."""
    return number * 2_654_435_761 % 2**32 % FEED_COUNT


def read(told: Told, number: int, *, at: datetime) -> ReadEntry:
    """Return an entry as a reading process gives it."""
    url = f"https://outlet{feed_of(number)}.example/news/{number}"
    entry = Entry(
        key=url, guid=url, url=url, title=told.title, summary=told.summary, published_at=at,
        language="en", slice_hash=number.to_bytes(16, "big"),
    )  # fmt: skip
    entry = replace(entry, content_hash=content_hash(entry))
    return ReadEntry(entry=entry, features=describe(entry))


def build(folder: Path, told: Sequence[Told], *, stored: int, window: int) -> None:
    """Make the store, of so many stories and with the first of these entries in the window.

    The others are kept beside it, to be folded when it is measured.
    """
    old = max(0, stored - len({one.event for one in told[:window]}))
    db = open_store(folder / DATABASE)
    for statement in _BUILDING:
        db.execute(statement).fetchall()
    feeds.list_feeds(db, [feed_url(one) for one in range(FEED_COUNT)], now=END)
    ids = {row["url"]: row["id"] for row in db.query("SELECT id, url FROM feeds")}
    feed_ids = [ids[feed_url(one)] for one in range(FEED_COUNT)]
    _add_window(db, told[:window], first_id=old + 1, feed_ids=feed_ids)
    _add_old(db, count=old, window=window)
    _publish_all(db)
    db.close()
    rest = [asdict(one) for one in told[window:]]
    (folder / FRESH).write_text(json.dumps(rest), encoding="utf-8")


def fresh(folder: Path) -> Iterator[Told]:
    """Yield the entries that are not in the store."""
    for one in json.loads((folder / FRESH).read_text(encoding="utf-8")):
        yield Told(**one)


def _add_window(
    db: Database, told: Sequence[Told], *, first_id: int, feed_ids: Sequence[int]
) -> None:
    story_of: dict[int, str] = {}
    for start in range(0, len(told), AT_ONCE):
        updates: list[Started | Joined] = []
        now = END
        with transaction(db):
            for number, one in enumerate(told[start : start + AT_ONCE], start):
                now = END - EVERY * (len(told) - number)
                entry_id, feed = first_id + number, feed_of(number)
                new = NewEntry(entry_id=entry_id, read=read(one, number, at=now))
                entries.add(db, feed_ids[feed], [new], now=now)
                key = new.read.entry.key
                updates.append(_update(one.event, entry_id, story_of, feed_url(feed), key))
            stories.apply(db, updates, now=now)


def _update(
    event: int, entry_id: int, story_of: dict[int, str], url: str, key: str
) -> Started | Joined:
    """Return that the entry begins its event's story or joins it."""
    known = story_of.get(event)
    if known is None:
        story_of[event] = story_id(url, key)
        return Started(story_id=story_of[event], entry_id=entry_id)
    return Joined(
        story_id=known,
        entry_id=entry_id,
        relation=Relation.COVERAGE,
        reason="both tell of one invented event",
        score=0.9,
        witness_id=entry_id - 1,
    )


def _add_old(db: Database, *, count: int, window: int) -> None:
    seen_at = moment_to_text(END - timedelta(days=60))
    for first in range(1, count + 1, OLD_AT_ONCE):
        last = min(count, first + OLD_AT_ONCE - 1)
        names = {"first": first, "last": last, "window": window, "newest": count + window}
        with transaction(db):
            db.conn.execute(_OLD_ENTRIES, {**names, "seen": seen_at})
            for statement in (_OLD_WORDS, _OLD_STORIES, _OLD_SEARCH):
                db.conn.execute(statement, names)


def _publish_all(db: Database) -> None:
    with transaction(db):
        db.conn.execute(_PUBLISHED, {"digest": DIGEST})
        db.conn.execute(_NUMBERED, {"digest": DIGEST, "now": moment_to_text(END)})
    db.execute("PRAGMA optimize").fetchall()
