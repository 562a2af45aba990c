"""Whether two entries are copies, or coverage of one event: judgements on two sets of features.

A copy is judged by the two entries alone. Coverage also weighs words by their rarity in the window.
Every guard has a name in words, so that a refusal can be explained too.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from aggregator.fold.coefficients import COVERAGE, INTERCEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.fold.features import Features

# Copies: Jaccard of word pairs at .30 measured precision 1.000 on whole summaries; short texts must
# agree more, because a handful of shared pairs is chance or a template.
MIN_PAIRS = 8
MIN_JACCARD = 0.25
SHORT_TEXT_PAIRS = 20
MIN_JACCARD_SHORT = 0.50
MIN_CONTAINMENT = 0.70  # of a summary that another outlet cut shorter
MIN_TITLE_COVERED = 0.34  # of each title by the other entry: boilerplate alone is no copy
MANY_SHARED_PAIRS = 25  # more than boilerplate that two outlets have in common
MIN_TITLE_COVERED_LONG = 0.10  # a local headline over a wire's text
MAX_COPY_SCORE = 0.99
SURE_JACCARD = 0.80  # above it the numbers of two titles may differ (a corrected toll)
SAME_PAGE_JACCARD = 0.50
SAME_PAGE_COVERED = 0.34  # one address used twice by one feed: the titles must be alike too

SERIES = "the same title with other numbers or dates: a series"
SERIES_OF_FEED = "one feed's titles with other numbers: a series"

Shingles = tuple[tuple[int, ...], bool]  # ascending, and whether they stand for more

# Coverage
MIN_SHARED_STEMS = 2
MIN_SHARED_STEMS_COLD = 4  # in a small window every word looks rare, a town's and an outlet's too
COLD_POPULATION = 500

# What the measures that `may_reach` leaves open can add at most: each is from 0 to 1.
OPEN = ("name_cosine", "numbers_conflict", "title_numbers_conflict", "numbers_shared")
MOST_OF_THE_REST = sum(max(0.0, COVERAGE[name]) for name in OPEN)
GAP_WEIGHT = COVERAGE["gap_days"]
ROUNDING = 1e-6  # sums in another order differ by less
MIN_SHARED_WEIGHT = 0.8
MIN_STEMS = 6  # of title and text: less names no event
SHORT_TITLE_STEMS = 3  # "Letters to the editor", "Photos of the day": such titles are no evidence
MIN_SHARED_OUTSIDE = 2  # stems outside both titles that entries with short titles must share


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How much two texts share of their word pairs."""

    jaccard: float
    contained: float  # of the shorter one
    pairs: int  # of the shorter one
    shared: int  # pairs


def overlap(left: Shingles, right: Shingles, *, held: frozenset[int] | None = None) -> Overlap:
    """Return what two texts share, estimated where a sketch stands for a longer text.

    A truncated sketch holds every hash up to its largest: below the smaller limit both are whole.
    `held` is the left one's hashes as a set, where the caller has it.
    """
    limits = [pairs[-1] for pairs, truncated in (left, right) if truncated]
    ours, theirs = left[0], right[0]
    if limits:
        limit = min(limits)
        ours = ours[: bisect_right(ours, limit)]
        theirs = theirs[: bisect_right(theirs, limit)]
    shared = len((frozenset(ours) if held is None else held).intersection(theirs))
    least = min(len(ours), len(theirs))
    if not shared:
        return Overlap(jaccard=0.0, contained=0.0, pairs=least, shared=0)
    union = len(ours) + len(theirs) - shared
    return Overlap(jaccard=shared / union, contained=shared / least, pairs=least, shared=shared)


def is_alike(found: Overlap) -> bool:
    """Return whether two texts share enough for a copy, before the guards are asked."""
    if found.pairs < MIN_PAIRS:
        return False
    if found.pairs < SHORT_TEXT_PAIRS:
        return found.jaccard >= MIN_JACCARD_SHORT
    return found.jaccard >= MIN_JACCARD or found.contained >= MIN_CONTAINMENT


def covered(title: frozenset[int], stems: frozenset[int]) -> float:
    """Return which part of a title's stems the other entry holds; 1 for a title without any."""
    return len(title & stems) / len(title) if title else 1.0


def least_covered(left: Features, right: Features) -> float:
    """Return the lesser part of either title that the other entry holds."""
    return min(covered(left.title, right.stems), covered(right.title, left.stems))


def in_series(left: Features, right: Features) -> bool:
    """Return whether the titles are one template with other numbers or dates: never one story."""
    return (
        left.mask_key != 0
        and left.mask_key == right.mask_key
        and left.mask_values != right.mask_values
    )


def numbers_conflict(left: frozenset[int], right: frozenset[int]) -> bool:
    """Return whether both name numbers and none in common."""
    return bool(left) and bool(right) and not left & right


def copied(left: Features, right: Features, *, same_feed: bool) -> Overlap | None:
    """Return what two texts share where one is a copy of the other, else None.

    Symmetric, and of the two entries alone.
    """
    found = overlap(left.sketch, right.sketch)
    if not is_alike(found) or copy_refusal(left, right, found, same_feed=same_feed):
        return None
    return found


def copy_score(found: Overlap) -> float:
    """Return how sure a copy is: below 1, which is for what is identical by its address or id."""
    return min(MAX_COPY_SCORE, found.contained if is_contained(found) else found.jaccard)


def is_contained(found: Overlap) -> bool:
    """Return whether the shorter text stands in the longer one, which holds more."""
    return found.contained >= MIN_CONTAINMENT and found.jaccard < MIN_CONTAINMENT


def copy_refusal(left: Features, right: Features, found: Overlap, *, same_feed: bool) -> str:
    """Return why two texts that are alike are no copies all the same, in words, or ""."""
    if in_series(left, right):
        return SERIES
    long = found.shared >= MANY_SHARED_PAIRS and found.jaccard >= MIN_JACCARD
    long_and_foreign = long and not same_feed
    least = MIN_TITLE_COVERED_LONG if long_and_foreign else MIN_TITLE_COVERED
    if least_covered(left, right) < least:
        return "the titles have nothing to do with each other"
    if same_feed and left.title_numbers != right.title_numbers:
        return SERIES_OF_FEED
    conflict = numbers_conflict(left.title_numbers, right.title_numbers)
    if conflict and found.jaccard < SURE_JACCARD:
        return "the titles name other numbers"
    return ""


def is_same_page(left: Features, right: Features) -> bool:
    """Return whether two entries under one address are one thing: titles or texts agree."""
    if in_series(left, right):
        return False
    found = overlap(left.sketch, right.sketch)
    if found.pairs >= MIN_PAIRS and found.jaccard >= SAME_PAGE_JACCARD:
        return True
    if numbers_conflict(left.title_numbers, right.title_numbers):
        return False
    return least_covered(left, right) >= SAME_PAGE_COVERED


# -------------------------------------------------------------------- coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two entries that are compared: its features and what its words weigh."""

    features: Features
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What the coverage model weighs, each from 0 to 1 unless said; names as in `coefficients`."""

    title_cosine: float
    text_cosine: float
    covered_least: float
    covered_most: float
    shorter_in_title: float
    name_cosine: float
    numbers_conflict: float
    title_numbers_conflict: float
    numbers_shared: float
    gap_days: float  # days
    rarest: float  # rarity of the rarest shared stem


def refusal(left: Features, right: Features, *, same_feed: bool) -> str:
    """Return why two entries can never be coverage of one event, in words, or "" when they can."""
    if in_series(left, right):
        return SERIES
    if same_feed and left.title_numbers != right.title_numbers:
        return SERIES_OF_FEED
    if left.language and right.language and left.language != right.language:
        return f"two languages ({left.language}, {right.language})"
    if min(len(left.stems), len(right.stems)) < MIN_STEMS:
        return "too few words to name an event"
    if _is_vague(left, right) or _is_vague(right, left):
        return "a title too short to name an event"
    return ""


def _is_vague(one: Features, other: Features) -> bool:
    """Return whether a short title says nothing of what both entries tell beside their titles."""
    if len(one.title) > SHORT_TITLE_STEMS:
        return False
    outside = (one.stems & other.stems) - one.title - other.title
    return len(outside) < MIN_SHARED_OUTSIDE or one.title.isdisjoint(other.stems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much an entry's words weigh by their rarity, for cosines and parts."""

    title_sum: float
    title_norm: float
    text_norm: float
    name_norm: float


def weigh(features: Features, of: Mapping[int, float]) -> Weights:
    """Return the weights of an entry's words, given the rarity of each of its stems."""
    return Weights(
        title_sum=sum(of[stem] for stem in features.title) or 1.0,
        title_norm=_norm(features.title, of),
        text_norm=_norm(features.stems, of),
        name_norm=_norm(features.names, of),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The rarity of the words that two entries share, summed."""

    squares: float
    rarest: float
    in_first: float  # that stand in the new entry's title
    in_second: float
    in_both: float
    title_squares: float  # of those in both titles


def shared_words(
    ours: Features, theirs: tuple[Iterable[int], Iterable[int]], *, rarity: Mapping[int, float]
) -> Shared | None:
    """Return what the words of two entries share, or None where it is nothing.

    `theirs` are the other's title stems and all of them, `rarity` that of every stem of `ours`.
    """
    weights = [rarity[stem] for stem in ours.stems.intersection(theirs[1])]
    if not weights:
        return None
    in_both = [rarity[stem] for stem in ours.title.intersection(theirs[0])]
    return Shared(
        squares=_squares(weights),
        rarest=max(weights),
        in_first=_sum(ours.title.intersection(theirs[1]), rarity),
        in_second=_sum(ours.stems.intersection(theirs[0]), rarity),
        in_both=sum(in_both),
        title_squares=_squares(in_both),
    )


def least_shared(population: int) -> int:
    """Return how many stems two entries must share, in a window of so many entries."""
    return MIN_SHARED_STEMS_COLD if population < COLD_POPULATION else MIN_SHARED_STEMS


def likeness(
    new: Side, old: Side, *, rarity: Mapping[int, float], gap_days: float, least_shared: int
) -> Likeness | None:
    """Return what the model weighs of two entries, or None where they share too little.

    `rarity` holds the rarity of every stem of the new entry, `least_shared` is in stems.
    """
    ours, theirs = new.features, old.features
    shared = ours.stems & theirs.stems
    if len(shared) < least_shared:
        return None
    weights = [rarity[stem] for stem in shared]
    if sum(weights) < MIN_SHARED_WEIGHT:
        return None
    in_both = [rarity[stem] for stem in ours.title & theirs.title]
    first = _sum(shared & ours.title, rarity) / new.weights.title_sum
    second = _sum(shared & theirs.title, rarity) / old.weights.title_sum
    named = [rarity[stem] for stem in ours.names & theirs.names]
    return Likeness(
        title_cosine=_squares(in_both) / (new.weights.title_norm * old.weights.title_norm),
        text_cosine=_squares(weights) / (new.weights.text_norm * old.weights.text_norm),
        covered_least=min(first, second),
        covered_most=max(first, second),
        shorter_in_title=sum(in_both) / min(new.weights.title_sum, old.weights.title_sum),
        name_cosine=_squares(named) / (new.weights.name_norm * old.weights.name_norm),
        numbers_conflict=float(numbers_conflict(ours.numbers, theirs.numbers)),
        title_numbers_conflict=float(numbers_conflict(ours.title_numbers, theirs.title_numbers)),
        numbers_shared=min(1.0, len(ours.numbers & theirs.numbers) / 2),
        gap_days=gap_days,
        rarest=max(weights),
    )


def probability(found: Likeness) -> float:
    """Return how likely two entries are coverage of one event, by the trained model."""
    total = INTERCEPT + sum([weight * getattr(found, name) for name, weight in COVERAGE.items()])
    return 1.0 / (1.0 + exp(-total))


def may_reach(
    asked: float, shared: Shared, weights: tuple[Weights, Weights], *, gap_days: float
) -> bool:
    """Return False where `probability` is below `asked` for sure, whatever the rest of them is.

    Needs the words alone: names, numbers and guards, which cost more to decode, are left open.
    """
    new, old = weights
    first, second = shared.in_first / new.title_sum, shared.in_second / old.title_sum
    total = (
        INTERCEPT + MOST_OF_THE_REST + GAP_WEIGHT * gap_days
        + COVERAGE["title_cosine"] * shared.title_squares / (new.title_norm * old.title_norm)
        + COVERAGE["text_cosine"] * shared.squares / (new.text_norm * old.text_norm)
        + COVERAGE["covered_least"] * min(first, second)
        + COVERAGE["covered_most"] * max(first, second)
        + COVERAGE["shorter_in_title"] * shared.in_both / min(new.title_sum, old.title_sum)
        + COVERAGE["rarest"] * shared.rarest
    )  # fmt: skip
    return total > log(asked / (1.0 - asked)) - ROUNDING


def _norm(stems: Iterable[int], of: Mapping[int, float]) -> float:
    return sqrt(_squares([of[stem] for stem in stems])) or 1.0


def _squares(weights: list[float]) -> float:
    return sum([weight * weight for weight in weights])


def _sum(stems: Iterable[int], of: Mapping[int, float]) -> float:
    return sum([of[stem] for stem in stems])
