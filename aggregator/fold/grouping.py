"""Which story an entry covers, and which stories prove to be one: by average likeness of members.

Nothing joins through one likely member alone: an entry is compared with the whole story. Decides
by the window as it stands, and changes nothing in it but the weights it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.fold import coverage
from aggregator.fold.compare import likeness, may_cover, newcomer
from aggregator.fold.features import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.window import Kept, Window


# What is asked, as logarithms of odds; the probability is in brackets beside each. Chosen so that
# wrong pairs stay below 3 in 100, on stories kept out of the training of the model as well.
JOIN = 1.0  # [.73] the average over a story's members, or over the pairs of two stories
JOIN_ONE = 1.5  # [.82] the only member
LATER = -0.7  # [.33] the average over the pairs of two stories, at a second look
# What a second look asks beyond that where the same outlets stand in both: one that told each by
# itself held them for two events. So much for all outlets of the smaller story, a share for some.
TOLD_TWICE = 1.5
FLOOR, CEILING = -4.0, 4.0  # [.02, .98] one member, alike or not, decides nothing alone
MAX_PARTNERS = 8
MAX_PARTNERS_LATER = 16  # at a second look
MAX_STORIES = 4  # that the whole of is compared
MAX_MEMBERS = 12  # of one story, the newest
MAX_MEMBERS_PAIRED = 6  # of each of two stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A kept entry that a new one may cover one event with."""

    kept: Kept
    likeness: coverage.Likeness
    odds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that an entry may belong to."""

    story_id: str
    best: Partner
    average: float  # of the odds, over its members
    asked: float

    @property
    def is_enough(self) -> bool:
        """Return whether the entry joins it."""
        return self.average >= self.asked

    @property
    def may_tie(self) -> bool:
        """Return whether it may prove to be one with the story that the entry joins."""
        return self.average >= JOIN


def partners(new: Newcomer, window: Window, *, most: int = MAX_PARTNERS) -> Iterator[Kept]:
    """Yield the entries that share most and are near in time; hundreds are passed over."""
    left = most
    for entry_id in window.stems.partners(new.rarity):
        kept = window.kept.get(entry_id)
        if kept is None or not may_meet(new, kept, window):
            continue
        yield kept
        left -= 1
        if not left:
            return


def may_meet(new: Newcomer, kept: Kept, window: Window) -> bool:
    """Return whether two entries may be coverage of one event at all, whatever they say."""
    return kept.coverage and window.is_near(new.kept, kept)


def considered(new: Newcomer, window: Window) -> list[Candidate]:
    """Return the likeliest stories, the best first, each with what all its members say."""
    best: dict[str, Partner] = {}
    for kept in partners(new, window):
        partner = _partner(new, kept, window, asked=JOIN)
        if partner and _is_better(partner, best.get(kept.story_id)):
            best[kept.story_id] = partner
    ranked = sorted(best.values(), key=lambda one: (-one.odds, one.kept.entry_id))
    found = [_candidate(new, partner, window) for partner in ranked[:MAX_STORIES]]
    age = {one.story_id: window.stories[one.story_id].age for one in found}
    return sorted(found, key=lambda one: (one.asked - one.average, age[one.story_id]))


def near_stories(new: Newcomer, window: Window) -> list[str]:
    """Return the stories other than its own that hold an entry which a kept one may be like."""
    found: list[str] = []
    for kept in partners(new, window, most=MAX_PARTNERS_LATER):
        if kept.story_id in (new.kept.story_id, *found):
            continue
        if _partner(new, kept, window, asked=LATER):
            found.append(kept.story_id)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """What the members of two stories say of both: on average, and the likeliest pair."""

    average: float
    one: Newcomer
    other: Partner


def bond(left: Sequence[int], right: Sequence[int], window: Window, *, asked: float) -> Bond | None:
    """Return what ties two stories together where it is as much as asked to make them one."""
    total, count = 0.0, 0
    best: tuple[Newcomer, Partner] | None = None
    others = _compared(right[-MAX_MEMBERS_PAIRED:], window)
    for one in _compared(left[-MAX_MEMBERS_PAIRED:], window):
        new = newcomer(one, decode(one.features), window)
        for kept in others:
            found = _measured(new, kept, window)
            total, count = total + _bounded(found), count + 1
            if found and (best is None or found.odds > best[1].odds):
                best = new, found
    if best is None or total < asked * count:
        return None
    return Bond(average=total / count, one=best[0], other=best[1])


def asked_later(left: Sequence[int], right: Sequence[int], window: Window) -> float:
    """Return what a second look asks: more where outlets stand in both stories."""
    ours, theirs = ({window.kept[one].feed_id for one in side} for side in (left, right))
    return LATER + TOLD_TWICE * len(ours & theirs) / min(len(ours), len(theirs))


def _partner(new: Newcomer, kept: Kept, window: Window, *, asked: float) -> Partner | None:
    """Return a partner likely enough to lead to its story: no average is above its best."""
    if not may_cover(new, kept, window, asked=asked):
        return None
    found = likeness(new, kept, window)
    if found is None or (odds := coverage.odds(found)) < asked:
        return None
    return Partner(kept=kept, likeness=found, odds=odds)


def _is_better(partner: Partner, best: Partner | None) -> bool:
    return best is None or partner.odds > best.odds


def _candidate(new: Newcomer, best: Partner, window: Window) -> Candidate:
    members = window.stories[best.kept.story_id].members
    scores = [_bounded(_measured(new, kept, window)) for kept in _compared(members, window)]
    return Candidate(
        story_id=best.kept.story_id,
        best=best,
        average=sum(scores) / len(scores),
        asked=JOIN if len(members) > 1 else JOIN_ONE,
    )


def _compared(members: Sequence[int], window: Window) -> list[Kept]:
    """Return the members that speak for a story: the newest, without those that only copy."""
    kept = [window.kept[one] for one in members[-MAX_MEMBERS:]]
    return [one for one in kept if one.coverage] or kept


def _measured(new: Newcomer, kept: Kept, window: Window) -> Partner | None:
    """Return how alike two entries are; None where they may not be of one event at all."""
    return _compare(new, kept, window) if may_meet(new, kept, window) else None


def _compare(new: Newcomer, kept: Kept, window: Window) -> Partner | None:
    if not may_cover(new, kept, window, asked=FLOOR):
        return None
    found = likeness(new, kept, window)
    return Partner(kept=kept, likeness=found, odds=coverage.odds(found)) if found else None


def likely(new: Newcomer, kept: Kept, window: Window) -> float:
    """Return how likely two entries are of one event, however far apart in time, in bounds."""
    return _bounded(_compare(new, kept, window))


def _bounded(found: Partner | None) -> float:
    return max(FLOOR, min(CEILING, found.odds)) if found else FLOOR
