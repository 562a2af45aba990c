"""A person's split and join, made by command while a house is open: seen at its next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, store_of, take_round, write
from tests.end_to_end.processes import Runner
from tests.end_to_end.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.web import Web

HOUR = timedelta(hours=1)
DAYS_BACK = timedelta(days=2)  # the commands run on the machine's clock: the house's stays behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An open house over two feeds, with the commands beside it."""

    web: Web
    house: House
    clock: Clock
    path: Path
    public: Path
    store: Path
    runner: Runner

    def command(self, *words: str) -> str:
        """Run a command beside the open house; return what it printed."""
        done = self.runner.run("--config", self.path, *words)
        assert done.code == 0, done.errors
        return done.output

    def told(self) -> dict[str, published.Told]:
        """Return the digest's entries by id."""
        return {one.id: one for one in published.current(self.public, "all")}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a house that took in an entry, its copy in another feed, and one about another thing."""
    clock = Clock(datetime.now(UTC).replace(microsecond=0) - DAYS_BACK)
    hour_ago = clock.now - HOUR
    with serve_web(hosts=2) as web:
        shared, other = invented(1, published_at=hour_ago), invented(2, published_at=hour_ago)
        urls = [
            web.put("/first", page([shared], title="First Outlet")),
            web.put("/second", page([shared, other], title="Second Outlet"), host=2),
        ]
        path = write(tmp_path, Plan(feeds=urls))
        with House.open(load(path), clock=clock) as house:
            take_round(house)
            yield Desk(
                web=web,
                house=house,
                clock=clock,
                path=path,
                public=public_of(house.config),
                store=store_of(house.config),
                runner=Runner(),
            )


def entry_numbers(desk: Desk) -> list[int]:
    """Return the numbers of the two copies, the lead's first."""
    rows = soundness.ask(
        desk.store,
        "SELECT id FROM entries WHERE story_id IN "
        "(SELECT story_id FROM entries GROUP BY 1 HAVING count(*) = 2) ORDER BY relation = 'copy'",
    )
    return [row[0] for row in rows]


def test_a_split_gives_the_entry_a_story_of_its_own_in_the_digest(desk: Desk) -> None:
    before = desk.told()
    desk.command("split", str(entry_numbers(desk)[1]))
    desk.clock.move(HOUR)
    desk.house.publish()

    after = desk.told()
    assert before.keys() < after.keys()
    assert len(after) == len(before) + 1
    assert {name: after[name].updated for name in before} == {
        name: before[name].updated for name in before
    }
    soundness.assert_sound(desk.store)


def test_a_split_lead_takes_what_was_published_of_it_along(desk: Desk) -> None:
    """Its words stay under their id; the copy, which only stood below them, is told as new."""
    before = desk.told()
    first, second = entry_numbers(desk)
    desk.command("split", str(first))
    desk.clock.move(HOUR)
    desk.house.publish()

    after = desk.told()
    assert before.keys() < after.keys()
    assert [after[name].updated for name in before] == [one.updated for one in before.values()]
    (new,) = after.keys() - before.keys()
    rows = dict(soundness.ask(desk.store, "SELECT id, story_id FROM entries"))
    assert new.rpartition(":")[2] == rows[second]
    assert [one.title for one in after.values()].count(after[new].title) == 2
    assert not [one for one in after.values() if "Second Outlet" in one.content]
    soundness.assert_sound(desk.store)


def test_what_was_split_stays_apart_when_the_feeds_bring_more(desk: Desk) -> None:
    """The next copy joins one of the two; it does not bring them together again."""
    first, second = entry_numbers(desk)
    desk.command("split", str(second))
    desk.clock.move(HOUR)
    again = invented(1, published_at=desk.clock.now)
    renamed = type(again)(guid="again", title=again.title, text=again.text, link="")
    desk.web.put("/first", page([renamed, again], title="First Outlet"))
    take_round(desk.house)

    rows = dict(soundness.ask(desk.store, "SELECT id, story_id FROM entries"))
    assert rows[first] != rows[second]
    soundness.assert_sound(desk.store)


def test_a_join_is_one_entry_of_the_digest_and_no_id_is_used_again(desk: Desk) -> None:
    before = desk.told()
    names = [name.rpartition(":")[2] for name in before]
    desk.command("join", *names)
    desk.clock.move(HOUR)
    desk.house.publish()

    after = desk.told()
    assert len(after) == 1
    assert after.keys() < before.keys()
    (one,) = after.values()
    assert invented(1).title in one.title + one.content
    assert invented(2).title in one.title + one.content
    soundness.assert_sound(desk.store)


def test_a_join_is_seen_by_the_next_entry_that_comes_in(desk: Desk) -> None:
    """A copy of the absorbed story's entry joins the story that stayed."""
    names = [name.rpartition(":")[2] for name in desk.told()]
    desk.command("join", *names)
    (kept,) = set(soundness.story_of(desk.store).values())
    desk.clock.move(HOUR)
    copy = invented(2, published_at=desk.clock.now)
    desk.web.put("/first", page([copy, invented(1)], title="First Outlet"))
    take_round(desk.house)

    stories = set(soundness.story_of(desk.store).values())
    assert stories == {kept}


@pytest.mark.parametrize("which", [0, 1], ids=["of-the-lead", "of-the-copy"])
def test_a_split_is_undone_by_a_join(desk: Desk, which: int) -> None:
    before = desk.told()
    first, second = entry_numbers(desk)
    desk.command("split", str((first, second)[which]))
    desk.clock.move(HOUR)
    desk.house.publish()
    rows = dict(soundness.ask(desk.store, "SELECT id, story_id FROM entries"))
    desk.command("join", rows[second], rows[first])
    desk.clock.move(HOUR)
    desk.house.publish()

    after = desk.told()
    assert after.keys() == before.keys()
    assert [one.updated for one in after.values()] == [one.updated for one in before.values()]
