"""What subscribers asked of our own hub and is not verified yet, so that a restart forgets none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import HubRequest
from aggregator.store.codec import moment_to_text
from aggregator.store.database import rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlite_utils import Database

KEPT_FOR = timedelta(days=1)  # one that waited longer has been given up by its subscriber

_ADD = """
INSERT INTO hub_requests (mode, topic, callback, secret, lease_seconds, asked_at)
VALUES (:mode, :topic, :callback, :secret, :lease_seconds, :asked_at)
"""


def add(db: Database, request: HubRequest, *, now: datetime) -> int:
    """Keep a request until it is removed; return its number."""
    row = asdict(request) | {"asked_at": moment_to_text(now)}
    return int(db.conn.execute(_ADD, row).lastrowid or 0)


def remove(db: Database, number: int) -> None:
    """Forget the request with this number, if there is one."""
    db.conn.execute("DELETE FROM hub_requests WHERE id = ?", (number,))


def remove_old(db: Database, *, now: datetime) -> None:
    """Forget the requests that are too old to be verified."""
    until = moment_to_text(now - KEPT_FOR)
    db.conn.execute("DELETE FROM hub_requests WHERE asked_at <= ?", (until,))


def everything(db: Database) -> dict[int, HubRequest]:
    """Return every request by its number, in the order in which they came."""
    found = rows(db, "SELECT * FROM hub_requests ORDER BY id")
    return {
        row["id"]: HubRequest(
            mode=row["mode"],
            topic=row["topic"],
            callback=row["callback"],
            secret=row["secret"],
            lease_seconds=row["lease_seconds"],
        )
        for row in found
    }
