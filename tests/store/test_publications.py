from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Edition
from aggregator.store import entries, publications, stories
from tests.store.houses import NOON, a_publication

if TYPE_CHECKING:
    from aggregator.model import Publication
    from tests.store.houses import House

HOUR = timedelta(hours=1)


def three_stories(house: House) -> list[str]:
    feed_id = house.feed("a")
    return [house.story_id(house.add(feed_id, house.read(key))) for key in "abc"]


def ready(house: House, *feed_ids: int) -> list[str]:
    return publications.ready(house.db, "d", feed_ids=feed_ids or (1,), first_seen_until=house.now)


def changed(house: House, numbers_from: int = 1) -> list[tuple[int, str]]:
    found = publications.changed(house.db, "d", numbers_from=numbers_from)
    return [(one.number, story_id) for one, story_id in found]


def forget(house: House) -> None:
    """Drop the words of all publications, as no program of ours does."""
    house.db.execute("DELETE FROM publications")


# --------------------------------------------------------------------- ready


def test_a_story_is_ready_until_it_is_published(house: House) -> None:
    a, b, c = three_stories(house)
    assert ready(house) == [a, b, c]

    house.publish("d", 1, b)
    house.publish("another digest", 1, a)

    assert ready(house) == [a, c]


def test_a_story_settles_before_it_is_ready(house: House) -> None:
    a, *_ = three_stories(house)
    until = NOON - timedelta(microseconds=1)

    assert publications.ready(house.db, "d", feed_ids=[1], first_seen_until=until) == []
    assert a in publications.ready(house.db, "d", feed_ids=[1], first_seen_until=NOON)


def test_a_story_is_ready_where_one_of_the_feeds_tells_it(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    both = house.story_id(house.add(a, house.read("1")))
    house.add(b, house.read("2"), story_id=both)
    only_a = house.story_id(house.add(a, house.read("3")))

    assert ready(house, a) == [both, only_a]
    assert ready(house, b) == [both]


def test_a_story_of_held_entries_waits_for_a_fresh_one(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    held = house.story_id(house.add(a, house.read("1"), held=True))
    assert ready(house, a, b) == []

    house.add(b, house.read("2"), story_id=held)

    assert ready(house, a, b) == [held]
    assert ready(house, a) == []


def test_the_short_question_finds_what_came_since(house: House) -> None:
    a = house.feed("a")
    old = house.story_id(house.add(a, house.read("old")))
    house.add(a, house.read("older, held"), held=True)
    gains = house.story_id(2)
    house.later(hours=1)
    new = house.story_id(house.add(a, house.read("new")))
    house.add(a, house.read("fresh"), story_id=gains)

    def since(moment: timedelta) -> list[str]:
        return publications.ready(
            house.db, "d", feed_ids=[a], first_seen_until=house.now, seen_since=NOON + moment
        )

    assert since(HOUR) == [gains, new]
    assert since(timedelta()) == [old, gains, new]


def test_the_short_question_finds_what_changed_where_that_matters(house: House) -> None:
    """A filter may let a story through that it refused before its entry was corrected."""
    _, b, _ = three_stories(house)
    house.later(hours=1)
    corrected = entries.compare(house.db, 1, [house.read("b", title="Corrected")]).changed
    entries.change(house.db, corrected, now=house.now)

    for or_changed, found in ((False, []), (True, [b])):
        assert found == publications.ready(
            house.db,
            "d",
            feed_ids=[1],
            first_seen_until=house.now,
            seen_since=house.now,
            or_changed=or_changed,
        )


# ----------------------------------------------------------------- published


def test_a_publication_comes_back_as_it_stands(house: House) -> None:
    a, *_ = three_stories(house)
    publication = house.publish("d", 1, a)

    assert publications.get(house.db, "d", a) == publication
    assert publications.newest(house.db, "d", 10) == [publication]
    assert publications.get(house.db, "other", a) is None


def test_the_newest_come_first(house: House) -> None:
    for number, story_id in enumerate(three_stories(house), 1):
        house.publish("d", number, story_id)

    def numbers(found: list[Publication]) -> list[int]:
        return [one.number for one in found]

    assert numbers(publications.newest(house.db, "d", 2)) == [3, 2]
    assert publications.unarchived(house.db, "d") == [1, 2, 3]


def test_a_story_cannot_be_published_twice(house: House) -> None:
    a, *_ = three_stories(house)
    house.publish("d", 1, a)

    with pytest.raises(sqlite3.IntegrityError):
        house.publish("d", 2, a)

    assert publications.next_number(house.db, "d") == 2


@pytest.mark.parametrize("change", [{"id": "tag:other"}, {"story_id": "story0002"}])
def test_a_number_keeps_its_id_and_story(house: House, change: dict[str, str]) -> None:
    a, *_ = three_stories(house)
    publication = house.publish("d", 1, a)

    with pytest.raises(ValueError, match="d 1 is published under another"):
        publications.save(
            house.db,
            [replace(publication, **change)],  # type: ignore[arg-type]  # texts only
            composed_at=NOON,
        )

    assert publications.newest(house.db, "d", 9) == [publication]


def test_an_atom_id_is_used_once(house: House) -> None:
    a, b, _ = three_stories(house)
    publication = house.publish("d", 1, a)

    with pytest.raises(sqlite3.IntegrityError):
        house.publish("d", 2, b, id=publication.id)


def test_an_atom_id_that_was_given_is_known(house: House) -> None:
    a, *_ = three_stories(house)
    publication = house.publish("d", 1, a)

    assert publications.has_id(house.db, "d", publication.id)
    assert not publications.has_id(house.db, "other", publication.id)


def test_numbers_are_never_used_twice(house: House) -> None:
    a, b, _ = three_stories(house)
    assert publications.next_number(house.db, "d") == 1
    house.publish("d", 1, a)
    house.publish("d", 2, b)

    forget(house)

    assert publications.next_number(house.db, "d") == 3
    assert a not in ready(house)
    assert publications.get(house.db, "d", a) is None


def test_a_change_is_told_until_it_is_composed_again(house: House) -> None:
    a, b, _ = three_stories(house)
    house.publish("d", 1, a)
    publication = house.publish("d", 2, b)
    assert changed(house) == []

    house.add(1, house.read("joins"), story_id=b)
    assert changed(house) == [(2, b)]
    assert changed(house, numbers_from=3) == []
    publications.save(house.db, [replace(publication, title="Again")], composed_at=NOON)

    assert changed(house) == []
    (newest,) = publications.newest(house.db, "d", 1)
    assert newest.title == "Again"


def test_another_lead_is_a_change(house: House) -> None:
    a, *_ = three_stories(house)
    joined = house.add(1, house.read("joins"), story_id=a)
    house.publish("d", 1, a)

    stories.set_lead(house.db, a, joined)

    assert changed(house) == [(1, a)]


# ------------------------------------------------------------------ editions


def an_edition(house: House, *story_ids: str, number: int = 1) -> Publication:
    parts = tuple(a_publication("d", 0, story_id) for story_id in story_ids)
    return house.publish("d", number, "", stories=parts)


def test_each_story_of_an_edition_is_published_by_it(house: House) -> None:
    a, b, c = three_stories(house)

    edition = an_edition(house, a, b)

    assert ready(house) == [c]
    assert publications.get(house.db, "d", b) == edition


def test_an_edition_is_frozen_whatever_becomes_of_its_stories(house: House) -> None:
    a, b, c = three_stories(house)
    edition = an_edition(house, a, b)

    house.merge(a, b)
    house.merge(c, a)

    assert publications.newest(house.db, "d", 9) == [edition]
    assert changed(house) == []
    assert ready(house) == []


def test_a_story_stands_in_one_edition(house: House) -> None:
    a, b, _ = three_stories(house)
    an_edition(house, a)

    with pytest.raises(sqlite3.IntegrityError):
        an_edition(house, b, a, number=2)

    assert b in ready(house)


def test_the_last_edition_is_the_latest_due(house: House) -> None:
    assert publications.last_edition(house.db, "d") is None
    first = Edition(digest="d", due_at=NOON, since_at=None, until_at=NOON)
    second = Edition(
        digest="d", due_at=NOON + HOUR, since_at=NOON, until_at=NOON + HOUR, catch_up=True
    )

    publications.add_edition(house.db, second, number=1)
    publications.add_edition(house.db, first)
    publications.add_edition(house.db, replace(second, digest="e", due_at=NOON + 2 * HOUR))

    assert publications.last_edition(house.db, "d") == second


def test_an_edition_is_kept_once(house: House) -> None:
    edition = Edition(digest="d", due_at=NOON, since_at=None, until_at=NOON)
    publications.add_edition(house.db, edition)

    with pytest.raises(sqlite3.IntegrityError):
        publications.add_edition(house.db, edition)


# ------------------------------------------------------- archives and moments


def test_an_archive_never_changes(house: House) -> None:
    """It stands as the publications were, though they are composed again and forgotten."""
    a, b, _ = three_stories(house)
    frozen = house.publish("d", 1, a), house.publish("d", 2, b)
    publications.add_archive(house.db, "d", number=1, holds=(2, 1))

    with pytest.raises(sqlite3.IntegrityError):
        publications.add_archive(house.db, "d", number=1, holds=())
    house.publish("d", 1, a, title="Another")
    forget(house)

    assert publications.archive(house.db, "d", 1) == frozen
    assert publications.archive(house.db, "d", 2) is None
    assert publications.archive_numbers(house.db, "d") == [1]


def test_an_archive_leaves_out_by_what_a_change_is_told(house: House) -> None:
    """Not what looks like it in a text."""
    a, *_ = three_stories(house)
    title = '"lead_hash": "00", "lead_hash": "00"'
    publication = house.publish("d", 1, a, title=title, lead_hash=b"1234", lead_id=7)
    publications.add_archive(house.db, "d", number=1, holds=(1,))

    assert publications.get(house.db, "d", a) == publication
    assert publications.archive(house.db, "d", 1) == (replace(publication, lead_hash=b""),)


def test_what_a_merge_gave_to_another_story_is_archived_as_that_storys(house: House) -> None:
    a, b, _ = three_stories(house)
    publication = house.publish("d", 1, b)
    house.merge(a, b)
    publications.add_archive(house.db, "d", number=1, holds=(1,))

    assert publications.archive(house.db, "d", 1) == (replace(publication, story_id=a),)


def test_what_no_archive_holds_yet_is_told_without_what_was_withdrawn(house: House) -> None:
    a, b, c = three_stories(house)
    house.publish("d", 1, c)
    publications.add_archive(house.db, "d", number=1, holds=(1,))
    house.publish("d", 2, a)
    house.publish("d", 3, b)
    assert publications.unarchived(house.db, "d") == [2, 3]

    house.merge(a, b)

    assert publications.unarchived(house.db, "d") == [2]
    assert publications.unarchived(house.db, "other") == []


def test_a_story_of_one_entry_is_told_apart(house: House) -> None:
    a, b, c = three_stories(house)
    house.merge(a, b)

    (alone,) = publications.alone(house.db, [a, c])

    (story,) = stories.load(house.db, [c])
    assert (alone.story_id, alone.entry_id) == (c, story.lead.entry_id)
    assert alone.feed_url == story.lead.feed_url
    assert alone.first_seen_at == story.first_seen_at
    assert alone.published_at == story.lead.entry.published_at


def test_any_digest_counts_for_a_story_as_published(house: House) -> None:
    a, b, c = three_stories(house)
    house.publish("d", 1, a)
    house.publish("other", 1, a)
    house.publish("other", 2, b)

    assert publications.which_published(house.db, [a, b, c, "unknown"]) == {a, b}
    assert publications.which_published(house.db, [c]) == frozenset()


def test_publications_of_several_digests_are_saved_together(house: House) -> None:
    a, b, _ = three_stories(house)
    some = [a_publication("d", 1, a), a_publication("other", 1, a), a_publication("d", 2, b)]
    publications.save(house.db, some, composed_at=NOON)

    assert publications.newest(house.db, "d", 9) == [some[2], some[0]]
    assert publications.next_number(house.db, "d") == 3
    assert publications.next_number(house.db, "other") == 2


def test_a_digest_starts_when_it_is_first_asked_about(house: House) -> None:
    a, *_ = three_stories(house)
    house.publish("d", 1, a)

    assert publications.started_at(house.db, "d", now=NOON) == NOON
    assert publications.started_at(house.db, "d", now=NOON + HOUR) == NOON
    assert publications.next_number(house.db, "d") == 2


def test_the_first_publication_is_the_oldest(house: House) -> None:
    assert publications.first_publication_at(house.db, "d") is None
    a, b, _ = three_stories(house)
    house.publish("d", 1, a, published_at=NOON)
    house.publish("d", 2, b, published_at=NOON + HOUR)

    assert publications.first_publication_at(house.db, "d") == NOON
