"""Full-text search of the titles and summaries of what is kept. Words are words, never syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.errors import UsageError
from aggregator.store.codec import moment_from_text, optional_from_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlite_utils import Database

MAX_WORDS = 32  # a longer question is a pasted text; each word costs a look-up
TITLE_WEIGHT = 4.0  # a word in the title says four times as much as one in the summary

_SEARCH = """
SELECT e.id, w.title, w.url, w.published_at, e.first_seen_at, e.story_id, f.url AS feed_url,
    coalesce(nullif(f.own_title, ''), nullif(f.title, ''), f.url) AS outlet,
    snippet(words_search, 1, '', '', '…', 24) AS snippet
FROM words_search JOIN words AS w ON w.entry_id = words_search.rowid
JOIN entries AS e ON e.id = w.entry_id JOIN feeds AS f ON f.id = e.feed_id
WHERE words_search MATCH :question
ORDER BY bm25(words_search, :title_weight, 1.0), e.id DESC LIMIT :limit
"""


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
    return [
        Hit(
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
        for row in rows(db, _SEARCH, names)
    ]


def as_question(words: str) -> str:
    """Return free words as an FTS5 question (https://sqlite.org/fts5.html section 3), or ""."""
    cleaned = words.replace("\0", " ").encode("utf-8", "replace").decode()
    tokens = [one for one in cleaned.split() if any(letter.isalnum() for letter in one)]
    quoted = ['"' + one.replace('"', '""') + '"' for one in tokens[:MAX_WORDS]]
    return " ".join(quoted) + "*" if quoted else ""
