from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import NotFoundError
from aggregator.store import entries, feeds, publications, retention, search, stories
from aggregator.store.retention import Pruned
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House

DAYS = timedelta(days=1)
KEPT_FOR = timedelta(days=90)


def leave(house: House, feed_id: int, *, but: tuple[str, ...] = ()) -> None:
    """Let every entry of a feed leave its body now."""
    keys = dict.fromkeys(but, b"")
    entries.mark_present(house.db, feed_id, keys=keys, slices=frozenset(), now=house.now)


def prune(house: House, *feed_ids: int) -> Pruned:
    spans = dict.fromkeys(feed_ids, KEPT_FOR)
    return retention.prune(house.db, retention_by_feed=spans, now=house.now)


def kept(house: House) -> list[str]:
    return [row[0] for row in house.db.execute("SELECT key FROM entries ORDER BY key").fetchall()]


def test_an_entry_goes_when_it_has_been_out_of_its_feed_for_long(house: House) -> None:
    feed_id = house.feed("a")
    for key in ("gone", "stays"):
        house.add(feed_id, house.read(key, summary="about herons"))
    leave(house, feed_id, but=("stays",))

    house.now = NOON + KEPT_FOR
    assert prune(house, feed_id) == Pruned()
    house.later(microseconds=1)
    assert prune(house, feed_id) == Pruned(entries=1, stories=1)

    assert kept(house) == ["stays"]
    assert len(search.search(house.db, "herons", limit=9)) == 1
    with pytest.raises(NotFoundError):
        stories.find(house.db, "story0001")


def test_a_feed_without_a_retention_keeps_all(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    for feed_id in (a, b):
        house.add(feed_id, house.read("k"))
        leave(house, feed_id)
    house.later(days=1000)

    assert prune(house, a).entries == 1
    assert entries.feed_counts(house.db) == {b: 1}


def test_what_was_pruned_never_comes_back_as_new(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    house.add(a, house.read("k"))
    leave(house, a)
    house.later(days=91)
    prune(house, a)

    again, new = house.read("k", title="Changed since"), house.read("new")

    found = entries.compare(house.db, a, [again, new])
    assert (found.new, found.changed, found.unchanged) == ((new,), (), ())
    assert entries.compare(house.db, b, [again]).new == (again,)


def test_a_grave_stays_small(house: House) -> None:
    """For years: the key and three marks, in no more than a hundred bytes."""
    feed_id = house.feed("a")
    for number in range(2_000):
        house.add(feed_id, house.read(f"k{number}", guid=f"tag:e.example,2026:{number}"))
    leave(house, feed_id)
    house.later(days=91)
    prune(house, feed_id)

    pages = "SELECT sum(pgsize) FROM dbstat WHERE name IN ('tombstones', 'grave_marks')"
    try:
        (size,) = house.db.execute(pages).fetchone()
    except sqlite3.OperationalError:
        pytest.skip("this SQLite was built without dbstat")
    assert size / 2_000 < 100


def test_the_entries_of_a_dropped_feed_count_from_then(house: House) -> None:
    feed_id = house.feed("a")
    for key in ("left before", "there at the end"):
        house.add(feed_id, house.read(key))
    leave(house, feed_id, but=("there at the end",))
    house.later(days=50)
    feeds.list_feeds(house.db, [], now=house.now)

    house.later(days=41)
    assert prune(house, feed_id).entries == 1
    assert kept(house) == ["there at the end"]
    house.later(days=50)

    assert prune(house, feed_id).entries == 1
    assert kept(house) == []


def test_a_story_that_lost_its_lead_gets_the_next(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    lead = house.add(a, house.read("lead"))
    story_id = house.story_id(lead)
    house.add(b, house.read("held"), held=True, story_id=story_id)
    fresh = house.add(b, house.read("fresh"), story_id=story_id)
    leave(house, a)
    house.later(days=91)

    assert prune(house, a, b) == Pruned(entries=1, leads=1)

    assert stories.find(house.db, story_id).lead.entry_id == fresh


def test_a_published_story_is_never_published_again(house: House) -> None:
    """Its row outlives its entries, so that its id stays taken and known as published."""
    feed_id = house.feed("a")
    story_id = house.story_id(house.add(feed_id, house.read("k")))
    publication = house.publish("d", 1, story_id)
    leave(house, feed_id)
    house.later(days=91)

    assert prune(house, feed_id) == Pruned(entries=1)

    assert publications.newest(house.db, "d", 9) == [publication]
    assert publications.changed(house.db, "d", numbers_from=1) == []
    with pytest.raises(NotFoundError, match="were pruned"):
        stories.find(house.db, story_id)


def test_the_stories_merged_into_an_empty_one_go_with_it(house: House) -> None:
    feed_id = house.feed("a")
    a, b, c = (house.story_id(house.add(feed_id, house.read(key))) for key in "abc")
    house.publish("d", 1, b)
    house.merge(a, c)
    house.merge(b, a)
    leave(house, feed_id)
    house.later(days=91)

    prune(house, feed_id)

    assert house.db.execute("SELECT id FROM stories").fetchall() == [(b,)]


def test_a_service_hears_of_deleted_stories(house: House) -> None:
    """What it holds in memory would else fold new entries into stories that are no more."""
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k"))
    leave(house, feed_id)
    before = stories.generation(house.db)
    prune(house, feed_id)
    assert stories.generation(house.db) == before

    house.later(days=91)
    prune(house, feed_id)

    assert stories.generation(house.db) == before + 1


def test_an_entry_that_joins_an_emptied_story_leads_it(house: House) -> None:
    feed_id = house.feed("a")
    story_id = house.story_id(house.add(feed_id, house.read("k")))
    house.publish("d", 1, story_id)
    leave(house, feed_id)
    house.later(days=91)
    prune(house, feed_id)

    late = house.add(feed_id, house.read("late"), story_id=story_id)

    assert stories.find(house.db, story_id).lead.entry_id == late


def test_pairs_kept_apart_go_with_their_entries(house: House) -> None:
    feed_id = house.feed("a")
    lead = house.add(feed_id, house.read("lead"))
    other = house.add(feed_id, house.read("other"), story_id=house.story_id(lead))
    stories.split(house.db, other, new_story_id="own", now=NOON)
    leave(house, feed_id, but=("lead",))
    house.later(days=91)

    prune(house, feed_id)

    assert stories.apart_pairs(house.db) == []


def test_much_goes_in_small_steps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    feed_id = house.feed("a")
    for number in range(5):
        house.add(feed_id, house.read(str(number)))
    leave(house, feed_id)
    house.later(days=91)
    monkeypatch.setattr(retention, "ENTRIES_AT_ONCE", 2)
    begun: list[str] = []

    house.db.conn.set_trace_callback(begun.append)
    pruned = prune(house, feed_id)
    house.db.conn.set_trace_callback(None)

    assert pruned == Pruned(entries=5, stories=5)
    assert begun.count("BEGIN IMMEDIATE") == 3 + 1  # the last one tidies


def test_pauses_that_are_over_go(house: House) -> None:
    feeds.pause_host(house.db, "over.example:443", NOON)
    feeds.pause_host(house.db, "still.example:443", NOON + DAYS)

    prune(house)

    assert house.db.execute("SELECT host FROM host_pauses").fetchall() == [("still.example:443",)]
