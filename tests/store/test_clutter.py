from __future__ import annotations

from aggregator.model import Clutter
from aggregator.store import clutter, feeds
from tests.store.houses import NOON, House

A, B = "https://a.example/feed", "https://b.example/feed"
PLEA = Clutter(mark=2**63 - 1, text="Give us a little.", entries=7)
BOX = Clutter(mark=1, text="Our letter", entries=9)


def ids(house: House) -> list[int]:
    feeds.list_feeds(house.db, [A, B], now=NOON)
    return [state.feed_id for state in feeds.states(house.db)]


def test_what_was_found_comes_back_the_most_frequent_first(house: House) -> None:
    one, other = ids(house)

    clutter.add(house.db, one, [PLEA, BOX], now=NOON)

    assert clutter.of_feed(house.db, one) == [BOX, PLEA]
    assert clutter.of_feed(house.db, other) == []
    assert clutter.marks(house.db, [one, other]) == {one: frozenset({PLEA.mark, BOX.mark})}
    assert clutter.marks(house.db, [other]) == {}


def test_what_is_found_again_stays_as_it_was(house: House) -> None:
    one, _ = ids(house)
    clutter.add(house.db, one, [PLEA], now=NOON)

    clutter.add(house.db, one, [Clutter(mark=PLEA.mark, text="Another", entries=1)], now=NOON)

    assert clutter.of_feed(house.db, one) == [PLEA]


def test_a_feed_cannot_fill_the_table(house: House) -> None:
    one, _ = ids(house)
    many = [Clutter(mark=mark, text="x", entries=3) for mark in range(1, 3_000)]

    clutter.add(house.db, one, many[:900], now=NOON)
    clutter.add(house.db, one, many[900:], now=NOON)

    assert len(clutter.of_feed(house.db, one)) == clutter.MOST_OF_A_FEED


def test_a_feed_that_is_to_be_polled_knows_its_clutter(house: House) -> None:
    one, _ = ids(house)
    clutter.add(house.db, one, [PLEA], now=NOON)

    due = {state.url: state.clutter for state in feeds.due(house.db, now=NOON)}
    pollable = {state.url: state.clutter for state in feeds.pollable(house.db)}

    assert due == pollable == {A: frozenset({PLEA.mark}), B: frozenset()}
