"""How long stories are and what follows what, through merges, splits, pruning and a new start."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Follows, Joined, Relation, Started
from aggregator.store import database, entries, retention, stories, threads
from aggregator.store.entries import NewEntry
from tests.store.houses import NOON, House

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)


def report(house: House, key: str, *, day: float = 0, follows: str = "", joins: str = "") -> str:
    """Keep an entry published on a day, in a story of its own or in one; return its story's id."""
    url = f"https://{key}.example/feed"
    feed = house.feed(key) if url not in house.urls else 0
    entry_id = entries.next_id(house.db)
    story_id = joins or f"story-{key}"
    links = (Follows(story_id=story_id, follows_id=follows, reason="too long"),) if follows else ()
    start = Started(story_id=story_id, entry_id=entry_id, follows=links)
    join = Joined(
        story_id=story_id, entry_id=entry_id, relation=Relation.COVERAGE, reason="like",
        score=0.8, witness_id=0, follows=links,
    )  # fmt: skip
    read = house.read(key, published_at=NOON + day * DAY)
    with database.transaction(house.db):
        entries.add(house.db, feed, [NewEntry(entry_id=entry_id, read=read)], now=house.now)
        stories.apply(house.db, [join if joins else start], now=house.now)
    return story_id


def extent(house: House, story_id: str) -> tuple[datetime, datetime]:
    kept = {one.story_id: one for one in threads.recent(house.db, since=NOON - 99 * DAY)}
    return kept[story_id].first_at, kept[story_id].last_at


def follows(house: House, story_id: str) -> str | None:
    (story,) = stories.load(house.db, [story_id])
    return story.follows.id if story.follows else None


def test_a_story_reaches_to_what_joins_it_but_for_copies(house: House) -> None:
    story_id = report(house, "one", day=1)
    report(house, "two", day=-2, joins=story_id)
    copy = house.read("copy", published_at=NOON + 9 * DAY)
    house.add(house.feed("three"), copy, story_id=story_id)

    assert extent(house, story_id) == (NOON - 2 * DAY, NOON + DAY)


def test_a_link_is_told_at_both_stories_with_the_title_and_the_reason(house: House) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    earlier, later = stories.load(house.db, [first, second])

    assert later.follows is not None
    assert (later.follows.id, later.follows.title) == (first, "Title of one")
    assert later.follows.reason == "too long"
    assert earlier.followed_by is not None
    assert earlier.followed_by.id == second
    assert earlier.follows is later.followed_by is None
    assert {one.follows_id for one in threads.recent(house.db, since=NOON)} == {"", first}


def test_of_two_that_follow_one_the_first_seen_is_told(house: House) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    house.later(hours=1)
    report(house, "three", day=8, follows=first)

    (story,) = stories.load(house.db, [first])
    assert story.followed_by is not None
    assert story.followed_by.id == second


def test_a_story_is_linked_once_and_never_in_a_circle(house: House) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    report(house, "three", day=8, joins=first, follows=second)
    third = report(house, "four", day=14)
    report(house, "five", day=15, joins=second, follows=third)

    assert follows(house, first) is None
    assert follows(house, second) == first


def test_a_linked_story_counts_as_changed(house: House) -> None:
    """What was published of it is composed again, with the link."""
    first, second = report(house, "one"), report(house, "two", day=7)
    question = "SELECT version FROM stories WHERE id = ?"
    before = house.db.execute(question, (second,)).fetchone()[0]
    joined = Follows(story_id=second, follows_id=first, reason="too long")
    update = Started(story_id="other", entry_id=house.add(house.feed("x"), house.read("x")))
    with database.transaction(house.db):
        threads.follow(
            house.db,
            [Started(story_id=update.story_id, entry_id=update.entry_id, follows=(joined,))],
            now=house.now,
        )

    assert house.db.execute(question, (second,)).fetchone()[0] > before


@pytest.mark.parametrize("kept", ["one", "two", "three"])
@pytest.mark.parametrize("absorbed", ["one", "two", "three"])
def test_merges_within_a_chain_leave_a_chain(house: House, kept: str, absorbed: str) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    report(house, "three", day=14, follows=second)
    if kept == absorbed:
        return

    house.merge(f"story-{kept}", f"story-{absorbed}")

    left = [f"story-{name}" for name in ("one", "two", "three") if name != absorbed]
    linked = {story_id: follows(house, story_id) for story_id in left}
    assert list(linked.values()).count(None) == 1
    assert all(story_id != other for story_id, other in linked.items())


def test_what_followed_an_absorbed_story_follows_the_kept_one(house: House) -> None:
    first, other = report(house, "one"), report(house, "other")
    second = report(house, "two", day=7, follows=other)
    house.merge(first, other)

    assert follows(house, second) == first


def test_a_kept_story_inherits_what_the_absorbed_one_followed(house: House) -> None:
    first = report(house, "one")
    kept, absorbed = report(house, "two", day=7), report(house, "three", day=8, follows=first)
    house.merge(kept, absorbed)

    assert follows(house, kept) == first
    assert extent(house, kept) == (NOON + 7 * DAY, NOON + 8 * DAY)


def test_a_split_keeps_the_link_and_measures_anew(house: House) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    report(house, "three", day=9, joins=second)
    third = entries.find(house.db, "https://e.example/three")
    stories.split(house.db, third, new_story_id="apart", now=house.now)

    assert follows(house, second) == first
    assert follows(house, "apart") is None
    assert extent(house, second) == (NOON + 7 * DAY, NOON + 7 * DAY)
    assert extent(house, "apart") == (NOON + 9 * DAY, NOON + 9 * DAY)


def test_when_the_earlier_story_is_pruned_the_link_goes(house: House) -> None:
    first = report(house, "one")
    second = report(house, "two", day=7, follows=first)
    house.publish("all", 1, first)
    third = report(house, "three", day=14, follows=second)
    house.later(days=30)
    ids = dict(house.db.execute("SELECT url, id FROM feeds").fetchall())
    for name in ("one", "two"):
        feed_id = ids[f"https://{name}.example/feed"]
        entries.mark_present(house.db, feed_id, keys={}, slices=frozenset(), now=house.now)
        house.later(days=30)
        retention.prune(house.db, retention_by_feed={feed_id: DAY}, now=house.now)

    assert follows(house, third) is None
    assert [one.follows_id for one in threads.recent(house.db, since=NOON)] == [""]
