"""The invented outlets of a simulated year: what stands in each feed at any moment. Seeded, pure.

Entries come by day and night as in bench/outlets.py. Some events are told by several outlets, in
the same words or others. Some entries come late, some are corrected, some come back long after they
left. Outlets change their ids, a few their links too; each is out of order now and then.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from bench import outlets, year_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.year_words import Words

IN_A_BODY = 20  # entries that a feed shows
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TAGS = ("north", "south", "sea")
SHARED = 0.3  # of all entries: other outlets tell the event too
MOST_OTHERS = 4
SAME_WORDS = 0.4  # of those: an agency's text, word for word
LATE, REWRITTEN, TOUCHED, QUIZ, UNDATED, RETURNING = 0.03, 0.03, 0.03, 0.02, 0.05, 0.01
RETURNS_AFTER = (10, 160)  # days
RETURNS_FOR = timedelta(days=2)
OUTAGES_A_YEAR = 6  # of each outlet
MOVES_LINKS = 5  # of eight outlets, the one whose links change with its ids
QUIZ_OUTLETS = 5  # every so many outlets filter them


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One entry of one outlet."""

    outlet: int
    number: int
    words: Words
    appears_at: datetime
    published_at: datetime | None
    is_quiz: bool = False
    rewritten_at: datetime | None = None
    touched_at: datetime | None = None
    returns_at: datetime | None = None

    def words_at(self, now: datetime) -> Words:
        """Return the words as they are now."""
        words, seed = self.words, f"{self.outlet} {self.number}"
        if self.touched_at and self.touched_at <= now:
            words = year_words.touched(words, seed=seed)
        if self.rewritten_at and self.rewritten_at <= now:
            words = year_words.rewritten(words, seed=seed)
        return words


@dataclass(slots=True, kw_only=True)
class Outlet:
    """A feed: its tellings in the order in which they appear, its changes, its bad days."""

    number: int
    tellings: list[Telling] = field(default_factory=list)
    renamings: list[datetime] = field(default_factory=list)  # of all its ids
    moves_links: bool = False  # with its ids
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    is_conditional: bool = True
    _appear: list[datetime] = field(default_factory=list)
    _changes: list[datetime] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the feed's address."""
        return f"https://outlet-{self.number}.example/feed"

    @property
    def tags(self) -> tuple[str, ...]:
        """Return its tags: one of three, some two."""
        first = TAGS[self.number % 3]
        return (first, TAGS[(self.number + 1) % 3]) if self.number % 4 == 0 else (first,)

    @property
    def excludes(self) -> tuple[str, ...]:
        """Return the words that a person does not want from it."""
        return ("quiz",) if self.number % QUIZ_OUTLETS == 0 else ()

    def close(self) -> None:
        """Note when anything changes, once all tellings are there."""
        self.tellings.sort(key=lambda one: (one.appears_at, one.number))
        self._appear = [one.appears_at for one in self.tellings]
        moments = {*self._appear, *self.renamings}
        for one in self.tellings:
            moments |= {at for at in (one.rewritten_at, one.touched_at, one.returns_at) if at}
            if one.returns_at:
                moments.add(one.returns_at + RETURNS_FOR)
        self._changes = sorted(moments)

    def version(self, now: datetime) -> int:
        """Return a number that moves whenever the body may."""
        return bisect_right(self._changes, now)

    def standing(self, now: datetime) -> list[Telling]:
        """Return what the feed shows, newest first."""
        there = bisect_right(self._appear, now)
        newest = self.tellings[max(0, there - IN_A_BODY) : there][::-1]
        here = {one.number for one in newest}
        back = [
            one
            for one in self.tellings[:there]
            if one.returns_at
            and one.returns_at <= now < one.returns_at + RETURNS_FOR
            and one.number not in here
        ]
        return newest + back

    def scheme(self, now: datetime) -> int:
        """Return how often its ids have changed."""
        return bisect_right(self.renamings, now)

    def is_down(self, now: datetime) -> bool:
        """Return whether it is out of order."""
        return any(first <= now < last for first, last in self.outages)


@dataclass(frozen=True)
class World:
    """Every outlet of a simulation."""

    feeds: int
    start: datetime
    days: int
    a_day: float  # entries of a middling outlet
    seed: int

    @cached_property
    def outlets(self) -> list[Outlet]:
        """Invent them."""
        draw = Random(self.seed)
        made = [self._outlet(number, draw) for number in range(self.feeds)]
        events = count(1)
        for first in made:
            for at in self._moments(first.number):
                self._tell(next(events), made, first, at, draw)
        for outlet in made:
            outlet.close()
        return made

    def _outlet(self, number: int, draw: Random) -> Outlet:
        span = timedelta(days=self.days)
        renamings = sorted(
            self.start + span * draw.uniform(0.1, 0.9) for _ in range(2 * (number % 4 == 1))
        )
        if len(renamings) > 1 and renamings[1] - renamings[0] < span * 0.2:
            renamings.pop()  # twice in a row would be a habit
        begins = [
            self.start + span * draw.random()
            for _ in range(max(1, round(OUTAGES_A_YEAR * self.days / 365)))
        ]
        return Outlet(
            number=number,
            renamings=renamings,
            moves_links=number % 8 == MOVES_LINKS,
            outages=[(at, at + HOUR * draw.uniform(1, 20)) for at in begins],
            is_conditional=number % 3 != 0,
        )

    def _moments(self, number: int) -> Sequence[datetime]:
        """Return when an outlet tells something of its own, the two weeks before the start too."""
        rate = self.a_day * (0.25, 0.5, 1, 1, 2)[number % 5]
        (found,) = outlets.alike(1, days=self.days, seed=self.seed * 1000 + number, a_day=rate)
        since = self.start - timedelta(days=14)
        moved = (at - outlets.START + self.start for at in found.published)
        return [at for at in moved if at >= since]

    def _tell(
        self, event: int, made: list[Outlet], first: Outlet, at: datetime, draw: Random
    ) -> None:
        self._add(first, event, first.number, at, draw)
        if draw.random() >= SHARED:
            return
        others = draw.sample(made, min(draw.randint(1, MOST_OTHERS), len(made)))
        for other in others:
            if other is not first:
                voice = first.number if draw.random() < SAME_WORDS else other.number
                self._add(other, event, voice, at + HOUR * draw.uniform(0.2, 30), draw)

    def _add(self, outlet: Outlet, event: int, voice: int, at: datetime, draw: Random) -> None:
        chance = draw.random
        appears_at = at + HOUR * draw.uniform(3, 40) if chance() < LATE else at
        telling = Telling(
            outlet=outlet.number,
            number=event,
            words=year_words.told(event, voice=voice),
            appears_at=appears_at,
            published_at=None if chance() < UNDATED else at.replace(microsecond=0),
            is_quiz=chance() < QUIZ,
        )
        if chance() < REWRITTEN:
            telling = replace(telling, rewritten_at=appears_at + HOUR * draw.uniform(1, 60))
        if chance() < TOUCHED:
            telling = replace(telling, touched_at=appears_at + HOUR * draw.uniform(1, 60))
        if chance() < RETURNING:
            after = timedelta(days=draw.uniform(*RETURNS_AFTER))
            telling = replace(telling, returns_at=appears_at + after)
        outlet.tellings.append(telling)

    def per_outlet(self) -> Iterator[tuple[Outlet, list[Telling]]]:
        """Yield each outlet with what it tells."""
        for outlet in self.outlets:
            yield outlet, outlet.tellings
