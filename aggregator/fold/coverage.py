"""Whether two entries cover one event: what the model weighs of them, and what is never an event.

Words are weighed by their rarity in the window, which the caller knows. Every guard has a name in
words, so that a refusal can be explained too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING

from aggregator.fold.coefficients import COVERAGE, INTERCEPT
from aggregator.fold.decide import (
    ONE_FORM,
    SERIES,
    SERIES_BY_NAME,
    covered,
    in_series,
    is_another_of_form,
    numbers_conflict,
    overlap,
    series_of_feed,
    shared_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aggregator.fold.features import Features

MIN_SHARED_STEMS = 2
MIN_SHARED_STEMS_ONE_FEED = 4  # an outlet shares its habits with itself
MIN_SHARED_STEMS_COLD = 4  # in a small window every word looks rare, a town's and an outlet's too
COLD_POPULATION = 500
MIN_SHARED_WEIGHT = 0.8
MAX_COUNTED = 12  # shared stems: more of them say no more
MIN_STEMS = 6  # of title and text: less names no event
SHORT_TITLE_STEMS = 3  # "Letters to the editor", "Photos of the day": such titles are no evidence
MIN_FORM_JACCARD = 0.2  # of word pairs: two outlets that write for themselves share less
MIN_TITLE_TOLD = 0.2  # of either title, in the other entry, where the titles share nothing
ELSEWHERE = "neither title is told in the other entry"
MIN_SHARED_OUTSIDE = 2  # stems outside both titles that entries with short titles must share

# What the measures that `may_reach` leaves open can add at most: some are from 0 to 1, some are
# the rarity of a part of what is shared.
OPEN = ("name_cosine", "numbers_conflict", "title_numbers_conflict", "numbers_shared")
OPEN_PARTS = ("names_sum", "numbers_sum")
MOST_OF_OPEN = sum(max(0.0, COVERAGE[name]) for name in OPEN)
MOST_OF_PARTS = sum(max(0.0, COVERAGE[name]) for name in OPEN_PARTS)
ROUNDING = 1e-6  # sums in another order differ by less


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two entries that are compared: its features and what its words weigh."""

    features: Features
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much an entry's words weigh by their rarity, for cosines and parts."""

    title_sum: float
    title_norm: float
    text_sum: float
    text_norm: float
    name_norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How two entries stand to each other, their words apart."""

    gap_days: float
    same_feed: bool
    population: int  # entries in the window


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What the model weighs, each from 0 to 1 unless said; names as in `coefficients`."""

    title_cosine: float
    text_cosine: float
    plain_cosine: float  # every word alike, however rare
    covered_least: float  # of either title, by the other entry
    covered_most: float
    shorter_in_title: float
    name_cosine: float
    numbers_conflict: float
    title_numbers_conflict: float
    numbers_shared: float
    gap_days: float  # days
    rarest: float  # rarity of the rarest shared stem
    second_rarest: float
    shared_count: float  # stems, up to MAX_COUNTED
    shared_sum: float  # rarity of the shared stems together
    contained: float  # of the shorter entry
    titles_sum: float  # rarity of the shared stems that stand in either title
    names_sum: float  # rarity of the shared names together
    numbers_sum: float  # and of the shared numbers
    one_feed: float
    one_feed_numbers: float  # of one feed, and one title alone holds numbers


def weigh(features: Features, of: Mapping[int, float]) -> Weights:
    """Return the weights of an entry's words, given the rarity of each of its stems."""
    return Weights(
        title_sum=_sum(features.title, of) or 1.0,
        title_norm=_norm(features.title, of),
        text_sum=_sum(features.stems, of) or 1.0,
        text_norm=_norm(features.stems, of),
        name_norm=_norm(features.names, of),
    )


# ---------------------------------------------------------------------- guards


def refusal(left: Features, right: Features, *, one_outlet: bool) -> str:
    """Return why two entries can never be coverage of one event, in words, or "" when they can."""
    return next(filter(None, _refusals(left, right, one_outlet=one_outlet)), "")


def _refusals(left: Features, right: Features, *, one_outlet: bool) -> Iterator[str]:
    """Yield what each guard says, "" where it lets them pass, the cheapest first."""
    yield SERIES if in_series(left, right) else ""
    yield _series_of_feed(left, right) if one_outlet else ""
    if left.language and right.language and left.language != right.language:
        yield f"two languages ({left.language}, {right.language})"
    if min(len(left.stems), len(right.stems)) < MIN_STEMS:
        yield "too few words to name an event"
    if _is_vague(left, right) or _is_vague(right, left):
        yield "a title too short to name an event"
    if is_another_of_form(left, right) and _are_in_one_form(left, right):
        yield ONE_FORM
    if _tell_elsewhere(left, right):
        yield ELSEWHERE


def _series_of_feed(left: Features, right: Features) -> str:
    """Return why two entries of one feed are no more than instalments of a series, or ""."""
    if (left.title & right.title) <= shared_name(left, right):
        return SERIES_BY_NAME
    return series_of_feed(left, right)


def _are_in_one_form(left: Features, right: Features) -> bool:
    """Return whether texts are filled in: alike as no two reports are, or with other numbers."""
    alike = overlap(left.sketch, right.sketch).jaccard >= MIN_FORM_JACCARD
    return alike or numbers_conflict(left.numbers, right.numbers)


def _tell_elsewhere(left: Features, right: Features) -> bool:
    """Return whether neither title is told in the other entry: both quote one speech, say."""
    covered_most = max(covered(left.title, right.stems), covered(right.title, left.stems))
    return left.title.isdisjoint(right.title) and covered_most < MIN_TITLE_TOLD


def _is_vague(one: Features, other: Features) -> bool:
    """Return whether a short title says nothing of what both entries tell beside their titles."""
    if len(one.title) > SHORT_TITLE_STEMS:
        return False
    outside = (one.stems & other.stems) - one.title - other.title
    return len(outside) < MIN_SHARED_OUTSIDE or one.title.isdisjoint(other.stems)


def least_shared(setting: Setting) -> int:
    """Return how many stems two entries must share."""
    if setting.population < COLD_POPULATION:
        return MIN_SHARED_STEMS_COLD
    return MIN_SHARED_STEMS_ONE_FEED if setting.same_feed else MIN_SHARED_STEMS


# -------------------------------------------------------------------- likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The rarity of the words that two entries share, summed."""

    count: int  # stems
    total: float
    squares: float
    rarest: float
    second: float
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
    stems = ours.stems.intersection(theirs[1])
    if not stems:
        return None
    weights = sorted([rarity[stem] for stem in stems], reverse=True)
    in_both = [rarity[stem] for stem in ours.title.intersection(theirs[0])]
    return Shared(
        count=len(stems),
        total=sum(weights),
        squares=_squares(weights),
        rarest=weights[0],
        second=weights[1] if len(weights) > 1 else 0.0,
        in_first=_sum(ours.title.intersection(stems), rarity),
        in_second=_sum(stems.intersection(theirs[0]), rarity),
        in_both=sum(in_both),
        title_squares=_squares(in_both),
    )


def likeness(
    new: Side, old: Side, setting: Setting, *, rarity: Mapping[int, float]
) -> Likeness | None:
    """Return what the model weighs of two entries, or None where they share too little.

    `rarity` holds the rarity of every stem of the new entry.
    """
    ours, theirs = new.features, old.features
    shared = shared_words(ours, (theirs.title, theirs.stems), rarity=rarity)
    if shared is None or not _is_enough(shared, setting):
        return None
    named = [rarity[stem] for stem in ours.names & theirs.names if stem in rarity]
    told = ours.numbers & theirs.numbers
    differ = ours.title_numbers != theirs.title_numbers
    counts = len(ours.stems), len(theirs.stems)
    return Likeness(
        **_of_words(shared, (new.weights, old.weights), counts=counts),
        name_cosine=_squares(named) / (new.weights.name_norm * old.weights.name_norm),
        numbers_conflict=float(numbers_conflict(ours.numbers, theirs.numbers)),
        title_numbers_conflict=float(numbers_conflict(ours.title_numbers, theirs.title_numbers)),
        numbers_shared=min(1.0, len(told) / 2),
        gap_days=setting.gap_days,
        names_sum=sum(named),
        numbers_sum=sum([rarity[one] for one in told if one in rarity]),
        one_feed=float(setting.same_feed),
        one_feed_numbers=float(setting.same_feed and differ),
    )


def _is_enough(shared: Shared, setting: Setting) -> bool:
    return shared.count >= least_shared(setting) and shared.total >= MIN_SHARED_WEIGHT


def _of_words(
    shared: Shared, weights: tuple[Weights, Weights], *, counts: tuple[int, int]
) -> dict[str, float]:
    """Return the measures that need the words alone; `counts` are all stems of each entry."""
    new, old = weights
    first, second = shared.in_first / new.title_sum, shared.in_second / old.title_sum
    return {
        "title_cosine": shared.title_squares / (new.title_norm * old.title_norm),
        "text_cosine": shared.squares / (new.text_norm * old.text_norm),
        "plain_cosine": shared.count / sqrt(counts[0] * counts[1]),
        "covered_least": min(first, second),
        "covered_most": max(first, second),
        "shorter_in_title": shared.in_both / min(new.title_sum, old.title_sum),
        "rarest": shared.rarest,
        "second_rarest": shared.second,
        "shared_count": float(min(MAX_COUNTED, shared.count)),
        "shared_sum": shared.total,
        "contained": shared.total / min(new.text_sum, old.text_sum),
        "titles_sum": shared.in_first + shared.in_second - shared.in_both,
    }


def odds(found: Likeness) -> float:
    """Return the logarithm of the odds that two entries cover one event, by the trained model."""
    total = INTERCEPT
    for name, weight in COVERAGE.items():
        total += weight * getattr(found, name)
    return total


def probability(odds_of_it: float) -> float:
    """Return the probability that some odds, as a logarithm, stand for."""
    return 1.0 / (1.0 + exp(-odds_of_it))


def may_reach(
    asked: float,
    shared: Shared,
    weights: tuple[Weights, Weights],
    *,
    counts: tuple[int, int],
    setting: Setting,
) -> bool:
    """Return False where `odds` are below `asked` for sure, whatever is left open.

    Needs the words alone: names, numbers and guards, which cost more to decode, are left open.
    """
    if not _is_enough(shared, setting):
        return False
    known = _of_words(shared, weights, counts=counts)
    total = INTERCEPT + MOST_OF_OPEN + MOST_OF_PARTS * shared.total
    total += COVERAGE["gap_days"] * setting.gap_days
    if setting.same_feed:
        total += COVERAGE["one_feed"] + max(0.0, COVERAGE["one_feed_numbers"])
    total += sum([COVERAGE[name] * value for name, value in known.items()])
    return total > asked - ROUNDING


def _norm(stems: Iterable[int], of: Mapping[int, float]) -> float:
    return sqrt(_squares([of[stem] for stem in stems if stem in of])) or 1.0


def _squares(weights: list[float]) -> float:
    return sum([weight * weight for weight in weights])


def _sum(stems: Iterable[int], of: Mapping[int, float]) -> float:
    return sum([of[stem] for stem in stems])
