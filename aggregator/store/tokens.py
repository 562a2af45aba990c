"""Which parts of addresses were found to be tokens, by feed and host.

X never does Y: nothing here decides what is a token, and what was refused once stays refused.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aggregator.store.codec import moment_to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlite_utils import Database

MOST_OF_A_FEED = 20  # an honest one has one or two
MARKS_AT_ONCE = 500  # parameters of one statement
MOST_NAMED = 500  # of a feed's entries, the newest

_ADD = """
INSERT INTO tokens (feed_id, host, place, refused, found_at)
SELECT :feed, :host, :place, :refused, :now
WHERE (SELECT count(*) FROM tokens WHERE feed_id = :feed) < :most
    OR EXISTS (SELECT 1 FROM tokens WHERE feed_id = :feed AND host = :host AND place = :place)
ON CONFLICT (feed_id, host, place) DO UPDATE SET refused = max(refused, excluded.refused)
"""
_OF_FEED = "SELECT host, place, refused FROM tokens WHERE feed_id = ?"
_PLACES = """
SELECT host, place FROM tokens GROUP BY host, place HAVING max(refused) = 0
"""
# As `entries_words` has it; an "IN" of json_each could hold no bytes.
_ALIKE = """
SELECT substr(e.content_hash, 1, 8), w.url FROM entries AS e JOIN words AS w ON w.entry_id = e.id
WHERE e.feed_id = ? AND substr(e.content_hash, 1, 8) IN ({marks})
"""
_PRESENT = """
SELECT w.url, e.slice_hash FROM entries AS e JOIN words AS w ON w.entry_id = e.id
WHERE e.feed_id = ? AND e.left_at IS NULL
"""
_NAMED = """
SELECT w.url, w.title FROM entries AS e JOIN words AS w ON w.entry_id = e.id
WHERE e.feed_id = ? ORDER BY e.id DESC LIMIT ?
"""


def add(  # noqa: PLR0913 - keyword-only, each a fact of its own
    db: Database, feed_id: int, host: str, place: str, *, refused: bool, now: datetime
) -> None:
    """Remember that a place in a host's addresses is a token, or that it is none for good."""
    names = {"feed": feed_id, "host": host, "place": place, "refused": refused}
    db.conn.execute(_ADD, {**names, "now": moment_to_text(now), "most": MOST_OF_A_FEED})


def of_feed(db: Database, feed_id: int) -> dict[tuple[str, str], bool]:
    """Return what was found of a feed's addresses, by host and place: whether it was refused."""
    found = db.conn.execute(_OF_FEED, (feed_id,)).fetchall()
    return {(host, place): bool(refused) for host, place, refused in found}


def places(db: Database) -> dict[str, frozenset[str]]:
    """Return the places of tokens by host, without those that any feed refused."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for host, place in db.conn.execute(_PLACES).fetchall():
        found[host].add(place)
    return {host: frozenset(own) for host, own in found.items()}


def alike(db: Database, feed_id: int, marks: Sequence[bytes]) -> list[tuple[bytes, str]]:
    """Return the marks and addresses of a feed's entries with the same words as these.

    `marks` are of the words, as `read.identity.words_mark` makes them.
    """
    found: list[tuple[bytes, str]] = []
    for start in range(0, len(marks), MARKS_AT_ONCE):
        some = marks[start : start + MARKS_AT_ONCE]
        question = _ALIKE.format(marks=", ".join("?" * len(some)))
        found += db.conn.execute(question, (feed_id, *some)).fetchall()
    return found


def present_urls(db: Database, feed_id: int, slices: frozenset[bytes]) -> list[str]:
    """Return the addresses of the entries that stand in the feed in one of these slices."""
    found = db.conn.execute(_PRESENT, (feed_id,)).fetchall()
    return [url for url, slice_hash in found if slice_hash in slices]


def named(db: Database, feed_id: int) -> list[tuple[str, str]]:
    """Return the addresses and titles of a feed's newest entries."""
    return db.conn.execute(_NAMED, (feed_id, MOST_NAMED)).fetchall()
