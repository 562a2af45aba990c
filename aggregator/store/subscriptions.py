"""What is remembered of each WebSub subscription: with which hub it stands how, and what came.

A feed has one subscription, and beside it those that it is leaving. Tokens and secrets are kept
here and in the memory of the service alone: no `repr` of a subscription shows them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aggregator.store.codec import (
    moment_to_text,
    optional_from_text,
    optional_to_text,
)
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlite_utils import Database


class Standing(StrEnum):
    """How a subscription stands with its hub."""

    OFFERED = "offered"  # the feed names the hub; it was not asked yet, or has to be asked anew
    ACTIVE = "active"  # the hub has verified it; what counts is when its lease ends
    DENIED = "denied"  # the hub says no
    FAILED = "failed"  # the hub was not reached, said something else, or never verified
    LEAVING = "leaving"  # no longer wanted; the hub is told so


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription of a feed, or one that it is leaving."""

    token: str = field(repr=False)
    feed_id: int
    feed_url: str = ""  # as configured; read from the feed's row, never written
    topic: str
    hub: str  # the one of `hubs` that is or was asked
    hubs: tuple[str, ...]
    secret: str = field(repr=False)
    callback: str = field(default="", repr=False)  # as the hub was told; "" before it was asked
    standing: Standing = Standing.OFFERED
    pending: bool = False  # the hub was asked and has not verified yet
    asked_at: datetime | None = None
    active_since_at: datetime | None = None
    lease_until_at: datetime | None = None
    next_try_at: datetime | None = None  # pending: when it counts as failed; else: ask the hub
    failures: int = 0  # in a row
    error: str = ""  # the last failure's message, "" while all is well
    pushed_at: datetime | None = None  # the last push that came to something
    announced_at: datetime | None = None  # the last one that was left to the feed itself to tell
    pushes: int = 0  # that came to something
    pushed_new: int = 0  # entries that pushes brought since the last poll
    ignored: int = 0  # without the right signature
    trust: int = 0  # polls in a row that found pushes complete; below 0: incomplete
    usual_poll_at: datetime | None = None  # when the feed were due if nothing pushed it

    def is_active(self, *, now: datetime) -> bool:
        """Return whether the hub has promised to push at this moment."""
        until = self.lease_until_at
        return self.standing is Standing.ACTIVE and until is not None and until > now


_ALL = "SELECT s.*, f.url AS feed_url FROM subscriptions AS s JOIN feeds AS f ON f.id = s.feed_id"
_OF_FEED = f"{_ALL} WHERE s.feed_id = ? AND s.standing <> 'leaving'"
_BY_TOKEN = f"{_ALL} WHERE s.token = ?"
_DUE = f"{_ALL} WHERE s.next_try_at <= ? ORDER BY s.next_try_at, s.token LIMIT ?"
_CURRENT = f"{_ALL} WHERE s.standing <> 'leaving' ORDER BY f.url"
_ABANDONED = f"{_ALL} WHERE s.standing <> 'leaving' AND (f.listed = 0 OR f.gone = 1)"
_LAPSED = f"{_ALL} WHERE s.standing = 'active' AND s.lease_until_at <= ?"
_SAVE = """
INSERT INTO subscriptions (
    token, feed_id, topic, hub, hubs, secret, callback, standing, pending, asked_at,
    active_since_at, lease_until_at, next_try_at, failures, error, pushed_at, announced_at,
    pushes, pushed_new, ignored, trust, usual_poll_at
) VALUES (
    :token, :feed_id, :topic, :hub, :hubs, :secret, :callback, :standing, :pending, :asked_at,
    :active_since_at, :lease_until_at, :next_try_at, :failures, :error, :pushed_at,
    :announced_at, :pushes, :pushed_new, :ignored, :trust, :usual_poll_at
) ON CONFLICT (token) DO UPDATE SET
    hub = :hub, hubs = :hubs, callback = :callback, standing = :standing, pending = :pending,
    asked_at = :asked_at, active_since_at = :active_since_at, lease_until_at = :lease_until_at,
    next_try_at = :next_try_at, failures = :failures, error = :error, pushed_at = :pushed_at,
    announced_at = :announced_at, pushes = :pushes, pushed_new = :pushed_new, ignored = :ignored,
    trust = :trust, usual_poll_at = :usual_poll_at
"""
_RECONSIDER = "UPDATE subscriptions SET next_try_at = ? WHERE standing = 'offered' AND pending = 0"
_BRING_FORWARD = """
UPDATE feeds SET next_poll_at = :at
WHERE id = :feed_id AND listed = 1 AND gone = 0 AND next_poll_at > :at
"""
_BRING_ALL_FORWARD = """
UPDATE feeds SET next_poll_at = s.usual_poll_at FROM subscriptions AS s
WHERE s.feed_id = feeds.id AND s.standing <> 'leaving' AND feeds.listed = 1 AND feeds.gone = 0
    AND feeds.next_poll_at > s.usual_poll_at
"""


def of_feed(db: Database, feed_id: int) -> Subscription | None:
    """Return the feed's subscription, or None; one that is being left does not count."""
    found = rows(db, _OF_FEED, (feed_id,))
    return _subscription(found[0]) if found else None


def by_token(db: Database, token: str) -> Subscription | None:
    """Return the subscription with this token, one that is being left too."""
    found = rows(db, _BY_TOKEN, (token,))
    return _subscription(found[0]) if found else None


def everything(db: Database) -> list[Subscription]:
    """Return every subscription, those that are being left too."""
    return [_subscription(row) for row in rows(db, _ALL)]


def report(db: Database) -> list[Subscription]:
    """Return the subscription of each feed that has one, in the order of the feeds' addresses."""
    return [_subscription(row) for row in rows(db, _CURRENT)]


def due(db: Database, *, now: datetime, limit: int) -> list[Subscription]:
    """Return subscriptions with whose hubs something is to be done, the longest waiting first."""
    return [_subscription(row) for row in rows(db, _DUE, (moment_to_text(now), limit))]


def abandoned(db: Database) -> list[Subscription]:
    """Return the subscriptions of feeds that are no longer configured or are gone."""
    return [_subscription(row) for row in rows(db, _ABANDONED)]


def lapsed(db: Database, *, now: datetime) -> list[Subscription]:
    """Return the subscriptions that still stand as active though their lease has ended."""
    return [_subscription(row) for row in rows(db, _LAPSED, (moment_to_text(now),))]


def save(db: Database, subscription: Subscription) -> None:
    """Keep the subscription; feed, topic and secret stay what they first were for its token."""
    db.conn.execute(_SAVE, _row(subscription))


def remove(db: Database, token: str) -> None:
    """Forget the subscription with this token."""
    db.conn.execute("DELETE FROM subscriptions WHERE token = ?", (token,))


def reconsider(db: Database, *, now: datetime) -> None:
    """Let every offer be looked at now: the configuration may have changed."""
    db.conn.execute(_RECONSIDER, (moment_to_text(now),))


def bring_forward(db: Database, feed_id: int, at: datetime) -> None:
    """Let the feed be due at that moment, unless it is due before."""
    db.conn.execute(_BRING_FORWARD, {"feed_id": feed_id, "at": moment_to_text(at)})


def bring_all_forward(db: Database) -> None:
    """Let every feed be due when it were due if nothing pushed it."""
    db.conn.execute(_BRING_ALL_FORWARD)


def _row(one: Subscription) -> dict[str, Any]:
    return {
        "token": one.token,
        "feed_id": one.feed_id,
        "topic": one.topic,
        "hub": one.hub,
        "hubs": json.dumps(one.hubs),
        "secret": one.secret,
        "callback": one.callback,
        "standing": one.standing.value,
        "pending": int(one.pending),
        "asked_at": optional_to_text(one.asked_at),
        "active_since_at": optional_to_text(one.active_since_at),
        "lease_until_at": optional_to_text(one.lease_until_at),
        "next_try_at": optional_to_text(one.next_try_at),
        "failures": one.failures,
        "error": one.error,
        "pushed_at": optional_to_text(one.pushed_at),
        "announced_at": optional_to_text(one.announced_at),
        "pushes": one.pushes,
        "pushed_new": one.pushed_new,
        "ignored": one.ignored,
        "trust": one.trust,
        "usual_poll_at": optional_to_text(one.usual_poll_at),
    }


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(
        token=row["token"],
        feed_id=row["feed_id"],
        feed_url=row["feed_url"],
        topic=row["topic"],
        hub=row["hub"],
        hubs=tuple(json.loads(row["hubs"])),
        secret=row["secret"],
        callback=row["callback"],
        standing=Standing(row["standing"]),
        pending=bool(row["pending"]),
        asked_at=optional_from_text(row["asked_at"]),
        active_since_at=optional_from_text(row["active_since_at"]),
        lease_until_at=optional_from_text(row["lease_until_at"]),
        next_try_at=optional_from_text(row["next_try_at"]),
        failures=row["failures"],
        error=row["error"],
        pushed_at=optional_from_text(row["pushed_at"]),
        announced_at=optional_from_text(row["announced_at"]),
        pushes=row["pushes"],
        pushed_new=row["pushed_new"],
        ignored=row["ignored"],
        trust=row["trust"],
        usual_poll_at=optional_from_text(row["usual_poll_at"]),
    )
