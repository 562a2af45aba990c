"""A second look at stories, when all that is near has come: the likeliest pairs become one first.

An entry that has just come may meet a like story before its own. When its own has come as well,
the likelier pair goes first, and less is enough.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from aggregator.fold import grouping
from aggregator.fold.compare import newcomer
from aggregator.fold.features import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.fold.grouping import Bond
    from aggregator.fold.window import Window

Tie = tuple[str, str, "Bond"]  # the older story, the younger one, what ties them
# The average with its sign turned, so that the likeliest comes first; both stories; how many
# members each had then.
_Pair = tuple[float, str, str, int, int]


class SecondLook:
    """Stories that may be one with others, and with which."""

    def __init__(self, window: Window, entries: Iterable[int]) -> None:
        """Look at the stories of these entries; those not in the window are left out."""
        self._window = window
        self._near: dict[str, set[str]] = {}
        self._bonds: dict[tuple[str, str], Bond] = {}
        self._pairs: list[_Pair] = []
        for entry_id in entries:
            self._look(entry_id)

    def ties(self) -> Iterator[Tie]:
        """Yield what is likely one, the likeliest first.

        The caller merges the two in the window before it asks for the next, or leaves them apart.
        """
        while self._pairs:
            _, one, other, *counts = heappop(self._pairs)
            if [self._count(one), self._count(other)] != counts:
                continue
            older, younger = sorted((one, other), key=self._age)
            yield older, younger, self._bonds[one, other]
            if younger not in self._window.stories:
                self._meet_again(older, younger)

    def _look(self, entry_id: int) -> None:
        kept = self._window.kept.get(entry_id)
        if kept is None or not kept.coverage:
            return
        new = newcomer(kept, decode(kept.features), self._window)
        for story_id in grouping.near_stories(new, self._window):
            if story_id not in self._near.get(kept.story_id, ()):
                self._meet(kept.story_id, story_id)

    def _meet(self, one: str, other: str) -> None:
        self._near.setdefault(one, set()).add(other)
        self._near.setdefault(other, set()).add(one)
        ours, theirs = (self._window.stories[story].members for story in (one, other))
        asked = grouping.asked_later(ours, theirs, self._window)
        if found := grouping.bond(ours, theirs, self._window, asked=asked):
            self._bonds[one, other] = found
            heappush(self._pairs, (-found.average, one, other, len(ours), len(theirs)))

    def _meet_again(self, kept_id: str, absorbed_id: str) -> None:
        """Compare what two stories have become with all that was near to either."""
        near = self._near.pop(absorbed_id) | self._near[kept_id]
        for other in sorted(near - {kept_id, absorbed_id}):
            self._near[other].discard(absorbed_id)
            self._meet(kept_id, other)
        self._near[kept_id].discard(absorbed_id)

    def _age(self, story_id: str) -> int:
        return self._window.stories[story_id].age

    def _count(self, story_id: str) -> int:
        group = self._window.stories.get(story_id)
        return len(group.members) if group else 0
