"""Short ways to the values that the poll plan's tests are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import (
    Entry,
    Failed,
    FailureKind,
    Fetched,
    Freshness,
    IdScheme,
    NotModified,
    Polling,
    ReadEntry,
    ReadFeed,
    Validators,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
ETAG = Validators(etag='"e"')
POLLING = Polling(
    interval=HOUR,
    min_interval=15 * MINUTE,
    max_interval=DAY,
    timeout=timedelta(seconds=30),
    max_body_bytes=10_000_000,
    allow_private_addresses=False,
    proxy="",
    backfill=20,
)
UNCHANGED = NotModified(validators=ETAG)


def body(
    dates: Iterable[datetime | None] = (),
    *,
    known: Iterable[bytes] = (b"1",),
    moved_to: str = "",
    items: int | None = None,
    is_partial: bool = False,
) -> Fetched:
    """Return a body with new entries of these dates."""
    entries = tuple(
        ReadEntry(entry=Entry(key=str(n), published_at=date), features=b"")
        for n, date in enumerate(dates)
    )
    feed = ReadFeed(
        title="A",
        site_url="",
        language="",
        ttl=None,
        entries=(),
        known=frozenset(known),
        id_scheme=IdScheme.GUID,
        item_count=len(entries) if items is None else items,
    )
    return Fetched(
        final_url=moved_to,
        moved_to=moved_to,
        validators=ETAG,
        freshness=Freshness(),
        body_hash=b"h",
        feed=feed,
        entries=entries,
        is_partial=is_partial,
    )


def failed(kind: FailureKind = FailureKind.TIMEOUT, *, status: int = 0) -> Failed:
    """Return a failure of this kind."""
    return Failed(kind=kind, message=kind.value, status=status)
