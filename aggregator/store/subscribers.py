"""Who is subscribed at our own WebSub hub: to what, until when, and what was sent last.

Callbacks and secrets are known here and where they are called alone: no `repr` shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aggregator.store.codec import (
    moment_from_text,
    moment_to_text,
    optional_from_text,
    optional_to_text,
)
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One verified subscription to one topic."""

    id: int = 0  # 0 before it is kept
    callback: str = field(repr=False)
    host: str  # of the callback
    topic: str  # path below the public folder
    secret: str = field(repr=False)  # "" for none
    since_at: datetime
    lease_until_at: datetime
    tag: str  # of the version that was delivered last, or given up
    next_try_at: datetime  # not before; a change waits for it too
    failures: int = 0  # in a row
    error: str = ""  # the last failure's message, "" while all is well
    delivered_at: datetime | None = None
    deliveries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """The subscribers at one host, as an operator may know them."""

    host: str
    subscribers: int
    failing: int
    deliveries: int
    delivered_at: datetime | None
    error: str  # of one that fails


# A renewal keeps what was sent last, and gives one that failed a fresh start.
_SAVE = """
INSERT INTO subscribers (
    callback, host, topic, secret, since_at, lease_until_at, tag, next_try_at, failures, error,
    delivered_at, deliveries
) VALUES (
    :callback, :host, :topic, :secret, :since_at, :lease_until_at, :tag, :next_try_at, 0, '',
    NULL, 0
) ON CONFLICT (callback, topic) DO UPDATE SET
    secret = :secret, lease_until_at = :lease_until_at, next_try_at = :next_try_at, failures = 0,
    error = ''
"""
_NOTE = """
UPDATE subscribers SET tag = :tag, next_try_at = :next_try_at, failures = :failures,
    error = :error, delivered_at = :delivered_at, deliveries = :deliveries
WHERE id = :id
"""
_DUE = """
SELECT s.* FROM topics AS t CROSS JOIN subscribers AS s ON s.topic = t.path AND s.tag <> t.tag
WHERE s.next_try_at <= :now AND s.lease_until_at > :now
ORDER BY s.failures, s.next_try_at, s.id
"""
_BY_HOST = """
SELECT host, count(*) AS subscribers, sum(failures > 0) AS failing,
    sum(deliveries) AS deliveries, max(delivered_at) AS delivered_at, max(error) AS error
FROM subscribers GROUP BY host ORDER BY host
"""


def save(db: Database, one: Subscriber) -> None:
    """Keep a subscription that was verified, or its renewal."""
    row = _row(one) | {"callback": one.callback, "host": one.host, "topic": one.topic}
    row |= {"secret": one.secret, "since_at": moment_to_text(one.since_at)}
    db.conn.execute(_SAVE, row | {"lease_until_at": moment_to_text(one.lease_until_at)})


def note(db: Database, one: Subscriber) -> None:
    """Keep what came of a delivery; nothing where the subscription has ended meanwhile."""
    db.conn.execute(_NOTE, _row(one))


def remove(db: Database, callback: str, topic: str) -> None:
    """End a subscription, if there is one."""
    db.conn.execute("DELETE FROM subscribers WHERE callback = ? AND topic = ?", (callback, topic))


def remove_ended(db: Database, *, now: datetime) -> int:
    """Forget those whose lease has ended; return how many."""
    gone = "DELETE FROM subscribers WHERE lease_until_at <= ?"
    return db.conn.execute(gone, (moment_to_text(now),)).rowcount


def by_id(db: Database, number: int) -> Subscriber | None:
    """Return the subscription with this number, None where it has ended."""
    found = rows(db, "SELECT * FROM subscribers WHERE id = ?", (number,))
    return _subscriber(found[0]) if found else None


def due(db: Database, *, now: datetime) -> list[Subscriber]:
    """Return those who were not sent the newest version, those that do well first."""
    return [_subscriber(row) for row in rows(db, _DUE, {"now": moment_to_text(now)})]


def outside(db: Database, topics: Collection[str]) -> list[Subscriber]:
    """Return those whose topic is none of these."""
    return [one for one in everything(db) if one.topic not in topics]


def everything(db: Database) -> list[Subscriber]:
    """Return every subscription in the order in which they came."""
    return [_subscriber(row) for row in rows(db, "SELECT * FROM subscribers ORDER BY id")]


def places(db: Database) -> Mapping[tuple[str, str], str]:
    """Return the host of each subscription, by its callback and topic."""
    found = rows(db, "SELECT callback, topic, host FROM subscribers")
    return {(row["callback"], row["topic"]): row["host"] for row in found}


def report(db: Database) -> list[HostReport]:
    """Return the subscribers by host, without what only they may know."""
    return [
        HostReport(
            host=row["host"],
            subscribers=row["subscribers"],
            failing=row["failing"],
            deliveries=row["deliveries"],
            delivered_at=optional_from_text(row["delivered_at"]),
            error=row["error"],
        )
        for row in rows(db, _BY_HOST)
    ]


def _row(one: Subscriber) -> dict[str, Any]:
    return {
        "id": one.id,
        "tag": one.tag,
        "next_try_at": moment_to_text(one.next_try_at),
        "failures": one.failures,
        "error": one.error,
        "delivered_at": optional_to_text(one.delivered_at),
        "deliveries": one.deliveries,
    }


def _subscriber(row: Mapping[str, Any]) -> Subscriber:
    return Subscriber(
        id=row["id"],
        callback=row["callback"],
        host=row["host"],
        topic=row["topic"],
        secret=row["secret"],
        since_at=moment_from_text(row["since_at"]),
        lease_until_at=moment_from_text(row["lease_until_at"]),
        tag=row["tag"],
        next_try_at=moment_from_text(row["next_try_at"]),
        failures=row["failures"],
        error=row["error"],
        delivered_at=optional_from_text(row["delivered_at"]),
        deliveries=row["deliveries"],
    )
