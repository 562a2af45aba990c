"""Full-text search of the titles and summaries of what is kept. Words are words, never syntax."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.errors import StoreError, UsageError
from aggregator.store.codec import moment_from_text, optional_from_text
from aggregator.store.database import rows
from aggregator.store.unspaced import SEPARATOR, cut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

MAX_WORDS = 32  # a longer question is a pasted text; each word costs a look-up
MAX_SIGNS = 64  # of a word in a script without spaces: each costs a look-up too
TITLE_WEIGHT = 4.0  # a word in the title says four times as much as one in the summary

_SEARCH = """
SELECT e.id, w.title, w.url, w.published_at, e.first_seen_at, e.story_id, f.url AS feed_url,
    coalesce(nullif(f.own_title, ''), nullif(f.title, ''), f.url) AS outlet,
    replace(snippet(words_search, 1, '', '', '…', iif(c.entry_id, 60, 24)), char(31), '') AS snippet
FROM words_search JOIN words AS w ON w.entry_id = words_search.rowid
JOIN entries AS e ON e.id = w.entry_id JOIN feeds AS f ON f.id = e.feed_id
LEFT JOIN cut_words AS c ON c.entry_id = w.entry_id
WHERE words_search MATCH :question
ORDER BY bm25(words_search, :title_weight, 1.0), e.id DESC LIMIT :limit
"""
_STEPS_A_LOOK = 10_000  # of SQLite's machine between two looks at the clock: about 0.1 ms
_PUBLISHED = """
SELECT e.id AS entry_id, e.story_id
FROM words_search JOIN entries AS e ON e.id = words_search.rowid
WHERE words_search MATCH :question AND EXISTS (
    SELECT 1 FROM published AS p
    WHERE p.story_id = e.story_id AND p.digest IN (SELECT value FROM json_each(:digests)))
ORDER BY bm25(words_search, :title_weight, 1.0), e.id DESC LIMIT :limit
"""
_THESE = _SEARCH.replace(
    "WHERE words_search MATCH :question",
    "WHERE words_search MATCH :question\n"
    "    AND words_search.rowid IN (SELECT value FROM json_each(:entry_ids))",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that was found, with the part of its summary that fits, as plain text."""

    entry_id: int
    title: str
    url: str
    outlet: str
    feed_url: str
    published_at: datetime | None
    first_seen_at: datetime
    story_id: str
    snippet: str


def search(db: Database, words: str, *, limit: int) -> list[Hit]:
    """Return the entries that hold every word, best first; the last word may be a beginning.

    Raises UsageError where there is no word.
    """
    question = as_question(words)
    if not question:
        message = "There is nothing to search for. Give at least one word."
        raise UsageError(message)
    names = {"question": question, "title_weight": TITLE_WEIGHT, "limit": limit}
    return [_hit(row) for row in rows(db, _SEARCH, names)]


def _hit(row: Mapping[str, Any]) -> Hit:
    return Hit(
        entry_id=row["id"],
        title=row["title"],
        url=row["url"],
        outlet=row["outlet"],
        feed_url=row["feed_url"],
        published_at=optional_from_text(row["published_at"]),
        first_seen_at=moment_from_text(row["first_seen_at"]),
        story_id=row["story_id"],
        snippet=row["snippet"],
    )


def as_question(words: str) -> str:
    """Return free words as an FTS5 question (https://sqlite.org/fts5.html section 3), or ""."""
    cleaned = words.replace("\0", " ").encode("utf-8", "replace").decode()
    tokens = [one for one in cleaned.split() if any(letter.isalnum() for letter in one)]
    quoted = ['"' + _as_phrase(one).replace('"', '""') + '"' for one in tokens[:MAX_WORDS]]
    return " ".join(quoted) + "*" if quoted else ""


def _as_phrase(word: str) -> str:
    return SEPARATOR.join(cut(word).split(SEPARATOR)[: MAX_SIGNS + 1])  # the first piece is no sign


# ------------------------------------------------------------ what readers may find


class TooLongError(StoreError):
    """A search took longer than it may; fewer or other words may be found in time."""


@contextmanager
def within(db: Database, seconds: float) -> Iterator[None]:
    """End any statement that runs when this time is over, with TooLongError."""
    until_s = time.monotonic() + seconds
    db.conn.set_progress_handler(lambda: time.monotonic() > until_s, _STEPS_A_LOOK)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
            raise
        message = "The search took too long. Give more words, or rarer ones."
        raise TooLongError(message) from error
    finally:
        db.conn.set_progress_handler(None, 0)


def published(
    db: Database, words: str, *, digests: Collection[str], limit: int
) -> dict[str, list[int]]:
    """Return the stories of these digests with entries that hold every word, best first.

    Each story's id comes with those entries' ids, the best first. Entries of stories that none of
    these digests has published are not found. `limit` is of entries. Empty for no words.
    """
    question = as_question(words)
    if not question:
        return {}
    names = {
        "question": question,
        "title_weight": TITLE_WEIGHT,
        "digests": json.dumps(list(digests)),
        "limit": limit,
    }
    stories: dict[str, list[int]] = {}
    for row in rows(db, _PUBLISHED, names):
        stories.setdefault(row["story_id"], []).append(row["entry_id"])
    return stories


def these(db: Database, words: str, entry_ids: Sequence[int]) -> dict[int, Hit]:
    """Return the hits of a search that are these entries, by entry."""
    names = {
        "question": as_question(words),
        "title_weight": TITLE_WEIGHT,
        "entry_ids": json.dumps(list(entry_ids)),
        "limit": len(entry_ids),
    }
    return {row["id"]: _hit(row) for row in rows(db, _THESE, names)}
