from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import NotFoundError
from aggregator.model import Arrival, Enclosure
from aggregator.store import entries, publications, search, stories
from aggregator.store.entries import ChangedEntry
from tests.store.houses import NOON

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import ReadEntry
    from tests.store.houses import House

DAY = timedelta(days=1)


def present(house: House, feed_id: int, reads: list[ReadEntry], slices: set[bytes]) -> None:
    keys = {one.entry.key: one.entry.slice_hash for one in reads}
    entries.mark_present(house.db, feed_id, keys=keys, slices=slices, now=house.now)


def left(house: House) -> dict[str, str | None]:
    return dict(house.db.execute("SELECT key, left_at FROM entries").fetchall())


def test_every_word_of_an_entry_comes_back(house: House) -> None:
    read = house.read(
        "k",
        guid="tag:k",
        title="A title",
        content="<p>Words</p>",
        summary="Words",
        published_at=NOON,
        updated_at=NOON + DAY,
        authors=("Ann", "Bo"),
        categories=("x",),
        language="en",
        image="https://e.example/i.png",
        enclosures=(Enclosure(url="https://e.example/s.mp3", type="audio/mpeg", length_bytes=9),),
    )

    entry_id = house.add(house.feed("a"), read)

    assert stories.find(house.db, house.story_id(entry_id)).lead.entry == read.entry


def test_a_body_is_told_apart_in_its_own_order(house: House) -> None:
    feed_id, other = house.feed("a"), house.feed("b")
    same, before = house.read("same"), house.read("changes", title="Before")
    house.add(feed_id, same)
    entry_id = house.add(feed_id, before)
    house.add(other, house.read("elsewhere"))
    after = house.read("changes", title="After")
    new = [house.read("z"), house.read("elsewhere"), house.read("a")]

    found = entries.compare(house.db, feed_id, [new[0], after, new[1], same, new[2]])

    assert found.new == tuple(new)
    assert found.unchanged == (same,)
    story_id = house.story_id(entry_id)
    kept_as = before.entry.content_hash
    assert found.changed == (
        ChangedEntry(entry_id=entry_id, story_id=story_id, read=after, content_hash=kept_as),
    )


def test_of_two_entries_with_one_key_the_first_stands(house: House) -> None:
    feed_id = house.feed("a")
    first, second = house.read("k", title="One"), house.read("k", title="Two")

    assert entries.compare(house.db, feed_id, [first, second]).new == (first,)


def test_comparing_writes_nothing(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k"))
    before = house.db.conn.total_changes

    entries.compare(house.db, feed_id, [house.read("k"), house.read("n")])

    assert house.db.conn.total_changes == before


def test_ids_are_never_given_twice(house: House) -> None:
    feed_id = house.feed("a")
    assert entries.next_id(house.db) == 1
    entry_id = house.add(feed_id, house.read("k"))
    house.db.execute("DELETE FROM words_search WHERE rowid = ?", (entry_id,))
    house.db.execute("DELETE FROM entries")

    assert entries.next_id(house.db) == entry_id + 1


def test_a_change_is_kept_found_and_told_to_the_digests(house: House) -> None:
    feed_id = house.feed("a")
    entry_id = house.add(feed_id, house.read("k", title="Old heading", summary="about storks"))
    story_id = house.story_id(entry_id)
    house.publish("d", 1, story_id)
    read = house.read("k", title="New heading", summary="about herons", published_at=NOON - DAY)
    (changed,) = entries.compare(house.db, feed_id, [read]).changed

    entries.change(house.db, [changed], now=NOON)

    assert stories.find(house.db, story_id).lead.entry == read.entry
    assert entries.compare(house.db, feed_id, [read]).unchanged == (read,)
    assert search.search(house.db, "storks", limit=9) == []
    assert [hit.entry_id for hit in search.search(house.db, "herons", limit=9)] == [entry_id]
    assert [one for _, one in publications.changed(house.db, "d", numbers_from=1)] == [story_id]
    ((arrival, _),) = entries.arrivals_of(house.db, story_id)
    assert arrival.at == NOON - DAY


@pytest.mark.parametrize(
    ("said", "kept"),
    [(NOON - DAY, NOON - DAY), (NOON + DAY, NOON - DAY / 2), (None, NOON - DAY / 2)],
    ids=["earlier", "later than it was seen", "no more"],
)
def test_a_changed_entry_is_not_published_later_than_it_was_seen(
    house: House, said: datetime | None, kept: datetime
) -> None:
    """A feed that dates everything "now" moves nothing."""
    feed_id = house.feed("a")
    entry_id = house.add(feed_id, house.read("k", title="Old", published_at=NOON - DAY / 2))
    house.later(days=2)
    read = house.read("k", title="New", published_at=said)
    changed = entries.compare(house.db, feed_id, [read]).changed

    entries.change(house.db, changed, now=house.now)

    story = stories.find(house.db, house.story_id(entry_id))
    assert (story.lead.entry.title, story.lead.entry.published_at) == ("New", kept)
    ((arrival, _),) = entries.arrivals_of(house.db, story.id)
    assert arrival.at == kept


def test_what_a_partial_body_leaves_out_has_not_left(house: House) -> None:
    feed_id, here, away = house.feed("a"), house.read("here"), house.read("away")
    house.add(feed_id, here)
    house.add(feed_id, away)
    present(house, feed_id, [here], set())
    entries.mark_present(
        house.db,
        feed_id,
        keys={"away": away.entry.slice_hash},
        slices=frozenset(),
        now=house.now,
        partial=True,
    )

    assert left(house) == {"here": None, "away": None}


def test_an_entry_not_in_the_body_has_left(house: House) -> None:
    feed_id, other = house.feed("a"), house.feed("b")
    by_key, by_slice, gone = house.read("by key"), house.read("by slice"), house.read("gone")
    for read in (by_key, by_slice, gone):
        house.add(feed_id, read)
    house.add(other, house.read("of another feed"))

    present(house, feed_id, [by_key], {by_slice.entry.slice_hash})

    assert {key for key, moment in left(house).items() if moment} == {"gone"}
    assert left(house)["gone"] == "2026-03-01T12:00:00.000000Z"


@pytest.mark.parametrize("way", ["key", "slice"])
def test_an_entry_that_returns_is_present_again(house: House, way: str) -> None:
    feed_id, read = house.feed("a"), house.read("k")
    house.add(feed_id, read)
    present(house, feed_id, [], set())

    present(house, feed_id, [read] if way == "key" else [], {read.entry.slice_hash})

    assert left(house) == {"k": None}


def test_an_entry_read_from_other_bytes_is_known_by_them(house: House) -> None:
    """Its words are the same (a date moved), its slice is not: it has not left with the old one."""
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k", content_hash=b"same", slice_hash=b"slice one"))
    again = house.read("k", content_hash=b"same", slice_hash=b"slice two")
    assert entries.compare(house.db, feed_id, [again]).unchanged == (again,)
    present(house, feed_id, [again], {b"slice two"})

    present(house, feed_id, [], {b"slice two"})

    assert left(house) == {"k": None}


def test_presence_that_stays_writes_nothing(house: House) -> None:
    feed_id, here, gone = house.feed("a"), house.read("here"), house.read("gone")
    house.add(feed_id, here)
    house.add(feed_id, gone)
    present(house, feed_id, [here], set())
    before = house.db.conn.total_changes
    house.later(days=1)

    present(house, feed_id, [here], set())
    present(house, feed_id, [], {here.entry.slice_hash, b"of a pruned entry"})

    assert house.db.conn.total_changes == before


def test_arrivals_come_as_folding_sees_them(house: House) -> None:
    feed_id = house.feed("a")
    old = house.add(feed_id, house.read("old", published_at=NOON))
    house.later(days=1)
    dated = house.add(feed_id, house.read("dated", guid="g", published_at=NOON))
    dateless = house.add(feed_id, house.read("dateless"))

    found = list(entries.arrivals(house.db, since=NOON + DAY, without_coverage={house.urls[0]}))

    assert [arrival.entry_id for arrival, _ in found] == [dated, dateless]
    assert found[0] == (
        Arrival(
            entry_id=dated,
            feed_id=feed_id,
            feed_url=house.urls[0],
            key="dated",
            guid="g",
            url="https://e.example/dated",
            at=NOON,
            seen_at=NOON + DAY,
            features=b"\x01dated",
            coverage=False,
        ),
        house.story_id(dated),
    )
    everything = entries.arrivals(house.db, since=NOON)
    assert [(one.entry_id, one.coverage) for one, _ in everything] == [
        (old, True),
        (dated, True),
        (dateless, True),
    ]


def test_arrivals_come_in_parts_and_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    feed_id = house.feed("a")
    wanted = [house.add(feed_id, house.read(str(number))) for number in range(5)]
    monkeypatch.setattr(entries, "ARRIVALS_AT_ONCE", 2)

    assert [one.entry_id for one, _ in entries.arrivals(house.db, since=NOON)] == wanted


@pytest.mark.parametrize("reference", ["https://e.example/k", "tag:k", "1"])
def test_an_entry_is_found_by_what_names_it(house: House, reference: str) -> None:
    entry_id = house.add(house.feed("a"), house.read("k", guid="tag:k"))

    assert entries.find(house.db, reference) == entry_id


@pytest.mark.parametrize("reference", ["", "2", "9" * 5000, "https://e.example/"])
def test_an_unknown_entry_is_told(house: House, reference: str) -> None:
    house.add(house.feed("a"), house.read("k"))

    with pytest.raises(NotFoundError, match="newsfold search"):
        entries.find(house.db, reference)


def test_an_ambiguous_entry_names_its_candidates(house: House) -> None:
    house.add(house.feed("a"), house.read("k"))
    house.add(house.feed("b"), house.read("k"))

    with pytest.raises(NotFoundError, match=r"1 \(https://a.*2 \(https://b.*by its number"):
        entries.find(house.db, "https://e.example/k")


def test_entries_are_counted_by_feed(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    house.feed("silent")
    for feed_id, key in [(a, "1"), (a, "2"), (b, "1")]:
        house.add(feed_id, house.read(key))

    assert entries.feed_counts(house.db) == {a: 2, b: 1}
