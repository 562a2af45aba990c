"""What each feed was found to repeat around its articles.

X never does Y: nothing here decides what is clutter, and nothing found is forgotten by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from aggregator.model import Clutter
from aggregator.store.codec import moment_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlite_utils import Database

MOST_OF_A_FEED = 1_000  # pieces; of an honest feed a few dozen are found in years

_ADD = """
INSERT INTO clutter (feed_id, mark, text, entries, found_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (feed_id, mark) DO NOTHING
"""
_MARKS = """
SELECT feed_id, mark FROM clutter WHERE feed_id IN (SELECT value FROM json_each(?))
"""
_OF_FEED = """
SELECT mark, text, entries FROM clutter WHERE feed_id = ? ORDER BY entries DESC, text
"""

_PAGE_PIECES = "SELECT pieces FROM page_pieces WHERE feed_id = ?"
_KEEP_PAGE_PIECES = """
INSERT INTO page_pieces (feed_id, pieces) VALUES (?, ?)
ON CONFLICT (feed_id) DO UPDATE SET pieces = excluded.pieces
"""


def add(db: Database, feed_id: int, found: Iterable[Clutter], *, now: datetime) -> None:
    """Remember what was found in a feed, up to a bound."""
    new = list(found)
    if not new:
        return
    kept = db.execute("SELECT count(*) FROM clutter WHERE feed_id = ?", (feed_id,)).fetchone()[0]
    at = moment_to_text(now)
    db.conn.executemany(
        _ADD,
        [(feed_id, one.mark, one.text, one.entries, at) for one in new[: MOST_OF_A_FEED - kept]],
    )


def of_feed(db: Database, feed_id: int) -> list[Clutter]:
    """Return what a feed repeats, the most frequent first."""
    return [
        Clutter(mark=row["mark"], text=row["text"], entries=row["entries"])
        for row in rows(db, _OF_FEED, (feed_id,))
    ]


def marks(db: Database, feed_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the fingerprints of these feeds' clutter, by feed id; feeds without have no key."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for feed_id, mark in db.execute(_MARKS, (json.dumps(list(feed_ids)),)):
        found[feed_id].add(mark)
    return {feed_id: frozenset(own) for feed_id, own in found.items()}


def page_pieces(db: Database, feed_id: int) -> bytes:
    """Return what the newest pages of a feed's entries consist of, b"" where none was read."""
    found = db.conn.execute(_PAGE_PIECES, (feed_id,)).fetchone()
    return bytes(found[0]) if found else b""


def keep_page_pieces(db: Database, feed_id: int, pieces: bytes) -> None:
    """Remember what the newest pages of a feed's entries consist of."""
    db.conn.execute(_KEEP_PAGE_PIECES, (feed_id, pieces))
