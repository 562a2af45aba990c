"""Which pictures of outlets we have small copies of, and which could not be had.

The copies themselves are files of the public folder; here stand their names and sizes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.store.codec import moment_to_text, optional_from_text, optional_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlite_utils import Database

_SAVE = """
INSERT INTO images (
    url, name, width, height, size_bytes, used_at, failures, error, next_try_at)
VALUES (:url, :name, :width, :height, :size_bytes, :used_at, :failures, :error, :next_try_at)
ON CONFLICT (url) DO UPDATE SET
    name = excluded.name, width = excluded.width, height = excluded.height,
    size_bytes = excluded.size_bytes, used_at = excluded.used_at, failures = excluded.failures,
    error = excluded.error, next_try_at = excluded.next_try_at
"""
_USED = """
UPDATE images SET used_at = :now
WHERE used_at < :before AND url IN (SELECT value FROM json_each(:urls))
"""
_OLDEST = "SELECT url, name, size_bytes FROM images WHERE name <> '' ORDER BY used_at, url"
_FORGET = "DELETE FROM images WHERE url IN (SELECT value FROM json_each(?))"
_FORGET_UNUSED = "DELETE FROM images WHERE used_at < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptImage:
    """A picture by its outlet's address: our copy, or why there is none."""

    url: str
    name: str = ""  # of the file; "" where there is none
    width: int = 0  # pixels
    height: int = 0
    size_bytes: int = 0
    failures: int = 0  # in a row
    error: str = ""
    next_try_at: datetime | None = None  # of one without a file; None: never again


def everything(db: Database) -> dict[str, KeptImage]:
    """Return all that is known, by the outlet's address."""
    return {row["url"]: _image(row) for row in rows(db, "SELECT * FROM images")}


def save(db: Database, images: Iterable[KeptImage], *, now: datetime) -> None:
    """Remember pictures, used now."""
    db.conn.executemany(_SAVE, [_row(one, now) for one in images])


def note_use(db: Database, urls: Collection[str], *, now: datetime, before: datetime) -> None:
    """Note that pages show these now, where the last note is from before a moment."""
    names = {
        "now": moment_to_text(now),
        "before": moment_to_text(before),
        "urls": json.dumps(list(urls)),
    }
    db.conn.execute(_USED, names)


def forget_unused(db: Database, *, since: datetime) -> int:
    """Forget what no page has shown since then; return how many."""
    return db.conn.execute(_FORGET_UNUSED, (moment_to_text(since),)).rowcount


def forget_oldest(db: Database, *, limit_bytes: int, but: Collection[str]) -> int:
    """Forget copies, the least recently used first, until the others fit; return how many.

    Those at the addresses `but` stay.
    """
    found = rows(db, _OLDEST)
    total = sum(row["size_bytes"] for row in found)
    gone: list[str] = []
    for row in found:
        if total <= limit_bytes:
            break
        if row["url"] not in but:
            gone.append(row["url"])
            total -= row["size_bytes"]
    db.conn.execute(_FORGET, (json.dumps(gone),))
    return len(gone)


def _image(row: Mapping[str, Any]) -> KeptImage:
    return KeptImage(
        url=row["url"],
        name=row["name"],
        width=row["width"],
        height=row["height"],
        size_bytes=row["size_bytes"],
        failures=row["failures"],
        error=row["error"],
        next_try_at=optional_from_text(row["next_try_at"]),
    )


def _row(image: KeptImage, now: datetime) -> dict[str, Any]:
    return {
        "url": image.url,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "size_bytes": image.size_bytes,
        "used_at": moment_to_text(now),
        "failures": image.failures,
        "error": image.error,
        "next_try_at": optional_to_text(image.next_try_at),
    }
