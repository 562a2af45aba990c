"""How the feeds, the stories, the digests and the database are. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aggregator.model import IdScheme
from aggregator.store import feeds, pings, subscribers, subscriptions
from aggregator.store.codec import moment_from_text, optional_from_text
from aggregator.store.database import rows, schema_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from aggregator.model import FeedState
    from aggregator.store.pings import HubReport
    from aggregator.store.subscribers import HostReport
    from aggregator.store.subscriptions import Subscription

_ENTRIES = """
SELECT feed_id, count(*) AS entries, max(first_seen_at) AS newest,
    sum(relation = 'copy') AS copies, sum(relation = 'coverage') AS coverage
FROM entries GROUP BY feed_id
"""
_DIGESTS = """
SELECT digest, count(*) AS publications, max(published_at) AS newest
FROM publications WHERE withdrawn = 0 GROUP BY digest ORDER BY digest
"""
TOLD_APART_BY: Final = {
    IdScheme.GUID: "id",
    IdScheme.GUID_AND_LINK: "id and link",
    IdScheme.LINK: "link",
    IdScheme.TEXT: "title and text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHealth:
    """How a feed's WebSub subscription stands, without what only its hub and we may know."""

    standing: str  # a `subscriptions.Standing`
    is_pending: bool  # the hub was asked and has not verified yet
    lease_until_at: datetime | None
    next_try_at: datetime | None  # when the hub is asked again
    pushed_at: datetime | None
    pushes: int
    ignored: int  # without the right signature
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One listed feed: its state (without its known hashes) and what is kept of it."""

    state: FeedState
    entries: int
    newest_entry_at: datetime | None  # when the newest kept entry was first seen
    push: PushHealth | None = None  # None: it names no hub, or was not polled since it does

    @property
    def told_apart_by(self) -> str:
        """Return in words what makes an entry of the feed the same entry at the next poll."""
        return TOLD_APART_BY[self.state.id_scheme]

    @property
    def condition(self) -> str:
        """Return "gone", "never polled", "failing" or "ok", the gravest first."""
        if self.state.gone:
            return "gone"
        if self.state.last_polled_at is None:
            return "never polled"
        return "failing" if self.state.failures else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestHealth:
    """One digest that has publications."""

    digest: str
    publications: int  # kept and not withdrawn
    newest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything that `newsfold status` says of the store."""

    feeds: tuple[FeedHealth, ...]
    unlisted_feeds: int  # no longer configured, with what they brought still kept
    entries: int
    stories: int
    copies: int
    coverage: int
    digests: tuple[DigestHealth, ...]
    database_bytes: int
    schema_version: int
    pings: tuple[HubReport, ...] = ()  # the hubs that are told of our feeds' changes
    subscribers: tuple[HostReport, ...] = ()  # of our own hub

    def count(self, condition: str) -> int:
        """Return how many listed feeds are in this condition."""
        return sum(feed.condition == condition for feed in self.feeds)


def report(db: Database) -> Health:
    """Return the health of everything kept, as of one moment."""
    db.conn.execute("BEGIN")  # one snapshot for all the questions
    try:
        return _report(db)
    finally:
        db.rollback()


def _report(db: Database) -> Health:
    kept = rows(db, _ENTRIES)
    return Health(
        feeds=_feeds(feeds.states(db), kept, _pushes(db)),
        unlisted_feeds=_number(db, "SELECT count(*) FROM feeds WHERE listed = 0"),
        entries=sum(row["entries"] for row in kept),
        stories=_number(db, "SELECT count(DISTINCT story_id) FROM entries"),
        copies=sum(row["copies"] for row in kept),
        coverage=sum(row["coverage"] for row in kept),
        digests=tuple(_digest(row) for row in rows(db, _DIGESTS)),
        database_bytes=_number(db, "PRAGMA page_count") * _number(db, "PRAGMA page_size"),
        schema_version=schema_version(db),
        pings=tuple(pings.report(db)),
        subscribers=tuple(subscribers.report(db)),
    )


def _feeds(
    states: Sequence[FeedState],
    kept: Sequence[Mapping[str, Any]],
    pushes: Mapping[int, PushHealth],
) -> tuple[FeedHealth, ...]:
    by_feed = {row["feed_id"]: row for row in kept}
    return tuple(
        FeedHealth(
            state=state,
            entries=by_feed.get(state.feed_id, {}).get("entries", 0),
            newest_entry_at=optional_from_text(by_feed.get(state.feed_id, {}).get("newest")),
            push=pushes.get(state.feed_id),
        )
        for state in states
    )


def _pushes(db: Database) -> dict[int, PushHealth]:
    return {one.feed_id: _push(one) for one in subscriptions.report(db)}


def _push(one: Subscription) -> PushHealth:
    error = one.error
    for secret in filter(None, (one.callback, one.token, one.secret)):
        error = error.replace(secret, "…")  # a hub may quote in its refusal what it was sent
    return PushHealth(
        standing=one.standing.value,
        is_pending=one.pending,
        lease_until_at=one.lease_until_at,
        next_try_at=one.next_try_at,
        pushed_at=one.pushed_at,
        pushes=one.pushes,
        ignored=one.ignored,
        error=error,
    )


def _digest(row: Mapping[str, Any]) -> DigestHealth:
    return DigestHealth(
        digest=row["digest"],
        publications=row["publications"],
        newest_at=moment_from_text(row["newest"]),
    )


def _number(db: Database, question: str) -> int:
    return int(db.conn.execute(question).fetchone()[0])
