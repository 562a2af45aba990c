"""The index of recent stories: takes an entry, says which story it belongs to and why.

Copies are joined whatever the order of arrival: the relation is symmetric and of two entries alone,
and a story holds every entry that copies lead to. Coverage joins one story, by average likeness to
its members. Everything is in memory; nothing is read or written.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

from aggregator.fold import candidates, coverage, decide, grouping, reasons
from aggregator.fold.compare import (
    copied,
    explain_copy,
    explain_coverage,
    is_same_feed,
    likeness,
    newcomer,
    why_copied,
    why_covers,
    why_same,
)
from aggregator.fold.features import decode
from aggregator.fold.identity import story_id as make_story_id
from aggregator.fold.met import SAME_AFTER_REDIRECTS, MetAddresses
from aggregator.fold.window import Window, kept_of
from aggregator.model import Joined, Merged, Relation, Started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.features import Features
    from aggregator.fold.window import Kept
    from aggregator.model import Arrival, Folding, StoryUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A kept entry that a new one is matched with."""

    kept: Kept
    reason: str
    score: float


class Index:
    """The recent entries and their stories, ready to take the next entry."""

    def __init__(self, folding: Folding) -> None:
        """Begin empty, with the width of the window and whether coverage is grouped."""
        self._coverage = folding.coverage
        self._window = Window(width_s=folding.window.total_seconds())
        self._met = MetAddresses()
        self._apart: dict[int, set[int]] = {}
        self._landing: set[int] = set()  # addresses that one feed uses for unlike entries

    def __len__(self) -> int:
        """Return how many entries the index holds."""
        return len(self._window.kept)

    def add(self, arrival: Arrival, *, story_id: str) -> None:
        """Take in an entry whose story is known already."""
        features = decode(arrival.features)
        self._met.note(arrival)
        self._note_landing(arrival, features)
        self._window.add(kept_of(arrival, story_id=story_id), features)

    def fold(self, arrival: Arrival) -> tuple[StoryUpdate, ...]:
        """Decide an entry's story, apply it here, and return what the store is to do.

        Exactly one Started or Joined, then a Merged for each story that copies show to be the same.
        """
        self._window.remove(arrival.entry_id)
        features = decode(arrival.features)
        self._met.note(arrival)
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
            self._met.forget(entry_id)
        self._landing = {key for key in self._landing if self._sharing(key)}

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
        if not self._window.is_near(new.kept, kept):
            yield "further apart in time than the window"
        keys = set(self._keys(new.kept.entry_id, new.features))
        shared = sorted(keys.intersection(self._keys(kept.entry_id, decode(kept.features))))
        if shared:
            usable = all(self._is_same_thing(new, kept, key) for key in shared)
            yield self._why_same(new, kept) + ("" if usable else ", but used for unlike entries")
        yield explain_copy(new, kept)
        asked = coverage.probability(grouping.JOIN_ONE)
        yield explain_coverage(new, kept, self._window, asked=asked)

    # ------------------------------------------------------------ the decision

    def _decide(
        self, new: Newcomer, arrival: Arrival
    ) -> tuple[Started | Joined, tuple[Merged, ...]]:
        copies = self._allowed(self._copies(new), new)
        if copies:
            first, *others = copies
            return _joined(new, first, Relation.COPY), self._merges(first, others)
        if covered := self._covered(new):
            return covered
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
                found[kept.story_id] = Match(kept=kept, reason=self._why_same(new, kept), score=1.0)
        sharing = self._window.sketches.sharing(candidates.sketch_keys(new.features))
        near = (
            kept
            for kept in map(self._window.kept.__getitem__, sharing)
            if self._window.is_near(new.kept, kept)
        )
        for kept in islice(near, candidates.MAX_COPY_CANDIDATES):
            if kept.story_id not in found and (copy := copied(new, kept)):
                found[kept.story_id] = Match(kept=kept, reason=why_copied(copy), score=copy.score)
        return list(found.values())

    def _same_things(self, new: Newcomer) -> Iterator[Kept]:
        for key in self._keys(new.kept.entry_id, new.features):
            for entry_id in self._sharing(key):
                kept = self._window.kept[entry_id]
                if self._window.is_near(new.kept, kept) and self._is_same_thing(new, kept, key):
                    yield kept

    def _keys(self, entry_id: int, features: Features) -> tuple[int, ...]:
        """Return the identity keys of an entry, that of where its link led among them."""
        keys = {*candidates.identity_keys(features), self._met.key(entry_id)}
        return tuple(sorted(keys - {0}))

    def _sharing(self, key: int) -> list[int]:
        """Return the entries of the window that carry a key or led to its address."""
        met = (one for one in self._met.entries(key) if one in self._window.kept)
        return list(dict.fromkeys((*self._window.identities.entries(key), *met)))

    def _why_same(self, new: Newcomer, kept: Kept) -> str:
        ours = candidates.identity_keys(new.features)
        theirs = candidates.identity_keys(decode(kept.features))
        return SAME_AFTER_REDIRECTS if set(ours).isdisjoint(theirs) else why_same(new, kept)

    def _is_same_thing(self, new: Newcomer, kept: Kept, key: int) -> bool:
        """Return whether one address means one thing: not where one feed has used it for others.

        An id means one thing to feeds that link elsewhere with it only where the words agree: two
        sites on one system count alike.
        """
        theirs = decode(kept.features)
        if key in self._landing or is_same_feed(new, kept) or _is_id_alone(new, theirs, key):
            return decide.is_same_page(new.features, theirs)
        return True

    def _note_landing(self, arrival: Arrival, features: Features) -> None:
        for key in self._keys(arrival.entry_id, features):
            for entry_id in self._sharing(key):
                kept = self._window.kept[entry_id]
                if kept.feed_id != arrival.feed_id or entry_id == arrival.entry_id:
                    continue
                if not decide.is_same_page(features, decode(kept.features)):
                    self._landing.add(key)
                    break

    # ---------------------------------------------------------------- coverage

    def _covered(self, new: Newcomer) -> tuple[Joined, tuple[Merged, ...]] | None:
        """Return the join of the story that the entry covers too, and of what it ties to it."""
        if not (self._coverage and new.kept.coverage):
            return None
        found = [
            one
            for one in grouping.considered(new, self._window)
            if not self._is_apart((new.kept.entry_id,), one.story_id)
        ]
        if not found or not found[0].is_enough:
            return None
        others = [one.story_id for one in found[1:] if one.may_tie]
        tied = self._tied(found[0].story_id, others)
        kept_id = min((found[0].story_id, *tied), key=self._age)
        best = found[0].best
        joined = Joined(
            story_id=kept_id,
            entry_id=new.kept.entry_id,
            relation=Relation.COVERAGE,
            reason=why_covers(new, best.kept, best.likeness),
            score=coverage.probability(best.odds),
            witness_id=best.kept.entry_id,
        )
        return joined, _tie(kept_id, found[0].story_id, tied)

    def _tied(self, story_id: str, others: Iterable[str]) -> dict[str, grouping.Bond]:
        """Return the other stories that are one with this one, with what ties them to it."""
        members = list(self._window.stories[story_id].members)
        tied: dict[str, grouping.Bond] = {}
        for other in others:
            if self._is_apart(members, other):
                continue
            theirs = self._window.stories[other].members
            if bond := grouping.bond(members, theirs, self._window):
                tied[other] = bond
                members += theirs
        return tied

    def candidates(self, arrival: Arrival, *, most: int) -> list[tuple[int, coverage.Likeness]]:
        """Return up to `most` entries that an arrival is compared with for coverage, and how alike.

        What the model is trained on.
        """
        kept = kept_of(arrival, story_id="")
        new = newcomer(kept, decode(arrival.features), self._window)
        copies = {match.kept.entry_id for match in self._copies(new)}
        near = grouping.partners(new, self._window, most=most)
        found = ((kept.entry_id, likeness(new, kept, self._window)) for kept in near)
        return [(one, like) for one, like in found if like and one not in copies]


def _tie(kept_id: str, joined_id: str, tied: Mapping[str, grouping.Bond]) -> tuple[Merged, ...]:
    """Return the merges that make the joined story and those tied to it the oldest of them."""
    if not tied:
        return ()
    first = next(iter(tied.values()))
    bonds = {joined_id: tied.get(kept_id, first), **tied}
    return tuple(
        Merged(
            kept_id=kept_id,
            absorbed_id=absorbed_id,
            relation=Relation.COVERAGE,
            reason=reasons.one_event(why_covers(bond.one, bond.other.kept, bond.other.likeness)),
            score=coverage.probability(bond.average),
        )
        for absorbed_id, bond in bonds.items()
        if absorbed_id != kept_id
    )


def _is_id_alone(new: Newcomer, theirs: Features, key: int) -> bool:
    """Return whether a key is the guid of both, while each has a link of its own."""
    ours = new.features
    links = {ours.url_key, theirs.url_key}
    return ours.guid_key == theirs.guid_key == key and len(links - {0, key}) > 1


def _joined(new: Newcomer, match: Match, relation: Relation) -> Joined:
    return Joined(
        story_id=match.kept.story_id,
        entry_id=new.kept.entry_id,
        relation=relation,
        reason=match.reason,
        score=match.score,
        witness_id=match.kept.entry_id,
    )
