"""Short ways to fill a store, and what must hold of it after anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from aggregator.model import (
    Entry,
    Joined,
    Mention,
    Merged,
    Publication,
    ReadEntry,
    Relation,
    Started,
)
from aggregator.store import database, entries, feeds, publications, stories
from aggregator.store.entries import NewEntry

if TYPE_CHECKING:
    from pathlib import Path

    from sqlite_utils import Database

    from aggregator.model import StoryUpdate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hashed(text: str) -> bytes:
    return sha256(text.encode()).digest()[:8]


@dataclass
class House:
    """A store and what was put into it."""

    db: Database
    path: Path
    now: datetime = NOON
    urls: list[str] = field(default_factory=list)

    def feed(self, name: str) -> int:
        """List one more feed and return its id."""
        url = f"https://{name}.example/feed"
        self.urls.append(url)
        feeds.list_feeds(self.db, self.urls, now=self.now)
        return feeds.state(self.db, url).feed_id

    def read(self, key: str, **words: Any) -> ReadEntry:  # noqa: ANN401 (fields of Entry)
        """Return an entry as it is read, its hashes true to its words."""
        entry = {"title": f"Title of {key}", "url": f"https://e.example/{key}", **words}
        meaning = json.dumps(entry, default=str, sort_keys=True)
        entry.setdefault("content_hash", hashed(meaning))
        entry.setdefault("slice_hash", hashed(key + meaning))
        return ReadEntry(entry=Entry(key=key, **entry), features=b"\x01" + key.encode())

    def add(self, feed_id: int, read: ReadEntry, *, held: bool = False, **joined: Any) -> int:  # noqa: ANN401 (fields of Joined)
        """Keep one entry, in a story of its own or, with `story_id`, in that one."""
        entry_id = entries.next_id(self.db)
        update: StoryUpdate = Started(story_id=f"story{entry_id:04d}", entry_id=entry_id)
        if joined:
            words = {"relation": Relation.COPY, "reason": "same text", "score": 0.9}
            update = Joined(**{**words, "entry_id": entry_id, "witness_id": 0, **joined})
        with database.transaction(self.db):
            new = NewEntry(entry_id=entry_id, read=read, held=held)
            entries.add(self.db, feed_id, [new], now=self.now)
            stories.apply(self.db, [update], now=self.now)
        return entry_id

    def story_id(self, entry_id: int) -> str:
        """Return the id of the story in which an entry stands."""
        question = "SELECT story_id FROM entries WHERE id = ?"
        return str(self.db.execute(question, (entry_id,)).fetchone()[0])

    def merge(self, kept_id: str, absorbed_id: str) -> None:
        """Merge two stories as folding does."""
        update = Merged(
            kept_id=kept_id,
            absorbed_id=absorbed_id,
            relation=Relation.COVERAGE,
            reason="bridged",
            score=0.7,
        )
        stories.apply(self.db, [update], now=self.now)

    def publish(self, digest: str, number: int, story_id: str, **changes: Any) -> Publication:  # noqa: ANN401 (fields of Publication)
        """Keep a publication of a story and return it."""
        publication = a_publication(digest, number, story_id, **changes)
        publications.save(self.db, [publication], composed_at=self.now)
        return publication

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def a_publication(digest: str, number: int, story_id: str, **changes: Any) -> Publication:  # noqa: ANN401 (fields of Publication)
    fields: dict[str, Any] = {
        "digest": digest,
        "number": number,
        "id": f"tag:{digest},{number}",
        "story_id": story_id,
        "title": f"Story {story_id}",
        "url": "https://e.example/",
        "html": "<p>Words</p>",
        "summary": "Words",
        "source": Mention(outlet="One", title="T", url="https://e.example/", feed_url="https://f"),
        "mentions": (),
        "published_at": NOON,
        "updated_at": NOON,
    }
    return Publication(**{**fields, **changes})


def assert_sound(db: Database) -> None:
    """Check what must hold after anything: the file, its keys, each entry in one live story."""
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert astray(db) == []
    db.execute("INSERT INTO words_search (words_search, rank) VALUES ('integrity-check', 1)")


def astray(db: Database) -> list[tuple[object, ...]]:
    """Return entries in a merged story, stories without their lead among them, entries unworded."""
    return db.execute(
        """
        SELECT 'in a merged story', e.id FROM entries e JOIN stories s ON s.id = e.story_id
        WHERE s.merged_into IS NOT NULL
        UNION ALL
        SELECT 'without a lead', s.id FROM stories s
        WHERE s.merged_into IS NULL AND EXISTS (SELECT 1 FROM entries WHERE story_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM entries
                WHERE story_id = s.id AND id = s.lead_id AND relation = 'lead')
        UNION ALL
        SELECT 'two leads', story_id FROM entries WHERE relation = 'lead'
        GROUP BY story_id HAVING count(*) > 1
        UNION ALL
        SELECT 'merged twice', s.id FROM stories s JOIN stories m ON m.id = s.merged_into
        WHERE m.merged_into IS NOT NULL
        UNION ALL
        SELECT 'without words', id FROM entries WHERE id NOT IN (SELECT entry_id FROM words)
        """
    ).fetchall()
