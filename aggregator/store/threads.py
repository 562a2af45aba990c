"""How long stories are, and which of them go on where an earlier one is closed.

Links never close a circle. It opens no transaction: its callers hold one. Which story is too long
says `fold.drift`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregator.model import Merged, Relation, StoryRef, Thread
from aggregator.store.codec import moment_from_text, moment_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import Follows, Joined, Started

_RECENT = """
SELECT id, from_at, until_at, coalesce(follows_id, '') AS follows_id FROM stories
WHERE id IN (SELECT story_id FROM entries WHERE first_seen_at >= ?) AND from_at IS NOT NULL
"""
_EXTEND = """
UPDATE stories SET
    from_at = min(coalesce(from_at, e.at), e.at), until_at = max(coalesce(until_at, e.at), e.at)
FROM (SELECT at FROM entries WHERE id = :entry) AS e
WHERE stories.id = (SELECT coalesce(merged_into, id) FROM stories WHERE id = :story)
"""
_MEASURE = """
UPDATE stories SET (from_at, until_at) = (
    SELECT min(e.at), max(e.at) FROM entries AS e
    WHERE e.story_id = stories.id AND e.relation <> 'copy')
WHERE id = ?
"""
_UNITE = """
UPDATE stories SET
    from_at = min(coalesce(stories.from_at, s.from_at), s.from_at),
    until_at = max(coalesce(stories.until_at, s.until_at), s.until_at)
FROM (SELECT from_at, until_at FROM stories WHERE id = :absorbed) AS s
WHERE stories.id = :kept AND s.from_at IS NOT NULL AND NOT (:copies AND s.from_at = s.until_at)
"""
_CHAIN = """
WITH RECURSIVE chain (id) AS (
    SELECT ? UNION SELECT s.follows_id FROM stories AS s JOIN chain ON chain.id = s.id
    WHERE s.follows_id IS NOT NULL)
SELECT id FROM chain
"""
_FOLLOW = """
UPDATE stories
SET follows_id = :earlier, follows_reason = :reason, version = version + 1, changed_at = :now
WHERE id = :later AND follows_id IS NULL
"""
_LEAVE = "UPDATE stories SET follows_id = NULL, follows_reason = '' WHERE id = ?"
_REDIRECT = "UPDATE stories SET follows_id = :kept WHERE follows_id = :absorbed AND id <> :kept"
_INHERIT = """
UPDATE stories SET (follows_id, follows_reason) = (
    SELECT follows_id, follows_reason FROM stories WHERE id = :absorbed)
WHERE id = :kept AND follows_id IS NULL
"""
_LIVE = "SELECT coalesce(merged_into, id) FROM stories WHERE id = ?"
# A story whose entries were all pruned has no words any more by which to name it.
_FOLLOWED = """
SELECT s.id AS of, o.id, w.title, w.url, s.follows_reason AS reason
FROM stories AS s JOIN stories AS o ON o.id = s.follows_id JOIN words AS w ON w.entry_id = o.lead_id
WHERE s.id IN (SELECT value FROM json_each(?))
"""
# The plus keeps SQLite from walking through every story that was not merged away.
_FOLLOWING = """
SELECT s.follows_id AS of, s.id, w.title, w.url, s.follows_reason AS reason
FROM stories AS s JOIN words AS w ON w.entry_id = s.lead_id
WHERE s.follows_id IN (SELECT value FROM json_each(?)) AND +s.merged_into IS NULL
ORDER BY s.first_seen_at DESC, s.id DESC
"""


def recent(db: Database, *, since: datetime) -> Iterator[Thread]:
    """Yield how long the stories are that have an entry first seen from `since` on."""
    for row in rows(db, _RECENT, (moment_to_text(since),)):
        yield Thread(
            story_id=row["id"],
            first_at=moment_from_text(row["from_at"]),
            last_at=moment_from_text(row["until_at"]),
            follows_id=row["follows_id"],
        )


def links(
    db: Database, story_ids: Sequence[str]
) -> tuple[dict[str, StoryRef], dict[str, StoryRef]]:
    """Return what these stories follow and what follows them, by their ids.

    Of several that follow one, the first seen. What has no entry any more is left out.
    """
    wanted = (json.dumps(list(story_ids)),)
    return _refs(rows(db, _FOLLOWED, wanted)), _refs(rows(db, _FOLLOWING, wanted))


def extend(db: Database, updates: Iterable[Joined]) -> None:
    """Let stories reach to the entries that joined them, but for copies."""
    reports = [one for one in updates if one.relation is not Relation.COPY]
    db.conn.executemany(
        _EXTEND, [{"entry": one.entry_id, "story": one.story_id} for one in reports]
    )


def measure(db: Database, story_id: str) -> None:
    """Let a story reach to what is in it, after entries left."""
    db.conn.execute(_MEASURE, (story_id,))


def follow(db: Database, updates: Iterable[Started | Joined], *, now: datetime) -> None:
    """Link the stories that these updates show to go on; one that is linked already stays so."""
    link(db, (link for one in updates for link in one.follows), now=now)


def link(db: Database, links: Iterable[Follows], *, now: datetime) -> None:
    """Link stories that go on to what they follow; one that is linked already stays so."""
    for one in links:
        _follow(db, one, now=now)


def merge(db: Database, kept_id: str, absorbed_id: str, *, update: Merged) -> None:
    """Make one thread of two stories, before the absorbed one is marked as such."""
    names = {"kept": kept_id, "absorbed": absorbed_id}
    db.conn.execute(_UNITE, {**names, "copies": update.relation is Relation.COPY})
    if absorbed_id in _chain(db, kept_id):
        db.conn.execute(_LEAVE, (kept_id,))
    db.conn.execute(_REDIRECT, names)
    if kept_id not in _chain(db, absorbed_id):
        db.conn.execute(_INHERIT, names)


def _follow(db: Database, link: Follows, *, now: datetime) -> None:
    (later,) = db.conn.execute(_LIVE, (link.story_id,)).fetchone()
    (earlier,) = db.conn.execute(_LIVE, (link.follows_id,)).fetchone()
    if later in _chain(db, earlier):
        return
    names = {"later": later, "earlier": earlier, "reason": link.reason}
    db.conn.execute(_FOLLOW, {**names, "now": moment_to_text(now)})


def _chain(db: Database, story_id: str) -> list[str]:
    """Return the story and those that it follows, the latest first."""
    return [row[0] for row in db.conn.execute(_CHAIN, (story_id,)).fetchall()]


def _refs(found: Iterable[Mapping[str, Any]]) -> dict[str, StoryRef]:
    return {
        row["of"]: StoryRef(id=row["id"], title=row["title"], url=row["url"], reason=row["reason"])
        for row in found
    }
