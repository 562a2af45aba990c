"""Which WebSub hubs are still to be told that a feed has changed, and what came of telling them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.store.codec import moment_to_text, optional_from_text, optional_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """How one hub stands with one feed."""

    hub: str
    topic: str  # path below the public folder
    next_try_at: datetime | None = None  # None: the hub knows everything
    failures: int = 0  # in a row
    error: str = ""  # the last failure's message, "" while all is well
    told_at: datetime | None = None  # when the hub last took a ping


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReport:
    """How one hub stands with all feeds together."""

    hub: str
    waiting: int  # feeds whose change it has not taken yet
    failures: int  # in a row, of the feed that it refused most often
    next_try_at: datetime | None
    told_at: datetime | None
    error: str


# While a hub fails, a further change does not shorten the wait.
_WANT = """
INSERT INTO pings (hub, topic, next_try_at) VALUES (:hub, :topic, :at)
ON CONFLICT (hub, topic) DO UPDATE SET next_try_at = coalesce(next_try_at, :at)
"""
_SAVE = """
UPDATE pings SET next_try_at = :next_try_at, failures = :failures, error = :error,
    told_at = :told_at
WHERE hub = :hub AND topic = :topic
"""
_BY_HUB = """
SELECT hub, sum(next_try_at IS NOT NULL) AS waiting, max(failures) AS failures,
    min(next_try_at) AS next_try_at, max(told_at) AS told_at, max(error) AS error
FROM pings GROUP BY hub ORDER BY hub
"""
_DUE = "SELECT * FROM pings WHERE next_try_at <= ? ORDER BY next_try_at, hub, topic"


def want(db: Database, hub: str, topic: str, *, now: datetime) -> None:
    """Let the hub be told of the topic's change now, or when it is due anyway."""
    db.conn.execute(_WANT, {"hub": hub, "topic": topic, "at": moment_to_text(now)})


def due(db: Database, *, now: datetime) -> list[Ping]:
    """Return what hubs are to be told now, the longest waiting first."""
    return [_ping(row) for row in rows(db, _DUE, (moment_to_text(now),))]


def report(db: Database) -> list[HubReport]:
    """Return how each hub stands with all feeds together, in the order of the hubs' addresses."""
    return [
        HubReport(
            hub=row["hub"],
            waiting=row["waiting"],
            failures=row["failures"],
            next_try_at=optional_from_text(row["next_try_at"]),
            told_at=optional_from_text(row["told_at"]),
            error=row["error"],
        )
        for row in rows(db, _BY_HUB)
    ]


def one(db: Database, hub: str, topic: str) -> Ping | None:
    """Return how the hub stands with the topic, None where it was never to be told."""
    found = rows(db, "SELECT * FROM pings WHERE hub = ? AND topic = ?", (hub, topic))
    return _ping(found[0]) if found else None


def save(db: Database, ping: Ping) -> None:
    """Keep what came of a ping."""
    row = {
        "hub": ping.hub,
        "topic": ping.topic,
        "next_try_at": optional_to_text(ping.next_try_at),
        "failures": ping.failures,
        "error": ping.error,
        "told_at": optional_to_text(ping.told_at),
    }
    db.conn.execute(_SAVE, row)


def keep_only(db: Database, hubs: Collection[str]) -> None:
    """Forget the hubs that are no longer configured."""
    for row in rows(db, "SELECT DISTINCT hub FROM pings"):
        if row["hub"] not in hubs:
            db.conn.execute("DELETE FROM pings WHERE hub = ?", (row["hub"],))


def _ping(row: Mapping[str, Any]) -> Ping:
    return Ping(
        hub=row["hub"],
        topic=row["topic"],
        next_try_at=optional_from_text(row["next_try_at"]),
        failures=row["failures"],
        error=row["error"],
        told_at=optional_from_text(row["told_at"]),
    )
