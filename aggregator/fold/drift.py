"""How long a story may go on; what continues it past that is a story of its own, linked to it.

One thread over weeks drifts: each report is like the one before, and the last like nothing of the
first. Only what joins by coverage makes a story longer: copies join whenever they come. Lengths are
of the times of publication, so that the order of arrival decides nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from aggregator.fold import grouping
from aggregator.model import Follows, Relation

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.grouping import Candidate
    from aggregator.fold.window import Kept, Window
    from aggregator.model import Folding, Merged, Thread

# Of the folding window. Of 899 labelled stories none spans more than 4.0 days and 99 in 100 at most
# 3.7: a story is never closed within one window (of 72 hours if not set), always past two.
MOST_WINDOWS = 2.0
UNLIKE = -1.5  # [.18] the average to how a story began: below it, the story has moved on
MAX_OPENING = 6  # of its members, the first
MAX_LATEST = 6
DAY_S = 86_400

TOO_LONG = "it would span {days:.1f} days"
MOVED_ON = "it has moved on from how it began"
CONTINUES = "continues an earlier story, which is closed because {closed}: {why}"


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when a story goes, in seconds since 1970."""

    first_s: float
    last_s: float

    @property
    def span_s(self) -> float:
        """Return how long that is."""
        return self.last_s - self.first_s

    def joined(self, other: Extent) -> Extent:
        """Return the extent of both together."""
        return Extent(min(self.first_s, other.first_s), max(self.last_s, other.last_s))


NOWHERE = Extent(inf, -inf)


class Threads:
    """The extents of the stories of the window, and which earlier ones they follow."""

    def __init__(self, folding: Folding) -> None:
        """Begin with no stories. Where coverage is not grouped, none is too long."""
        window_s = folding.window.total_seconds()
        self._most_s = MOST_WINDOWS * window_s if folding.coverage else inf
        self._extents: dict[str, Extent] = {}
        self._follows: dict[str, str] = {}

    def note(self, thread: Thread) -> None:
        """Take a story as it is kept, instead of what is known of it."""
        first_s, last_s = thread.first_at.timestamp(), thread.last_at.timestamp()
        self._extents[thread.story_id] = Extent(first_s, last_s)
        if thread.follows_id:
            self._follows[thread.story_id] = thread.follows_id

    def extend(self, story_id: str, at_s: float) -> None:
        """Let a story, a new one too, reach to a moment."""
        self._extents[story_id] = self.together(story_id, at_s)

    def extent(self, story_id: str) -> Extent:
        """Return how far a story goes; nowhere where it is unknown."""
        return self._extents.get(story_id, NOWHERE)

    def together(self, story_id: str, at_s: float) -> Extent:
        """Return how far a story would go if it reached to a moment too."""
        return self.extent(story_id).joined(Extent(at_s, at_s))

    def too_long(self, extent: Extent) -> str:
        """Return in words that no story may go so far, or "" where one may."""
        if extent.span_s <= self._most_s:
            return ""
        return TOO_LONG.format(days=extent.span_s / DAY_S)

    def added(self, merged: Merged) -> Extent:
        """Return what the absorbed story adds to the kept one: nothing where it is all copies."""
        extent = self.extent(merged.absorbed_id)
        is_copies = merged.relation is Relation.COPY and extent.span_s == 0
        return NOWHERE if is_copies else extent

    def merge(self, merged: Merged) -> None:
        """Make one thread of two stories; what followed either follows the kept one."""
        kept, absorbed = merged.kept_id, merged.absorbed_id
        self._extents[kept] = self.extent(kept).joined(self.added(merged))
        self._extents.pop(absorbed, None)
        inherited = self._follows.pop(absorbed, "")
        if absorbed in self._chain(kept):
            del self._follows[kept]
        for later, earlier in self._follows.items():
            if earlier == absorbed:
                self._follows[later] = kept
        if inherited and kept not in self._follows and kept not in self._chain(inherited):
            self._follows[kept] = inherited

    def link(self, one_id: str, other_id: str, reason: str) -> tuple[Follows, ...]:
        """Let the later of two stories follow the earlier one, unless it follows one already."""
        begun = sorted((one_id, other_id), key=lambda story: self.extent(story).first_s)
        earlier, later = begun
        if later in self._follows or later in self._chain(earlier):
            return ()
        self._follows[later] = earlier
        return (Follows(story_id=later, follows_id=earlier, reason=reason),)

    def keep_only(self, stories: Container[str]) -> None:
        """Forget all other stories."""
        self._extents = {one: kept for one, kept in self._extents.items() if one in stories}
        self._follows = {one: kept for one, kept in self._follows.items() if one in stories}

    def _chain(self, story_id: str) -> list[str]:
        """Return the story and those that it follows, the latest first."""
        found = [story_id]
        while (following := self._follows.get(found[-1], "")) and following not in found:
            found.append(following)
        return found


def why_closed(one: Candidate, new: Newcomer, window: Window, threads: Threads) -> str:
    """Return why a story takes in no such report any more, in words, or "" while it is open."""
    extent = threads.together(one.story_id, new.kept.at_s)
    if one.is_enough and (closed := threads.too_long(extent)):
        return closed
    if extent.span_s <= window.width_s:
        return ""
    members = _reports(one.story_id, window)
    if not one.is_enough:  # its latest members alone may say otherwise
        near = [kept for kept in members if window.is_near(new.kept, kept)]
        is_like = (
            len(near) < len(members) and _average(new, near[-MAX_LATEST:], window) >= one.asked
        )
        return MOVED_ON if is_like else ""
    return MOVED_ON if _average(new, members[:MAX_OPENING], window) < UNLIKE else ""


def continues(closed: str, why: str) -> str:
    """Return why a story follows another one, in words."""
    return CONTINUES.format(closed=closed, why=why)


def _reports(story_id: str, window: Window) -> list[Kept]:
    """Return the members that speak for a story, by time."""
    members = [window.kept[one] for one in window.stories[story_id].members]
    return sorted(
        (kept for kept in members if kept.coverage), key=lambda kept: (kept.at_s, kept.entry_id)
    )


def _average(new: Newcomer, members: Sequence[Kept], window: Window) -> float:
    """Return how alike an entry and some members are on average, however far apart in time."""
    scores = [grouping.likely(new, kept, window) for kept in members]
    return sum(scores) / len(scores) if scores else grouping.CEILING
