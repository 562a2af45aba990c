"""Entries as they are kept: what is new, what changed, what is still in its feed's body.

It decides nothing about stories: an entry gets its story from `stories.apply` in the transaction
that adds it, and without one that transaction cannot be committed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from aggregator.errors import NotFoundError
from aggregator.model import Arrival, ReadEntry
from aggregator.store.codec import (
    enclosures_to_json,
    moment_from_text,
    moment_to_text,
    optional_to_text,
    texts_to_json,
)
from aggregator.store.database import in_transaction, rows
from aggregator.store.unspaced import SEPARATOR, cut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from sqlite_utils import Database

ARRIVALS_AT_ONCE = 1_000  # rows in memory at a time while the index is loaded
MAX_ID_DIGITS = 18  # what SQLite's integers surely hold
MOST_CANDIDATES = 5  # named when a reference is ambiguous

_STORED = """
SELECT e.key, e.id, e.content_hash, e.story_id
FROM json_each(?) AS wanted CROSS JOIN entries AS e ON e.feed_id = ? AND e.key = wanted.value
"""
_PRUNED = """
SELECT t.key_hash
FROM json_each(?) AS wanted JOIN tombstones AS t ON t.feed_id = ? AND t.key_hash = wanted.value
"""
_ADD = """
INSERT INTO entries (id, feed_id, key, content_hash, slice_hash, held, first_seen_at, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_WORDS = """
INSERT INTO words (
    features, guid, url, title, summary, published_at, updated_at, authors, categories,
    enclosures, language, image, content, entry_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_SEARCH = "INSERT INTO words_search (rowid, title, summary) VALUES (?, ?, ?)"
_ADD_CUT = "INSERT INTO cut_words (entry_id, title, summary) VALUES (?, ?, ?)"
_CHANGE = """
UPDATE entries SET content_hash = ?, slice_hash = ?,
    at = coalesce((SELECT published_at FROM words WHERE entry_id = id), first_seen_at)
WHERE id = ?
"""
# What was seen cannot have been published later: a feed that dates everything "now" says so.
_SURE_DATE = """
SELECT CASE WHEN ?1 <= e.first_seen_at THEN ?1 ELSE w.published_at END
FROM entries AS e JOIN words AS w ON w.entry_id = e.id WHERE e.id = ?2
"""
_CHANGE_WORDS = """
UPDATE words SET
    features = ?, guid = ?, url = ?, title = ?, summary = ?, published_at = ?, updated_at = ?,
    authors = ?, categories = ?, enclosures = ?, language = ?, image = ?, content = ?
WHERE entry_id = ?
"""
_CHANGE_STORY = """
UPDATE stories SET version = version + 1, changed_at = ?
WHERE id = (SELECT story_id FROM entries WHERE id = ?)
"""
_FORGET_SEARCH = """
INSERT INTO words_search (words_search, rowid, title, summary)
SELECT 'delete', entry_id, title, summary FROM searched_words
WHERE entry_id IN (SELECT value FROM json_each(?))
"""
_FORGET_CUT = "DELETE FROM cut_words WHERE entry_id IN (SELECT value FROM json_each(?))"
_PRESENT = "SELECT id, key, slice_hash FROM entries WHERE feed_id = ? AND left_at IS NULL"
_LEFT_BY_KEY = """
SELECT e.id, e.key, e.slice_hash
FROM json_each(?) AS wanted JOIN entries AS e ON e.feed_id = ? AND e.key = wanted.value
WHERE e.left_at IS NOT NULL
"""
_LEFT_BY_SLICE = """
SELECT id, key, slice_hash FROM entries
WHERE feed_id = ? AND left_at IS NOT NULL
    AND hex(slice_hash) IN (SELECT value FROM json_each(?))
"""
# Ids grow with time: what is older is not looked at. Without the plus, all ids would be searched.
_FIRST_ARRIVAL = "SELECT min(+id) FROM entries WHERE first_seen_at >= ?"
_ARRIVAL = """
SELECT e.id, e.feed_id, f.url AS feed_url, e.key, w.guid, w.url, e.at, e.first_seen_at,
    w.features, e.story_id,
    coalesce(p.url, '') AS met_url
FROM entries AS e JOIN feeds AS f ON f.id = e.feed_id JOIN words AS w ON w.entry_id = e.id
LEFT JOIN pages AS p ON p.entry_id = e.id
"""
_ARRIVALS = f"{_ARRIVAL} WHERE e.id > ? AND e.first_seen_at >= ? ORDER BY e.id LIMIT ?"
_ARRIVALS_OF = f"{_ARRIVAL} WHERE e.story_id = ? ORDER BY e.id"
_ARRIVALS_AT = f"""{_ARRIVAL} WHERE e.id IN (
    SELECT entry_id FROM words WHERE url IN (SELECT value FROM json_each(?)) AND url <> ''
) ORDER BY e.id"""  # noqa: S608 - ours alone
_NAMED = """
SELECT e.id, f.url AS feed_url FROM words AS w
JOIN entries AS e ON e.id = w.entry_id JOIN feeds AS f ON f.id = e.feed_id
WHERE w.url = :name OR w.guid = :name ORDER BY e.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to add, with the id that folding knew it by."""

    entry_id: int
    read: ReadEntry
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEntry:
    """A kept entry whose words are others now."""

    entry_id: int
    story_id: str
    read: ReadEntry
    content_hash: bytes  # as kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a body brought, next to what is kept. What was pruned is in none of them."""

    new: tuple[ReadEntry, ...]
    changed: tuple[ChangedEntry, ...]
    unchanged: tuple[ReadEntry, ...]


def compare(db: Database, feed_id: int, entries: Sequence[ReadEntry]) -> Difference:
    """Tell new entries from changed and unchanged ones by their stored hashes; write nothing.

    The order is kept. Of entries with the same key the first stands.
    """
    read: dict[str, ReadEntry] = {}
    for one in entries:
        read.setdefault(one.entry.key, one)
    stored = _stored(db, feed_id, read)
    unseen = [one for key, one in read.items() if key not in stored]
    kept = [(one, *stored[key]) for key, one in read.items() if key in stored]
    return Difference(
        new=_without_pruned(db, feed_id, unseen) if unseen else (),
        changed=tuple(
            ChangedEntry(entry_id=entry_id, story_id=story_id, read=one, content_hash=content_hash)
            for one, entry_id, content_hash, story_id in kept
            if content_hash != one.entry.content_hash
        ),
        unchanged=tuple(
            one for one, _, content_hash, _ in kept if content_hash == one.entry.content_hash
        ),
    )


def next_id(db: Database) -> int:
    """Return the id for the next new entry, larger than any that was ever given."""
    found = db.conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    return int(found[0]) + 1 if found else 1


def add(db: Database, feed_id: int, new: Sequence[NewEntry], *, now: datetime) -> None:
    """Keep new entries, found by search from now on; their stories come from `stories.apply`."""
    words = [
        (
            *_words(one.read, published_at=optional_to_text(one.read.entry.published_at)),
            one.entry_id,
        )
        for one in new
    ]
    with in_transaction(db):
        db.conn.executemany(_ADD, [_entry_row(one, feed_id, moment_to_text(now)) for one in new])
        db.conn.executemany(_ADD_WORDS, words)
        _add_search(db, {one.entry_id: one.read for one in new})


def change(db: Database, changed: Sequence[ChangedEntry], *, now: datetime) -> None:
    """Keep the new words of entries; their stories count as changed.

    A date of publication that is missing now, or later than the entry was first seen, is not taken.
    """
    moment = moment_to_text(now)
    with in_transaction(db):
        for one in changed:
            entry = one.read.entry
            said = optional_to_text(entry.published_at)
            (sure,) = db.conn.execute(_SURE_DATE, (said, one.entry_id)).fetchone()
            forget_search(db, [one.entry_id])
            words = _words(one.read, published_at=sure)
            db.conn.execute(_CHANGE_WORDS, (*words, one.entry_id))
            _add_search(db, {one.entry_id: one.read})
            db.conn.execute(_CHANGE, (entry.content_hash, entry.slice_hash, one.entry_id))
            db.conn.execute(_CHANGE_STORY, (moment, one.entry_id))


def mark_present(  # noqa: PLR0913 - each a separate fact of the body
    db: Database,
    feed_id: int,
    *,
    keys: Mapping[str, bytes],
    slices: AbstractSet[bytes],
    now: datetime,
    partial: bool = False,
) -> None:
    """Note which entries the feed's body still holds: the others left it `now`.

    `keys` are the entries read this time with their slice hashes, `slices` the hashes of every
    item in the body. What came back is present again; what a `partial` body leaves out may be in
    the feed still. Where nothing changes, nothing is written.
    """
    present = db.conn.execute(_PRESENT, (feed_id,)).fetchall()
    here = [row for row in present if row[1] in keys or row[2] in slices]
    gone = [row[0] for row in present if not (partial or row[1] in keys or row[2] in slices)]
    back = _returned(db, feed_id, keys=keys, slices=slices - {row[2] for row in here})
    resliced = [(keys[row[1]], row[0]) for row in (*here, *back) if _is_resliced(row, keys)]
    if not (gone or back or resliced):
        return
    moment = moment_to_text(now)
    with in_transaction(db):
        set_left = "UPDATE entries SET left_at = ? WHERE id = ?"
        db.conn.executemany(set_left, [(moment, entry_id) for entry_id in gone])
        db.conn.executemany(set_left, [(None, row[0]) for row in back])
        db.conn.executemany("UPDATE entries SET slice_hash = ? WHERE id = ?", resliced)


def first_since(db: Database, moment: datetime) -> int | None:
    """Return the smallest id of the entries first seen from a moment on, None for none."""
    (first,) = db.conn.execute(_FIRST_ARRIVAL, (moment_to_text(moment),)).fetchone()
    return None if first is None else int(first)


def arrivals(
    db: Database, *, since: datetime, without_coverage: Collection[str] = ()
) -> Iterator[tuple[Arrival, str]]:
    """Yield the entries first seen from `since` on, oldest id first, as folding sees them.

    Each with its story's id. Not by publication time: an old entry of a new feed counts as well.
    `without_coverage` are the URLs of feeds whose entries fold as copies only.
    """
    moment = moment_to_text(since)
    first = first_since(db, since)
    if first is None:
        return
    after = first - 1
    while found := rows(db, _ARRIVALS, (after, moment, ARRIVALS_AT_ONCE)):
        after = found[-1]["id"]
        yield from (_arrival(row, without_coverage) for row in found)


def arrivals_of(
    db: Database, story_id: str, *, without_coverage: Collection[str] = ()
) -> list[tuple[Arrival, str]]:
    """Return the members of one story as folding sees them, with its id."""
    return [_arrival(row, without_coverage) for row in rows(db, _ARRIVALS_OF, (story_id,))]


def arrivals_at(
    db: Database, urls: Iterable[str], *, without_coverage: Collection[str] = ()
) -> list[tuple[Arrival, str]]:
    """Return the entries with one of these links, whenever they came, with their stories' ids."""
    found = rows(db, _ARRIVALS_AT, (json.dumps(list(urls)),))
    return [_arrival(row, without_coverage) for row in found]


def find(db: Database, reference: str) -> int:
    """Return the entry with this number, URL or guid, exactly as kept.

    Raises NotFoundError for none, and for several, with their numbers.
    """
    found = rows(db, _NAMED, {"name": reference}) if reference else []
    if not found and reference.isdecimal() and len(reference) <= MAX_ID_DIGITS:
        found = rows(db, "SELECT id FROM entries WHERE id = ?", (int(reference),))
    if not found:
        message = f"No entry is known as {reference!r}. `newsfold search WORDS` finds entries."
        raise NotFoundError(message)
    if len(found) > 1:
        named = ", ".join(f"{row['id']} ({row['feed_url']})" for row in found[:MOST_CANDIDATES])
        message = f"{reference!r} is {len(found)} entries: {named}. Name one by its number."
        raise NotFoundError(message)
    return int(found[0]["id"])


def feed_counts(db: Database) -> dict[int, int]:
    """Return how many entries are kept of each feed that has any, by feed id."""
    counts = db.conn.execute("SELECT feed_id, count(*) FROM entries GROUP BY feed_id").fetchall()
    return dict(counts)


def forget_search(db: Database, entry_ids: Iterable[int]) -> None:
    """Take entries out of the search index; to be called before their words change or go."""
    ids = json.dumps(list(entry_ids))
    db.conn.execute(_FORGET_SEARCH, (ids,))
    db.conn.execute(_FORGET_CUT, (ids,))


def key_hash(key: str) -> int:
    """Return what a pruned entry's key leaves behind: a signed 64-bit number.

    Within one feed, two keys meet by chance once in billions of billions.
    """
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def _stored(db: Database, feed_id: int, keys: Iterable[str]) -> dict[str, tuple[int, bytes, str]]:
    found = db.conn.execute(_STORED, (json.dumps(list(keys)), feed_id)).fetchall()
    return {key: (entry_id, content, story) for key, entry_id, content, story in found}


def _without_pruned(
    db: Database, feed_id: int, unseen: Sequence[ReadEntry]
) -> tuple[ReadEntry, ...]:
    hashes = {key_hash(one.entry.key): one for one in unseen}
    wanted = json.dumps(list(hashes))
    pruned = {row[0] for row in db.conn.execute(_PRUNED, (wanted, feed_id)).fetchall()}
    return tuple(one for hashed, one in hashes.items() if hashed not in pruned)


def _returned(
    db: Database, feed_id: int, *, keys: Iterable[str], slices: Iterable[bytes]
) -> list[tuple[int, str, bytes]]:
    """Return the entries that had left and are in the body again, by key or by slice."""
    back = db.conn.execute(_LEFT_BY_KEY, (json.dumps(list(keys)), feed_id)).fetchall()
    if wanted := [one.hex().upper() for one in slices]:
        back += db.conn.execute(_LEFT_BY_SLICE, (feed_id, json.dumps(wanted))).fetchall()
    return list({row[0]: row for row in back}.values())


def _is_resliced(row: tuple[int, str, bytes], keys: Mapping[str, bytes]) -> bool:
    """Return whether an entry was read again from other bytes than those it is known by.

    Were that not kept, its slice would be known and its entry would seem to have left.
    """
    return keys.get(row[1], row[2]) != row[2]


def _entry_row(new: NewEntry, feed_id: int, seen_at: str) -> tuple[Any, ...]:
    entry = new.read.entry
    at = optional_to_text(entry.published_at) or seen_at
    hashes = (entry.content_hash, entry.slice_hash)
    return (new.entry_id, feed_id, entry.key, *hashes, new.held, seen_at, at)


def _add_search(db: Database, read: Mapping[int, ReadEntry]) -> None:
    found = [
        (entry_id, cut(one.entry.title), cut(one.entry.summary)) for entry_id, one in read.items()
    ]
    db.conn.executemany(_ADD_CUT, [row for row in found if SEPARATOR in row[1] + row[2]])
    db.conn.executemany(_ADD_SEARCH, found)


def _words(read: ReadEntry, *, published_at: str | None) -> tuple[Any, ...]:
    """Return the columns of `words` in the order of the statements, the entry's id apart."""
    entry = read.entry
    return (
        read.features,
        entry.guid,
        entry.url,
        entry.title,
        entry.summary,
        published_at,
        optional_to_text(entry.updated_at),
        texts_to_json(entry.authors),
        texts_to_json(entry.categories),
        enclosures_to_json(entry.enclosures),
        entry.language,
        entry.image,
        entry.content,
    )


def _arrival(row: Mapping[str, Any], without_coverage: Collection[str]) -> tuple[Arrival, str]:
    arrival = Arrival(
        entry_id=row["id"],
        feed_id=row["feed_id"],
        feed_url=row["feed_url"],
        key=row["key"],
        guid=row["guid"],
        url=row["url"],
        at=moment_from_text(row["at"]),
        seen_at=moment_from_text(row["first_seen_at"]),
        features=row["features"],
        coverage=row["feed_url"] not in without_coverage,
        met_url=row["met_url"],
    )
    return arrival, row["story_id"]
