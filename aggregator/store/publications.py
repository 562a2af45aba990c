"""What stands published in each digest: publications, their archives and the editions' spans.

A number and an Atom id belong to one publication for ever; a story is published once in a digest.
Which stories a digest takes, in which order and words, is decided elsewhere.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from aggregator.model import Edition
from aggregator.store.codec import (
    moment_from_text,
    moment_to_text,
    optional_from_text,
    optional_to_text,
    publication_from_json,
    publication_to_json,
    publications_from_json,
    publications_to_json,
)
from aggregator.store.database import in_transaction, rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import Publication

_ARCHIVE_LEVEL = 1  # a quarter of the time of the usual level, for a quarter more bytes

_READY = """
SELECT s.id FROM stories AS s
WHERE s.merged_into IS NULL AND s.first_seen_at <= :until
    AND NOT EXISTS (
        SELECT 1 FROM published AS p WHERE p.digest = :digest AND p.story_id = s.id)
    AND EXISTS (
        SELECT 1 FROM entries AS e WHERE e.story_id = s.id AND e.held = 0
            AND e.feed_id IN (SELECT value FROM json_each(:feed_ids)))
ORDER BY s.first_seen_at, s.id
"""
_READY_SINCE = """
SELECT s.id FROM stories AS s
WHERE s.id IN (
        SELECT story_id FROM entries WHERE first_seen_at >= :since UNION ALL
        SELECT id FROM stories WHERE :or_changed AND changed_at >= :since)
    AND s.merged_into IS NULL AND s.first_seen_at <= :until
    AND NOT EXISTS (
        SELECT 1 FROM published AS p WHERE p.digest = :digest AND p.story_id = s.id)
    AND EXISTS (
        SELECT 1 FROM entries AS e WHERE e.story_id = s.id AND e.held = 0
            AND e.feed_id IN (SELECT value FROM json_each(:feed_ids)))
ORDER BY s.first_seen_at, s.id
"""
_ALONE = """
SELECT e.story_id, e.id AS entry_id, f.url AS feed_url, s.first_seen_at, w.published_at
FROM entries AS e JOIN stories AS s ON s.id = e.story_id
JOIN words AS w ON w.entry_id = e.id JOIN feeds AS f ON f.id = e.feed_id
WHERE e.story_id IN (SELECT value FROM json_each(?)) GROUP BY e.story_id HAVING count(*) = 1
"""
_CHANGED = """
SELECT p.id, p.story_id, p.body FROM publications AS p JOIN stories AS s ON s.id = p.story_id
WHERE p.digest = ? AND p.number >= ? AND p.withdrawn = 0 AND p.story_version <> s.version
ORDER BY p.number
"""
_NEWEST = """
SELECT id, story_id, body FROM publications WHERE digest = ? AND withdrawn = 0
ORDER BY number DESC LIMIT ?
"""
_UNARCHIVED = """
SELECT number FROM publications WHERE digest = ? AND number > ? AND withdrawn = 0 ORDER BY number
"""
_FROZEN = """
SELECT digest, number, id, story_id, body FROM publications
WHERE digest = ? AND number IN (SELECT value FROM json_each(?)) ORDER BY number
"""
_WHICH_NUMBERS = """
SELECT number FROM publications
WHERE digest = ? AND number IN (SELECT value FROM json_each(?))
"""
_WHICH_PUBLISHED = """
SELECT DISTINCT story_id FROM published WHERE story_id IN (SELECT value FROM json_each(?))
"""
_OF_STORY = """
SELECT b.id, b.story_id, b.body FROM published AS p
JOIN publications AS b ON b.digest = p.digest AND b.number = p.number
WHERE p.digest = ? AND p.story_id = (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?)
"""
_PLACES = """
SELECT p.digest, p.number, p.story_id FROM published AS p
JOIN publications AS b ON b.digest = p.digest AND b.number = p.number AND b.withdrawn = 0
WHERE p.story_id IN (SELECT value FROM json_each(?))
"""
_NUMBERED = """
SELECT id, story_id, body FROM publications WHERE digest = ? AND number = ? AND withdrawn = 0
"""
_NEWEST_NUMBERS = """
SELECT number FROM publications WHERE digest = ? AND withdrawn = 0 ORDER BY number DESC LIMIT ?
"""
_SAVE = """
INSERT INTO publications (
    digest, number, id, story_id, story_version, composed_at, published_at, updated_at, body)
VALUES (:digest, :number, :id, :story_id,
    coalesce((SELECT version FROM stories WHERE id = :story_id), 0),
    :composed_at, :published_at, :updated_at, :body)
ON CONFLICT (digest, number) DO UPDATE SET
    story_version = excluded.story_version, composed_at = excluded.composed_at,
    updated_at = excluded.updated_at, body = excluded.body
WHERE id = excluded.id AND story_id = excluded.story_id
"""
_MARK_PUBLISHED = "INSERT INTO published (digest, story_id, number) VALUES (?, ?, ?)"
_COUNT_UP = """
INSERT INTO digests (name, last_number) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET last_number = max(last_number, excluded.last_number)
"""
_START = """
INSERT INTO digests (name, started_at) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET started_at = coalesce(started_at, excluded.started_at)
"""
_ADD_EDITION = """
INSERT INTO editions (digest, due_at, since_at, until_at, catch_up, number)
VALUES (?, ?, ?, ?, ?, ?)
"""
_LAST_EDITION = "SELECT * FROM editions WHERE digest = ? ORDER BY due_at DESC LIMIT 1"


def ready(  # noqa: PLR0913 - keyword-only, each a fact of its own
    db: Database,
    digest: str,
    *,
    feed_ids: Collection[int],
    first_seen_until: datetime,
    seen_since: datetime | None = None,
    or_changed: bool = False,
) -> list[str]:
    """Return the ids of stories never published in this digest, oldest first.

    Only those with a member of these feeds that is not held. With `seen_since`, only those that an
    entry came to since then: a cheap question for a tick, where the whole one (all that is kept:
    1 to 2 µs a story) was asked at the start. With `or_changed`, also those that changed since, as
    a filter may let them through now: 0.2 µs a story.
    """
    names = {
        "digest": digest,
        "feed_ids": json.dumps(list(feed_ids)),
        "until": moment_to_text(first_seen_until),
        "since": optional_to_text(seen_since),
        "or_changed": or_changed,
    }
    statement = _READY if seen_since is None else _READY_SINCE
    return [row[0] for row in db.conn.execute(statement, names).fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A story of one entry: what its place among others takes, without its words."""

    story_id: str
    entry_id: int
    feed_url: str
    first_seen_at: datetime
    published_at: datetime | None


def alone(db: Database, story_ids: Collection[str]) -> list[Alone]:
    """Return those of these stories that are told by one entry only."""
    return [
        Alone(
            story_id=row["story_id"],
            entry_id=row["entry_id"],
            feed_url=row["feed_url"],
            first_seen_at=moment_from_text(row["first_seen_at"]),
            published_at=optional_from_text(row["published_at"]),
        )
        for row in rows(db, _ALONE, (json.dumps(list(story_ids)),))
    ]


def changed(db: Database, digest: str, *, numbers_from: int) -> list[tuple[Publication, str]]:
    """Return the publications whose story changed since they were composed, with the story's id."""
    found = rows(db, _CHANGED, (digest, numbers_from))
    return [(_publication(row), row["story_id"]) for row in found]


def next_number(db: Database, digest: str) -> int:
    """Return the number of the digest's next publication, from 1."""
    found = db.conn.execute("SELECT last_number FROM digests WHERE name = ?", (digest,)).fetchone()
    return int(found[0]) + 1 if found else 1


def save(db: Database, publications: Iterable[Publication], *, composed_at: datetime) -> None:
    """Keep publications, new ones and composed-again ones, as of their stories' present state.

    The story of a new one, or each story of a new edition, counts as published in its digest.
    Raises ValueError where a number would get another Atom id or story; the database refuses to
    publish a story twice. Both are bugs.
    """
    with in_transaction(db):
        for digest, some in groupby(publications, key=attrgetter("digest")):
            _save(db, digest, list(some), composed_at)


def _save(
    db: Database, digest: str, publications: Sequence[Publication], composed_at: datetime
) -> None:
    numbers = json.dumps([one.number for one in publications])
    known = {row[0] for row in db.conn.execute(_WHICH_NUMBERS, (digest, numbers)).fetchall()}
    for one in publications:
        if db.conn.execute(_SAVE, _row(one, composed_at)).rowcount != 1:
            message = f"{digest} {one.number} is published under another id or story"
            raise ValueError(message)
    new = [one for one in publications if one.number not in known]
    marks = [
        (digest, story.story_id, one.number)
        for one in new
        for story in (one, *one.stories)
        if story.story_id
    ]
    db.conn.executemany(_MARK_PUBLISHED, marks)
    if new:
        db.conn.execute(_COUNT_UP, (digest, max(one.number for one in new)))


def get(db: Database, digest: str, story_id: str) -> Publication | None:
    """Return the publication that holds this story in the digest, None where it was not published.

    For a digest of editions it is the whole edition. A merged story's id finds the kept one's.
    """
    found = rows(db, _OF_STORY, (digest, story_id))
    return _publication(found[0]) if found else None


def which_published(db: Database, story_ids: Collection[str]) -> frozenset[str]:
    """Return those of these stories that any digest has published."""
    found = db.conn.execute(_WHICH_PUBLISHED, (json.dumps(list(story_ids)),)).fetchall()
    return frozenset(row[0] for row in found)


def has_id(db: Database, digest: str, atom_id: str) -> bool:
    """Return whether the digest has given this Atom id; a split may leave it with another story."""
    question = "SELECT 1 FROM publications WHERE digest = ? AND id = ?"
    return db.conn.execute(question, (digest, atom_id)).fetchone() is not None


def newest(db: Database, digest: str, limit: int) -> list[Publication]:
    """Return the newest publications that were not withdrawn, newest first."""
    return [_publication(row) for row in rows(db, _NEWEST, (digest, limit))]


def places(db: Database, story_ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    """Return in which digests these stories stand, with the numbers of what holds them there."""
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows(db, _PLACES, (json.dumps(list(story_ids)),)):
        found.setdefault(row["story_id"], []).append((row["digest"], row["number"]))
    return found


def numbered(db: Database, digest: str, number: int) -> Publication | None:
    """Return the publication with this number, None where it is not kept or was withdrawn."""
    found = rows(db, _NUMBERED, (digest, number))
    return _publication(found[0]) if found else None


def newest_numbers(db: Database, digest: str, limit: int) -> frozenset[int]:
    """Return the numbers of the newest publications that were not withdrawn."""
    found = db.conn.execute(_NEWEST_NUMBERS, (digest, limit)).fetchall()
    return frozenset(row[0] for row in found)


def first_publication_at(db: Database, digest: str) -> datetime | None:
    """Return when the oldest kept publication of the digest was published, None before any."""
    (text,) = db.conn.execute(
        "SELECT min(published_at) FROM publications WHERE digest = ?", (digest,)
    ).fetchone()
    return optional_from_text(text)


def started_at(db: Database, digest: str, *, now: datetime) -> datetime:
    """Return when the digest was first asked about, which is `now` the first time."""
    question = "SELECT started_at FROM digests WHERE name = ? AND started_at IS NOT NULL"
    found = db.conn.execute(question, (digest,)).fetchone()
    if found is None:
        db.conn.execute(_START, (digest, moment_to_text(now)))
        return now
    return moment_from_text(found[0])


def unarchived(db: Database, digest: str) -> list[int]:
    """Return the numbers of the publications that came after the last archive's, in order.

    Withdrawn ones are left out.
    """
    numbers = archive_numbers(db, digest)
    last = archive(db, digest, numbers[-1]) if numbers else None
    held = max((one.number for one in last or ()), default=0)
    return [row[0] for row in db.conn.execute(_UNARCHIVED, (digest, held)).fetchall()]


def add_archive(db: Database, digest: str, *, number: int, holds: Sequence[int]) -> None:
    """Freeze the publications with these numbers as the digest's archive of this number.

    They stand in it by number, as they are now; it never changes again.
    """
    frozen = rows(db, _FROZEN, (digest, json.dumps(list(holds))))
    text = publications_to_json(map(_text_as_it_stands, frozen))
    body = zlib.compress(text.encode("ascii"), _ARCHIVE_LEVEL)
    statement = "INSERT INTO archives (digest, number, body) VALUES (?, ?, ?)"
    db.conn.execute(statement, (digest, number, body))


def archive(db: Database, digest: str, number: int) -> tuple[Publication, ...] | None:
    """Return the publications frozen in an archive, in their order, None for no such archive."""
    found = db.conn.execute(
        "SELECT body FROM archives WHERE digest = ? AND number = ?", (digest, number)
    ).fetchone()
    return None if found is None else publications_from_json(zlib.decompress(found[0]))


def archive_numbers(db: Database, digest: str) -> list[int]:
    """Return the numbers of the digest's archives, in order."""
    found = db.conn.execute(
        "SELECT number FROM archives WHERE digest = ? ORDER BY number", (digest,)
    ).fetchall()
    return [row[0] for row in found]


def add_edition(db: Database, edition: Edition, *, number: int = 0) -> None:
    """Keep an edition's span and its publication's number, 0 for one without stories."""
    span = (optional_to_text(edition.since_at), moment_to_text(edition.until_at))
    due = (edition.digest, moment_to_text(edition.due_at))
    db.conn.execute(_ADD_EDITION, (*due, *span, edition.catch_up, number))


def last_edition(db: Database, digest: str) -> Edition | None:
    """Return the digest's latest edition, None before the first."""
    found = rows(db, _LAST_EDITION, (digest,))
    return _edition(found[0]) if found else None


def _row(publication: Publication, composed_at: datetime) -> dict[str, Any]:
    return {
        "digest": publication.digest,
        "number": publication.number,
        "id": publication.id,
        "story_id": publication.story_id,
        "composed_at": moment_to_text(composed_at),
        "published_at": moment_to_text(publication.published_at),
        "updated_at": moment_to_text(publication.updated_at),
        "body": publication_to_json(publication),
    }


def _publication(row: Mapping[str, Any]) -> Publication:
    """Return a publication as it stands: a merge may have given it to another story."""
    return replace(publication_from_json(row["body"]), id=row["id"], story_id=row["story_id"])


def _text_as_it_stands(row: Mapping[str, Any]) -> str:
    """Return a publication's JSON: as it is kept, unless a merge has given it to another story."""
    names = {name: row[name] for name in ("digest", "number", "id", "story_id")}
    text: str = row["body"]
    if text.startswith(json.dumps(names)[:-1] + ","):  # true to its row; nothing to take apart
        return text
    return publication_to_json(_publication(row))


def _edition(row: Mapping[str, Any]) -> Edition:
    return Edition(
        digest=row["digest"],
        due_at=moment_from_text(row["due_at"]),
        since_at=optional_from_text(row["since_at"]),
        until_at=moment_from_text(row["until_at"]),
        catch_up=bool(row["catch_up"]),
    )
