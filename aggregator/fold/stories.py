"""The index of recent stories: takes an entry, says which story it belongs to and why.

Copies are joined whatever the order of arrival: the relation is symmetric and of two entries alone,
and a story holds every entry that copies lead to. Coverage joins one story, by average likeness to
its members. Everything is in memory; nothing is read or written.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

from aggregator.fold import candidates, decide
from aggregator.fold.compare import (
    chance,
    copied,
    explain_copy,
    explain_coverage,
    is_same_feed,
    likeness,
    may_cover,
    newcomer,
    why_copied,
    why_covers,
    why_same,
)
from aggregator.fold.features import decode
from aggregator.fold.identity import story_id as make_story_id
from aggregator.fold.window import Window, kept_of
from aggregator.model import Joined, Merged, Relation, Started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.features import Features
    from aggregator.fold.window import Kept
    from aggregator.model import Arrival, Folding, StoryUpdate

# Coverage joins a story when its likeliest member is at least so likely, and all on average.
MIN_BEST = 0.75
MIN_AVERAGE = 0.50
MAX_MEMBERS_COMPARED = 12  # of one story, for the average
MAX_STORIES_COMPARED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A kept entry that a new one is matched with."""

    kept: Kept
    reason: str
    score: float


class Index:
    """The recent entries and their stories, ready to take the next entry."""

    def __init__(self, folding: Folding, *, follow_ups: bool = False) -> None:
        """Begin empty, with the width of the window and whether coverage is grouped.

        With `follow_ups`, a feed's second entry on an event may join its story too; without, the
        entries of one feed are never coverage of each other.
        """
        self._follow_ups = follow_ups
        self._window_s = folding.window.total_seconds()
        self._coverage = folding.coverage
        self._window = Window()
        self._apart: dict[int, set[int]] = {}
        self._landing: set[int] = set()  # addresses that one feed uses for unlike entries

    def __len__(self) -> int:
        """Return how many entries the index holds."""
        return len(self._window.kept)

    def add(self, arrival: Arrival, *, story_id: str) -> None:
        """Take in an entry whose story is known already."""
        features = decode(arrival.features)
        self._note_landing(arrival, features)
        self._window.add(kept_of(arrival, story_id=story_id), features)

    def fold(self, arrival: Arrival) -> tuple[StoryUpdate, ...]:
        """Decide an entry's story, apply it here, and return what the store is to do.

        Exactly one Started or Joined, then a Merged for each story that copies show to be the same.
        """
        self._window.remove(arrival.entry_id)
        features = decode(arrival.features)
        self._note_landing(arrival, features)
        kept = kept_of(arrival, story_id="")
        first, merges = self._decide(newcomer(kept, features, self._window), arrival)
        kept.story_id = first.story_id
        self._window.add(kept, features)
        for merge in merges:
            self._window.merge(merge.kept_id, merge.absorbed_id)
        return first, *merges

    def move(self, entry_id: int, story_id: str) -> None:
        """Put an entry into another story, as a person decided; unknown entries are left alone."""
        self._window.move(entry_id, story_id)

    def keep_apart(self, entry_a: int, entry_b: int) -> None:
        """Never join or merge two stories so that these entries stand in one."""
        self._apart.setdefault(entry_a, set()).add(entry_b)
        self._apart.setdefault(entry_b, set()).add(entry_a)

    def forget_before(self, moment: datetime) -> None:
        """Forget the entries of before a moment, and the stories that have none left."""
        limit = moment.timestamp()
        for entry_id in [one.entry_id for one in self._window.kept.values() if one.at_s < limit]:
            self._window.remove(entry_id)
        self._landing = {key for key in self._landing if self._window.identities.entries(key)}

    def explain(self, entry_a: int, entry_b: int) -> str:
        """Return in words why two entries are one story, or what speaks against it."""
        for entry_id in (entry_a, entry_b):
            if entry_id not in self._window.kept:
                return f"entry {entry_id} is not among the recent ones"
        ours, theirs = self._window.kept[entry_a], self._window.kept[entry_b]
        new = newcomer(ours, decode(ours.features), self._window)
        return "; ".join(part for part in self._explanation(new, theirs) if part)

    def _explanation(self, new: Newcomer, kept: Kept) -> Iterator[str]:
        together = new.kept.story_id == kept.story_id
        yield "in one story" if together else "in two stories"
        if kept.entry_id in self._apart.get(new.kept.entry_id, ()):
            yield "kept apart by a person"
        if not self._is_near(new, kept):
            yield "further apart in time than the window"
        keys = set(candidates.identity_keys(new.features))
        shared = sorted(keys.intersection(candidates.identity_keys(decode(kept.features))))
        if shared:
            usable = all(self._is_same_thing(new, kept, key) for key in shared)
            yield why_same(new, kept) + ("" if usable else ", but used for unlike entries")
        yield explain_copy(new, kept)
        if not self._follow_ups and is_same_feed(new, kept):
            yield "no coverage: both are of one feed"
        else:
            yield explain_coverage(new, kept, self._window, asked=MIN_BEST)

    # ------------------------------------------------------------ the decision

    def _decide(
        self, new: Newcomer, arrival: Arrival
    ) -> tuple[Started | Joined, tuple[Merged, ...]]:
        copies = self._allowed(self._copies(new), new)
        if copies:
            first, *others = copies
            return _joined(new, first, Relation.COPY), self._merges(first, others)
        match = self._best_coverage(new)
        if match is not None:
            return _joined(new, match, Relation.COVERAGE), ()
        return Started(story_id=self._free_id(arrival), entry_id=arrival.entry_id), ()

    def _free_id(self, arrival: Arrival) -> str:
        """Return the id of a new story; another where a split left the entry's first one in use."""
        found = make_story_id(arrival.feed_url, arrival.key)
        salts = count(1)
        while found in self._window.stories:
            found = make_story_id(arrival.feed_url, arrival.key, salt=str(next(salts)))
        return found

    def _allowed(self, matches: list[Match], new: Newcomer) -> list[Match]:
        """Return the matches in stories that are not kept apart from the entry, oldest first."""
        allowed = [
            match
            for match in matches
            if not self._is_apart((new.kept.entry_id,), match.kept.story_id)
        ]
        return sorted(allowed, key=lambda match: self._age(match.kept.story_id))

    def _age(self, story_id: str) -> int:
        return self._window.stories[story_id].age

    def _is_apart(self, entries: Iterable[int], story_id: str) -> bool:
        if not self._apart:
            return False
        members = self._window.stories[story_id].members
        return any(not self._apart.get(one, set()).isdisjoint(members) for one in entries)

    def _merges(self, first: Match, others: list[Match]) -> tuple[Merged, ...]:
        """Return a merge into the oldest story for each other one that copies lead to."""
        kept_id = first.kept.story_id
        members = list(self._window.stories[kept_id].members)
        merges = []
        for match in others:
            absorbed_id = match.kept.story_id
            if self._is_apart(members, absorbed_id):
                continue
            absorbed = self._window.stories[absorbed_id].members
            members += absorbed
            is_lead = absorbed[0] == match.kept.entry_id
            merges.append(
                Merged(
                    kept_id=kept_id,
                    absorbed_id=absorbed_id,
                    relation=Relation.COPY if is_lead else Relation.COVERAGE,
                    reason=match.reason,
                    score=match.score,
                )
            )
        return tuple(merges)

    # ------------------------------------------------------------------ copies

    def _copies(self, new: Newcomer) -> list[Match]:
        """Return the best copy in each story that holds one."""
        found: dict[str, Match] = {}
        for kept in self._same_things(new):
            if kept.story_id not in found:
                found[kept.story_id] = Match(kept=kept, reason=why_same(new, kept), score=1.0)
        sharing = self._window.sketches.sharing(candidates.sketch_keys(new.features))
        near = (
            kept for kept in map(self._window.kept.__getitem__, sharing) if self._is_near(new, kept)
        )
        for kept in islice(near, candidates.MAX_COPY_CANDIDATES):
            if kept.story_id not in found and (overlap := copied(new, kept)):
                found[kept.story_id] = Match(
                    kept=kept, reason=why_copied(overlap), score=decide.copy_score(overlap)
                )
        return list(found.values())

    def _same_things(self, new: Newcomer) -> Iterator[Kept]:
        for key in candidates.identity_keys(new.features):
            for entry_id in self._window.identities.entries(key):
                kept = self._window.kept[entry_id]
                if self._is_near(new, kept) and self._is_same_thing(new, kept, key):
                    yield kept

    def _is_same_thing(self, new: Newcomer, kept: Kept, key: int) -> bool:
        """Return whether one address means one thing: not where one feed has used it for others."""
        if key in self._landing or is_same_feed(new, kept):
            return decide.is_same_page(new.features, decode(kept.features))
        return True

    def _note_landing(self, arrival: Arrival, features: Features) -> None:
        for key in candidates.identity_keys(features):
            for entry_id in self._window.identities.entries(key):
                kept = self._window.kept[entry_id]
                if kept.feed_id != arrival.feed_id or entry_id == arrival.entry_id:
                    continue
                if not decide.is_same_page(features, decode(kept.features)):
                    self._landing.add(key)
                    break

    def _is_near(self, new: Newcomer, kept: Kept) -> bool:
        return abs(new.kept.at_s - kept.at_s) <= self._window_s

    # ---------------------------------------------------------------- coverage

    def _best_coverage(self, new: Newcomer) -> Match | None:
        """Return the likeliest member of the story that the entry covers too, or None."""
        if not (self._coverage and new.kept.coverage):
            return None
        for match in self._likeliest(new):
            average = self._average(new, match.kept.story_id)
            if average is not None and average >= MIN_AVERAGE:
                return match
        return None

    def candidates(self, arrival: Arrival) -> list[tuple[int, decide.Likeness]]:
        """Return the entries that an arrival is compared with for coverage, and their likeness.

        What the model is trained on.
        """
        kept = kept_of(arrival, story_id="")
        new = newcomer(kept, decode(arrival.features), self._window)
        copies = {match.kept.entry_id for match in self._copies(new)}
        found = ((kept.entry_id, likeness(new, kept, self._window)) for kept in self._partners(new))
        return [(one, like) for one, like in found if like and one not in copies]

    def _partners(self, new: Newcomer) -> Iterator[Kept]:
        """Yield the best that are near in time and of other feeds; hundreds are passed over."""
        at_s, feed_id, left = new.kept.at_s, new.kept.feed_id, candidates.MAX_COVERAGE_CANDIDATES
        for entry_id in self._window.stems.partners(new.rarity):
            kept = self._window.kept.get(entry_id)
            if kept is None or abs(at_s - kept.at_s) > self._window_s or not kept.coverage:
                continue
            if kept.feed_id == feed_id and not self._follow_ups:
                continue
            yield kept
            left -= 1
            if not left:
                return

    def _likeliest(self, new: Newcomer) -> list[Match]:
        """Return the likeliest partner in each story, the likeliest story first."""
        best: dict[str, Match] = {}
        for kept in self._partners(new):
            if not may_cover(new, kept, self._window, asked=MIN_BEST):
                continue
            found = likeness(new, kept, self._window)
            score = decide.probability(found) if found else 0.0
            if found and score >= MIN_BEST and _is_better(score, best.get(kept.story_id)):
                reason = why_covers(new, kept, found)
                best[kept.story_id] = Match(kept=kept, reason=reason, score=score)
        ranked = sorted(best.values(), key=lambda match: (-match.score, match.kept.entry_id))
        return ranked[:MAX_STORIES_COMPARED]

    def _may_cover(self, new: Newcomer, kept: Kept) -> bool:
        other = self._follow_ups or not is_same_feed(new, kept)
        return kept.coverage and other and self._is_near(new, kept)

    def _average(self, new: Newcomer, story_id: str) -> float | None:
        """Return the average likelihood over a story's members; None where it is closed."""
        if self._is_apart((new.kept.entry_id,), story_id):
            return None
        members = [self._window.kept[one] for one in self._window.stories[story_id].members]
        if not self._follow_ups and any(is_same_feed(new, kept) for kept in members):
            return None
        scores = [
            chance(new, kept, self._window)
            for kept in members[-MAX_MEMBERS_COMPARED:]
            if self._may_cover(new, kept)
        ]
        return sum(scores) / len(scores)


def _is_better(score: float, match: Match | None) -> bool:
    return match is None or score > match.score


def _joined(new: Newcomer, match: Match, relation: Relation) -> Joined:
    return Joined(
        story_id=match.kept.story_id,
        entry_id=new.kept.entry_id,
        relation=relation,
        reason=match.reason,
        score=match.score,
        witness_id=match.kept.entry_id,
    )
