"""How much a story matters, as one number that never needs computing again, and orders by it.

The number grows with the story's time, so that later stories overtake without any clock. It is a
sum that a person can follow: `ranking` gives its parts.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.digest.words import normalise
from aggregator.model import FeedSpec, Order, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aggregator.model import Digest, Member, Publication, Story

PICK_UP = timedelta(hours=12)  # an outlet that follows so much later counts half
BELIEVED = timedelta(days=3)  # how long before it was first seen an entry may have been told
REPEAT_SHARE = 0.25  # an outlet that prints another's text is a weaker sign than its own report
_SMALLEST = 0.01  # a weight of 0 would have no logarithm; such feeds come last
_ORIGIN_AT = datetime(2026, 1, 1, tzinfo=UTC)  # keeps the numbers small; any fixed moment would do
_BLOCK = 10  # what is seen at first; `Digest.cap` is of so many
# Bylines that any newsroom may use; they tell no wire.
_NO_WIRE = frozenset(
    {"admin", "administrator", "author", "editor", "editors", "editorial", "guest", "newsroom"}
    | {"redaccion", "redacción", "redaction", "rédaction", "redaktion", "redazione", "staff"}
    | {"staff writer", "webmaster"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One independent outlet in a story's sum: all feeds of one owner speak with one voice."""

    outlet: str
    share: float  # 1 for a report of its own, REPEAT_SHARE for another's text
    delay: timedelta  # after the story was first told
    weight: float  # of its feed

    @property
    def worth(self) -> float:
        """Return what it adds: the later it comes, the less."""
        return self.share * self.weight * math.exp2(-(self.delay / PICK_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A story's rank and what it is made of."""

    voices: tuple[Voice, ...]  # the first teller first
    at: datetime  # the story's time
    half_life: timedelta

    @property
    def importance(self) -> float:
        """Return what the voices come to."""
        return max(_SMALLEST, math.fsum(voice.worth for voice in self.voices))

    @property
    def half_lives(self) -> float:
        """Return the story's time in half-lives, counted from a fixed day."""
        return (self.at - _ORIGIN_AT) / self.half_life

    @property
    def score(self) -> float:
        """Return log2 of the importance plus the time in half-lives."""
        return round(math.log2(self.importance) + self.half_lives, 6)


def score(story: Story, digest: Digest, *, specs: Mapping[str, FeedSpec]) -> float:
    """Return the story's rank in the digest: twice the importance is worth a half-life."""
    return ranking(story, digest, specs=specs).score


def ranking(story: Story, digest: Digest, *, specs: Mapping[str, FeedSpec]) -> Ranking:
    """Return the sum that a story's rank in the digest comes of.

    Every independent outlet adds its feed's weight: all of it with a report of its own at once,
    half of it twelve hours later; a quarter with a copy or under a byline that another has, as
    wire reports have. Feeds of one `owner` or one site are one outlet.
    """
    lead = story.lead
    return Ranking(
        voices=tuple(_voices(story, specs)),
        at=min(lead.entry.published_at or story.first_seen_at, story.first_seen_at),
        half_life=digest.half_life,
    )


def _voices(story: Story, specs: Mapping[str, FeedSpec]) -> Iterator[Voice]:
    """Yield one voice for each owner: the worthiest of its members."""
    told = sorted(story.members, key=lambda member: (_told_at(member), member.entry_id))
    first_at = _told_at(told[0])
    bylines: dict[str, str] = {}  # who had a byline first
    best: dict[str, Voice] = {}
    for member in told:
        spec = specs.get(member.feed_url) or FeedSpec(url=member.feed_url)
        owner = normalise(spec.owner) or _site(member)
        voice = Voice(
            outlet=member.outlet,
            share=REPEAT_SHARE if _repeats(member, owner, bylines) else 1.0,
            delay=_told_at(member) - first_at,
            weight=spec.weight,
        )
        best[owner] = max(best.get(owner, voice), voice, key=lambda one: one.worth)
    yield from best.values()


def _told_at(member: Member) -> datetime:
    """Return when the member told it; a date of long before it was seen is not believed whole."""
    seen_at = member.first_seen_at
    at = member.entry.published_at or seen_at
    return max(min(at, seen_at), seen_at - BELIEVED)


def _repeats(member: Member, owner: str, bylines: dict[str, str]) -> bool:
    """Tell whether a member has its text from another outlet: a copy, or a wire's report."""
    names = {normalise(name) for name in member.entry.authors} - _NO_WIRE - {""}
    others = [bylines.setdefault(name, owner) for name in sorted(names)]
    return member.relation is Relation.COPY or any(other != owner for other in others)


def _site(member: Member) -> str:
    """Return the outlet's host, with its port; many feeds of one site are one voice."""
    url = member.site_url or member.entry.url or member.feed_url
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].lower() or url
    except ValueError:  # broken brackets of an IPv6 address
        host = url
    return host.removeprefix("www.")


def order(publications: Sequence[Publication], digest: Digest) -> list[Publication]:
    """Return the publications in the digest's order.

    NEWEST goes by number, TOP by rank. At the top no feed leads more than `cap` of any ten, as
    long as others have something to show.
    """
    if digest.order is Order.NEWEST:
        return newest_first(publications)
    ranked = sorted(publications, key=lambda p: (-p.rank, -p.number, p.id))
    return _interleave(ranked, cap=digest.cap)


def newest_first(publications: Sequence[Publication]) -> list[Publication]:
    """Return the publications by number, the last first."""
    return sorted(publications, key=lambda p: (-p.number, -p.published_at.timestamp(), p.id))


def _interleave(ranked: list[Publication], *, cap: int) -> list[Publication]:
    ordered: list[Publication] = []
    waiting = list(ranked)
    led: deque[str] = deque(maxlen=_BLOCK - 1)  # the feeds of the places just before
    while waiting:
        chosen = waiting.pop(_next_place(waiting, Counter(led), cap=cap))
        led.append(chosen.source.feed_url)
        ordered.append(chosen)
    return ordered


def _next_place(waiting: Sequence[Publication], led: Counter[str], *, cap: int) -> int:
    """Return the place of the highest whose feed has room left, else of the highest."""
    for place, publication in enumerate(waiting):
        if led[publication.source.feed_url] < cap:
            return place
    return 0
