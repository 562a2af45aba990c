from __future__ import annotations

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aggregator.errors import UsageError
from aggregator.model import Relation
from aggregator.store import database, membership, publications, retention, stories
from tests.store.houses import House, assert_sound, astray

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
            self.house.publish("d", number, story_id)

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
TestRearranging.settings = settings(max_examples=500, stateful_step_count=30, deadline=None)
