from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Joined, Member, Merged, Relation, Started, Story
from aggregator.store import entries, feeds, stories
from aggregator.store.database import transaction
from aggregator.store.entries import NewEntry
from tests.store.houses import NOON

if TYPE_CHECKING:
    from aggregator.model import StoryUpdate
    from tests.store.houses import House

DAY = timedelta(days=1)


def members(house: House, story_id: str) -> list[int]:
    """Return the entries of a story, the lead first."""
    return [member.entry_id for member in stories.find(house.db, story_id).members]


def three_in_one(house: House) -> tuple[str, list[int]]:
    """Return a story's id and its entries: the lead, a copy, coverage."""
    feed_id = house.feed("a")
    lead = house.add(feed_id, house.read("lead"))
    story_id = house.story_id(lead)
    copy = house.add(feed_id, house.read("copy"), story_id=story_id)
    coverage = house.add(
        feed_id, house.read("coverage"), story_id=story_id, relation=Relation.COVERAGE
    )
    return story_id, [lead, copy, coverage]


# ------------------------------------------------------------------- applied


def test_a_started_story_stands_whole(house: House) -> None:
    feed_id = house.feed("a")
    read = house.read("k")
    entry_id = house.add(feed_id, read, held=True)

    assert stories.load(house.db, ["story0001"]) == [
        Story(
            id="story0001",
            first_seen_at=NOON,
            members=(
                Member(
                    entry_id=entry_id,
                    feed_id=feed_id,
                    feed_url="https://a.example/feed",
                    outlet="https://a.example/feed",
                    site_url="",
                    entry=read.entry,
                    first_seen_at=NOON,
                    last_seen_at=NOON,
                    relation=Relation.LEAD,
                    reason="",
                    score=1.0,
                    held=True,
                ),
            ),
        )
    ]


def test_a_joined_entry_keeps_its_reason(house: House) -> None:
    story_id, (lead, copy, _) = three_in_one(house)

    story = stories.find(house.db, story_id)

    assert [one.relation for one in story.members] == ["lead", "copy", "coverage"]
    assert story.lead.entry_id == lead
    assert (story.members[1].entry_id, story.members[1].reason) == (copy, "same text")
    assert story.members[1].score == 0.9


def test_a_joined_entry_keeps_whom_it_was_matched_with(house: House) -> None:
    story_id, (lead, copy, _) = three_in_one(house)
    house.add(1, house.read("more"), story_id=story_id, witness_id=copy)

    story = stories.find(house.db, story_id)

    assert [one.witness_id for one in story.members] == [0, 0, 0, copy]
    assert story.lead.entry_id == lead


def test_an_entrys_id_or_address_goes_before_anothers_number(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("one"))
    house.add(feed_id, house.read("two", guid="1"))

    assert stories.find(house.db, "1").id == "story0002"


def test_a_batch_is_applied_in_its_order(house: House) -> None:
    """A story may begin, gather and be merged within one body."""
    feed_id = house.feed("a")
    words: dict[str, Any] = {"relation": Relation.COPY, "reason": "r", "score": 1.0}
    updates: list[StoryUpdate] = [
        Started(story_id="a", entry_id=1),
        Joined(story_id="a", entry_id=2, witness_id=1, **words),
        Started(story_id="b", entry_id=3),
        Merged(kept_id="a", absorbed_id="b", **words),
        Joined(story_id="b", entry_id=4, witness_id=3, **words),
    ]

    with transaction(house.db):
        new = [NewEntry(entry_id=n, read=house.read(str(n))) for n in (1, 2, 3, 4)]
        entries.add(house.db, feed_id, new, now=NOON)
        stories.apply(house.db, updates, now=NOON)

    assert members(house, "a") == [1, 2, 3, 4]


def test_an_update_of_an_entry_that_is_not_kept_is_a_bug(house: House) -> None:
    with pytest.raises(LookupError, match="1 of 1"):
        stories.apply(house.db, [Started(story_id="a", entry_id=9)], now=NOON)

    assert house.db.execute("SELECT count(*) FROM stories").fetchone() == (0,)


def test_a_merge_moves_the_members_and_demotes_the_lead(house: House) -> None:
    kept, (lead, copy, coverage) = three_in_one(house)
    other = house.add(house.feed("b"), house.read("other lead"))
    absorbed = house.story_id(other)
    its_copy = house.add(2, house.read("other copy"), story_id=absorbed, reason="its own reason")

    house.merge(kept, absorbed)

    story = stories.find(house.db, kept)
    assert [one.entry_id for one in story.members] == [lead, copy, coverage, other, its_copy]
    assert [one.relation for one in story.members[3:]] == ["coverage", "copy"]
    assert [one.reason for one in story.members[3:]] == ["bridged", "its own reason"]


def test_a_merged_id_resolves_through_every_merge(house: House) -> None:
    feed_id = house.feed("a")
    a, b, c = (house.story_id(house.add(feed_id, house.read(key))) for key in "abc")
    house.merge(b, c)
    house.merge(a, b)

    assert {stories.find(house.db, one).id for one in (a, b, c)} == {a}


def test_a_join_to_a_story_merged_meanwhile_goes_to_the_kept_one(house: House) -> None:
    """A person may join stories between a service's last look and its next write."""
    feed_id = house.feed("a")
    a, b = (house.story_id(house.add(feed_id, house.read(key))) for key in "ab")
    house.merge(a, b)

    entry_id = house.add(feed_id, house.read("c"), story_id=b)
    house.merge(b, a)

    assert house.story_id(entry_id) == a


def test_a_merged_story_is_as_old_as_its_older_part(house: House) -> None:
    feed_id = house.feed("a")
    older = house.story_id(house.add(feed_id, house.read("older")))
    house.later(days=1)
    newer = house.story_id(house.add(feed_id, house.read("newer")))

    house.merge(newer, older)

    assert stories.find(house.db, newer).first_seen_at == NOON


# --------------------------------------------------------------------- found


def test_stories_come_in_the_order_asked_for(house: House) -> None:
    feed_id = house.feed("a")
    a, b = (house.story_id(house.add(feed_id, house.read(key))) for key in "ab")

    assert [one.id for one in stories.load(house.db, [b, "unknown", a, b])] == [b, a]


def test_many_stories_come_in_parts_and_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed_id = house.feed("a")
    wanted = [house.story_id(house.add(feed_id, house.read(str(n)))) for n in range(5)]
    monkeypatch.setattr(stories, "STORIES_AT_ONCE", 2)

    assert [one.id for one in stories.load(house.db, wanted)] == wanted
    assert [one.id for one in stories.recent(house.db)] == wanted


@pytest.mark.parametrize(
    "reference", ["story0001", "story0", "https://e.example/k", "tag:k", " story0001 ", "1"]
)
def test_a_story_is_found_by_what_names_it(house: House, reference: str) -> None:
    house.add(house.feed("a"), house.read("k", guid="tag:k"))

    assert stories.find(house.db, reference).id == "story0001"


@pytest.mark.parametrize(
    "reference", ["", "story", "story0001x", "STORY0001", "e.example/k", "%", "2", "1e0", "9" * 40]
)
def test_an_unknown_story_is_told(house: House, reference: str) -> None:
    house.add(house.feed("a"), house.read("k"))

    with pytest.raises(NotFoundError, match="newsfold stories"):
        stories.find(house.db, reference)


def test_an_ambiguous_beginning_names_its_candidates(house: House) -> None:
    feed_id = house.feed("a")
    for key in "ab":
        house.add(feed_id, house.read(key))

    with pytest.raises(NotFoundError, match=r"story0001, story0002\. Name one by its whole id"):
        stories.find(house.db, "story0")


def test_a_beginning_of_ids_merged_into_one_story_is_not_ambiguous(house: House) -> None:
    feed_id = house.feed("a")
    for key in "ab":
        house.add(feed_id, house.read(key))
    house.merge("story0001", "story0002")

    assert stories.find(house.db, "story0").id == "story0001"


def test_recent_stories_come_oldest_first(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    first = house.story_id(house.add(a, house.read("1")))
    house.later(days=1)
    second = house.story_id(house.add(b, house.read("2")))
    third = house.story_id(house.add(a, house.read("3")))
    house.merge(second, third)

    assert [one.id for one in stories.recent(house.db)] == [first, second]
    assert [one.id for one in stories.recent(house.db, since=NOON + DAY)] == [second]
    assert [one.id for one in stories.recent(house.db, feed_ids={b})] == [second]
    assert [one.id for one in stories.recent(house.db, feed_ids=[])] == []
    (story,) = stories.recent(house.db, since=NOON + DAY, feed_ids={a})
    assert len(story.members) == 2


def test_the_outlet_is_named_as_the_person_does(house: House) -> None:
    house.add(house.feed("a"), house.read("k"))
    state = feeds.state(house.db, house.urls[0])

    def outlet() -> str:
        return stories.find(house.db, "story0001").lead.outlet

    feeds.save(house.db, replace(state, title="Its own title"))
    assert outlet() == "Its own title"
    feeds.list_feeds(house.db, house.urls, now=NOON, titles={house.urls[0]: "Mine"})
    assert outlet() == "Mine"


def test_an_entry_was_last_seen_when_its_body_was(house: House) -> None:
    feed_id = house.feed("a")
    house.add(feed_id, house.read("k"))
    state = feeds.state(house.db, house.urls[0])
    feeds.save(house.db, replace(state, last_fetched_at=NOON + DAY))
    assert stories.find(house.db, "story0001").lead.last_seen_at == NOON + DAY

    entries.mark_present(house.db, feed_id, keys={}, slices=frozenset(), now=NOON + 2 * DAY)

    assert stories.find(house.db, "story0001").lead.last_seen_at == NOON + 2 * DAY


# --------------------------------------------------------- a person's changes


def test_a_split_entry_stands_alone_and_apart(house: House) -> None:
    story_id, (lead, copy, coverage) = three_in_one(house)
    before = stories.generation(house.db)

    stories.split(house.db, copy, new_story_id="own", now=NOON)

    assert members(house, story_id) == [lead, coverage]
    assert members(house, "own") == [copy]
    assert stories.find(house.db, "own").lead.reason == ""
    assert stories.apart_pairs(house.db) == [(lead, copy), (copy, coverage)]
    assert stories.generation(house.db) == before + 1


def test_a_split_lead_leaves_the_story_to_the_next(house: House) -> None:
    story_id, (lead, copy, coverage) = three_in_one(house)

    stories.split(house.db, lead, new_story_id="own", now=NOON)

    assert members(house, story_id) == [copy, coverage]
    assert members(house, "own") == [lead]


def test_an_entry_that_stands_alone_cannot_be_split(house: House) -> None:
    entry_id = house.add(house.feed("a"), house.read("k"))

    with pytest.raises(UsageError, match="nothing to split"):
        stories.split(house.db, entry_id, new_story_id="own", now=NOON)
    with pytest.raises(NotFoundError, match="No entry 99"):
        stories.split(house.db, 99, new_story_id="own", now=NOON)

    assert stories.generation(house.db) == 0


def test_a_join_makes_one_story_and_forgets_what_kept_it_apart(house: House) -> None:
    story_id, (lead, copy, coverage) = three_in_one(house)
    stories.split(house.db, copy, new_story_id="own", now=NOON)
    stories.split(house.db, coverage, new_story_id="third", now=NOON)

    stories.join(house.db, story_id, "own", now=NOON, reason="joined by hand")

    assert members(house, story_id) == [lead, copy]
    joined = stories.find(house.db, story_id).members[1]
    assert (joined.relation, joined.reason, joined.score) == ("coverage", "joined by hand", 1.0)
    assert stories.apart_pairs(house.db) == [(lead, coverage), (copy, coverage)]
    assert stories.generation(house.db) == 3


def test_a_join_that_makes_no_sense_is_told(house: House) -> None:
    feed_id = house.feed("a")
    a, b = (house.story_id(house.add(feed_id, house.read(key))) for key in "ab")
    house.merge(a, b)

    with pytest.raises(UsageError, match="one story already"):
        stories.join(house.db, a, b, now=NOON, reason="")
    with pytest.raises(NotFoundError, match="No story other"):
        stories.join(house.db, a, "other", now=NOON, reason="")


def test_another_lead_takes_over_and_the_old_one_its_relation(house: House) -> None:
    story_id, (lead, copy, coverage) = three_in_one(house)

    stories.set_lead(house.db, story_id, copy)

    story = stories.find(house.db, story_id)
    assert [one.entry_id for one in story.members] == [copy, lead, coverage]
    assert [one.relation for one in story.members] == ["lead", "copy", "coverage"]
    assert (story.members[1].reason, story.members[1].score) == ("same text", 0.9)


def test_the_same_lead_again_writes_nothing(house: House) -> None:
    story_id, (lead, *_) = three_in_one(house)
    before = house.db.conn.total_changes

    stories.set_lead(house.db, story_id, lead)

    assert house.db.conn.total_changes == before


def test_a_lead_is_a_member(house: House) -> None:
    story_id, _ = three_in_one(house)
    stranger = house.add(1, house.read("stranger"))

    with pytest.raises(NotFoundError, match="is not in story"):
        stories.set_lead(house.db, story_id, stranger)
