from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import UsageError
from aggregator.store import feeds, search
from aggregator.store.search import Hit
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House


def found(house: House, words: str) -> list[int]:
    return [hit.entry_id for hit in search.search(house.db, words, limit=10)]


def test_a_hit_says_what_and_where(house: House) -> None:
    feed_id = house.feed("a")
    feeds.list_feeds(house.db, house.urls, now=NOON, titles={house.urls[0]: "The A Times"})
    read = house.read("k", title="Storm at sea", summary="Waves rose", published_at=NOON)
    entry_id = house.add(feed_id, read)

    assert search.search(house.db, "waves", limit=1) == [
        Hit(
            entry_id=entry_id,
            title="Storm at sea",
            url="https://e.example/k",
            outlet="The A Times",
            feed_url=house.urls[0],
            published_at=NOON,
            first_seen_at=NOON,
            story_id=house.story_id(entry_id),
            snippet="Waves rose",
        )
    ]


def test_the_title_counts_more_than_the_summary(house: House) -> None:
    feed_id = house.feed("a")
    below = house.add(feed_id, house.read("1", title="Other news", summary="storm"))
    above = house.add(feed_id, house.read("2", title="Storm news", summary="other"))

    assert found(house, "storm") == [above, below]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("crème brûlée", True),
        ("CREME brulee", True),
        ("brulee bru", True),
        ("bru", True),
        ("bru creme", False),
        ("creme pudding", False),
        ("o'brien", True),
        ("well-known", True),
        ("known-well", False),
        ("title : creme", True),
        ("creme OR pudding", False),
        ('"creme', True),
        ("creme -", True),
        ("NOT creme", False),
        ("(creme", True),
        ("creme\0", True),
    ],
)
def test_words_are_words(house: House, words: str, *, expected: bool) -> None:
    read = house.read("k", title="Crème brûlée", summary="O'Brien's well-known title")
    house.add(house.feed("a"), read)

    assert bool(found(house, words)) == expected


@pytest.mark.parametrize("words", ["", "  ", "-- ?! \"'", "\0"])
def test_no_word_at_all_is_told(house: House, words: str) -> None:
    with pytest.raises(UsageError, match="at least one word"):
        search.search(house.db, words, limit=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    words=st.text(st.characters(exclude_categories=()), min_size=1).map(lambda text: f"a {text}")
)
def test_no_words_break_the_question(house: House, words: str) -> None:
    assert found(house, words) == []


def test_the_best_hits_stand_within_the_limit(house: House) -> None:
    feed_id = house.feed("a")
    for number in range(5):
        house.add(feed_id, house.read(str(number), title="Storm"))

    assert len(search.search(house.db, "storm", limit=3)) == 3
