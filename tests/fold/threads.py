"""Invented threads: reports on one matter over weeks, in words of their own, among other news."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from tests.fold.newsroom import FOLDING, NOON, arrival, entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.fold.stories import Index
    from aggregator.model import Arrival, Entry, Relation, StoryUpdate

MATTER = (
    *("Marlow", "harbour", "bridge", "Odile", "Fenwick"),
    *("barge", "piers", "engineer", "repairs", "reopens"),
)
# Reports that share so much never move on from how they began.
WORDY_MATTER = (
    *MATTER,
    *("council", "toll", "ferry", "traffic", "divers", "crane", "welders", "mayor", "budget"),
    *("inspectors", "concrete", "winter"),
)
OLD_NEWS, OTHER_NEWS = 600, 300  # what the window has seen before, and meanwhile
FEEDS = 9
BOUND = 2 * FOLDING.window


def invented_word(draw: random.Random) -> str:
    """Return a word that no language has."""
    return "".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(3))


def report(draw: random.Random, *, matter: Sequence[str] = MATTER) -> Entry:
    """Return a report on a matter: its words in another order, among words of its own."""
    own = [invented_word(draw) for _ in range(14)]
    title, text = [*matter[:4], *own[:3]], [*matter, *own[3:]]
    draw.shuffle(title)
    draw.shuffle(text)
    return entry(" ".join(title), " ".join(text))


def thread(
    moments: Sequence[datetime],
    *,
    seed: int = 1,
    first_number: int = 1,
    matter: Sequence[str] = MATTER,
) -> list[Arrival]:
    """Return a report for each moment, of feeds that take turns."""
    draw = random.Random(seed)  # noqa: S311 - invention, no secret
    return [
        arrival(
            report(draw, matter=matter), first_number + place, feed=2_000 + place % FEEDS, at=at
        )
        for place, at in enumerate(moments)
    ]


@cache
def other_news(*, days: int, seed: int = 2) -> list[Arrival]:
    """Return entries about nothing that returns, before and over so many days: words are rare."""
    draw = random.Random(seed)  # noqa: S311 - invention, no secret
    return [
        arrival(
            report(draw, matter=[invented_word(draw) for _ in range(10)]),
            20_000 + number,
            feed=4_000 + number % 40,
            at=NOON + timedelta(days=days * max(-0.1, number / OTHER_NEWS)),
        )
        for number in range(-OLD_NEWS, OTHER_NEWS)
    ]


class Told:
    """What an index made of entries: who stands where as what, and which stories follow others."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.members: dict[str, dict[int, Relation | None]] = {}
        self.follows: dict[str, str] = {}
        self.reasons: list[str] = []

    def fold(self, index: Index, arrivals: Sequence[Arrival]) -> Told:
        """Fold the entries and note what comes of it."""
        for one in arrivals:
            for update in index.fold(one):
                self._note(update)
        return self

    def _note(self, update: StoryUpdate) -> None:
        if absorbed := getattr(update, "absorbed_id", ""):
            self.members[update.kept_id] |= self.members.pop(absorbed)  # type: ignore[union-attr]
            return
        relation = getattr(update, "relation", None)
        self.members.setdefault(update.story_id, {})[update.entry_id] = relation  # type: ignore[union-attr]
        for link in update.follows:  # type: ignore[union-attr]
            self.follows[link.story_id] = link.follows_id
            self.reasons.append(link.reason)

    def of(self, entries: Sequence[Arrival]) -> list[str]:
        """Return the stories of these entries, each once, in the entries' order."""
        story_of = self.by_entry
        return list(dict.fromkeys(story_of[one.entry_id] for one in entries))

    @property
    def by_entry(self) -> dict[int, str]:
        """Return the story of each entry."""
        return {one: story_id for story_id, own in self.members.items() for one in own}
