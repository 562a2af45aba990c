from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aggregator.errors import UsageError
from aggregator.model import Relation
from aggregator.store import database, membership, publications, retention, stories
from tests.store.houses import NOON, House, a_publication, assert_sound, astray

if TYPE_CHECKING:
    from aggregator.model import Publication

PICK = st.integers(min_value=0, max_value=10_000)


class Rearranging(RuleBasedStateMachine):
    """Whatever is started, joined, merged, split, led, published and pruned, in any order.

    Each entry stands in exactly one story that is not merged away, each story has its one lead,
    every id that was ever given resolves, and nothing that stands published stands twice.
    """

    def __init__(self) -> None:
        """Begin with one entry in one story."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "newsfold.db"
        self.house = House(db=database.open_store(path), path=path)
        self.feed_id = self.house.feed("a")
        self.entries: list[int] = []
        self.ids: list[str] = []
        self.splits = self.adds = 0
        self.added(join=False, pick=0)

    def live(self) -> list[str]:
        """Return the ids of the stories that stand."""
        return [story.id for story in stories.recent(self.house.db)]

    def one(self, pick: int) -> str:
        """Return the id of one of them."""
        live = self.live()
        return live[pick % len(live)]

    @rule(join=st.booleans(), pick=PICK)
    def added(self, *, join: bool, pick: int) -> None:
        """Add an entry, to a story of its own or under any id ever given."""
        self.adds += 1
        read = self.house.read(str(self.adds))
        joined: dict[str, Any] = {"story_id": self.ids[pick % len(self.ids)]} if join else {}
        entry_id = self.house.add(self.feed_id, read, **joined)
        self.entries.append(entry_id)
        self.ids.append(self.house.story_id(entry_id))

    @rule(first=PICK, second=PICK)
    def merged(self, first: int, second: int) -> None:
        """Merge as folding does, under any ids ever given."""
        self.house.merge(self.ids[first % len(self.ids)], self.ids[second % len(self.ids)])

    @precondition(lambda self: len(self.live()) > 1)
    @rule(first=PICK, second=PICK)
    def joined_by_hand(self, first: int, second: int) -> None:
        """Join two stories that stand; one with itself is refused."""
        kept, absorbed = self.one(first), self.one(second)
        try:
            stories.join(self.house.db, kept, absorbed, now=self.house.now, reason="by hand")
        except UsageError:
            assert kept == absorbed

    @rule(pick=PICK)
    def split(self, pick: int) -> None:
        """Split an entry off; one that stands alone is refused."""
        entry_id = self.entries[pick % len(self.entries)]
        alone = len(stories.find(self.house.db, self.house.story_id(entry_id)).members) == 1
        self.splits += 1
        new_id = f"split{self.splits:04d}"
        try:
            stories.split(self.house.db, entry_id, new_story_id=new_id, now=self.house.now)
        except UsageError:
            assert alone
        else:
            assert not alone
            self.ids.append(new_id)

    @rule(pick=PICK)
    def led(self, pick: int) -> None:
        """Let any entry lead its story."""
        entry_id = self.entries[pick % len(self.entries)]
        stories.set_lead(self.house.db, self.house.story_id(entry_id), entry_id)

    @precondition(lambda self: len(self.entries) > 1)
    @rule(pick=PICK)
    def pruned(self, pick: int) -> None:
        """Prune one entry that left long ago; ids that went with it are not asked for again."""
        entry_id = self.entries.pop(pick % len(self.entries))
        left = "UPDATE entries SET left_at = '2000-01-01T00:00:00.000000Z' WHERE id = ?"
        self.house.db.execute(left, (entry_id,))
        spans = {self.feed_id: timedelta(days=1)}
        found = retention.prune(self.house.db, retention_by_feed=spans, now=self.house.now)
        assert found.entries == 1
        kept = {row[0] for row in self.house.db.execute("SELECT id FROM stories").fetchall()}
        self.ids = [one for one in self.ids if one in kept]

    @rule()
    def published(self) -> None:
        """Publish every story that is ready."""
        ready = publications.ready(
            self.house.db, "d", feed_ids={self.feed_id}, first_seen_until=self.house.now
        )
        for story_id in ready:
            number = publications.next_number(self.house.db, "d")
            lead_id = membership.lead_of(self.house.db, story_id)
            self.house.publish("d", number, story_id, lead_id=lead_id)

    @invariant()
    def each_entry_stands_in_one_live_story(self) -> None:
        """Find each entry once."""
        standing = [
            member.entry_id for story in stories.recent(self.house.db) for member in story.members
        ]
        assert sorted(standing) == self.entries
        assert astray(self.house.db) == []

    @invariant()
    def every_id_resolves(self) -> None:
        """Follow every old id to a story that stands, or to one whose entries were pruned."""
        for one in self.ids:
            kept = membership.live_id(self.house.db, one)
            if kept in self.live():
                assert stories.find(self.house.db, one).id == kept

    @invariant()
    def what_is_current_is_live_and_there_once(self) -> None:
        """Find no current publication of a merged story, and no story with two."""
        current = [one.story_id for one in publications.newest(self.house.db, "d", 1000)]
        assert {membership.live_id(self.house.db, one) for one in current} == set(current)
        assert set(Counter(current).values()) <= {1}
        for story_id in current:
            found = publications.get(self.house.db, "d", story_id)
            assert found
            assert found.story_id == story_id

    @invariant()
    def what_is_told_stands_where_it_is_told(self) -> None:
        """Find what leads a publication in its story, unless it was pruned, and a mark for each."""
        current = publications.newest(self.house.db, "d", 1000)
        told = {one.lead_id: one.story_id for one in current if one.lead_id in self.entries}
        assert told == {entry_id: self.house.story_id(entry_id) for entry_id in told}
        marks = "SELECT story_id FROM published WHERE story_id IN (SELECT value FROM json_each(?))"
        live = (json.dumps(self.live()),)
        marked = {row[0] for row in self.house.db.execute(marks, live).fetchall()}
        assert marked == {one.story_id for one in current} & set(self.live())

    @invariant()
    def leads_lead(self) -> None:
        """Find the lead first, and no other."""
        for story in stories.recent(self.house.db):
            assert [one.relation is Relation.LEAD for one in story.members].count(True) == 1
            assert story.lead.relation is Relation.LEAD

    def teardown(self) -> None:
        """Check the file as a whole."""
        assert_sound(self.house.db)
        self.house.db.close()
        self.folder.cleanup()


TestRearranging = Rearranging.TestCase
TestRearranging.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


# ------------------------------------------------------------- what was published


def three_stories(house: House) -> list[str]:
    feed_id = house.feed("a")
    return [house.story_id(house.add(feed_id, house.read(key))) for key in "abc"]


def ready(house: House) -> list[str]:
    return publications.ready(house.db, "d", feed_ids=[1], first_seen_until=house.now)


def changed(house: House) -> list[tuple[int, str]]:
    found = publications.changed(house.db, "d", numbers_from=1)
    return [(one.number, story_id) for one, story_id in found]


def an_edition(house: House, *story_ids: str, number: int = 1) -> Publication:
    """Keep an edition in which each story is led by its present lead."""
    found = stories.load(house.db, story_ids)
    parts = tuple(a_publication("d", 0, one.id, lead_id=one.lead.entry_id) for one in found)
    return house.publish("d", number, "", stories=parts)


def test_where_only_the_absorbed_story_was_published_it_goes_on(house: House) -> None:
    a, b, _ = three_stories(house)
    publication = house.publish("d", 1, b)

    house.merge(a, b)

    assert a not in ready(house)
    assert publications.get(house.db, "d", a) == replace(publication, story_id=a)
    assert publications.get(house.db, "d", b) == replace(publication, story_id=a)
    assert changed(house) == [(1, a)]


def test_where_both_were_published_the_absorbed_one_is_withdrawn(house: House) -> None:
    a, b, _ = three_stories(house)
    kept = house.publish("d", 1, a)
    house.publish("d", 2, b)
    house.publish("other", 1, b)

    house.merge(a, b)

    assert publications.newest(house.db, "d", 9) == [kept]
    assert publications.get(house.db, "d", b) == kept
    assert changed(house) == [(1, a)]
    (elsewhere,) = publications.newest(house.db, "other", 9)
    assert elsewhere.story_id == a


def test_a_split_brings_back_what_the_merge_withdrew(house: House) -> None:
    """The entry was published before the wrong merge: it goes on under the same Atom id."""
    a, b, _ = three_stories(house)
    house.publish("d", 1, a)
    withdrawn = house.publish("d", 2, b, lead_id=2)
    house.merge(a, b)

    stories.split(house.db, 2, new_story_id="own", now=NOON)

    assert "own" not in ready(house)
    assert publications.get(house.db, "d", "own") == replace(withdrawn, story_id="own")
    assert [one.number for one in publications.newest(house.db, "d", 9)] == [2, 1]
    assert stories.find(house.db, b).id == "own"


def test_an_entry_split_off_by_hand_is_published_anew(house: House) -> None:
    a, *_ = three_stories(house)
    entry_id = house.add(1, house.read("wrong"), story_id=a)
    house.publish("d", 1, a)

    stories.split(house.db, entry_id, new_story_id="own", now=NOON)

    assert "own" in ready(house)
    assert changed(house) == [(1, a)]


def test_what_an_entry_leads_goes_with_it(house: House) -> None:
    """Its story is told by others now, who were only coverage: it waits to be published."""
    a, *_ = three_stories(house)
    house.add(1, house.read("left"), story_id=a)
    publication = house.publish("d", 1, a, lead_id=1)
    elsewhere = house.publish("other", 1, a, lead_id=4)

    stories.split(house.db, 1, new_story_id="own", now=NOON)

    assert a in ready(house)
    assert "own" not in ready(house)
    assert publications.newest(house.db, "d", 9) == [replace(publication, story_id="own")]
    assert publications.get(house.db, "other", a) == elsewhere
    assert publications.get(house.db, "other", "own") is None
    assert changed(house) == [(1, "own")]


def test_what_a_merge_withdrew_tells_what_is_left(house: House) -> None:
    """Its lead stayed when the other one left: nobody is told it anew."""
    a, b, _ = three_stories(house)
    gone = house.publish("d", 1, a, lead_id=1)
    withdrawn = house.publish("d", 2, b, lead_id=2)
    house.merge(a, b)

    stories.split(house.db, 1, new_story_id="own", now=NOON)

    assert publications.get(house.db, "d", a) == replace(withdrawn, story_id=a)
    assert publications.get(house.db, "d", "own") == replace(gone, story_id="own")
    assert len(publications.newest(house.db, "d", 9)) == 2


def test_what_a_merge_withdrew_waits_where_its_lead_stands(house: House) -> None:
    """Also after the lead of the story that had it in between has left."""
    a, b, c = three_stories(house)
    house.publish("d", 1, a, lead_id=1)
    withdrawn = house.publish("d", 2, c, lead_id=3)
    house.merge(b, c)
    house.merge(a, b)

    for entry_id in (2, 1):
        stories.split(house.db, entry_id, new_story_id=f"own{entry_id}", now=NOON)

    assert ready(house) == ["own2"]
    assert publications.get(house.db, "d", a) == replace(withdrawn, story_id=a)


def test_the_lead_of_an_editions_story_is_not_told_again(house: House) -> None:
    """What is left of its story is, in the next edition."""
    a, b, c = three_stories(house)
    house.add(1, house.read("left"), story_id=a)
    edition = an_edition(house, a, b, c)

    stories.split(house.db, 1, new_story_id="own", now=NOON)

    assert ready(house) == [a]
    assert publications.newest(house.db, "d", 9) == [edition]
    assert publications.get(house.db, "d", "own") == edition


def test_two_stories_of_an_edition_that_were_merged_come_apart_again(house: House) -> None:
    a, b, _ = three_stories(house)
    edition = an_edition(house, a, b)
    house.merge(a, b)

    stories.split(house.db, 1, new_story_id="own", now=NOON)

    assert not {a, "own"} & set(ready(house))
    assert publications.get(house.db, "d", a) == edition
