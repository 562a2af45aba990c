"""One entry compared with the kept ones: whether they are one thing, copies, or coverage, and why.

Reads the window, changes nothing but the weights it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.fold import decide, reasons
from aggregator.fold.features import decode, decode_shingles, decode_stems, readable_words

if TYPE_CHECKING:
    from aggregator.fold.features import Features
    from aggregator.fold.window import Kept, Window

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """The entry that is compared: its features decoded, its words weighed as the window stands."""

    kept: Kept
    features: Features
    side: decide.Side
    rarity: dict[int, float]
    held: frozenset[int]  # its word pairs


def newcomer(kept: Kept, features: Features, window: Window) -> Newcomer:
    """Return an entry ready to be compared."""
    rarity = window.stems.rarities(features.stems)
    kept.weights, kept.weighed_at = decide.weigh(features, rarity), window.stems.population
    side = decide.Side(features=features, weights=kept.weights)
    held = frozenset(features.shingles)
    return Newcomer(kept=kept, features=features, side=side, rarity=rarity, held=held)


def is_same_feed(new: Newcomer, kept: Kept) -> bool:
    """Return whether both entries are of one feed."""
    return new.kept.feed_id == kept.feed_id


def copied(new: Newcomer, kept: Kept) -> decide.Overlap | None:
    """Return what is shared where one is a copy of the other; one look refuses most."""
    found = decide.overlap(new.features.sketch, decode_shingles(kept.features), held=new.held)
    if not decide.is_alike(found):
        return None
    return decide.copied(new.features, decode(kept.features), same_feed=is_same_feed(new, kept))


def likeness(new: Newcomer, kept: Kept, window: Window) -> decide.Likeness | None:
    """Return what the model weighs, or None where a guard refuses or too little is shared."""
    features = decode(kept.features)
    if decide.refusal(new.features, features, same_feed=is_same_feed(new, kept)):
        return None
    if window.in_series(new.kept, new.features) or window.in_series(kept, features):
        return None
    gap_days = abs(new.kept.at_s - kept.at_s) / DAY_S
    side = window.side(kept, features)
    least = decide.least_shared(window.stems.population)
    return decide.likeness(new.side, side, rarity=new.rarity, gap_days=gap_days, least_shared=least)


def may_cover(new: Newcomer, kept: Kept, window: Window, *, asked: float) -> bool:
    """Return False where `chance` is below `asked` for sure: a quick look at the words alone."""
    weights = window.fresh_weights(kept)
    if weights is None:
        return True
    shared = decide.shared_words(new.features, decode_stems(kept.features), rarity=new.rarity)
    if shared is None:
        return False
    gap_days = abs(new.kept.at_s - kept.at_s) / DAY_S
    return decide.may_reach(asked, shared, (new.side.weights, weights), gap_days=gap_days)


def chance(new: Newcomer, kept: Kept, window: Window) -> float:
    """Return how likely both cover one event."""
    found = likeness(new, kept, window)
    return decide.probability(found) if found else 0.0


def why_same(new: Newcomer, kept: Kept) -> str:
    """Return the reason of two entries that share an identity key."""
    theirs = decode(kept.features)
    if new.features.url_key and new.features.url_key == theirs.url_key:
        return reasons.same_address(new.kept.url, kept.url)
    return reasons.same_id()


def why_copied(found: decide.Overlap) -> str:
    """Return the reason of two texts that are alike."""
    if decide.is_contained(found):
        return reasons.shorter_inside(found.contained)
    return reasons.same_words(found.jaccard)


def why_covers(new: Newcomer, kept: Kept, found: decide.Likeness) -> str:
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
    theirs = decode(kept.features)
    found = decide.overlap(new.features.sketch, theirs.sketch)
    if not decide.is_alike(found):
        return f"no copy: {reasons.same_words(found.jaccard)}"
    refused = decide.copy_refusal(new.features, theirs, found, same_feed=is_same_feed(new, kept))
    return f"no copy: {refused}" if refused else f"a copy: {why_copied(found)}"


def explain_coverage(new: Newcomer, kept: Kept, window: Window, *, asked: float) -> str:
    """Return in words how likely both cover one event, and what speaks for or against it."""
    refused = decide.refusal(new.features, decode(kept.features), same_feed=is_same_feed(new, kept))
    if not refused and any(window.in_series(one, decode(one.features)) for one in (new.kept, kept)):
        refused = decide.SERIES_OF_FEED
    if refused:
        return f"no coverage: {refused}"
    found = likeness(new, kept, window)
    if found is None:
        return "no coverage: too few words in common"
    likely = decide.probability(found)
    verdict = "coverage" if likely >= asked else "no coverage"
    return (
        f"{verdict}: {why_covers(new, kept, found)}; likelihood {likely:.2f}, {asked:.2f} is asked"
    )
