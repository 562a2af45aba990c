"""The feeds' current documents: the version noticed last, and what the last versions held.

A topic is a document's path below the public folder. What is in a version is given as marks, one
for each entry's bytes; what an entry is, is decided elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.store.codec import moment_from_text, moment_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

VERSIONS_KEPT = 64  # of a document: a busy digest's last hours, 51 kB for 100 entries
MARK_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A current document as it was noticed last."""

    path: str
    tag: str  # of its bytes
    changed_at: datetime


_TOUCH = """
INSERT INTO topics (path, tag, changed_at) VALUES (:path, :tag, :changed_at)
ON CONFLICT (path) DO UPDATE SET tag = :tag, changed_at = :changed_at
"""
_ADD = """
INSERT INTO versions (path, tag, marks) VALUES (?, ?, ?)
ON CONFLICT (path, tag) DO NOTHING
"""
_TRIM = """
DELETE FROM versions WHERE path = :path AND number <= (
    SELECT number FROM versions WHERE path = :path ORDER BY number DESC LIMIT 1 OFFSET :kept)
"""
_FIND = """
SELECT tag, marks FROM versions
WHERE path = ? AND tag IN (SELECT value FROM json_each(?)) ORDER BY number DESC LIMIT 1
"""


def everything(db: Database) -> Mapping[str, Topic]:
    """Return every topic by its path."""
    found = rows(db, "SELECT * FROM topics ORDER BY path")
    return {
        row["path"]: Topic(
            path=row["path"], tag=row["tag"], changed_at=moment_from_text(row["changed_at"])
        )
        for row in found
    }


def save(db: Database, topic: Topic, *, marks: Collection[bytes] | None) -> None:
    """Keep a topic's new version; None for marks where its entries are not known."""
    changed_at = moment_to_text(topic.changed_at)
    db.conn.execute(_TOUCH, {"path": topic.path, "tag": topic.tag, "changed_at": changed_at})
    # One that comes back is the newest again: it must not be trimmed as if it were old.
    db.conn.execute("DELETE FROM versions WHERE path = ? AND tag = ?", (topic.path, topic.tag))
    if marks is not None:
        db.conn.execute(_ADD, (topic.path, topic.tag, b"".join(sorted(marks))))
    db.conn.execute(_TRIM, {"path": topic.path, "kept": VERSIONS_KEPT})


def remove(db: Database, path: str) -> None:
    """Forget a topic with its versions and pings."""
    db.conn.execute("DELETE FROM topics WHERE path = ?", (path,))


def newest_version(
    db: Database, path: str, tags: Sequence[str]
) -> tuple[str, frozenset[bytes]] | None:
    """Return the newest of these versions that is known, with its marks; None for none."""
    found = rows(db, _FIND, (path, json.dumps(list(tags))))
    if not found:
        return None
    kept = bytes(found[0]["marks"])
    return found[0]["tag"], frozenset(
        kept[start : start + MARK_BYTES] for start in range(0, len(kept), MARK_BYTES)
    )
