"""The window keeps entries and their stories, and forgets them without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold.candidates import sketch_keys
from aggregator.fold.features import decode
from aggregator.fold.window import Window, kept_of
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, HOUR, NOON, ORCHARD, arrival, entry

if TYPE_CHECKING:
    from aggregator.model import Arrival

WIDTH_S = 72 * 3600.0
ENTRIES = (BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, entry("Forecast for May 3"), entry("Forecast for 9"))


def added(window: Window, one: Arrival, *, story_id: str) -> None:
    window.add(kept_of(one, story_id=story_id), decode(one.features))


def test_an_entry_is_found_by_key_by_sketch_and_by_stem() -> None:
    window = Window(width_s=WIDTH_S)
    one = arrival(entry("Bridge opens", BRIDGE.summary, url="https://a.example/1"), 1)
    features = decode(one.features)
    added(window, one, story_id="s")

    assert window.identities.entries(features.url_key) == [1]
    assert window.sketches.sharing(sketch_keys(features)) == [1]
    assert list(window.stems.partners(window.stems.rarities(features.stems))) == [1]
    assert window.stories["s"].members == [1]


def test_an_entry_that_is_added_again_stands_once() -> None:
    window = Window(width_s=WIDTH_S)
    added(window, arrival(BRIDGE, 1), story_id="a")
    added(window, arrival(ORCHARD, 1), story_id="b")

    assert list(window.stories) == ["b"]
    assert window.stems.population == 1
    assert window.sketches.sharing(sketch_keys(decode(arrival(BRIDGE, 1).features))) == []


def test_a_story_goes_with_its_last_entry() -> None:
    window = Window(width_s=WIDTH_S)
    added(window, arrival(BRIDGE, 1), story_id="a")
    added(window, arrival(BRIDGE_ELSEWHERE, 2), story_id="a")

    window.remove(1)
    assert window.stories["a"].members == [2]
    window.remove(2)
    assert not window.stories
    window.remove(2)  # an unknown one is no matter


def test_a_merge_moves_every_member() -> None:
    window = Window(width_s=WIDTH_S)
    for number, (one, story_id) in enumerate(zip(ENTRIES, "aabbc", strict=True), 1):
        added(window, arrival(one, number), story_id=story_id)

    window.merge("a", "b")
    window.move(5, "a")

    assert window.stories["a"].members == [1, 2, 3, 4, 5]
    assert {kept.story_id for kept in window.kept.values()} == {"a"}
    assert list(window.stories) == ["a"]


def test_nearness_is_by_the_width() -> None:
    window = Window(width_s=HOUR.total_seconds())
    one, near, far = (
        kept_of(arrival(BRIDGE, number, at=NOON + wait), story_id="s")
        for number, wait in enumerate((0 * HOUR, HOUR, 2 * HOUR))
    )

    assert window.is_near(one, near)
    assert not window.is_near(one, far)


def test_weights_are_kept_until_the_window_has_changed() -> None:
    window = Window(width_s=WIDTH_S)
    added(window, arrival(BRIDGE, 1), story_id="a")
    kept = window.kept[1]

    first = window.fresh_weights(kept)
    assert window.fresh_weights(kept) is first
    for number in range(2, 9):
        added(window, arrival(ORCHARD, number), story_id="b")

    again = window.fresh_weights(kept)
    assert again != first
    assert window.side(kept, decode(kept.features)).weights is again


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12), st.integers(0, 4)), max_size=60))
def test_a_window_emptied_holds_nothing(steps: list[tuple[bool, int, int]]) -> None:
    """Whatever came and went: no posting, template or story is left behind."""
    window = Window(width_s=WIDTH_S)
    for adds, number, place in steps:
        if adds:
            one = arrival(ENTRIES[place], number, feed=1)
            added(window, one, story_id=f"s{place}")
        else:
            window.remove(number)
    for number in list(window.kept):
        window.remove(number)

    assert not window.stories
    assert not window._templates
    assert not window.identities._under
    assert not window.sketches._under
    assert not window.stems._holding
    assert window.stems.population == 0
