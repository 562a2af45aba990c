"""How much a story matters, as one number that never needs computing again, and orders by it.

The number grows with the story's time, so that later stories overtake without any clock.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.model import FeedSpec, Order, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.model import Member, Publication, Story

HALF_LIFE = timedelta(hours=8)  # a story of twice the importance leads for a working day's span
_COPY_SHARE = 0.25  # an outlet that prints another's text is a weaker sign than its own report
_SMALLEST = 0.01  # a weight of 0 would have no logarithm; such feeds come last
_ORIGIN_AT = datetime(2026, 1, 1, tzinfo=UTC)  # keeps the numbers small; any fixed moment would do
_BLOCK = 10  # what is seen at first
_BLOCK_SHARE = 3  # of these, what one feed may lead: at most a third


def score(story: Story, *, specs: Mapping[str, FeedSpec]) -> float:
    """Return the story's rank: log2 of its importance plus its time in half-lives.

    Importance is the breadth of independent outlets times the lead feed's weight.
    """
    lead = story.lead
    spec = specs.get(lead.feed_url) or FeedSpec(url=lead.feed_url)
    importance = max(_SMALLEST, _breadth(story.members) * spec.weight)
    at = min(lead.entry.published_at or story.first_seen_at, story.first_seen_at)
    return round(math.log2(importance) + (at - _ORIGIN_AT) / HALF_LIFE, 6)


def _breadth(members: Sequence[Member]) -> float:
    """Return how many outlets report: each site once, those with copies only for a share."""
    shares: dict[str, float] = {}
    for member in members:
        share = _COPY_SHARE if member.relation is Relation.COPY else 1.0
        site = _site(member)
        shares[site] = max(share, shares.get(site, 0.0))
    return math.fsum(shares.values())


def _site(member: Member) -> str:
    """Return the outlet's host, with its port; many feeds of one site are one voice."""
    url = member.site_url or member.entry.url or member.feed_url
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].lower() or url
    except ValueError:  # broken brackets of an IPv6 address
        host = url
    return host.removeprefix("www.")


def order(publications: Sequence[Publication], by: Order) -> list[Publication]:
    """Return the publications in a digest's order.

    NEWEST goes by number, TOP by rank. At the top no feed leads more than a third of any ten,
    as long as others have something to show.
    """
    if by is Order.NEWEST:
        return sorted(publications, key=lambda p: (-p.number, -p.published_at.timestamp(), p.id))
    return _interleave(sorted(publications, key=lambda p: (-p.rank, -p.number, p.id)))


def _interleave(ranked: list[Publication]) -> list[Publication]:
    ordered: list[Publication] = []
    waiting = list(ranked)
    led: Counter[str] = Counter()
    while waiting:
        if len(ordered) % _BLOCK == 0:
            led.clear()
        chosen = _next_place(waiting, led)
        led[waiting[chosen].source.feed_url] += 1
        ordered.append(waiting.pop(chosen))
    return ordered


def _next_place(waiting: Sequence[Publication], led: Counter[str]) -> int:
    """Return the place of the highest whose feed has room left, else of the highest."""
    for place, publication in enumerate(waiting):
        if led[publication.source.feed_url] < _BLOCK_SHARE:
            return place
    return 0
