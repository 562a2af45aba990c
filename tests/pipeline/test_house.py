"""The house: one writer on one data directory, and what it does when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.config.filters import parse_filter
from aggregator.errors import LockedError
from aggregator.model import Failed, FailureKind, FeedSpec, Gone
from aggregator.pipeline.correct import join_stories, split_entry
from aggregator.pipeline.house import PUBLISH_EVERY, House
from aggregator.pipeline.places import database_path
from aggregator.store import feeds, stories
from tests.end_to_end import published
from tests.pipeline.makers import FIRST, HOUR, LIVE, NOON, SECOND, configured, fetched, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Config
    from tests.end_to_end.newsrooms import Clock

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BROKEN = Failed(kind=FailureKind.TIMEOUT, message="it did not answer in time")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path)


@pytest.fixture
def house(config: Config, clock: Clock) -> Iterator[House]:
    with House.open(config, clock=clock) as house:
        yield house


def titles(config: Config) -> set[str]:
    public = Path(config.service.public_dir)
    return {one.title for one in published.current(public, "all")}


def test_a_second_house_is_refused_until_the_first_is_closed(config: Config, clock: Clock) -> None:
    with House.open(config, clock=clock), pytest.raises(LockedError):
        House.open(config, clock=clock)

    House.open(config, clock=clock).close()


def test_a_house_that_cannot_open_its_store_gives_the_lock_back(
    config: Config, clock: Clock
) -> None:
    path = database_path(config)
    path.parent.mkdir()
    path.write_bytes(b"this is no database, only long enough to be looked at" * 20)
    with pytest.raises(Exception, match="no Newsfold database"):
        House.open(config, clock=clock)
    path.unlink()

    House.open(config, clock=clock).close()


def test_the_data_directory_is_for_its_owner_alone(house: House) -> None:
    path = database_path(house.config)

    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.stat().st_mode & 0o077 == 0


def test_what_was_polled_is_due_again_at_its_time(house: House, clock: Clock) -> None:
    house.desk.take_in([(FIRST, fetched(read(1)))])
    assert [state.url for state in house.due()] == [SECOND]
    assert {state.url for state in house.due(everything=True)} == {FIRST, SECOND}
    clock.move(2 * HOUR)

    assert {state.url for state in house.due()} == {FIRST, SECOND}


def test_what_is_gone_is_never_due(house: House, clock: Clock) -> None:
    house.desk.take_in([(FIRST, Gone(message="410"))])
    clock.move(1000 * DAY)

    assert [state.url for state in house.due(everything=True)] == [SECOND]


def test_it_knows_which_feeds_are_in_trouble(house: House) -> None:
    house.desk.take_in([(FIRST, BROKEN), (SECOND, Gone(message="410"))])
    assert house.troubled() == {FIRST, SECOND}
    house.desk.take_in([(FIRST, fetched(read(1)))])

    assert house.troubled() == {SECOND}


def test_the_first_publishing_writes_what_is_missing(config: Config, clock: Clock) -> None:
    """Also where the database knows it as published: the folder may have been emptied."""
    with House.open(config, clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(read(1)))])
        house.publish()
    public = Path(config.service.public_dir)
    before = published.files(public)
    for path in public.iterdir():
        path.unlink()
    with House.open(config, clock=clock) as house:
        house.publish()

    assert published.files(public) == before


def test_a_long_pass_publishes_on_its_way_but_not_its_first(house: House, clock: Clock) -> None:
    """Coverage of what came first may still be on its way in a first pass."""
    house.desk.take_in([(FIRST, fetched(read(1)))])
    clock.move(2 * PUBLISH_EVERY)
    house.publish_at_times()
    public = Path(house.config.service.public_dir)
    assert not public.exists()
    house.publish()
    house.desk.take_in([(FIRST, fetched(read(1), read(2)))])
    house.publish_at_times()
    assert titles(house.config) == {read(1).entry.title}
    clock.move(PUBLISH_EVERY)
    house.publish_at_times()

    assert titles(house.config) == {read(1).entry.title, read(2).entry.title}


def test_a_clock_that_was_set_back_hides_no_story(house: House, clock: Clock) -> None:
    house.desk.take_in([(FIRST, fetched(read(1)))])
    house.publish()
    clock.move(-6 * HOUR)
    house.desk.take_in([(FIRST, fetched(read(1), read(2)))])
    clock.move(timedelta(seconds=5))
    house.publish()

    assert titles(house.config) == {read(1).entry.title, read(2).entry.title}


def test_each_feed_keeps_its_entries_as_long_as_its_digests_want(
    tmp_path: Path, clock: Clock
) -> None:
    """Ten days for one digest, a hundred for another: a feed in both keeps a hundred."""
    brief = replace(LIVE, name="brief", tags=("brief",), retention=10 * DAY)
    long = replace(LIVE, name="long", tags=("long",), retention=100 * DAY)
    specs = (FeedSpec(url=FIRST, tags=("brief",)), FeedSpec(url=SECOND, tags=("brief", "long")))
    config = configured(tmp_path, feeds=specs, digests=(brief, long))
    with House.open(config, clock=clock) as house:
        for url, site in ((FIRST, "a"), (SECOND, "b")):
            house.desk.take_in([(url, fetched(read(1, site=site)))])
            house.desk.take_in([(url, fetched(read(2, site=site)))])
        clock.move(20 * DAY)
        pruned = house.prune()
        kept = {m.entry.guid for story in stories.recent(house.desk.db) for m in story.members}

    assert pruned.entries == 1
    assert kept == {"a-2", "b-1", "b-2"}


def test_a_feed_that_left_the_list_keeps_its_entries_for_the_longest_time(
    tmp_path: Path, clock: Clock
) -> None:
    digests = (replace(LIVE, retention=30 * DAY),)
    with House.open(configured(tmp_path, digests=digests), clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(read(1)))])
    without = configured(tmp_path, feeds=(SECOND,), digests=digests)
    counts = []
    for days in (20, 20):
        with House.open(without, clock=clock) as house:
            clock.move(days * DAY)
            counts.append(house.prune().entries)

    assert counts == [0, 1]


def test_a_feed_that_returns_to_the_list_goes_on_where_it_was(tmp_path: Path, clock: Clock) -> None:
    with House.open(configured(tmp_path), clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(read(1), etag='"kept"'))])
    House.open(configured(tmp_path, feeds=(SECOND,)), clock=clock).close()
    with House.open(configured(tmp_path), clock=clock) as house:
        state = feeds.state(house.desk.db, FIRST)
        (report,) = house.desk.take_in([(FIRST, fetched(read(1)))])

    assert state.validators.etag == '"kept"'
    assert report.new == 0


def test_an_index_that_held_pruned_entries_is_loaded_again(house: House, clock: Clock) -> None:
    """A copy of a pruned entry begins a story of its own instead of joining a ghost."""
    house.desk.take_in([(FIRST, fetched(read(1)))])
    house.desk.take_in([(FIRST, fetched(read(2)))])
    clock.move(200 * DAY)
    house.prune()
    house.desk.take_in([(SECOND, fetched(read(1, guid="copy", key="copy")))])

    (found,) = (
        story
        for story in stories.recent(house.desk.db)
        if "copy" in {member.entry.guid for member in story.members}
    )
    assert len(found.members) == 1


# ------------------------------------------------------ between two looks at everything


def test_what_could_not_be_written_is_written_as_soon_as_it_can_be(
    house: House, clock: Clock
) -> None:
    """The folder is out of reach while a story is published; nothing else comes in afterwards."""
    house.desk.take_in([(FIRST, fetched(read(1)))])
    house.publish()
    public = Path(house.config.service.public_dir)
    away = public.rename(public.with_name("away"))
    public.touch()
    house.desk.take_in([(FIRST, fetched(read(1), read(2)))])
    clock.move(HOUR)
    for _ in range(2):
        with pytest.raises(OSError, match="public"):
            house.publish()
    public.unlink()
    away.rename(public)
    clock.move(HOUR)
    house.publish()

    assert titles(house.config) == {read(1).entry.title, read(2).entry.title}


def test_a_split_made_by_a_clock_that_is_behind_is_published(house: House, clock: Clock) -> None:
    """It was asked for before the last look at the stories, and stored after it."""
    house.desk.take_in([(FIRST, fetched(read(1)))])
    clock.move(HOUR)
    house.desk.take_in([(SECOND, fetched(read(1, guid="copy", key="copy")))])
    clock.move(HOUR)
    house.publish()
    split_entry(house.desk.db, "2", now=clock.now - timedelta(seconds=1))
    clock.move(HOUR)
    (done,) = house.publish()

    assert (done.new, done.revised) == (1, 1)


def test_an_entry_that_a_correction_lets_through_a_filter_is_published(
    tmp_path: Path, clock: Clock
) -> None:
    digest = replace(LIVE, include=(parse_filter("title: wanted"),))
    with House.open(configured(tmp_path, digests=(digest,)), clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(read(1, title="Wanted"), read(2)))])
        clock.move(HOUR)
        house.publish()
        clock.move(HOUR)
        house.desk.take_in([(FIRST, fetched(read(1, title="Wanted"), read(2, title="Wanted too")))])
        house.publish()

        assert titles(house.config) == {"Wanted", "Wanted too"}


def test_what_a_lowered_limit_has_no_place_for_stands_in_archives(
    tmp_path: Path, clock: Clock
) -> None:
    entries = [read(number) for number in range(7)]
    for limit in (10, 3):
        config = configured(tmp_path, digests=(replace(LIVE, limit=limit),))
        with House.open(config, clock=clock) as house:
            house.desk.take_in([(FIRST, fetched(*entries))])
            house.publish()

    everything = published.everything(Path(config.service.public_dir), "all")
    assert {one.title for one in everything} == {one.entry.title for one in entries}
    assert len(titles(config)) == 3


def test_a_story_that_is_current_again_is_corrected(tmp_path: Path, clock: Clock) -> None:
    """It had no place in the current document before a join made two stories there one."""
    config = configured(tmp_path, digests=(replace(LIVE, limit=2),))
    first, *others = (read(number, published_at=NOON + number * MINUTE) for number in range(3))
    with House.open(config, clock=clock) as house:
        house.desk.take_in([(FIRST, fetched(first, *others))])
        house.publish()
        join_stories(house.desk.db, *(one.entry.url for one in others), now=clock.now)
        house.publish()
        clock.move(HOUR)
        corrected = read(0, published_at=NOON, title="Corrected")
        house.desk.take_in([(FIRST, fetched(corrected, *others))])
        house.publish()

    assert "Corrected" in titles(config)
