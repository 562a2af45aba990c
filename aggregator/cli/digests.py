"""Digests by their names, as commands are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.errors import NotFoundError

if TYPE_CHECKING:
    from aggregator.model import Config, Digest
    from aggregator.store.database import Database


def named(configuration: Config, name: str) -> Digest:
    """Return the digest of this name; NotFoundError names those that there are."""
    for digest in configuration.digests:
        if digest.name == name:
            return digest
    known = ", ".join(each.name for each in configuration.digests) or "none"
    message = f"There is no digest {name!r}. The configuration has: {known}."
    raise NotFoundError(message)


def feed_ids(digest: Digest, configuration: Config, db: Database) -> list[int]:
    """Return the store's ids of the feeds that the digest takes."""
    from aggregator.digest.select import own_feeds  # noqa: PLC0415 - as the store itself
    from aggregator.store import feeds  # noqa: PLC0415

    own = own_feeds(digest, configuration.feeds)
    return [state.feed_id for state in feeds.states(db) if state.url in own]
