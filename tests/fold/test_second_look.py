"""Stories that are seen to be one later, the likeliest pair first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.fold import grouping
from aggregator.fold.features import decode
from aggregator.fold.second_look import SecondLook
from aggregator.fold.stories import Index
from aggregator.fold.window import Window, kept_of
from aggregator.model import Follows, Merged, Relation, Started
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, FOLDING, NOON, ORCHARD, arrival, entry
from tests.fold.threads import WORDY_MATTER, Told, other_news, thread

if TYPE_CHECKING:
    from aggregator.model import Arrival

BRIDGE_AGAIN = entry(
    "Drivers cross Marlow harbour bridge again after nine months",
    "Odile Fenwick led the repairs of the Marlow harbour bridge, whose piers a barge had struck; "
    "the first traffic came this morning, and crews who worked through winter were thanked.",
)


def window_of(*arrivals: Arrival) -> Window:
    """Return a window in which every entry is a story of its own, among other news."""
    window = Window(width_s=FOLDING.window.total_seconds())
    for one in (*other_news(days=1), *arrivals):
        window.add(kept_of(one, story_id=f"story-{one.entry_id}"), decode(one.features))
    return window


def settle(window: Window, entries: list[int]) -> list[tuple[str, str]]:
    """Merge what the second look finds, and return it."""
    found = []
    for older, younger, _ in SecondLook(window, entries).ties():
        window.merge(older, younger)
        found.append((older, younger))
    return found


def test_what_was_left_alone_becomes_one_story_under_the_oldest_id() -> None:
    window = window_of(
        arrival(BRIDGE, 1), arrival(ORCHARD, 2), arrival(BRIDGE_ELSEWHERE, 3),
        arrival(BRIDGE_AGAIN, 4),
    )  # fmt: skip

    found = settle(window, [4, 3, 2, 1])

    assert {older for older, _ in found} == {"story-1"}
    assert sorted(window.stories["story-1"].members) == [1, 3, 4]
    assert window.stories["story-2"].members == [2]
    assert settle(window, [1, 2, 3, 4]) == []


def test_what_the_caller_leaves_apart_is_told_once() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2))

    assert len(list(SecondLook(window, [1, 2]).ties())) == 1


def test_entries_that_are_gone_or_never_grouped_are_left_out() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2, coverage=False))

    assert settle(window, [1, 2, 777]) == []


def test_the_bond_is_enough_for_a_second_look() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2))

    ((older, younger, bond),) = SecondLook(window, [2]).ties()

    assert (older, younger) == ("story-1", "story-2")
    assert bond.average >= grouping.LATER


@pytest.mark.parametrize("same", [False, True])
def test_outlets_that_told_both_must_be_outweighed(
    monkeypatch: pytest.MonkeyPatch, *, same: bool
) -> None:
    feeds = (31, 31) if same else (31, 32)
    window = window_of(
        arrival(BRIDGE, 1, feed=feeds[0]), arrival(BRIDGE_ELSEWHERE, 2, feed=feeds[1])
    )
    likely = grouping.bond([1], [2], window, asked=grouping.LATER)
    assert likely is not None

    monkeypatch.setattr(grouping, "LATER", likely.average - 0.1)

    asked = grouping.asked_later([1], [2], window)
    assert (grouping.bond([1], [2], window, asked=asked) is None) is same


# ----------------------------------------------------------- through the index


LONG_AFTER = NOON + timedelta(days=99)


def late(one: Arrival) -> Arrival:
    """Return an entry as first seen when its window has long passed."""
    return replace(one, seen_at=LONG_AFTER)


def index_of_other_news(*, days: int = 1) -> Index:
    index = Index(FOLDING)
    for one in other_news(days=days):
        index.add(one, story_id=f"story-{one.entry_id}")
    return index


def test_a_backlog_joins_only_copies_before_its_second_look() -> None:
    index = index_of_other_news()
    entries = [arrival(BRIDGE, 1), arrival(BRIDGE, 2), arrival(BRIDGE_ELSEWHERE, 3)]

    first, copy, other = (index.fold(late(one))[0] for one in entries)

    assert isinstance(first, Started)
    assert getattr(copy, "relation", None) is Relation.COPY
    assert isinstance(other, Started)
    assert index.has_backlog
    (merge,) = index.settle()
    assert isinstance(merge, Merged)
    assert (merge.kept_id, merge.absorbed_id) == (first.story_id, other.story_id)
    assert not index.has_backlog
    assert index.settle() == ()


def test_what_was_stored_before_its_second_look_has_it_later() -> None:
    """A process ended between the two; the next one goes on where it was left."""
    index = index_of_other_news()
    one, other = late(arrival(BRIDGE, 1)), late(arrival(BRIDGE_ELSEWHERE, 2))
    fresh = replace(arrival(ORCHARD, 3), seen_at=NOON)
    for kept in (one, other, fresh):
        index.add(kept, story_id=f"story-{kept.entry_id}", is_settled=False)

    (merge,) = index.settle()

    assert isinstance(merge, Merged)
    assert (merge.kept_id, merge.absorbed_id) == ("story-1", "story-2")


def test_a_backlog_of_one_matter_over_weeks_is_a_chain_of_stories() -> None:
    reports = thread([NOON + timedelta(hours=12) * n for n in range(40)], matter=WORDY_MATTER)
    index = index_of_other_news(days=20)
    story_of = Told().fold(index, [late(one) for one in reports]).by_entry
    for one in index.settle():
        if isinstance(one, Merged):
            story_of = {
                entry: one.kept_id if story == one.absorbed_id else story
                for entry, story in story_of.items()
            }
        else:
            assert isinstance(one, Follows)
            assert "because it would span" in one.reason

    stories = set(story_of.values())
    assert 4 <= len(stories) <= 12
    for story in stories:
        times = [one.at for one in reports if story_of[one.entry_id] == story]
        assert max(times) - min(times) <= 2 * FOLDING.window
