"""The entries of the window in memory: kept small, found by key and by stem, grouped by story.

Decides nothing; `stories` does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.fold import candidates, coverage
from aggregator.fold.features import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.fold.coverage import Weights
    from aggregator.fold.features import Features
    from aggregator.model import Arrival

# Weights are computed again when the window has grown or shrunk by so much; in a small one, which
# learns fast what is rare, stale weights made true coverage look unlike.
STALE_GROWTH = 3.0
STALE_GROWTH_SMALL = 1.5
# By which two feeds are known to be of one outlet: of the entries of the smaller one.
MIN_SHARED_ENTRIES = 3
MIN_SHARED_SHARE = 0.8
NO_FEEDS: Counter[int] = Counter()


@dataclass(slots=True, kw_only=True)
class Kept:
    """An entry of the window. Its features stay encoded: decoded they weigh ten times as much."""

    entry_id: int
    feed_id: int
    url: str
    at_s: float  # seconds since 1970
    coverage: bool
    features: bytes
    story_id: str
    weights: Weights | None = None
    weighed_at: int = 0  # the window's population then


def kept_of(arrival: Arrival, *, story_id: str) -> Kept:
    """Return what is kept of an arrival."""
    return Kept(
        entry_id=arrival.entry_id,
        feed_id=arrival.feed_id,
        url=arrival.url,
        at_s=arrival.at.timestamp(),
        coverage=arrival.coverage,
        features=arrival.features,
        story_id=story_id,
    )


@dataclass(slots=True, kw_only=True)
class Group:
    """A story's members in the window, in the order they came."""

    age: int  # counts up: the lower, the older
    members: list[int] = field(default_factory=list)


class Window:
    """The entries in the window, each in one story."""

    def __init__(self, *, width_s: float) -> None:
        """Begin empty, with how far apart in time two entries of a story may be."""
        self.width_s = width_s
        self.kept: dict[int, Kept] = {}
        self.stories: dict[str, Group] = {}
        self.identities = candidates.KeyPostings()
        self.sketches = candidates.KeyPostings()
        self.stems = candidates.StemPostings()
        self._templates: dict[tuple[int, int], Counter[int]] = {}
        self._sizes: Counter[int] = Counter()  # of feeds, in entries
        self._shared: dict[int, Counter[int]] = {}  # of two feeds, how many entries both list
        self._expected: dict[int, set[int]] = {}  # feeds that are to share most of theirs
        self._ages = 0

    def add(self, kept: Kept, features: Features) -> None:
        """Keep an entry as a member of its story; one that is kept already is replaced."""
        self.remove(kept.entry_id)
        self.kept[kept.entry_id] = kept
        self.group(kept.story_id).members.append(kept.entry_id)
        keys = candidates.identity_keys(features)
        self._share(kept, keys, step=1)
        self.identities.add(keys, kept.entry_id)
        self.sketches.add(candidates.sketch_keys(features), kept.entry_id)
        self.stems.add(features.stems, kept.entry_id)
        if features.mask_key:
            template = (kept.feed_id, features.mask_key)
            self._templates.setdefault(template, Counter())[features.mask_values] += 1

    def remove(self, entry_id: int) -> None:
        """Forget an entry, and its story when it was the last; an unknown one is no matter."""
        kept = self.kept.pop(entry_id, None)
        if kept is None:
            return
        self._leave(kept)
        features = decode(kept.features)
        keys = candidates.identity_keys(features)
        self.identities.remove(keys, entry_id)
        self._share(kept, keys, step=-1)
        self.sketches.remove(candidates.sketch_keys(features), entry_id)
        self.stems.remove(features.stems, entry_id)
        self._forget_template(kept, features)

    def move(self, entry_id: int, story_id: str) -> None:
        """Put an entry into another story; nothing happens where it is unknown."""
        kept = self.kept.get(entry_id)
        if kept is None or kept.story_id == story_id:
            return
        self._leave(kept)
        kept.story_id = story_id
        self.group(story_id).members.append(entry_id)

    def merge(self, kept_id: str, absorbed_id: str) -> None:
        """Put every member of one story into another, in the order in which they came."""
        absorbed = self.stories.pop(absorbed_id)
        for entry_id in absorbed.members:
            self.kept[entry_id].story_id = kept_id
        group = self.stories[kept_id]
        group.members = sorted(group.members + absorbed.members)

    def listing(self, keys: Iterable[int]) -> set[int]:
        """Return the feeds that have an entry with one of these identity keys."""
        return {self.kept[one].feed_id for key in keys for one in self.identities.entries(key)}

    def same_outlet(self, feed_id: int) -> frozenset[int]:
        """Return the feed and those that list what it lists: an outlet's of one part and of all."""
        shared = self._shared.get(feed_id, NO_FEEDS)
        near = (one for one in shared if self._is_most(shared[one], self._sizes[feed_id], one))
        return frozenset((feed_id, *near, *self._expected.get(feed_id, ())))

    def expect(self, feed_id: int, listed: Counter[int], *, count: int) -> None:
        """Note which feeds list most of a number of entries that a feed is about to bring."""
        for other in listed:
            if other != feed_id and self._is_most(listed[other], count, other):
                self._expected.setdefault(feed_id, set()).add(other)
                self._expected.setdefault(other, set()).add(feed_id)

    def _is_most(self, shared: int, count: int, other: int) -> bool:
        least = min(count, self._sizes[other])
        return shared >= max(MIN_SHARED_ENTRIES, MIN_SHARED_SHARE * least)

    def _share(self, kept: Kept, keys: Iterable[int], *, step: int) -> None:
        self._sizes[kept.feed_id] += step
        for other in self.listing(keys) - {kept.feed_id}:
            self._shared.setdefault(kept.feed_id, Counter())[other] += step
            self._shared.setdefault(other, Counter())[kept.feed_id] += step

    def group(self, story_id: str) -> Group:
        """Return a story's members; a story not met yet begins, younger than all others."""
        found = self.stories.get(story_id)
        if found is None:
            self._ages += 1
            found = self.stories[story_id] = Group(age=self._ages)
        return found

    def is_near(self, one: Kept, other: Kept) -> bool:
        """Return whether two entries are so near in time that they may be of one story."""
        return abs(one.at_s - other.at_s) <= self.width_s

    def side(self, kept: Kept, features: Features) -> coverage.Side:
        """Return an entry with its words weighed; weights are kept until the window has changed."""
        return coverage.Side(features=features, weights=self._weighed(kept, features))

    def fresh_weights(self, kept: Kept) -> Weights:
        """Return what an entry's words weigh, computed again where the window has changed.

        Also for an entry that was loaded and not compared yet: with its weights a quick look
        refuses most partners, without them each is compared in full (a quarter more CPU in all).
        """
        return self._weighed(kept)

    def _weighed(self, kept: Kept, features: Features | None = None) -> Weights:
        if kept.weights is None or self._is_stale(kept):
            known = features or decode(kept.features)
            kept.weights = coverage.weigh(known, self.stems.rarities(known.stems))
            kept.weighed_at = self.stems.population
        return kept.weights

    def _is_stale(self, kept: Kept) -> bool:
        small = kept.weighed_at < candidates.KNOWN_POPULATION
        growth = STALE_GROWTH_SMALL if small else STALE_GROWTH
        low, high = kept.weighed_at / growth, kept.weighed_at * growth
        return not low <= self.stems.population <= high

    def in_series(self, kept: Kept, features: Features) -> bool:
        """Return whether the entry's feed has used its title with other numbers or dates.

        Daily forecasts, quake reports, crosswords: they share words with much and cover nothing.
        """
        values = self._templates.get((kept.feed_id, features.mask_key))
        return values is not None and any(value != features.mask_values for value in values)

    def _forget_template(self, kept: Kept, features: Features) -> None:
        values = self._templates.get((kept.feed_id, features.mask_key))
        if values is None:
            return
        values[features.mask_values] -= 1
        self._templates[kept.feed_id, features.mask_key] = +values
        if not self._templates[kept.feed_id, features.mask_key]:
            del self._templates[kept.feed_id, features.mask_key]

    def _leave(self, kept: Kept) -> None:
        group = self.stories[kept.story_id]
        group.members.remove(kept.entry_id)
        if not group.members:
            del self.stories[kept.story_id]
