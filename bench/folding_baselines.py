"""Plain methods on the very entries that Newsfold stored, in the order in which they came.

Exact address, exact canonical address, exact title; and three likenesses of words with a threshold
that is chosen on other data: cosine of TF-IDF with average and with single link, BM25 with average
link. Words of title and summary, as they stand. Document frequencies are taken from all the entries
at once, which flatters: a program has seen only those that came before.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log, log1p, sqrt
from typing import TYPE_CHECKING

from aggregator.fold.identity import canonical_url
from bench.folding_feeds import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.folding_data import Row

WORD = re.compile(r"\w+")
WINDOW_H = 72.0  # as the program's default
LEAST = 0.05  # likenesses below are none
SATURATION, LENGTH_PART = 1.2, 0.75  # k1 and b of BM25
THRESHOLDS = tuple(step / 100 for step in range(6, 100, 2))

Clusters = dict[str, str]
Weights = dict[str, float]
Likenesses = list[list[tuple[int, float]]]  # for each entry: earlier ones in the window, how alike


# ----------------------------------------------------------------------- exact


def exact(rows: Iterable[Row], key: Callable[[Row], str]) -> Clusters:
    """Return the clusters of rows with one key; rows without one stand alone."""
    return {row["id"]: key(row) or f"alone {row['id']}" for row in rows}


def by_url(row: Row) -> str:
    """Return the address as it stands."""
    return str(row["url"])


def by_canonical_url(row: Row) -> str:
    """Return the address in its canonical form."""
    return canonical_url(row["url"])


def by_title(row: Row) -> str:
    """Return the words of the title."""
    return " ".join(WORD.findall(row["title"].casefold()))


EXACT: Mapping[str, Callable[[Row], str]] = {
    "exact URL": by_url,
    "exact canonical URL": by_canonical_url,
    "exact title": by_title,
}


# ------------------------------------------------------------------ likenesses


def counts_of(rows: Iterable[Row]) -> list[Counter[str]]:
    """Return how often each word stands in title and summary of each row."""
    return [Counter(WORD.findall(f"{row['title']} {row['summary']}".casefold())) for row in rows]


def tf_idf(counts: Sequence[Counter[str]]) -> list[Weights]:
    """Return normalised weights of words: (1 + log tf) times the smoothed idf."""
    found = Counter(word for words in counts for word in words)
    vectors = []
    for words in counts:
        weights = {
            word: (1 + log(times)) * (1 + log((1 + len(counts)) / (1 + found[word])))
            for word, times in words.items()
        }
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({word: weight / length for word, weight in weights.items()})
    return vectors


def cosine(one: Weights, other: Weights) -> float:
    """Return the cosine of two normalised vectors."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)


def bm25(counts: Sequence[Counter[str]]) -> Callable[[int, int], float]:
    """Return a function of two entries' places: BM25 of the later as a query, as a share.

    The share is of what the entry itself would score, so that one threshold fits all lengths.
    """
    found = Counter(word for words in counts for word in words)
    idf = {w: log1p((len(counts) - n + 0.5) / (n + 0.5)) for w, n in found.items()}
    lengths = [sum(words.values()) for words in counts]
    average = sum(lengths) / max(1, len(lengths)) or 1.0

    def score(query: int, place: int) -> float:
        words = counts[place]
        soft = SATURATION * (1 - LENGTH_PART + LENGTH_PART * lengths[place] / average)
        return sum(
            idf[word] * words[word] * (SATURATION + 1) / (words[word] + soft)
            for word in counts[query]
            if word in words
        )

    own = [score(place, place) or 1.0 for place in range(len(counts))]
    return lambda query, place: score(query, place) / own[query]


def likenesses(rows: Sequence[Row], alike: Callable[[int, int], float]) -> Likenesses:
    """Return for each row the earlier ones within the window that are alike at all."""
    hours = [moment_of(row).timestamp() / 3600 for row in rows]
    days: dict[int, list[int]] = defaultdict(list)
    found: Likenesses = []
    for place, hour in enumerate(hours):
        day = int(hour // WINDOW_H)
        near = (one for near_day in (day - 1, day, day + 1) for one in days[near_day])
        pairs = ((one, alike(place, one)) for one in near if abs(hours[one] - hour) <= WINDOW_H)
        found.append([(one, score) for one, score in pairs if score >= LEAST])
        days[day].append(place)
    return found


# ---------------------------------------------------------------------- linkage


def average_link(found: Likenesses, threshold: float) -> list[int]:
    """Return each entry's cluster: of those before it, the one it is most like on average."""
    cluster: list[int] = []
    sizes: Counter[int] = Counter()
    for place, near in enumerate(found):
        total: defaultdict[int, float] = defaultdict(float)
        for one, score in near:
            total[cluster[one]] += score
        best = max(total, key=lambda one: total[one] / sizes[one], default=place)
        if total[best] < threshold * sizes[best]:
            best = place
        cluster.append(best)
        sizes[best] += 1
    return cluster


def single_link(found: Likenesses, threshold: float) -> list[int]:
    """Return each entry's cluster: all that any one likeness ties together."""
    parent = list(range(len(found)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for place, near in enumerate(found):
        for one, score in near:
            if score >= threshold:
                parent[root(place)] = root(one)
    return [root(one) for one in parent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A likeness of words and how it makes clusters."""

    name: str
    alike: Callable[[Sequence[Row]], Callable[[int, int], float]]
    link: Callable[[Likenesses, float], list[int]]

    def likenesses(self, rows: Sequence[Row]) -> Likenesses:
        """Return how alike the rows are, for `clusters`."""
        return likenesses(rows, self.alike(rows))

    def clusters(self, rows: Sequence[Row], found: Likenesses, threshold: float) -> Clusters:
        """Return the cluster of each row."""
        linked = self.link(found, threshold)
        return {row["id"]: str(one) for row, one in zip(rows, linked, strict=True)}


def by_cosine(rows: Sequence[Row]) -> Callable[[int, int], float]:
    """Return the cosine of TF-IDF of two places."""
    vectors = tf_idf(counts_of(rows))
    return lambda one, other: cosine(vectors[one], vectors[other])


def by_bm25(rows: Sequence[Row]) -> Callable[[int, int], float]:
    """Return BM25 of two places, as a share."""
    return bm25(counts_of(rows))


METHODS = (
    Method(name="TF-IDF cosine, average link", alike=by_cosine, link=average_link),
    Method(name="TF-IDF cosine, single link", alike=by_cosine, link=single_link),
    Method(name="BM25, average link", alike=by_bm25, link=average_link),
)


def thresholds(
    scores: Mapping[float, Mapping[str, float]], *, precision: float
) -> tuple[float, float]:
    """Return the threshold of the best BCubed F1, and the lowest with precise enough pairs.

    Where none is precise enough it is the highest.
    """
    best = max(scores, key=lambda one: scores[one]["b3_F1"])
    precise = [one for one in scores if scores[one]["pair_P"] >= precision]
    return best, min(precise, default=max(scores))
