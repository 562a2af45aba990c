"""A person's word on stories: split and join, for good.

They may come while the service runs: the store's generation moves, and the service loads its index
again before it folds another entry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aggregator.fold.identity import story_id
from aggregator.store import entries, publications, stories
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Story
    from aggregator.store.database import Database


def split_entry(db: Database, reference: str, *, now: datetime) -> str:
    """Take the entry out of its story into one of its own; return the new story's id."""
    with transaction(db):
        entry_id = entries.find(db, reference)
        story = stories.of_entry(db, entry_id)
        member = next(each for each in story.members if each.entry_id == entry_id)
        new_id = story_id(member.feed_url, member.entry.key, salt=f"split {now.isoformat()}")
        stories.split(db, entry_id, new_story_id=new_id, now=now)
    return new_id


def join_stories(db: Database, first: str, second: str, *, now: datetime) -> str:
    """Make one story of two; return the id that stays, the older one's."""
    with transaction(db):
        kept, absorbed = _older_first(db, stories.find(db, first), stories.find(db, second))
        stories.join(db, kept.id, absorbed.id, now=now, reason="joined by hand")
    return kept.id


def _older_first(db: Database, first: Story, second: Story) -> list[Story]:
    """Return both, the older one first.

    Of two seen at once, the one that was published first, then the one that no split has made.
    """
    places = publications.places(db, [first.id, second.id])
    given = {story_id(m.feed_url, m.entry.key) for m in (*first.members, *second.members)}

    def age(story: Story) -> tuple[datetime, float, bool, str]:
        number = min((number for _, number in places.get(story.id, ())), default=math.inf)
        return (story.first_seen_at, number, story.id not in given, story.id)

    return sorted((first, second), key=age)
