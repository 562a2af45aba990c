"""What came of the pages of entries: a row says that the matter of an entry's page is settled.

A page is asked for once, whatever came of it; a row with an error may also mean that robots.txt
did not allow it. The entry's own words stay in `words`; a page's text stands before them where an
entry is shown. Nothing here decides which page is asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aggregator.store.codec import moment_to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import Page

MAX_ERROR_CHARS = 300
MAX_URL_CHARS = 4_000  # as long as an entry's own may be

# The first answer stands: nothing that comes later may replace a text that was shown.
_ADD = """
INSERT OR IGNORE INTO pages (entry_id, asked_at, url, content, error) VALUES (?, ?, ?, ?, ?)
"""
_ASKED = """
SELECT DISTINCT w.url FROM json_each(?) AS wanted JOIN words AS w ON w.url = wanted.value
JOIN entries AS e ON e.id = w.entry_id JOIN pages AS p ON p.entry_id = e.id WHERE e.feed_id = ?
"""
_MET = """
SELECT DISTINCT p.url FROM entries AS e JOIN pages AS p ON p.entry_id = e.id
WHERE e.feed_id = ? AND p.url IN (SELECT value FROM json_each(?))
"""
_TEXTS = """
SELECT entry_id, content FROM pages
WHERE entry_id IN (SELECT value FROM json_each(?)) AND content <> ''
"""


def add(db: Database, pages: Mapping[int, Page], *, now: datetime) -> None:
    """Keep what came of the pages of these entries, by their ids, in the caller's transaction."""
    moment = moment_to_text(now)
    found = [
        (entry_id, moment, _fitting(page.url), page.content, page.error[:MAX_ERROR_CHARS])
        for entry_id, page in pages.items()
    ]
    if found:
        db.conn.executemany(_ADD, found)


def asked(db: Database, feed_id: int, urls: Collection[str]) -> frozenset[str]:
    """Return which of these addresses were asked for already, for an entry of the feed."""
    found = db.conn.execute(_ASKED, (json.dumps(list(urls)), feed_id)).fetchall() if urls else []
    return frozenset(row[0] for row in found)


def met(db: Database, feed_id: int, urls: Collection[str]) -> frozenset[str]:
    """Return which of these addresses an entry of the feed has led to before."""
    found = db.conn.execute(_MET, (feed_id, json.dumps(list(urls)))).fetchall() if urls else []
    return frozenset(row[0] for row in found)


def texts(db: Database, entry_ids: Collection[int]) -> dict[int, str]:
    """Return the texts that pages gave, by entry; those of which none came are left out."""
    if not entry_ids:
        return {}
    return dict(db.conn.execute(_TEXTS, (json.dumps(list(entry_ids)),)).fetchall())


def _fitting(url: str) -> str:
    return url if len(url) <= MAX_URL_CHARS else ""
