"""What was found to be a token, by feed and host; refusals are for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.store import tokens

if TYPE_CHECKING:
    from tests.store.houses import House

HOST = "o.example"


def test_what_is_found_is_known_by_host(house: House) -> None:
    feed = house.feed("one")
    tokens.add(house.db, feed, HOST, "?sid", refused=False, now=house.now)
    tokens.add(house.db, feed, HOST, "/build/", refused=False, now=house.now)

    assert tokens.places(house.db) == {HOST: frozenset({"?sid", "/build/"})}
    assert tokens.of_feed(house.db, feed) == {(HOST, "?sid"): False, (HOST, "/build/"): False}


def test_one_feeds_refusal_counts_for_all_and_stays(house: House) -> None:
    one, other = house.feed("one"), house.feed("other")
    for feed in (one, other):
        tokens.add(house.db, feed, HOST, "?id", refused=False, now=house.now)
    tokens.add(house.db, other, HOST, "?id", refused=True, now=house.now)
    tokens.add(house.db, other, HOST, "?id", refused=False, now=house.now)

    assert tokens.places(house.db) == {}
    assert tokens.of_feed(house.db, other) == {(HOST, "?id"): True}


def test_a_feed_cannot_fill_the_store(house: House) -> None:
    feed = house.feed("one")
    for number in range(tokens.MOST_OF_A_FEED + 5):
        tokens.add(house.db, feed, HOST, f"?p{number}", refused=False, now=house.now)
    tokens.add(house.db, feed, HOST, "?p0", refused=True, now=house.now)

    found = tokens.of_feed(house.db, feed)
    assert len(found) == tokens.MOST_OF_A_FEED
    assert found[HOST, "?p0"]


def test_addresses_are_named_and_present_ones_told_by_slice(house: House) -> None:
    feed = house.feed("one")
    reads = [house.read(key) for key in ("a", "b")]
    for read in reads:
        house.add(feed, read)
    slices = frozenset({reads[0].entry.slice_hash})

    assert tokens.present_urls(house.db, feed, slices) == ["https://e.example/a"]
    assert tokens.named(house.db, feed) == [
        ("https://e.example/b", "Title of b"),
        ("https://e.example/a", "Title of a"),
    ]
