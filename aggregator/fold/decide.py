"""Whether two entries are copies, or instalments of a series: judgements on two sets of features.

Both are judged by the two entries alone; `coverage` also weighs words by their rarity. Every guard
has a name in words, so that a refusal can be explained too.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING

from aggregator.fold.lexicon import UNSPACED_LANGUAGES
from aggregator.fold.sentences import MAX_SENTENCES

if TYPE_CHECKING:
    from aggregator.fold.features import Features

# Copies: by the Jaccard of word pairs, measured on whole summaries; short texts must
# agree more, because a handful of shared pairs is chance or a template.
MIN_PAIRS = 8
MIN_JACCARD = 0.34  # two reports of one event came up to .32, through real polling
SHORT_TEXT_PAIRS = 20
MIN_JACCARD_SHORT = 0.40
MIN_CONTAINMENT = 0.70  # of a summary that another outlet cut shorter
MIN_TITLE_COVERED = 0.34  # of each title by the other entry: boilerplate alone is no copy
MANY_SHARED_PAIRS = 25  # more than boilerplate that two outlets have in common
MIN_TITLE_COVERED_LONG = 0.10  # a local headline over a wire's text
MAX_COPY_SCORE = 0.99
MIN_FORM_STEMS = 2  # that titles of one form share
MAX_FORM_WORDS = 2  # that titles of one form differ in length: names are of one to three words
SURE_JACCARD = 0.80  # above it the numbers of two titles may differ (a corrected toll)
SAME_PAGE_JACCARD = 0.50
SAME_PAGE_COVERED = 0.34  # one address used twice by one feed: the titles must be alike too

SERIES = "the same title with other numbers or dates: a series"
SERIES_OF_FEED = "one outlet's titles with other numbers: a series"

SERIES_BY_SLOT = "one outlet's titles alike but for a few words: a series"
SERIES_BY_NAME = "one outlet's titles alike in how they begin or end only: a series"
ONE_FORM = "one form with other names"
ONE_FORM_AND_NUMBERS = "one form with other names and numbers"
MAX_NAME_STEMS = 4  # of a series' name; longer runs are what the entries are about
MAX_NAME_STEMS_DENSE = 12

# Copies that have a headline in common and one of which tells nothing beyond it.
MIN_HEADLINE_STEMS = 5  # fewer are a subject ("Ellen to host the Oscars"), not a headline
MIN_HEADLINE_SHARED = 0.80
MAX_BARE_STEMS = 3  # outside the headline: "Read more"; with 6, "Updated 4:08 p.m." made wrong ones

# Copies by the sentences of their contents.
MIN_SENTENCES = 3
MIN_SENTENCES_SHARED = 0.30  # of the shorter sample: the edited copies of a wire text
MIN_SENTENCES_ONE_OUTLET = 0.60  # one feed's entries share their boilerplate


class Shared(Enum):
    """What a copy shares with its original."""

    WORDS = "words"
    SHORTER_TEXT = "shorter text"
    HEADLINE = "headline"
    SENTENCES = "sentences"


Shingles = tuple[tuple[int, ...], bool]  # ascending, and whether they stand for more


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


def series_of_feed(left: Features, right: Features) -> str:
    """Return why two entries of one feed are instalments of a series, in words, or "".

    Numbers differ; or each title fills words of its own into a form that both have: between how
    they begin and how they end, or one for one.
    """
    if left.title_numbers != right.title_numbers and left.title_numbers and right.title_numbers:
        return SERIES_OF_FEED
    shared = left.title & right.title
    ours, theirs = len(left.title) - len(shared), len(right.title) - len(shared)
    if not ours or not theirs:
        return ""
    if shared <= shared_name(left, right):
        return SERIES_BY_NAME
    slots = left.title_length == right.title_length and ours == theirs <= len(shared)
    return SERIES_BY_SLOT if slots else ""


def fills_a_form(left: Features, right: Features) -> bool:
    """Return whether titles of one form name what the other entry does not, and all numbers differ.

    Flood warnings for two counties, results of two firms: sent out by one agency in one form.
    """
    if not numbers_conflict(left.numbers, right.numbers):
        return False
    if left.title <= right.stems or right.title <= left.stems:
        return False
    if abs(left.title_length - right.title_length) <= MAX_FORM_WORDS:
        return True
    return len(left.title & right.title) * 2 >= max(len(left.title), len(right.title))


def is_another_of_form(left: Features, right: Features) -> bool:
    """Return whether titles of one form each name what the other entry lacks, whoever sent them.

    Parts of a serial, forecasts for two days, quakes at two coasts: numbers may be the same, or be
    words. All that is shared is how both begin and end, or names stand in for names.
    """
    ours, theirs = left.title - right.stems, right.title - left.stems
    shared = left.title & right.title
    least = min(len(left.title), len(right.title))
    if not ours or not theirs or len(shared) < MIN_FORM_STEMS or 2 * len(shared) < least:
        return False
    if shared <= shared_name(left, right):
        return True
    in_place = sum(a == b for a, b in zip(left.title_order, right.title_order, strict=False))
    if len(left.title) != len(right.title) or 2 * in_place < len(left.title):
        return False
    return left.language in UNSPACED_LANGUAGES or bool(ours & left.names and theirs & right.names)


def shared_name(left: Features, right: Features) -> frozenset[int]:
    """Return the stems with which both titles begin, and those with which both end.

    There a series carries its name, in a few words or in a dozen pieces of a dense script.
    """
    dense = left.language in UNSPACED_LANGUAGES
    most = MAX_NAME_STEMS_DENSE if dense else MAX_NAME_STEMS
    found: set[int] = set()
    for step in (1, -1):
        ends = left.title_order[::step][:most], right.title_order[::step][:most]
        same = takewhile(lambda pair: pair[0] == pair[1], zip(*ends, strict=False))
        found.update(one for one, _ in same)
    return frozenset(found)


def same_headline(left: Features, right: Features) -> float:
    """Return how much of the shorter headline both share where one tells no more than it; or 0.

    What stands in the other entry as well is no more, where the headlines are the same.
    """
    least, shared = min(len(left.title), len(right.title)), len(left.title & right.title)
    if least < MIN_HEADLINE_STEMS:
        return 0.0
    ours, theirs = left.stems - left.title, right.stems - right.title
    if left.title == right.title:
        ours, theirs = ours - theirs, theirs - ours
    if min(len(ours), len(theirs)) > MAX_BARE_STEMS:
        return 0.0
    share = shared / max(len(left.title), len(right.title))
    return share if share >= MIN_HEADLINE_SHARED else 0.0


def same_sentences(ours: tuple[int, ...], theirs: tuple[int, ...]) -> tuple[int, int]:
    """Return how many sentences two samples share, and of how many in the shorter one.

    A full sample holds every hash up to its largest, any other all that there are.
    """
    if not ours or not theirs:
        return 0, 0
    whole = max(ours[-1], theirs[-1])
    limit = min([side[-1] for side in (ours, theirs) if len(side) == MAX_SENTENCES], default=whole)
    left, right = ({one for one in side if one <= limit} for side in (ours, theirs))
    return len(left & right), min(len(left), len(right))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Why one entry is a copy of the other: what both share, and which part of the shorter one."""

    of: Shared
    share: float

    @property
    def score(self) -> float:
        """Return how sure it is: below 1, which is for what is one by its address or id."""
        return min(MAX_COPY_SCORE, self.share)


def copied(left: Features, right: Features, *, one_outlet: bool) -> Copy | None:
    """Return what makes one entry a copy of the other, or None. Symmetric, of the two alone."""
    found = overlap(left.sketch, right.sketch)
    if is_alike(found) and not copy_refusal(left, right, found, one_outlet=one_outlet):
        if is_contained(found):
            return Copy(of=Shared.SHORTER_TEXT, share=found.contained)
        return Copy(of=Shared.WORDS, share=found.jaccard)
    if in_series(left, right) or numbers_conflict(left.title_numbers, right.title_numbers):
        return None
    if is_another_of_form(left, right):
        return None
    if not one_outlet and (share := same_headline(left, right)):
        return Copy(of=Shared.HEADLINE, share=share)
    return _copied_sentences(left, right, one_outlet=one_outlet)


def _copied_sentences(left: Features, right: Features, *, one_outlet: bool) -> Copy | None:
    shared, least = same_sentences(left.sentences, right.sentences)
    needed = MIN_SENTENCES_ONE_OUTLET if one_outlet else MIN_SENTENCES_SHARED
    if shared < MIN_SENTENCES or shared < needed * least:
        return None
    if one_outlet and (left.title_numbers != right.title_numbers or series_of_feed(left, right)):
        return None
    covered_least = MIN_TITLE_COVERED if one_outlet else MIN_TITLE_COVERED_LONG
    if least_covered(left, right) < covered_least:
        return None
    return Copy(of=Shared.SENTENCES, share=shared / least)


def is_contained(found: Overlap) -> bool:
    """Return whether the shorter text stands in the longer one, which holds more."""
    return found.contained >= MIN_CONTAINMENT and found.jaccard < MIN_CONTAINMENT


def copy_refusal(left: Features, right: Features, found: Overlap, *, one_outlet: bool) -> str:
    """Return why two texts that are alike are no copies all the same, in words, or ""."""
    if in_series(left, right):
        return SERIES
    long = found.shared >= MANY_SHARED_PAIRS and found.jaccard >= MIN_JACCARD
    long_and_foreign = long and not one_outlet
    least = MIN_TITLE_COVERED_LONG if long_and_foreign else MIN_TITLE_COVERED
    if least_covered(left, right) < least:
        return "the titles have nothing to do with each other"
    if one_outlet and left.title_numbers != right.title_numbers:
        return SERIES_OF_FEED
    if one_outlet and (series := series_of_feed(left, right)):
        return series
    if is_another_of_form(left, right):
        return ONE_FORM
    return "" if found.jaccard >= SURE_JACCARD else _other_names(left, right)


def _other_names(left: Features, right: Features) -> str:
    """Return why two entries tell of two things in much the same words, or ""."""
    if numbers_conflict(left.title_numbers, right.title_numbers):
        return "the titles name other numbers"
    return ONE_FORM_AND_NUMBERS if fills_a_form(left, right) else ""


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
