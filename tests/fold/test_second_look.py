"""Stories that are seen to be one later, the likeliest pair first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.fold import grouping
from aggregator.fold.features import decode
from aggregator.fold.second_look import SecondLook
from aggregator.fold.window import Window, kept_of
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, FOLDING, ORCHARD, arrival, entry
from tests.fold.threads import other_news

if TYPE_CHECKING:
    from collections.abc import Callable

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


def anything(_one: str, _other: str) -> bool:
    return True


def nothing(_one: str, _other: str) -> bool:
    return False


def settle(
    window: Window, entries: list[int], may_join: Callable[[str, str], bool] = anything
) -> list[tuple[str, str]]:
    """Merge what the second look finds, and return it."""
    found = []
    for older, younger, _ in SecondLook(window, entries).ties(may_join):
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


def test_what_may_not_join_stays_apart() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2))

    assert settle(window, [1, 2], nothing) == []


def test_entries_that_are_gone_or_never_grouped_are_left_out() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2, coverage=False))

    assert settle(window, [1, 2, 777]) == []


def test_the_bond_is_enough_for_a_second_look() -> None:
    window = window_of(arrival(BRIDGE, 1), arrival(BRIDGE_ELSEWHERE, 2))

    ((older, younger, bond),) = SecondLook(window, [2]).ties(anything)

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
