"""What a digest would take of the stories of the last days, and why. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.digest import select
from aggregator.store import feeds, publications, stories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aggregator.model import Config, Digest, Story
    from aggregator.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A story, and whether the digest would take it."""

    story: Story  # as it is kept, or as the digest would show it
    is_in: bool
    reason: str
    is_published: bool  # in this digest, already; it stays there whatever the filters say


def choices(digest: Digest, config: Config, db: Database, *, since: datetime) -> Iterator[Choice]:
    """Yield the stories of the digest's feeds first seen since then, oldest first, each judged."""
    own = select.own_feeds(digest, config.feeds)
    specs = {feed.url: feed for feed in config.feeds}
    feed_ids = [state.feed_id for state in feeds.states(db) if state.url in own]
    for story in stories.recent(db, since=since, feed_ids=feed_ids):
        verdict = select.judge(story, digest, specs=specs, lead_feeds=own)
        yield Choice(
            story=verdict.shown or story,
            is_in=verdict.shown is not None,
            reason=verdict.reason,
            is_published=publications.get(db, digest.name, story.id) is not None,
        )
