"""What kept entries are known by: by key, by words, by link; and what pruned ones left behind.

It decides nothing: which entry is which says `read.renamed`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aggregator.model import Entry
from aggregator.store.codec import (
    enclosures_from_json,
    moment_from_text,
    moment_to_text,
    optional_from_text,
    optional_to_text,
)
from aggregator.store.database import rows
from aggregator.store.entries import key_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

WORDS_BYTES: Final = 8  # the first of a content hash
MIN_GUID_CHARS: Final = 5  # shorter ones are numbers and "none": no grave is known by them

_COLUMNS = """
SELECT e.id, e.key, e.content_hash, e.slice_hash, e.left_at, w.guid, w.url, w.title, w.content,
    w.enclosures, w.published_at, w.updated_at
FROM entries AS e JOIN words AS w ON w.entry_id = e.id
"""
# CROSS JOIN keeps SQLite from reading every entry of the feed: it begins with the few at the link.
_ALIKE = f"""{_COLUMNS} WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND substr(content_hash, 1, 8) = :words
    UNION SELECT w.entry_id FROM words AS w CROSS JOIN entries AS e ON e.id = w.entry_id
        WHERE w.url IN (:secure, :insecure) AND w.url <> '' AND e.feed_id = :feed
)
"""  # noqa: S608 - put together of our own words alone
_BY_ID = f"{_COLUMNS} WHERE e.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours alone
_OF_FEED = f"{_COLUMNS} WHERE e.feed_id = ?"
_REPEATED_LINK = """
SELECT 1 FROM words AS w JOIN entries AS e ON e.id = w.entry_id
WHERE e.feed_id = ? AND w.url <> '' GROUP BY w.url HAVING count(*) > 1 LIMIT 1
"""
_HAS_GRAVES = "SELECT 1 FROM grave_marks WHERE feed_id = ? LIMIT 1"
_MET = """
SELECT g.mark FROM json_each(?) AS wanted
JOIN grave_marks AS g ON g.feed_id = ? AND g.mark = wanted.value
"""
_NOTE_RENAMING = """
INSERT INTO renamings (feed_id, renamed_at) VALUES (?, ?)
ON CONFLICT (feed_id) DO UPDATE SET renamed_at = excluded.renamed_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept entry as far as it tells who it is."""

    entry_id: int
    entry: Entry
    has_left: bool


def alike(db: Database, feed_id: int, entries: Iterable[Entry]) -> list[Kept]:
    """Return the kept entries of a feed with the same words or the same link as one of these."""
    found: dict[int, Kept] = {}
    for entry in entries:
        names = {
            "feed": feed_id,
            "words": entry.content_hash[:WORDS_BYTES],
            "secure": f"https://{_bare(entry.url)}" if entry.url else "",
            "insecure": f"http://{_bare(entry.url)}" if entry.url else "",
        }
        found |= {row["id"]: _kept(row) for row in rows(db, _ALIKE, names)}
    return list(found.values())


def of_ids(db: Database, entry_ids: Collection[int]) -> dict[int, Kept]:
    """Return these entries, by id."""
    return {row["id"]: _kept(row) for row in rows(db, _BY_ID, (json.dumps(list(entry_ids)),))}


def rekey_feed(db: Database, feed_id: int, key_of: Callable[[Entry], str]) -> None:
    """Give every kept entry of a feed the key that `key_of` makes of it; equal keys stay apart.

    `key_of` sees the entry's guid, url, title, content and enclosures.
    """
    found = map(_kept, rows(db, _OF_FEED, (feed_id,)))
    changed = [(key, one.entry_id) for one in found if (key := key_of(one.entry)) != one.entry.key]
    db.conn.executemany("UPDATE OR IGNORE entries SET key = ? WHERE id = ?", changed)


def rename(db: Database, renamed: Sequence[tuple[int, Entry]]) -> None:
    """Give kept entries, by id, the key, guid and link that they have in their feed now."""
    for entry_id, entry in renamed:
        done = db.conn.execute(
            "UPDATE OR IGNORE entries SET key = ? WHERE id = ?", (entry.key, entry_id)
        )
        if done.rowcount:
            db.conn.execute(
                "UPDATE words SET guid = ?, url = ? WHERE entry_id = ?",
                (entry.guid, entry.url, entry_id),
            )


def note_renaming(db: Database, feed_id: int, *, now: datetime) -> datetime | None:
    """Remember that a feed changed its ids; return when it did so before, None for never."""
    question = "SELECT renamed_at FROM renamings WHERE feed_id = ?"
    before = db.conn.execute(question, (feed_id,)).fetchone()
    db.conn.execute(_NOTE_RENAMING, (feed_id, moment_to_text(now)))
    return moment_from_text(before[0]) if before else None


def repeats_links(db: Database, feed_id: int) -> bool:
    """Return whether kept entries of a feed share a link."""
    return db.conn.execute(_REPEATED_LINK, (feed_id,)).fetchone() is not None


def marks_of(
    guid: str, url: str, *, content_hash: bytes, published: str
) -> tuple[int | None, int | None, int, int | None]:
    """Return what an entry's guid, link, words and dated words leave behind; None for nothing.

    `published` is the moment as the store writes it, "" where there is none.
    """
    guid, link = _bare(guid), _bare(url)
    path = link.partition("/")[2]
    return (
        key_hash(f"guid:{guid}") if len(guid) >= MIN_GUID_CHARS else None,
        key_hash(f"link:{link}") if path else None,
        int.from_bytes(content_hash[:WORDS_BYTES], "big", signed=True),
        key_hash(f"said:{published}:{content_hash[:WORDS_BYTES].hex()}") if published else None,
    )


def graves_met(
    db: Database, feed_id: int, entries: Sequence[Entry]
) -> dict[str, tuple[bool, bool, bool, bool]]:
    """Return of entries, by key, whether guid, link, words, dated words are those of pruned ones.

    Empty where nothing of the feed was ever pruned.
    """
    if not entries or db.conn.execute(_HAS_GRAVES, (feed_id,)).fetchone() is None:
        return {}
    marks = {one.key: _marks(one) for one in entries}
    wanted = json.dumps([mark for some in marks.values() for mark in some if mark is not None])
    met = {row[0] for row in db.conn.execute(_MET, (wanted, feed_id)).fetchall()}
    return {
        key: (guid in met, link in met, words in met, said in met)
        for key, (guid, link, words, said) in marks.items()
    }


def _marks(entry: Entry) -> tuple[int | None, int | None, int, int | None]:
    published = optional_to_text(entry.published_at) or ""
    return marks_of(entry.guid, entry.url, content_hash=entry.content_hash, published=published)


def known_stories(db: Database, story_ids: Collection[str]) -> frozenset[str]:
    """Return which of these ids are a story's already."""
    question = "SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?))"
    found = db.conn.execute(question, (json.dumps(list(story_ids)),)).fetchall()
    return frozenset(row[0] for row in found)


def _bare(text: str) -> str:
    """Return an address without http:// or https://; feeds flip between them."""
    scheme, divider, rest = text.partition("://")
    return rest if divider and scheme.lower() in ("http", "https") else text


def _kept(row: Mapping[str, Any]) -> Kept:
    entry = Entry(
        key=row["key"],
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        content=row["content"],
        enclosures=enclosures_from_json(row["enclosures"]),
        published_at=optional_from_text(row["published_at"]),
        updated_at=optional_from_text(row["updated_at"]),
        content_hash=row["content_hash"],
        slice_hash=row["slice_hash"],
    )
    return Kept(entry_id=row["id"], entry=entry, has_left=row["left_at"] is not None)
