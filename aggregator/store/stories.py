"""Stories as they are kept: what folding decided, what a person changed, and both undone.

It decides no merge and chooses no lead by merit; the moves themselves are in `membership`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Entry, Follows, Joined, Member, Merged, Relation, Started, Story
from aggregator.store import membership, threads
from aggregator.store.codec import (
    enclosures_from_json,
    moment_from_text,
    moment_to_text,
    optional_from_text,
    texts_from_json,
)
from aggregator.store.database import in_transaction, rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import StoryUpdate

STORIES_AT_ONCE = 200  # in memory at a time; with their texts some 2 MB
MIN_PREFIX = 6  # characters of an id that may stand for it: 30 bits, still rare to be ambiguous
MOST_CANDIDATES = 5  # named when a reference is ambiguous
CERTAIN = 1.0  # the score of what a person decided

_MEMBERS = """
SELECT s.first_seen_at AS story_first_seen_at, s.lead_id, e.story_id, e.id, e.feed_id, e.key,
    e.content_hash, e.slice_hash, e.held, e.first_seen_at, e.relation, e.reason, e.score,
    e.witness_id, w.guid, w.url, w.title, w.summary, w.published_at, w.updated_at, w.authors,
    w.categories, w.enclosures, w.language, w.image, f.url AS feed_url, f.site_url,
    coalesce(nullif(p.content, ''), w.content) AS content,
    coalesce(nullif(f.own_title, ''), nullif(f.title, ''), f.url) AS outlet,
    max(e.first_seen_at, coalesce(e.left_at, f.last_fetched_at, '')) AS last_seen_at
FROM stories AS s JOIN entries AS e ON e.story_id = s.id
JOIN words AS w ON w.entry_id = e.id JOIN feeds AS f ON f.id = e.feed_id
LEFT JOIN pages AS p ON p.entry_id = e.id
WHERE s.id IN (SELECT value FROM json_each(?))
"""
_RECENT = """
SELECT id FROM stories WHERE merged_into IS NULL AND first_seen_at >= ?
ORDER BY first_seen_at, id
"""
_RECENT_OF_FEEDS = """
SELECT s.id FROM stories AS s WHERE s.merged_into IS NULL AND s.first_seen_at >= ?
    AND EXISTS (SELECT 1 FROM entries AS e WHERE e.story_id = s.id
        AND e.feed_id IN (SELECT value FROM json_each(?)))
ORDER BY s.first_seen_at, s.id
"""
_BY_ENTRY = """
SELECT DISTINCT e.story_id FROM words AS w JOIN entries AS e ON e.id = w.entry_id
WHERE w.url = :name OR w.guid = :name ORDER BY e.story_id
"""
_BY_ID = "SELECT coalesce(merged_into, id) FROM stories WHERE id = :name"
_BY_PREFIX = """
SELECT DISTINCT coalesce(merged_into, id) FROM stories
WHERE id >= :name AND id < :name || char(0x10FFFF) ORDER BY 1
"""
_BY_NUMBER = "SELECT story_id FROM entries WHERE id = :name"
_KEEP_APART = """
INSERT OR IGNORE INTO apart (entry_a, entry_b)
SELECT min(id, :entry), max(id, :entry) FROM entries WHERE story_id = :story AND id <> :entry
"""
_LET_MEET = """
DELETE FROM apart WHERE
    (entry_a IN (SELECT id FROM entries WHERE story_id = :kept)
        AND entry_b IN (SELECT id FROM entries WHERE story_id = :absorbed))
    OR (entry_a IN (SELECT id FROM entries WHERE story_id = :absorbed)
        AND entry_b IN (SELECT id FROM entries WHERE story_id = :kept))
"""


def apply(db: Database, updates: Sequence[StoryUpdate], *, now: datetime) -> None:
    """Keep what folding decided, in its order.

    A story id that was merged away stands for the story that it is part of.
    """
    with in_transaction(db):
        for kind, group in groupby(updates, key=type):
            batch: list[Any] = list(group)
            if kind is Started:
                membership.start(db, batch, now=now)
            elif kind is Joined:
                membership.join(db, batch, now=now)
            elif kind is Follows:
                threads.link(db, batch, now=now)
            else:
                for merged in batch:
                    membership.merge(db, merged, now=now)


def load(db: Database, ids: Iterable[str]) -> list[Story]:
    """Return the stories with these ids, in this order; those without an entry are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Story] = {}
    for start in range(0, len(wanted), STORIES_AT_ONCE):
        chunk = json.dumps(wanted[start : start + STORIES_AT_ONCE])
        found |= _linked(db, _stories(rows(db, _MEMBERS, (chunk,))))
    return [found[story_id] for story_id in wanted if story_id in found]


def find(db: Database, reference: str) -> Story:
    """Return the story with this id, also a merged one's, or with this entry's URL, guid or number.

    The first six or more characters of an id will do. Raises NotFoundError for none or several.
    """
    ids = _candidates(db, reference.strip())
    if len(ids) > 1:
        named = ", ".join(ids[:MOST_CANDIDATES])
        message = f"{reference!r} fits {len(ids)} stories: {named}. Name one by its whole id."
        raise NotFoundError(message)
    found = load(db, ids)
    if found:
        return found[0]
    if ids:
        message = f"The entries of story {ids[0]} are past their retention and were pruned."
        raise NotFoundError(message)
    message = (
        f"No story or entry is known as {reference!r}. `newsfold stories` lists the stories, "
        "`newsfold search WORDS` finds one by its words."
    )
    raise NotFoundError(message)


def of_entry(db: Database, entry_id: int) -> Story:
    """Return the story that this entry stands in; NotFoundError for an unknown entry."""
    return load(db, [_standing(db, entry_id)[0]])[0]


def recent(
    db: Database, *, since: datetime | None = None, feed_ids: Collection[int] | None = None
) -> Iterator[Story]:
    """Yield the stories first seen from `since` on, oldest first, whole.

    With `feed_ids`, only those with a member of these feeds.
    """
    moment = "" if since is None else moment_to_text(since)
    if feed_ids is None:
        found = db.conn.execute(_RECENT, (moment,)).fetchall()
    else:
        found = db.conn.execute(_RECENT_OF_FEEDS, (moment, json.dumps(list(feed_ids)))).fetchall()
    for start in range(0, len(found), STORIES_AT_ONCE):
        yield from load(db, [row[0] for row in found[start : start + STORIES_AT_ONCE]])


def split(db: Database, entry_id: int, *, new_story_id: str, now: datetime) -> None:
    """Take an entry out of its story into one of its own, apart from the others for good.

    What was published of the entry's own story, before a merge withdrew it, returns with it.
    Raises NotFoundError for an unknown entry, UsageError for one that stands alone.
    """
    with in_transaction(db):
        story_id, members = _standing(db, entry_id)
        if members == 1:
            message = f"Entry {entry_id} is the only one in its story: there is nothing to split."
            raise UsageError(message)
        db.conn.execute(_KEEP_APART, {"entry": entry_id, "story": story_id})
        membership.leave(db, entry_id, new_story_id=new_story_id, now=now)
        membership.move_generation(db)


def join(db: Database, kept_id: str, absorbed_id: str, *, now: datetime, reason: str) -> None:
    """Make one story of two by a person's word; what kept them apart is forgotten.

    Raises NotFoundError for an unknown id, UsageError where both are one story already.
    """
    with in_transaction(db):
        kept, absorbed = membership.live_id(db, kept_id), membership.live_id(db, absorbed_id)
        if kept == absorbed:
            message = f"{kept_id} and {absorbed_id} are one story already: nothing to join."
            raise UsageError(message)
        db.conn.execute(_LET_MEET, {"kept": kept, "absorbed": absorbed})
        update = Merged(
            kept_id=kept,
            absorbed_id=absorbed,
            relation=Relation.COVERAGE,  # a person's word makes no claim of a copy
            reason=reason,
            score=CERTAIN,
        )
        membership.merge(db, update, now=now)
        membership.move_generation(db)


def apart_pairs(db: Database) -> list[tuple[int, int]]:
    """Return the pairs of entries, lower id first, that must never share a story again."""
    return db.conn.execute("SELECT entry_a, entry_b FROM apart ORDER BY 1, 2").fetchall()


def set_lead(db: Database, story_id: str, entry_id: int) -> None:
    """Let this member speak for the story; the old lead takes its relation and reason.

    Where it does already, nothing is written. Raises NotFoundError for no member of it.
    """
    live = membership.live_id(db, story_id)
    old_id = membership.lead_of(db, live)
    if old_id == entry_id:
        return
    with in_transaction(db):
        if _standing(db, entry_id)[0] != live or old_id is None:
            message = f"Entry {entry_id} is not in story {live}. `newsfold why {live}` shows it."
            raise NotFoundError(message)
        membership.swap_lead(db, live, old_id=old_id, new_id=entry_id)


def generation(db: Database) -> int:
    """Return a number that moves when a person splits or joins stories or pruning deletes some.

    Whoever keeps stories in memory then reads them again.
    """
    (value,) = db.conn.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
    return int(value)


def unsettled_from(db: Database) -> int | None:
    """Return the first entry for which a second look at a backlog is due, None for none."""
    found = db.conn.execute("SELECT value FROM meta WHERE name = 'unsettled_from'").fetchone()
    return int(found[0]) if found else None


def note_unsettled(db: Database, entry_id: int) -> None:
    """Note that a second look is due from this entry on, unless it is for an earlier one."""
    noted = "INSERT OR IGNORE INTO meta (name, value) VALUES ('unsettled_from', ?)"
    db.conn.execute(noted, (entry_id,))


def note_settled(db: Database) -> None:
    """Note that no second look is due any more."""
    db.conn.execute("DELETE FROM meta WHERE name = 'unsettled_from'")


def _standing(db: Database, entry_id: int) -> tuple[str, int]:
    """Return the id of an entry's story and how many entries stand in it."""
    story_id, members = db.conn.execute(
        "SELECT max(story_id), count(*) FROM entries "
        "WHERE story_id = (SELECT story_id FROM entries WHERE id = ?)",
        (entry_id,),
    ).fetchone()
    if not members:
        message = f"No entry {entry_id} is known. `newsfold search WORDS` finds entries."
        raise NotFoundError(message)
    return story_id, members


def _candidates(db: Database, reference: str) -> list[str]:
    """Return the ids that a reference may stand for, by the first way in which it fits any."""
    by_prefix = _BY_PREFIX if len(reference) >= MIN_PREFIX else ""
    ways = (_BY_ID, _BY_ENTRY, by_prefix, _BY_NUMBER if reference.isdecimal() else "")
    for statement in filter(None, ways if reference else ()):
        if found := db.conn.execute(statement, {"name": reference}).fetchall():
            return [row[0] for row in found]
    return []


def _stories(members: Iterable[Mapping[str, Any]]) -> dict[str, Story]:
    """Return whole stories by id, each with its lead first, then in the order of arrival."""
    by_story: dict[str, list[Mapping[str, Any]]] = {}
    for row in members:
        by_story.setdefault(row["story_id"], []).append(row)
    return {story_id: _story(story_id, group) for story_id, group in by_story.items()}


def _linked(db: Database, found: Mapping[str, Story]) -> dict[str, Story]:
    """Return the stories with what they follow and what follows them."""
    before, after = threads.links(db, list(found))
    linked = {
        story_id: replace(
            found[story_id], follows=before.get(story_id), followed_by=after.get(story_id)
        )
        for story_id in before.keys() | after.keys()
    }
    return {**found, **linked}


def _story(story_id: str, group: list[Mapping[str, Any]]) -> Story:
    ordered = sorted(group, key=lambda row: (row["id"] != row["lead_id"], row["id"]))
    return Story(
        id=story_id,
        first_seen_at=moment_from_text(ordered[0]["story_first_seen_at"]),
        members=tuple(_member(row) for row in ordered),
    )


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        entry_id=row["id"],
        feed_id=row["feed_id"],
        feed_url=row["feed_url"],
        outlet=row["outlet"],
        site_url=row["site_url"],
        entry=_entry(row),
        first_seen_at=moment_from_text(row["first_seen_at"]),
        last_seen_at=moment_from_text(row["last_seen_at"]),
        relation=Relation(row["relation"]),
        reason=row["reason"],
        score=row["score"],
        held=bool(row["held"]),
        witness_id=row["witness_id"],
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        key=row["key"],
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        content=row["content"],
        summary=row["summary"],
        published_at=optional_from_text(row["published_at"]),
        updated_at=optional_from_text(row["updated_at"]),
        authors=texts_from_json(row["authors"]),
        categories=texts_from_json(row["categories"]),
        language=row["language"],
        image=row["image"],
        enclosures=enclosures_from_json(row["enclosures"]),
        content_hash=row["content_hash"],
        slice_hash=row["slice_hash"],
    )
