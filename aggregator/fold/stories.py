"""The index of recent stories: takes an entry, says which story it belongs to and why.

Copies are joined whatever the order of arrival: the relation is symmetric and of two entries alone,
and a story holds every entry that copies lead to. Coverage joins one story, by average likeness to
its members, unless it goes on for too long (`drift`). Everything is in memory; nothing is read or
written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain, count, islice
from typing import TYPE_CHECKING

from aggregator.fold import candidates, coverage, decide, drift, grouping
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
from aggregator.fold.drift import Threads
from aggregator.fold.features import decode
from aggregator.fold.identity import story_id as make_story_id
from aggregator.fold.met import MetAddresses
from aggregator.fold.second_look import SecondLook
from aggregator.fold.updates import Match, copied_from, covers, merged, tie, why_tied
from aggregator.fold.window import Window, kept_of
from aggregator.model import Joined, Merged, Relation, Started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.fold.compare import Newcomer
    from aggregator.fold.features import Features
    from aggregator.fold.grouping import Candidate
    from aggregator.fold.window import Kept
    from aggregator.model import Arrival, Folding, Follows, StoryUpdate, Thread


class Index:
    """The recent entries and their stories, ready to take the next entry."""

    def __init__(self, folding: Folding) -> None:
        """Begin empty, with the width of the window and whether coverage is grouped."""
        self._coverage = folding.coverage
        self._window = Window(width_s=folding.window.total_seconds())
        self._met = MetAddresses()
        self._threads = Threads(folding)
        self._unsettled: list[int] = []  # of the backlog, what `settle` has not looked at
        self._apart: dict[int, set[int]] = {}
        self._landing: set[int] = set()  # addresses that one feed uses for unlike entries

    def __len__(self) -> int:
        """Return how many entries the index holds."""
        return len(self._window.kept)

    def __contains__(self, entry_id: int) -> bool:
        """Return whether the index holds an entry."""
        return entry_id in self._window.kept

    def add(self, arrival: Arrival, *, story_id: str, is_settled: bool = True) -> None:
        """Take in an entry whose story is known already, but for a second look at a backlog."""
        features = decode(arrival.features)
        self._met.note(arrival)
        self._note_landing(arrival, features)
        kept = kept_of(arrival, story_id=story_id)
        self._window.add(kept, features)
        self._threads.extend(story_id, kept.at_s)
        if not is_settled and self._is_backlog(arrival):
            self._unsettled.append(arrival.entry_id)

    def note(self, thread: Thread) -> None:
        """Take in how long a story is and what it follows, as kept; its entries were added."""
        self._threads.note(thread)

    def expect(self, arrivals: Sequence[Arrival]) -> None:
        """Learn from what one feed brings together which address it uses for unlike entries.

        And which other feeds list the same: before one of them is taken for another's copy.
        """
        first: dict[int, Features] = {}
        listed: Counter[int] = Counter()
        for arrival in arrivals:
            features = decode(arrival.features)
            keys = candidates.identity_keys(features)
            listed.update(self._window.listing(keys))
            for key in keys:
                if not decide.is_same_page(features, first.setdefault(key, features)):
                    self._landing.add(key)
        if arrivals:
            self._window.expect(arrivals[0].feed_id, listed, count=len(arrivals))

    def fold(self, arrival: Arrival) -> tuple[StoryUpdate, ...]:
        """Decide an entry's story, apply it here, and return what the store is to do.

        Exactly one Started or Joined, then a Merged for each story that copies show to be the same.
        What is first seen when its window has passed joins only what it copies; `settle` is to be
        called when all of that was folded.
        """
        self._window.remove(arrival.entry_id)
        features = decode(arrival.features)
        self._met.note(arrival)
        self._note_landing(arrival, features)
        kept = kept_of(arrival, story_id="")
        is_backlog = self._is_backlog(arrival)
        new = newcomer(kept, features, self._window)
        first, merges = self._decide(new, arrival, copies_only=is_backlog)
        if is_backlog:
            self._unsettled.append(arrival.entry_id)
        kept.story_id = first.story_id
        self._window.add(kept, features)
        if isinstance(first, Started) or first.relation is not Relation.COPY:
            self._threads.extend(first.story_id, kept.at_s)
        for merge in merges:
            self._window.merge(merge.kept_id, merge.absorbed_id)
            self._threads.merge(merge)
        return first, *merges

    def _is_backlog(self, arrival: Arrival) -> bool:
        """Return whether all that is near in time to an entry has come, or comes with it."""
        seen_at = arrival.seen_at or arrival.at
        return (seen_at - arrival.at).total_seconds() > self._window.width_s

    @property
    def has_backlog(self) -> bool:
        """Return whether `settle` has anything to look at."""
        return bool(self._unsettled)

    def settle(self) -> tuple[Merged | Follows, ...]:
        """Look again at the backlog that was folded; return the merges and links, applied here."""
        unsettled, self._unsettled = self._unsettled, []
        if not (unsettled and self._coverage):
            return ()
        found: list[Merged | Follows] = []
        for older, younger, bond in SecondLook(self._window, unsettled).ties():
            if self._is_apart(self._window.stories[older].members, younger):
                continue
            together = self._threads.extent(older).joined(self._threads.extent(younger))
            if closed := self._threads.too_long(together):
                why = drift.continues(closed, why_tied(bond))
                found += self._threads.link(older, younger, why)
                continue
            (merge,) = tie(older, older, {younger: bond})
            self._window.merge(older, younger)
            self._threads.merge(merge)
            found.append(merge)
        return tuple(found)

    def move(self, entry_id: int, story_id: str) -> None:
        """Put an entry into another story, as a person decided; unknown entries are left alone."""
        self._window.move(entry_id, story_id)
        if kept := self._window.kept.get(entry_id):
            self._threads.extend(story_id, kept.at_s)

    def keep_apart(self, entry_a: int, entry_b: int) -> None:
        """Never join or merge two stories so that these entries stand in one."""
        self._apart.setdefault(entry_a, set()).add(entry_b)
        self._apart.setdefault(entry_b, set()).add(entry_a)

    def forget_before(self, first_id: int) -> None:
        """Forget the entries with smaller ids than this, and the stories that have none left."""
        for entry_id in [one for one in self._window.kept if one < first_id]:
            self._window.remove(entry_id)
            self._met.forget(entry_id)
        self._threads.keep_only(self._window.stories)
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
        self, new: Newcomer, arrival: Arrival, *, copies_only: bool
    ) -> tuple[Started | Joined, tuple[Merged, ...]]:
        copies = self._allowed(self._copies(new), new)
        if copies:
            first, *others = copies
            merges, follows = self._merges(first, others)
            return replace(copied_from(new, first), follows=follows), merges
        found = [] if copies_only else self._considered(new)
        closed = self._closed(new, found)
        takes = [one for one in found if one.story_id not in closed]
        if takes and takes[0].is_enough:
            return self._covered(new, takes, closed)
        return self._started(new, closed, story_id=self._free_id(arrival)), ()

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

    def _merges(
        self, first: Match, others: list[Match]
    ) -> tuple[tuple[Merged, ...], tuple[Follows, ...]]:
        """Return a merge into the oldest story for each other one that copies lead to.

        Where they would be too long together, the later one follows the earlier one.
        """
        kept_id = first.kept.story_id
        members = list(self._window.stories[kept_id].members)
        extent = self._threads.extent(kept_id)
        merges: list[Merged] = []
        follows: list[Follows] = []
        for match in others:
            absorbed = self._window.stories[match.kept.story_id].members
            merge = merged(kept_id, match, lead_id=absorbed[0])
            if self._is_apart(members, merge.absorbed_id):
                continue
            together = extent.joined(self._threads.added(merge))
            if closed := self._threads.too_long(together):
                why = drift.continues(closed, match.reason)
                follows += self._threads.link(kept_id, merge.absorbed_id, why)
                continue
            extent = together
            members += absorbed
            merges.append(merge)
        return tuple(merges), tuple(follows)

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
        """Return the identity keys of an entry, those of its further addresses among them."""
        keys = {*candidates.identity_keys(features), *self._met.keys(entry_id)}
        return tuple(sorted(keys - {0}))

    def _sharing(self, key: int) -> list[int]:
        """Return the entries of the window that carry a key or have it as a further address."""
        met = (one for one in self._met.entries(key) if one in self._window.kept)
        return list(dict.fromkeys((*self._window.identities.entries(key), *met)))

    def _why_same(self, new: Newcomer, kept: Kept) -> str:
        features = decode(kept.features)
        ours = candidates.identity_keys(new.features)
        if not set(ours).isdisjoint(candidates.identity_keys(features)):
            return why_same(new, kept)
        both = (new.kept.entry_id, kept.entry_id)
        shared = set(self._keys(both[0], new.features)) & set(self._keys(both[1], features))
        return self._met.why(both, shared)

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

    def _considered(self, new: Newcomer) -> list[Candidate]:
        """Return the likeliest stories that the entry may cover too, the best first."""
        if not (self._coverage and new.kept.coverage):
            return []
        return [
            one
            for one in grouping.considered(new, self._window)
            if not self._is_apart((new.kept.entry_id,), one.story_id)
        ]

    def _closed(self, new: Newcomer, found: Sequence[Candidate]) -> dict[str, str]:
        """Return which of the stories take in no such report any more, and why one follows them."""
        closed: dict[str, str] = {}
        for one in found:
            if one is not found[0] and not one.is_enough:
                continue
            if why := drift.why_closed(one, new, self._window, self._threads):
                best = one.best
                closed[one.story_id] = drift.continues(
                    why, why_covers(new, best.kept, best.likeness)
                )
        return closed

    def _started(self, new: Newcomer, closed: Mapping[str, str], *, story_id: str) -> Started:
        """Return the start of a story, which follows the likeliest of those that are closed."""
        self._threads.extend(story_id, new.kept.at_s)
        follows: tuple[Follows, ...] = ()
        for earlier_id, why in islice(closed.items(), 1):
            follows = self._threads.link(story_id, earlier_id, why)
        return Started(story_id=story_id, entry_id=new.kept.entry_id, follows=follows)

    def _covered(
        self, new: Newcomer, takes: Sequence[Candidate], closed: Mapping[str, str]
    ) -> tuple[Joined, tuple[Merged, ...]]:
        """Return the join of the first of these stories, and of what the entry ties to it.

        It follows those that are closed.
        """
        story_id, best = takes[0].story_id, takes[0].best
        others = [one.story_id for one in takes[1:] if one.may_tie]
        tied, parted = self._tied(new, story_id, others)
        kept_id = min((story_id, *tied), key=self._age)
        links = [self._threads.link(kept_id, *one) for one in (*closed.items(), *parted.items())]
        joined = covers(new, best, story_id=kept_id, follows=tuple(chain(*links)))
        return joined, tie(kept_id, story_id, tied)

    def _tied(
        self, new: Newcomer, story_id: str, others: Iterable[str]
    ) -> tuple[dict[str, grouping.Bond], dict[str, str]]:
        """Return the other stories that are one with this one, with what ties them to it.

        And those that would be were it not for how long they are together, each with why it is
        linked.
        """
        members = list(self._window.stories[story_id].members)
        extent = self._threads.together(story_id, new.kept.at_s)
        tied: dict[str, grouping.Bond] = {}
        parted: dict[str, str] = {}
        for other in others:
            theirs = self._window.stories[other].members
            if self._is_apart(members, other):
                continue
            bond = grouping.bond(members, theirs, self._window, asked=grouping.JOIN)
            if bond is None:
                continue
            together = extent.joined(self._threads.extent(other))
            if closed := self._threads.too_long(together):
                parted[other] = drift.continues(closed, why_tied(bond))
                continue
            tied[other], extent = bond, together
            members += theirs
        return tied, parted

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


def _is_id_alone(new: Newcomer, theirs: Features, key: int) -> bool:
    """Return whether a key is the guid of both, while each has a link of its own."""
    ours = new.features
    links = {ours.url_key, theirs.url_key}
    return ours.guid_key == theirs.guid_key == key and len(links - {0, key}) > 1
