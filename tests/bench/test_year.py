"""Two simulated weeks with everything that happens in a year; bench/year.py runs the whole one.

The simulation itself raises Trouble at the first promise that is broken.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.places import database_path
from bench.year import Year, figures, table
from bench.year_end import End
from bench.year_plan import Event, Plan, happenings
from bench.year_told import Trouble
from bench.year_world import HOUR, World

if TYPE_CHECKING:
    from bench.year_end import Verdict

START = datetime(2026, 3, 20, tzinfo=UTC)  # summer time begins on the 29th
WORLD = World(feeds=12, start=START, days=14, a_day=0.6, seed=3)
PLAN = Plan(every=3 * HOUR, interval="4h", min_interval="2h", retention="8d", limit=15)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Year, Verdict]:
    """Let the weeks go by, once for all tests here."""
    year = Year(WORLD, PLAN, tmp_path_factory.mktemp("weeks"))
    return year, year.run()


@pytest.mark.slow
def test_every_story_is_told_once_whatever_happens(weeks: tuple[Year, Verdict]) -> None:
    """Restarts, kills, down time, a cut-off network, a clock set back, the change of the clocks."""
    year, verdict = weeks

    assert set(year.events) == set(Event)
    assert verdict.told > verdict.stories > 100
    assert verdict.recall > 0.9
    assert verdict.publications["all"] == verdict.stories
    assert verdict.publications["daily"] >= WORLD.days - 2
    assert verdict.catch_ups > 0
    assert verdict.corrections > 0
    assert year.watch.quiet > 20


@pytest.mark.slow
def test_a_table_tells_the_figures(weeks: tuple[Year, Verdict]) -> None:
    year, verdict = weeks

    told = table(figures(year, verdict, seconds=1.0))

    assert f"| told | {verdict.told} |" in told
    assert "| feeds | 12 |" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM published WHERE rowid_of = 1", "never told"),
        ("UPDATE editions SET since_at = '2026-01-01T00:00:00.000000Z'", "a gap"),
    ],
    ids=["a story that was not told", "a gap between editions"],
)
def test_the_judge_sees_what_is_wrong(weeks: tuple[Year, Verdict], change: str, said: str) -> None:
    """A check that cannot fail proves nothing."""
    year, _ = weeks
    place = database_path(year.watch.config)
    whole = place.read_bytes()
    first = "(digest, story_id) = (SELECT digest, story_id FROM published LIMIT 1)"
    with closing(sqlite3.connect(place)) as db, db:
        db.execute(change.replace("rowid_of = 1", first))
    try:
        with pytest.raises(Trouble, match=said):
            End(year.world, year.watch).judge()
    finally:
        place.write_bytes(whole)


@pytest.mark.slow
def test_the_judge_sees_an_entry_that_was_lost(weeks: tuple[Year, Verdict]) -> None:
    year, _ = weeks
    stories = dict(year.watch.stories)
    stories.popitem()

    with pytest.raises(Trouble, match="not kept"):
        End(year.world, replace(year.watch, stories=stories)).judge()


def test_the_same_seed_invents_the_same_world() -> None:
    again = World(feeds=12, start=START, days=14, a_day=0.6, seed=3)

    assert [one.tellings for one in again.outlets] == [one.tellings for one in WORLD.outlets]
    assert happenings(again) == happenings(WORLD)
