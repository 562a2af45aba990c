from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Enclosure
from aggregator.store import entries, identities, retention
from tests.store.houses import NOON

if TYPE_CHECKING:
    from aggregator.model import Entry, ReadEntry
    from tests.store.houses import House

WORDS, OTHER_WORDS = b"ourwords" + b"and rest", b"others'!" + b"and rest"


def keys(house: House) -> list[str]:
    return [row[0] for row in house.db.execute("SELECT key FROM entries ORDER BY id").fetchall()]


def bury(house: House, feed_id: int, read: ReadEntry) -> None:
    """Keep an entry, let it leave its feed and be pruned."""
    house.add(feed_id, read)
    entries.mark_present(house.db, feed_id, keys={}, slices=frozenset(), now=house.now)
    house.later(days=91)
    spans = {feed_id: timedelta(days=90)}
    retention.prune(house.db, retention_by_feed=spans, now=house.now)


def test_kept_entries_are_found_by_words_and_by_link(house: House) -> None:
    feed_id, other = house.feed("a"), house.feed("b")
    by_words = house.add(feed_id, house.read("w", content_hash=WORDS))
    by_link = house.add(feed_id, house.read("l", url="http://e.example/x", content_hash=b"l" * 16))
    house.add(feed_id, house.read("neither", content_hash=b"n" * 16))
    house.add(other, house.read("w", content_hash=WORDS, url="https://e.example/x"))
    wanted = house.read("new", content_hash=WORDS[:8] + b"something", url="https://e.example/x")

    found = identities.alike(house.db, feed_id, [wanted.entry])

    assert {one.entry_id for one in found} == {by_words, by_link}
    assert not any(one.has_left for one in found)


def test_entries_without_a_link_are_not_alike_for_that(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k", url="", content_hash=OTHER_WORDS))
    wanted = house.read("new", url="", content_hash=WORDS)

    assert identities.alike(house.db, feed_id, [wanted.entry]) == []


def test_what_tells_an_entry_comes_back(house: House) -> None:
    read = house.read(
        "k",
        guid="tag:k",
        content="<p>Words</p>",
        published_at=NOON,
        updated_at=NOON,
        enclosures=(Enclosure(url="https://e.example/s.mp3"),),
    )
    entry_id = house.add(house.feed("a"), read)

    (found,) = identities.of_ids(house.db, [entry_id]).values()

    assert found == identities.Kept(entry_id=entry_id, entry=read.entry, has_left=False)


def test_the_keys_of_a_feed_are_made_anew_and_equal_ones_stay_apart(house: House) -> None:
    feed_id = house.feed("a")
    for key, title in (("1", "same"), ("2", "same"), ("3", "own")):
        house.add(feed_id, house.read(key, title=title))
    house.add(house.feed("b"), house.read("1", title="elsewhere"))

    identities.rekey_feed(house.db, feed_id, lambda one: one.title)

    assert keys(house) == ["same", "2", "own", "1"]


def test_a_renamed_entry_has_its_new_key_guid_and_link(house: House) -> None:
    feed_id = house.feed("a")
    entry_id = house.add(feed_id, house.read("old", guid="old"))
    taken = house.add(feed_id, house.read("taken", guid="taken"))
    now: Entry = house.read("new", guid="new", url="https://e.example/new").entry

    identities.rename(house.db, [(entry_id, now), (taken, replace(now, guid="third"))])

    kept = identities.of_ids(house.db, [entry_id, taken])
    one = kept[entry_id].entry
    assert (one.key, one.guid, one.url) == ("new", "new", "https://e.example/new")
    assert (kept[taken].entry.key, kept[taken].entry.guid) == ("taken", "taken")


def test_the_last_renaming_is_remembered(house: House) -> None:
    feed_id = house.feed("a")

    assert identities.note_renaming(house.db, feed_id, now=NOON) is None
    later = NOON + timedelta(days=1)
    assert identities.note_renaming(house.db, feed_id, now=later) == NOON
    assert identities.note_renaming(house.db, feed_id, now=later) == later


def test_links_that_repeat_are_told(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("1", url=""))
    house.add(feed_id, house.read("2", url=""))
    house.add(feed_id, house.read("3", url="https://e.example/one"))
    assert not identities.repeats_links(house.db, feed_id)

    house.add(feed_id, house.read("4", url="https://e.example/one"))

    assert identities.repeats_links(house.db, feed_id)


GRAVE = {"guid": "http://e.example/1", "url": "http://e.example/2", "content_hash": WORDS}


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, (True, True, True)),
        ({"guid": "https://e.example/1"}, (True, True, True)),
        ({"guid": "another", "url": "https://e.example/2"}, (False, True, True)),
        ({"guid": "another", "content_hash": OTHER_WORDS}, (False, True, False)),
        ({"url": "https://e.example/"}, (True, False, True)),
        ({"content_hash": WORDS[:8] + b"and more"}, (True, True, True)),
    ],
    ids=["all", "https", "another guid", "link alone", "a home page", "other markup"],
)
def test_a_pruned_entry_is_known_by_each_of_its_marks(
    house: House, changes: dict[str, object], met: tuple[bool, bool, bool]
) -> None:
    feed_id = house.feed("a")
    bury(house, feed_id, house.read("k", **GRAVE))
    wanted = house.read("new", **{**GRAVE, **changes}).entry

    assert identities.graves_met(house.db, feed_id, [wanted])["new"][:3] == met


def test_short_guids_and_home_pages_leave_no_mark(house: House) -> None:
    feed_id = house.feed("a")
    said = {"guid": "none", "url": "https://e.example/", "content_hash": OTHER_WORDS}
    bury(house, feed_id, house.read("k", **said))
    wanted = house.read("new", **{**said, "content_hash": WORDS}).entry

    assert identities.graves_met(house.db, feed_id, [wanted]) == {"new": (False,) * 4}


def test_where_nothing_was_pruned_nothing_is_met(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    bury(house, a, house.read("k", **GRAVE))
    wanted = house.read("k", **GRAVE).entry

    assert identities.graves_met(house.db, b, [wanted]) == {}
    assert identities.graves_met(house.db, a, []) == {}


def test_story_ids_in_use_are_told(house: House) -> None:
    story_id = house.story_id(house.add(house.feed("a"), house.read("k")))

    assert identities.known_stories(house.db, [story_id, "free"]) == {story_id}
