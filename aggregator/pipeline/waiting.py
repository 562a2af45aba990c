"""What waits for its coverage to gather before a live digest publishes it. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.digest import select
from aggregator.model import DigestKind
from aggregator.store import feeds, publications, stories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aggregator.model import Config, Digest
    from aggregator.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many stories wait to settle, and when the last of them has."""

    stories: int
    until_at: datetime


def settling(config: Config, db: Database, *, now: datetime) -> Waiting | None:
    """Return what the live digests will publish once it has settled; None for nothing."""
    settled_at: dict[str, datetime] = {}
    for digest in config.digests:
        for story_id, at in _settling_in(digest, config, db, now=now):
            settled_at[story_id] = max(at, settled_at.get(story_id, at))
    if not settled_at:
        return None
    return Waiting(stories=len(settled_at), until_at=max(settled_at.values()))


def _settling_in(
    digest: Digest, config: Config, db: Database, *, now: datetime
) -> Iterator[tuple[str, datetime]]:
    if digest.kind is not DigestKind.LIVE:
        return
    specs = {feed.url: feed for feed in config.feeds}
    own = select.own_feeds(digest, config.feeds)
    since = now - digest.settle
    ids = publications.ready(
        db,
        digest.name,
        feed_ids=[state.feed_id for state in feeds.states(db) if state.url in own],
        first_seen_until=now,
        seen_since=since,
    )
    for story in stories.load(db, ids):
        is_young = story.first_seen_at > since
        if is_young and select.visible(story, digest, specs=specs, lead_feeds=own) is not None:
            yield story.id, story.first_seen_at + digest.settle
