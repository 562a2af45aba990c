"""A feed in a simulation: what its polls bring, without network or store."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import (
    Entry,
    FeedSpec,
    FeedState,
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
    from collections.abc import Sequence
    from datetime import datetime

    from bench.outlets import Outlet

VALIDATORS = Validators(etag='"one"')
NOT_MODIFIED = NotModified(validators=VALIDATORS)
IN_A_BODY = 20  # entries that a feed shows
POLLING = Polling(
    interval=timedelta(hours=1),
    min_interval=timedelta(minutes=15),
    max_interval=timedelta(days=1),
    timeout=timedelta(seconds=30),
    max_body_bytes=10_000_000,
    allow_private_addresses=False,
    proxy="",
    backfill=20,
)


@dataclass(slots=True)
class Feed:
    """A feed, its state and how far its entries were met."""

    outlet: Outlet
    spec: FeedSpec
    state: FeedState
    met: int = 0  # entries, from the first
    delays: list[timedelta] = field(default_factory=list)

    @classmethod
    def of(
        cls, outlet: Outlet, number: int, *, url: str = "", own: timedelta | None = None
    ) -> Feed:
        """Return the feed of an outlet; `own` is the interval that a person set."""
        address = url or outlet.name
        spec = FeedSpec(url=address, interval=own)
        return cls(outlet, spec, FeedState(feed_id=number, url=address))

    def bring(self, now: datetime, *, since: datetime) -> tuple[Fetched | NotModified, int]:
        """Return what a poll brings and how many entries are new; note the delays.

        Delays count for what came after `since`: the first poll meets years.
        """
        there = bisect_right(self.outlet.published, now)
        first = self.met if self.state.last_fetched_at else max(0, there - IN_A_BODY)
        fresh = self.outlet.published[first:there]
        self.met = there
        self.delays += [now - at for at in fresh if at > since]
        if self.state.last_fetched_at and not fresh:
            return NOT_MODIFIED, 0
        return _fetched(fresh[-IN_A_BODY:]), len(fresh[-IN_A_BODY:])


def _fetched(published: Sequence[datetime]) -> Fetched:
    entries = tuple(
        ReadEntry(entry=Entry(key=str(at), published_at=at), features=b"") for at in published
    )
    return Fetched(
        final_url="",
        moved_to="",
        validators=VALIDATORS,
        freshness=Freshness(),
        body_hash=b"",
        feed=FEED,
        entries=entries,
    )


FEED = ReadFeed(
    title="",
    site_url="",
    language="",
    ttl=None,
    entries=(),
    known=frozenset({b"1"}),
    id_scheme=IdScheme.GUID,
    item_count=IN_A_BODY,
)
