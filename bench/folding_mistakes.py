"""Wrong and missed pairs of entries, with what the program says of them, and why by and large."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bench.folding_baselines import WINDOW_H, by_cosine
from bench.folding_feeds import moment_of
from bench.folding_polling import newsfold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bench.folding_data import Pairs, Row
    from bench.folding_polling import Polled, Told

FEW_WORDS, SOME_WORDS = 0.15, 0.30  # cosines of TF-IDF
SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Two entries of the data, by its ids."""

    one: str
    other: str
    labels: tuple[str, str]


def wrong_pairs(
    entries: Mapping[str, Told], gold: Mapping[str, str], ignored: Pairs
) -> list[Mistake]:
    """Return the pairs in one story with unlike labels, the later to join last.

    A pair of which neither has a label is not known to be wrong.
    """
    unscored = {frozenset(pair) for pair in ignored}
    found = []
    for names in _groups(entries, lambda name: entries[name]["story"]):
        ordered = sorted(names, key=lambda name: entries[name]["stored"])
        for one, other in combinations(ordered, 2):
            labels = gold[one], gold[other]
            if labels[0] != labels[1] and frozenset(labels) not in unscored:
                found.append(Mistake(one=one, other=other, labels=labels))
    return found


def missed_pairs(entries: Mapping[str, Told], gold: Mapping[str, str]) -> list[Mistake]:
    """Return the pairs with one label in two stories."""
    labelled = [name for name in entries if gold[name]]
    return [
        Mistake(one=one, other=other, labels=(gold[one], gold[other]))
        for names in _groups(labelled, gold.__getitem__)
        for one, other in combinations(sorted(names), 2)
        if entries[one]["story"] != entries[other]["story"]
    ]


def _groups(names: Iterable[str], key: Callable[[str], str]) -> Iterable[list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[key(name)].append(name)
    return found.values()


def most_confident(
    mistakes: Iterable[Mistake], entries: Mapping[str, Told], count: int
) -> list[Mistake]:
    """Return the mistakes whose later entry joined with the highest score, one for two labels."""
    by_score = sorted(mistakes, key=lambda one: (-entries[one.other]["score"], one.one, one.other))
    return _one_each(by_score)[:count]


def at_random(mistakes: Iterable[Mistake], count: int, *, seed: int = SEED) -> list[Mistake]:
    """Return mistakes drawn at random, one for two labels; the same ones for one seed."""
    drawn = sorted(mistakes, key=lambda one: (one.one, one.other))
    random.Random(seed).shuffle(drawn)
    return _one_each(drawn)[:count]


def _one_each(mistakes: Iterable[Mistake]) -> list[Mistake]:
    first: dict[frozenset[str], Mistake] = {}
    for mistake in mistakes:
        first.setdefault(frozenset(mistake.labels), mistake)
    return list(first.values())


# ----------------------------------------------------------------------- causes


def cause(one: Row, other: Row, cosine: float) -> str:
    """Return by and large what makes two rows hard: what can be seen without the program."""
    if _hours_apart(one, other) > WINDOW_H:
        return "further apart than the window"
    if one["source"] == other["source"]:
        return "of one outlet"
    if cosine < FEW_WORDS:
        return f"few words in common (cosine below {FEW_WORDS})"
    if cosine < SOME_WORDS:
        return f"some words in common (cosine {FEW_WORDS} to {SOME_WORDS})"
    return f"many words in common (cosine {SOME_WORDS} or more)"


def _hours_apart(one: Row, other: Row) -> float:
    return abs((moment_of(one) - moment_of(other)).total_seconds()) / 3600


class Likeness:
    """The cosine of TF-IDF of any two rows of the data."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Weigh the words of all the rows."""
        ordered = list(rows)
        self.rows = {row["id"]: row for row in ordered}
        self._place = {row["id"]: place for place, row in enumerate(ordered)}
        self._cosine = by_cosine(ordered)

    def cosine(self, mistake: Mistake) -> float:
        """Return how alike the words of the two are."""
        return self._cosine(self._place[mistake.one], self._place[mistake.other])

    def causes(self, mistakes: Iterable[Mistake]) -> Counter[str]:
        """Return how many of the mistakes have each cause."""
        return Counter(map(self.cause, mistakes))

    def cause(self, mistake: Mistake) -> str:
        """Return the cause of one."""
        return cause(self.rows[mistake.one], self.rows[mistake.other], self.cosine(mistake))


# ---------------------------------------------------------------------- telling


def told(polled: Polled, mistake: Mistake, likeness: Likeness) -> Iterator[str]:
    """Yield the lines that show a mistake: both entries as the program has them, and why.

    Where `newsfold why` takes two entries, what it says of them stands below.
    """
    entries = [polled.entries[name] for name in (mistake.one, mistake.other)]
    for entry in entries:
        outlet = entry["feed"].rsplit("/", 1)[-1].removesuffix(".xml")
        score = f"{entry['relation']} {entry['score']:.2f}"
        yield f"  {entry['title']}"
        yield f"    {outlet}, {entry['published_at']}, {score}: {entry['reason'] or 'it began it'}"
    yield f"  = {likeness.cause(mistake)}; cosine {likeness.cosine(mistake):.2f}"
    explained = newsfold(
        polled.configuration, "why", *(entry["url"] for entry in entries), check=False
    )
    yield from (f"  | {line}" for line in explained.strip().splitlines())


def summary(
    polled: Polled, gold: Mapping[str, str], ignored: Pairs, likeness: Likeness
) -> dict[str, Any]:
    """Return how many pairs are wrong and missed, by cause."""
    wrong = wrong_pairs(polled.entries, gold, ignored)
    missed = missed_pairs(polled.entries, gold)
    return {
        "wrong": dict(likeness.causes(wrong).most_common()),
        "missed": dict(likeness.causes(missed).most_common()),
    }
