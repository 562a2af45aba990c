"""One entry compared with the kept ones: whether they are one thing, copies, or coverage, and why.

Reads the window, changes nothing but the weights it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.fold import coverage, decide, reasons
from aggregator.fold.features import (
    decode,
    decode_sentences,
    decode_shingles,
    decode_stems,
    readable_words,
)

if TYPE_CHECKING:
    from aggregator.fold.features import Features
    from aggregator.fold.window import Kept, Window

DAY_S = 86_400.0
MIN_SHARED_PAIRS = 4  # with less in common, and no sentence, nothing can be a copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """The entry that is compared: its features decoded, its words weighed as the window stands."""

    kept: Kept
    features: Features
    side: coverage.Side
    rarity: dict[int, float]
    held: frozenset[int]  # its word pairs
    outlet: frozenset[int]  # its feed, and others of its outlet


def newcomer(kept: Kept, features: Features, window: Window) -> Newcomer:
    """Return an entry ready to be compared."""
    rarity = window.stems.rarities(features.stems)
    kept.weights, kept.weighed_at = coverage.weigh(features, rarity), window.stems.population
    side = coverage.Side(features=features, weights=kept.weights)
    return Newcomer(
        kept=kept,
        features=features,
        side=side,
        rarity=rarity,
        held=frozenset(features.shingles),
        outlet=window.same_outlet(kept.feed_id),
    )


def is_same_feed(new: Newcomer, kept: Kept) -> bool:
    """Return whether both entries are of one feed."""
    return new.kept.feed_id == kept.feed_id


def is_one_outlet(new: Newcomer, kept: Kept) -> bool:
    """Return whether both entries are of one feed, or of two that list the same.

    Guards against series ask this: an outlet's feeds of one part and of all are in one form.
    """
    return kept.feed_id in new.outlet


def copied(new: Newcomer, kept: Kept) -> decide.Copy | None:
    """Return what is shared where one is a copy of the other; one look refuses most."""
    found = decide.overlap(new.features.sketch, decode_shingles(kept.features), held=new.held)
    if found.shared < MIN_SHARED_PAIRS and not _share_sentences(new, kept):
        return None
    return decide.copied(new.features, decode(kept.features), one_outlet=is_one_outlet(new, kept))


def _share_sentences(new: Newcomer, kept: Kept) -> bool:
    ours = new.features.sentences
    return bool(ours) and not frozenset(ours).isdisjoint(decode_sentences(kept.features))


def likeness(new: Newcomer, kept: Kept, window: Window) -> coverage.Likeness | None:
    """Return what the model weighs, or None where a guard refuses or too little is shared."""
    features = decode(kept.features)
    if coverage.refusal(new.features, features, one_outlet=is_one_outlet(new, kept)):
        return None
    if window.in_series(new.kept, new.features) or window.in_series(kept, features):
        return None
    side = window.side(kept, features)
    return coverage.likeness(new.side, side, _setting(new, kept, window), rarity=new.rarity)


def may_cover(new: Newcomer, kept: Kept, window: Window, *, asked: float) -> bool:
    """Return False where the odds are below `asked` for sure: a quick look at the words alone."""
    weights = window.fresh_weights(kept)
    stems = decode_stems(kept.features)
    shared = coverage.shared_words(new.features, stems, rarity=new.rarity)
    if shared is None:
        return False
    return coverage.may_reach(
        asked,
        shared,
        (new.side.weights, weights),
        counts=(len(new.features.stems), len(stems[1])),
        setting=_setting(new, kept, window),
    )


def _setting(new: Newcomer, kept: Kept, window: Window) -> coverage.Setting:
    return coverage.Setting(
        gap_days=abs(new.kept.at_s - kept.at_s) / DAY_S,
        same_feed=is_same_feed(new, kept),
        population=window.stems.population,
    )


def why_same(new: Newcomer, kept: Kept) -> str:
    """Return the reason of two entries that share an identity key."""
    theirs = decode(kept.features)
    if new.features.url_key and new.features.url_key == theirs.url_key:
        return reasons.same_address(new.kept.url, kept.url)
    return reasons.same_id()


WHY_COPIED = {
    decide.Shared.WORDS: reasons.same_words,
    decide.Shared.SHORTER_TEXT: reasons.shorter_inside,
    decide.Shared.HEADLINE: reasons.same_headline,
    decide.Shared.SENTENCES: reasons.same_sentences,
}


def why_copied(found: decide.Copy) -> str:
    """Return the reason of two texts that are alike."""
    return WHY_COPIED[found.of](found.share)


def why_covers(new: Newcomer, kept: Kept, found: coverage.Likeness) -> str:
    """Return the reason of coverage: the rarest words that both share."""
    theirs = decode(kept.features)
    return reasons.shared_words(
        new.features.stems & theirs.stems,
        readable_words(new.kept.features) | readable_words(kept.features),
        new.rarity,
        part=found.shorter_in_title,
    )


def explain_copy(new: Newcomer, kept: Kept) -> str:
    """Return in words whether one text is a copy of the other, and if not, why not."""
    theirs, one_outlet = decode(kept.features), is_one_outlet(new, kept)
    copy = decide.copied(new.features, theirs, one_outlet=one_outlet)
    if copy is not None:
        return f"a copy: {why_copied(copy)}"
    found = decide.overlap(new.features.sketch, theirs.sketch)
    if not decide.is_alike(found):
        return f"no copy: {reasons.same_words(found.jaccard)}"
    return f"no copy: {decide.copy_refusal(new.features, theirs, found, one_outlet=one_outlet)}"


def explain_coverage(new: Newcomer, kept: Kept, window: Window, *, asked: float) -> str:
    """Return in words how likely both cover one event, and what speaks for or against it.

    `asked` is the probability that two entries alone must have.
    """
    refused = coverage.refusal(
        new.features, decode(kept.features), one_outlet=is_one_outlet(new, kept)
    )
    if not refused and any(window.in_series(one, decode(one.features)) for one in (new.kept, kept)):
        refused = decide.SERIES_OF_FEED
    if refused:
        return f"no coverage: {refused}"
    found = likeness(new, kept, window)
    if found is None:
        return "no coverage: too few words in common"
    likely = coverage.probability(coverage.odds(found))
    verdict = "coverage" if likely >= asked else "no coverage by these two alone"
    why = why_covers(new, kept, found)
    return f"{verdict}: {why}; likelihood {likely:.2f}, {asked:.2f} is asked"
