"""Where to look: which stored entries may be copies or coverage of a new one.

Two kinds of postings in memory. Keys (identity, sketch of the text) depend on an entry alone, so
that copies are found in any order of arrival. Stems are searched from the rarest upwards within a
budget, so that common words cost nothing.
"""

from __future__ import annotations

from array import array
from collections import Counter
from contextlib import suppress
from itertools import chain
from math import log
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from aggregator.fold.features import Features

SKETCH_KEYS = 20  # of two texts with Jaccard .30, 99.2 % share two of their 20 smallest pair hashes
SENTENCE_KEYS = 6  # two copies that share half of their sentences share three of these
MIN_SHARED_KEYS = 2
MAX_BUCKET = 512  # entries looked at under one key; more share it only through boilerplate
MAX_KEY_POSTINGS = 500  # looked at for one entry, the rarest keys first
MIN_SEARCHED_KEYS = 5  # that are searched even past that, where the whole text is boilerplate
MAX_COPY_CANDIDATES = 8  # those that share most keys; a copy shares five or more of them
MIN_SHARED_STEMS = 2
MAX_RARE_STEMS = 32
MAX_POSTINGS = 1_000  # looked at for one entry: about 0.05 ms
# The newest of one stem. In a window of 170,000 a few stems alone would take all of the budget: of
# invented events told over 17 hours, 98.5 % then find another outlet's entry, of 85.8 % without.
MAX_OF_STEM = 100
# A window of a first poll has seen too little to know what is rare. It is filled up in thought to
# this many entries, each holding a word as often as those seen so far and a prior say together:
# with `decide.MIN_SHARED_STEMS_COLD`, first polls of 60 and 150 real entries have a third of the
# wrong pairs, for 6 to 13 points of recall.
KNOWN_POPULATION = 1_000
PRIOR_ENTRIES = 100  # that the prior counts for
PRIOR_HOLDING = 1  # of them hold any one word
MIN_SWEPT = 200  # entries gone, at least, before every list is swept


_COUNT = itemgetter(1)
_ID = "I"  # four bytes an entry, next to each other: 4 billion entries are enough for a century


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
                if len(found) == 2 * MAX_BUCKET:  # the older half is never looked at
                    del found[:MAX_BUCKET]
            else:
                under[key] = [found, entry_id]

    def remove(self, keys: Iterable[int], entry_id: int) -> None:
        """Forget that the entry carries these keys."""
        under = self._under
        for key in keys:
            found = under.get(key)
            if isinstance(found, list) and len(found) > 1:
                with suppress(ValueError):  # it may be one of the older half
                    found.remove(entry_id)
            elif found in (entry_id, [entry_id]):
                del under[key]

    def entries(self, key: int) -> list[int]:
        """Return the entries that carry a key, as they came; the newest where too many."""
        found = self._under.get(key)
        if found is None:
            return []
        return found[-MAX_BUCKET:] if isinstance(found, list) else [found]

    def sharing(self, keys: Iterable[int]) -> list[int]:
        """Return the entries that share enough of the keys, those that share most first.

        Keys are searched from the rarest upwards within a budget.
        """
        counts = Counter(chain.from_iterable(self._searched(keys)))
        enough = sorted([item for item in counts.items() if item[1] >= MIN_SHARED_KEYS])
        enough.sort(key=_COUNT, reverse=True)  # stable: the older first among equals
        return [entry_id for entry_id, _ in enough]

    def _searched(self, keys: Iterable[int]) -> list[list[int]]:
        found = sorted(filter(None, map(self.entries, keys)), key=len)
        left = MAX_KEY_POSTINGS
        for place, entries in enumerate(found):
            left -= len(entries)
            if left < 0 and place >= MIN_SEARCHED_KEYS:
                return found[:place]
        return found


class StemPostings:
    """Which entries hold a stem, and how rare each stem is among the entries of the window."""

    def __init__(self) -> None:
        """Begin with no entries."""
        self._holding: dict[int, array[int]] = {}
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
                holding[stem] = array(_ID, (entry_id,))
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
        gone = self._gone
        kept = array(_ID, [one for one in self._holding[stem] if one not in gone])
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
        several = [
            (count + twice(entry_id, 0), entry_id)
            for entry_id, count in counts.items()
            if count >= MIN_SHARED_STEMS
        ]
        several.sort(reverse=True)
        return [entry_id for _, entry_id in several]

    def _searched(self, rarity: Mapping[int, float]) -> list[Sequence[int]]:
        """Return the postings of the rarest stems, within the budget, the rarest first."""
        budget = MAX_POSTINGS
        found: list[Sequence[int]] = []
        for stem in sorted(rarity, key=lambda stem: (-rarity[stem], stem)):
            holding = self._holding.get(stem)
            if not holding:
                continue
            newest = holding[-MAX_OF_STEM:]
            budget -= len(newest)
            if len(found) == MAX_RARE_STEMS or budget < 0:
                break
            found.append(newest)
        return found


def identity_keys(features: Features) -> tuple[int, ...]:
    """Return the keys under which the very same thing would stand."""
    return tuple(sorted({features.url_key, features.guid_key} - {0}))


def sketch_keys(features: Features) -> tuple[int, ...]:
    """Return the smallest hashes of pairs and sentences: samples that depend on the text alone."""
    return features.shingles[:SKETCH_KEYS] + features.sentences[:SENTENCE_KEYS]
