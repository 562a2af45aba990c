"""What other folding settings would make of the entries of the last days. It changes nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.fold.stories import Index
from aggregator.model import Follows, Joined, Merged
from aggregator.pipeline import sessions
from aggregator.store import entries, stories, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Arrival, Config, Member, Story, StoryUpdate
    from aggregator.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """Stories of today that would be one."""

    stories: tuple[Story, ...]
    reasons: tuple[str, ...]  # why their entries would join, each once


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """A story of today that would be several."""

    story: Story
    parts: tuple[tuple[Member, ...], ...]  # the largest first
    reasons: tuple[str, ...] = ()  # why one part would follow another, each once


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be otherwise. Entries first seen before `since` are not looked at."""

    entries: int
    stories: int
    stories_then: int
    unions: tuple[Union, ...]
    partings: tuple[Parting, ...]


def preview(db: Database, config: Config, *, since: datetime) -> Preview:
    """Fold the entries first seen since then anew, as `config` has it, and compare.

    What a person split stays apart. What a person joined is folded by the rules alone, so it shows
    as parting where the rules do not join it.
    """
    silent = {feed.url for feed in config.feeds if not feed.coverage}
    found = list(entries.arrivals(db, since=since, without_coverage=silent))
    now = {arrival.entry_id: story_id for arrival, story_id in found}
    then, why = _fold(db, config, [arrival for arrival, _ in found])
    return Preview(
        entries=len(now),
        stories=len(set(now.values())),
        stories_then=len(set(then.values())),
        unions=_unions(db, now, then, why.joined),
        partings=_partings(db, now, then, why.followed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    """The reasons of entries that joined a story, and of stories that follow another, by id."""

    joined: dict[int, str] = field(default_factory=dict)
    followed: dict[str, str] = field(default_factory=dict)


def _fold(db: Database, config: Config, arrivals: Iterable[Arrival]) -> tuple[dict[int, str], _Why]:
    """Return each entry's story, and the reasons."""
    index = Index(config.folding)
    for first, second in stories.apart_pairs(db):
        index.keep_apart(first, second)
    members: defaultdict[str, set[int]] = defaultdict(set)
    why, places = _Why(), tokens.places(db)
    for arrival in sorted(arrivals, key=lambda one: (one.at, one.entry_id)):
        for update in index.fold(sessions.bare(arrival, places)):
            _apply(update, members, why)
    for settled in index.settle():
        _apply(settled, members, why)
    return {entry: story for story, own in members.items() for entry in own}, why


def _apply(update: StoryUpdate, members: defaultdict[str, set[int]], why: _Why) -> None:
    if isinstance(update, Merged):
        moved = members.pop(update.absorbed_id)
        why.joined.update(dict.fromkeys(moved - why.joined.keys(), update.reason))
        members[update.kept_id] |= moved
        return
    if isinstance(update, Follows):
        why.followed[update.story_id] = update.reason
        return
    members[update.story_id].add(update.entry_id)
    why.followed.update({link.story_id: link.reason for link in update.follows})
    if isinstance(update, Joined):
        why.joined[update.entry_id] = update.reason


def _grouped(ids: Mapping[int, str], by: Mapping[int, str]) -> dict[str, dict[str, set[int]]]:
    """Return the entries by their story in `by`, then by their story in `ids`."""
    groups: defaultdict[str, dict[str, set[int]]] = defaultdict(dict)
    for entry_id, story_id in by.items():
        groups[story_id].setdefault(ids[entry_id], set()).add(entry_id)
    return groups


def _unions(
    db: Database, now: Mapping[int, str], then: Mapping[int, str], reasons: Mapping[int, str]
) -> tuple[Union, ...]:
    found = [olds for olds in _grouped(now, then).values() if len(olds) > 1]
    loaded = _load(db, (story_id for olds in found for story_id in olds))
    return tuple(
        Union(
            stories=tuple(loaded[story_id] for story_id in sorted(olds)),
            reasons=tuple(
                dict.fromkeys(
                    reasons[entry_id]
                    for own in olds.values()
                    for entry_id in sorted(own)
                    if entry_id in reasons
                )
            ),
        )
        for olds in found
    )


def _partings(
    db: Database, now: Mapping[int, str], then: Mapping[int, str], followed: Mapping[str, str]
) -> tuple[Parting, ...]:
    found = {old: news for old, news in _grouped(then, now).items() if len(news) > 1}
    loaded = _load(db, found)
    return tuple(
        Parting(
            story=loaded[old],
            parts=_parts(loaded[old], list(news.values())),
            reasons=tuple(dict.fromkeys(followed[new] for new in news if new in followed)),
        )
        for old, news in found.items()
    )


def _parts(story: Story, groups: Sequence[set[int]]) -> tuple[tuple[Member, ...], ...]:
    parts = [
        tuple(member for member in story.members if member.entry_id in group) for group in groups
    ]
    return tuple(sorted(parts, key=len, reverse=True))


def _load(db: Database, ids: Iterable[str]) -> dict[str, Story]:
    return {story.id: story for story in stories.load(db, sorted(set(ids)))}
