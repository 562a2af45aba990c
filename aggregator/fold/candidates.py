"""Where to look: which stored entries may be copies or coverage of a new one.

Two kinds of postings in memory. Keys (identity, sketch of the text) depend on an entry alone, so
that copies are found in any order of arrival. Stems are searched from the rarest upwards within a
budget, so that common words cost nothing.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from math import log
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from aggregator.fold.features import Features

SKETCH_KEYS = 20  # of two texts with Jaccard .30, 99.2 % share two of their 20 smallest pair hashes
SENTENCE_KEYS = 6  # two copies that share half of their sentences share three of these
MIN_SHARED_KEYS = 2
MAX_BUCKET = 512  # entries looked at under one key; more share it only through boilerplate
MAX_COPY_CANDIDATES = 8  # those that share most keys; a copy shares five or more of them
MAX_RARE_STEMS = 32
MAX_POSTINGS = 1_000  # looked at for one entry: about 0.05 ms
MIN_SEARCHED = 3  # stems that are searched even past that, where all words are common
MIN_SEARCHED_SHARE = 0.04
# A window of a first poll has seen too little to know what is rare. It is filled up in thought to
# this many entries, each holding a word as often as those seen so far and a prior say together:
# with `decide.MIN_SHARED_STEMS_COLD`, first polls of 60 and 150 real entries have a third of the
# wrong pairs, for 6 to 13 points of recall.
KNOWN_POPULATION = 1_000
PRIOR_ENTRIES = 100  # that the prior counts for
PRIOR_HOLDING = 1  # of them hold any one word
MIN_SWEPT = 200  # entries gone, at least, before every list is swept


_COUNT = itemgetter(1)


class KeyPostings:
    """Which entries carry a key. A key of one entry costs one slot, not a list."""

    def __init__(self) -> None:
        """Begin with no entries."""
        self._under: dict[int, int | list[int]] = {}

    def add(self, keys: Iterable[int], entry_id: int) -> None:
        """Note that the entry carries these keys."""
        under = self._under
        for key in keys:
            found = under.get(key)
            if found is None:
                under[key] = entry_id
            elif isinstance(found, list):
                found.append(entry_id)
            else:
                under[key] = [found, entry_id]

    def remove(self, keys: Iterable[int], entry_id: int) -> None:
        """Forget that the entry carries these keys."""
        for key in keys:
            found = self._under.get(key)
            if isinstance(found, list) and len(found) > 1:
                found.remove(entry_id)
            elif found is not None:
                del self._under[key]

    def entries(self, key: int) -> list[int]:
        """Return the entries that carry a key, as they came; the newest where too many."""
        found = self._under.get(key)
        if found is None:
            return []
        return found[-MAX_BUCKET:] if isinstance(found, list) else [found]

    def sharing(self, keys: Iterable[int]) -> list[int]:
        """Return the entries that share enough of the keys, those that share most first."""
        counts = Counter(chain.from_iterable(map(self.entries, keys)))
        enough = sorted([item for item in counts.items() if item[1] >= MIN_SHARED_KEYS])
        enough.sort(key=_COUNT, reverse=True)  # stable: the older first among equals
        return [entry_id for entry_id, _ in enough]


class StemPostings:
    """Which entries hold a stem, and how rare each stem is among the entries of the window."""

    def __init__(self) -> None:
        """Begin with no entries."""
        self._holding: dict[int, list[int]] = {}
        self._removed: Counter[int] = Counter()
        self._gone: set[int] = set()
        self.population = 0

    def add(self, stems: Iterable[int], entry_id: int) -> None:
        """Note that the entry holds these stems."""
        if entry_id in self._gone:  # it comes again: its old places must not count
            self._sweep_all()
        self.population += 1
        holding = self._holding
        for stem in stems:
            found = holding.get(stem)
            if found is None:
                holding[stem] = [entry_id]
            else:
                found.append(entry_id)

    def remove(self, stems: Iterable[int], entry_id: int) -> None:
        """Forget the entry. A list is swept when half of it is gone: singly is quadratic."""
        self.population -= 1
        self._gone.add(entry_id)
        for stem in stems:
            self._removed[stem] += 1
            if self._removed[stem] * 2 >= len(self._holding[stem]):
                self._sweep(stem)
        if len(self._gone) > max(self.population, MIN_SWEPT):
            self._sweep_all()

    def _sweep(self, stem: int) -> None:
        kept = [entry_id for entry_id in self._holding[stem] if entry_id not in self._gone]
        del self._removed[stem]
        if kept:
            self._holding[stem] = kept
        else:
            del self._holding[stem]

    def _sweep_all(self) -> None:
        for stem in list(self._removed):
            self._sweep(stem)
        self._gone.clear()

    def rarities(self, stems: Collection[int]) -> dict[int, float]:
        """Return how rare each stem is: 1 for one that was never seen, 0 for one in every entry.

        In a window of less than KNOWN_POPULATION even one that was never seen stays below 1.
        """
        holding, removed = self._holding, self._removed
        whole = log(max(self.population, KNOWN_POPULATION) + 2)
        filled = max(0, KNOWN_POPULATION - self.population) / (self.population + PRIOR_ENTRIES)
        once, more = 1.0 + PRIOR_HOLDING * filled, 1.0 + filled
        counts = [len(holding.get(stem, ())) for stem in stems]
        if removed:
            gone = [removed.get(stem, 0) for stem in stems]
            counts = [count - less for count, less in zip(counts, gone, strict=True)]
        of_count = {count: 1.0 - log(once + count * more) / whole for count in set(counts)}
        return {stem: of_count[count] for stem, count in zip(stems, counts, strict=True)}

    def partners(self, rarity: Mapping[int, float]) -> list[int]:
        """Return the entries that share most of an entry's rarest stems, at least two, best first.

        `rarity` holds the rarity of the entry's stems. The rarer half counts double.
        """
        searched = self._searched(rarity)
        counts = Counter(chain.from_iterable(searched))
        twice = Counter(chain.from_iterable(searched[: len(searched) // 2])).get
        least = max(1, MIN_SEARCHED_SHARE * (len(searched) + len(searched) // 2))
        enough = [
            (weight, entry_id)
            for entry_id, count in counts.items()
            if count > 1 and (weight := count + twice(entry_id, 0)) > least
        ]
        enough.sort(reverse=True)
        return [entry_id for _, entry_id in enough]

    def _searched(self, rarity: Mapping[int, float]) -> list[list[int]]:
        """Return the postings of the rarest stems, within the budget, the rarest first."""
        budget = MAX_POSTINGS
        found: list[list[int]] = []
        for stem in sorted(rarity, key=lambda stem: (-rarity[stem], stem)):
            holding = self._holding.get(stem)
            if not holding:
                continue
            budget -= len(holding)
            if len(found) == MAX_RARE_STEMS or (budget < 0 and len(found) >= MIN_SEARCHED):
                break
            found.append(holding[-MAX_POSTINGS:])
        return found


def identity_keys(features: Features) -> tuple[int, ...]:
    """Return the keys under which the very same thing would stand."""
    return tuple(sorted({features.url_key, features.guid_key} - {0}))


def sketch_keys(features: Features) -> tuple[int, ...]:
    """Return the smallest hashes of pairs and sentences: samples that depend on the text alone."""
    return features.shingles[:SKETCH_KEYS] + features.sentences[:SENTENCE_KEYS]
