from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.correct import join_stories, split_entry
from aggregator.pipeline.house import House
from aggregator.pipeline.preview import preview
from aggregator.store import stories
from tests.pipeline.makers import FIRST, HOUR, NOON, SECOND, configured, fetched, read, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.newsrooms import Clock

EVER = NOON - timedelta(days=365)


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    """Return a house in which two outlets have carried the same text, and each another."""
    text = read(1).entry
    same = replace(read(1, site="b").entry, title=text.title, content=text.content)
    with House.open(configured(tmp_path), clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(read(1), read(2)))])
        house.desk.take_in([(SECOND, fetched(told(same), read(3, site="b")))])
        yield house


def stories_of(house: House) -> list[tuple[str, ...]]:
    return sorted(
        tuple(sorted(member.entry.guid for member in story.members))
        for story in stories.recent(house.desk.db, since=None)
    )


def test_the_same_settings_change_nothing(house: House) -> None:
    before = stories_of(house)

    found = preview(house.desk.db, house.config, since=EVER)

    assert (found.entries, found.stories, found.stories_then) == (4, 3, 3)
    assert (found.unions, found.partings) == ((), ())
    assert stories_of(house) == before


def test_what_the_rules_would_join_is_told_with_the_reason(house: House) -> None:
    story = next(s for s in stories.recent(house.desk.db, since=None) if len(s.members) > 1)
    alone = split_entry(house.desk.db, str(story.members[1].entry_id), now=NOON)
    house.desk.db.execute("DELETE FROM apart")
    house.desk.db.conn.commit()

    (union,) = preview(house.desk.db, house.config, since=EVER).unions

    assert {each.id for each in union.stories} == {story.id, alone}
    assert union.reasons
    assert all(union.reasons)


def test_what_a_person_split_stays_apart(house: House) -> None:
    story = next(s for s in stories.recent(house.desk.db, since=None) if len(s.members) > 1)
    split_entry(house.desk.db, str(story.members[1].entry_id), now=NOON)

    assert preview(house.desk.db, house.config, since=EVER).unions == ()


def test_what_the_rules_would_part_is_told_part_by_part(house: House) -> None:
    alone = [s.id for s in stories.recent(house.desk.db, since=None) if len(s.members) == 1]
    kept = join_stories(house.desk.db, *alone, now=NOON)

    (parting,) = preview(house.desk.db, house.config, since=EVER).partings

    assert parting.story.id == kept
    assert [len(part) for part in parting.parts] == [1, 1]


def test_entries_first_seen_before_are_not_looked_at(house: House, clock: Clock) -> None:
    clock.move(2 * HOUR)
    house.desk.take_in([(FIRST, fetched(read(1), read(2), read(4), etag='"2"'))])

    found = preview(house.desk.db, house.config, since=NOON + HOUR)

    assert (found.entries, found.stories, found.stories_then) == (1, 1, 1)
