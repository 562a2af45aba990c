"""Which entry stands in which story: the moves that `stories` is made of.

Every move leaves each entry in exactly one story that is not merged away, and marks every story
that it touches as changed. It opens no transaction: its callers hold one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.errors import NotFoundError
from aggregator.store import threads
from aggregator.store.codec import moment_to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import Joined, Merged, Started

STALE = -1  # no story has this version: what was composed from it is composed again

_START = """
INSERT INTO stories (id, first_seen_at, changed_at, lead_id, from_at, until_at)
SELECT ?, ?, ?, id, at, at FROM entries WHERE id = ?
"""
_TAKE_LEAD = """
UPDATE entries
SET story_id = ?, relation = 'lead', reason = '', score = 1.0, witness_id = 0 WHERE id = ?
"""
# A running service may not have heard yet that a person merged the story away: it goes to the kept.
_JOIN = """
UPDATE entries SET
    story_id = (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?),
    relation = ?, reason = ?, score = ?, witness_id = ?
WHERE id = ?
"""
_TOUCH = """
UPDATE stories SET version = version + 1, changed_at = ?
WHERE id = (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?)
"""
_DEMOTE_LEAD = """
UPDATE entries SET relation = :relation, reason = :reason, score = :score, witness_id = coalesce(
    (SELECT lead_id FROM stories WHERE id = :kept), 0)
WHERE id = (SELECT lead_id FROM stories WHERE id = :absorbed)
"""
_MERGE = (
    "UPDATE entries SET story_id = :kept WHERE story_id = :absorbed",
    "UPDATE stories SET merged_into = :kept WHERE merged_into = :absorbed",
    """
    UPDATE stories SET first_seen_at = min(
        first_seen_at, (SELECT first_seen_at FROM stories WHERE id = :absorbed))
    WHERE id = :kept
    """,
    "UPDATE stories SET merged_into = :kept WHERE id = :absorbed",
)
# Where a digest has both, the kept one stays current and the absorbed one is withdrawn; where it
# has the absorbed one only, that publication goes on under its own id as the kept story's.
_MERGE_PUBLISHED = (
    """
    UPDATE publications SET withdrawn = 1
    WHERE story_id = :absorbed
        AND digest IN (SELECT digest FROM published WHERE story_id = :kept)
    """,
    """
    UPDATE publications SET story_id = :kept, story_version = :stale
    WHERE story_id = :absorbed AND withdrawn = 0
    """,
    "UPDATE OR IGNORE published SET story_id = :kept WHERE story_id = :absorbed",
)
# What was published of a story and of those merged into it, where this one's entries lead it.
_LED_HERE = """
SELECT :story, m.digest, m.story_id FROM published AS m
JOIN publications AS p ON p.digest = m.digest AND p.number = m.number
WHERE m.story_id IN (SELECT :left UNION ALL SELECT id FROM stories WHERE merged_into = :left)
    AND EXISTS (
        SELECT 1 FROM entries AS e WHERE e.story_id = :story AND e.id IN (
            SELECT json_extract(p.body, '$.lead_id') UNION ALL
            SELECT json_extract(part.value, '$.lead_id')
            FROM json_each(p.body, '$.stories') AS part))
ORDER BY p.withdrawn, m.number
"""
_TAKE_MARK = "UPDATE OR IGNORE published SET story_id = ? WHERE digest = ? AND story_id = ?"
_TAKE_PUBLICATIONS = """
UPDATE publications SET story_id = :story, story_version = :stale, withdrawn = 0
WHERE story_id NOT IN ('', :story)
    AND (digest, number) IN (SELECT digest, number FROM published WHERE story_id = :story)
"""
# A name under which others were told stays with them.
_TAKE_NAMES = """
UPDATE stories SET merged_into = ? WHERE merged_into = ? AND lead_id = ?
    AND NOT EXISTS (SELECT 1 FROM published AS m WHERE m.story_id = stories.id)
"""
_LEADLESS = """
SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?)) AND lead_id IS NULL
"""
_FIRST_MEMBER = """
SELECT id FROM entries WHERE story_id = ? ORDER BY held, first_seen_at, id LIMIT 1
"""
_SWAP_LEAD = """
UPDATE entries SET (relation, reason, score, witness_id) = (
    SELECT relation, reason, score, id FROM entries WHERE id = :new)
WHERE id = :old
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Which of some stories got a lead, and which have no entry that could be one."""

    led: tuple[str, ...]
    empty: tuple[str, ...]


def start(db: Database, updates: Sequence[Started], *, now: datetime) -> None:
    """Begin stories with their leads."""
    moment = moment_to_text(now)
    db.conn.executemany(_START, [(one.story_id, moment, moment, one.entry_id) for one in updates])
    leads = [(one.story_id, one.entry_id) for one in updates]
    _all_done(db.conn.executemany(_TAKE_LEAD, leads).rowcount, len(leads))
    threads.follow(db, updates, now=now)


def join(db: Database, updates: Sequence[Joined], *, now: datetime) -> None:
    """Put entries into stories, each with its relation and reason."""
    moment = moment_to_text(now)
    members = [
        (one.story_id, one.relation.value, one.reason, one.score, one.witness_id, one.entry_id)
        for one in updates
    ]
    _all_done(db.conn.executemany(_JOIN, members).rowcount, len(members))
    db.conn.executemany(_TOUCH, [(moment, one.story_id) for one in updates])
    mend(db, {live_id(db, one.story_id) for one in updates})
    threads.extend(db, updates)
    threads.follow(db, updates, now=now)


def merge(db: Database, update: Merged, *, now: datetime) -> None:
    """Let one story take in another; the absorbed one keeps its row, so that its id resolves."""
    kept, absorbed = live_id(db, update.kept_id), live_id(db, update.absorbed_id)
    if kept == absorbed:
        return
    names = {"kept": kept, "absorbed": absorbed, "stale": STALE}
    why = {"relation": update.relation.value, "reason": update.reason, "score": update.score}
    db.conn.execute(_DEMOTE_LEAD, {**names, **why})
    threads.merge(db, kept, absorbed, update=update)
    for statement in (*_MERGE_PUBLISHED, *_MERGE):
        db.conn.execute(statement, names)
    touch(db, kept, now=now)
    mend(db, {kept})


def leave(db: Database, entry_id: int, *, new_story_id: str, now: datetime) -> None:
    """Give an entry a story of its own; what it led gets the next lead.

    What is published under the entry's words goes with it. What a merge withdrew stands again
    where it tells what is told nowhere else now.
    """
    left_id, seen_at = db.conn.execute(
        "SELECT story_id, first_seen_at FROM entries WHERE id = ?", (entry_id,)
    ).fetchone()
    db.conn.execute(_START, (new_story_id, seen_at, moment_to_text(now), entry_id))
    db.conn.execute(_TAKE_LEAD, (new_story_id, entry_id))
    for story_id in (new_story_id, left_id):
        _take_published(db, story_id, left_id=left_id)
    db.conn.execute(_TAKE_NAMES, (new_story_id, left_id, entry_id))
    left_leadless = "UPDATE stories SET lead_id = NULL WHERE id = ? AND lead_id = ?"
    db.conn.execute(left_leadless, (left_id, entry_id))
    mend(db, {left_id})
    threads.measure(db, left_id)
    touch(db, left_id, now=now)


def _take_published(db: Database, story_id: str, *, left_id: str) -> None:
    """Let a story have what its entries lead of what was published, one for each digest.

    Of an edition, which is frozen, only the mark that the story stands in it.
    """
    names = {"story": story_id, "left": left_id, "stale": STALE}
    db.conn.executemany(_TAKE_MARK, db.conn.execute(_LED_HERE, names).fetchall())
    db.conn.execute(_TAKE_PUBLICATIONS, names)


def mend(db: Database, story_ids: Iterable[str]) -> Mended:
    """Give each of these stories that has no lead its first member, one that is not held if any.

    A story is without one when its lead was pruned or left, or when an entry joins a story whose
    members were all pruned.
    """
    wanted = json.dumps(sorted(story_ids))
    led: list[str] = []
    empty: list[str] = []
    for (story_id,) in db.conn.execute(_LEADLESS, (wanted,)).fetchall():
        (led if _promote(db, story_id) else empty).append(story_id)
    return Mended(led=tuple(led), empty=tuple(empty))


def swap_lead(db: Database, story_id: str, *, old_id: int, new_id: int) -> None:
    """Let another member speak for the story; the old lead is to it what it was to the old lead."""
    db.conn.execute(_SWAP_LEAD, {"old": old_id, "new": new_id})
    db.conn.execute(_TAKE_LEAD, (story_id, new_id))
    set_lead = "UPDATE stories SET lead_id = ?, version = version + 1 WHERE id = ?"
    db.conn.execute(set_lead, (new_id, story_id))


def lead_of(db: Database, story_id: str) -> int | None:
    """Return the id of the entry that speaks for the story, None where it has no entry."""
    found = db.conn.execute("SELECT lead_id FROM stories WHERE id = ?", (story_id,)).fetchone()
    return found[0] if found else None


def touch(db: Database, story_id: str, *, now: datetime) -> None:
    """Mark a story as changed."""
    db.conn.execute(_TOUCH, (moment_to_text(now), story_id))


def live_id(db: Database, story_id: str) -> str:
    """Return the id of the story that this one is part of now; NotFoundError if unknown."""
    found = db.conn.execute(
        "SELECT coalesce(merged_into, id) FROM stories WHERE id = ?", (story_id,)
    ).fetchone()
    if found is None:
        message = f"No story {story_id} is known. `newsfold stories` lists the known ones."
        raise NotFoundError(message)
    return str(found[0])


def move_generation(db: Database) -> None:
    """Note that stories changed otherwise than by folding, so that a service reads them again."""
    db.conn.execute("UPDATE meta SET value = value + 1 WHERE name = 'generation'")


def _promote(db: Database, story_id: str) -> bool:
    found = db.conn.execute(_FIRST_MEMBER, (story_id,)).fetchone()
    if found is None:
        return False
    db.conn.execute(_TAKE_LEAD, (story_id, found[0]))
    db.conn.execute("UPDATE stories SET lead_id = ? WHERE id = ?", (found[0], story_id))
    return True


def _all_done(done: int, wanted: int) -> None:
    """Refuse a batch that named an entry which is not kept: the fold and the store disagree."""
    if done != wanted:
        message = f"{wanted - done} of {wanted} entries to be put into stories are not kept"
        raise LookupError(message)
