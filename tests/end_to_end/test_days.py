"""Days go by: editions in the morning, down time, retention. The clock is the test's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import (
    LIVE,
    Clock,
    Plan,
    load,
    public_of,
    store_of,
    take_round,
    write,
)
from tests.end_to_end.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.model import Config
    from tests.end_to_end.feeds import Item
    from tests.end_to_end.web import Page, Web

START = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday, an hour before the edition
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MORNING = (
    '[[digests]]\nname = "morning"\ntitle = "Morning"\nkind = "edition"\nat = ["07:00"]\n'
    'timezone = "UTC"\n'
)


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def daily(clock: Clock) -> Page:
    """Return a feed with an entry for each hour since its start; the last 30 stand in it."""
    hours = int((clock.now - START) / HOUR)
    return page(
        [
            invented(n, published_at=START + n * HOUR, site="daily")
            for n in range(hours, max(-1, hours - 30), -1)
        ]
    )


def title_of(hour: int) -> str:
    return invented(hour, site="daily").title


def go_on(house: House, clock: Clock, *, hours: int) -> None:
    """Let so many hours go by, with a pass every third."""
    for _ in range(hours // 3):
        clock.move(3 * HOUR)
        take_round(house)


def issues(loaded: Config) -> list[published.Told]:
    """Return the editions, oldest first."""
    return published.current(public_of(loaded), "morning")[::-1]


def hours_in(issue: published.Told, last_hour: int) -> list[int]:
    """Return which entries an edition tells, by the hour of their publication."""
    return [hour for hour in range(last_hour + 1) if title_of(hour) in issue.content]


def test_an_edition_comes_out_each_morning_and_holds_each_story_once(
    web: Web, tmp_path: Path
) -> None:
    clock = Clock(START)
    url = web.put("/feed", lambda: daily(clock))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=75)
    told = issues(loaded)

    assert [one.published for one in told] == [
        f"2026-11-{day}T07:00:00Z" for day in (23, 24, 25, 26)
    ]
    held = [hours_in(one, 72) for one in told]
    assert held == [[0], [*range(1, 25)], [*range(25, 49)], [*range(49, 73)]]


def test_an_edition_never_changes_again(web: Web, tmp_path: Path) -> None:
    """Neither by later coverage nor by a restart: its entry is frozen."""
    clock = Clock(START)
    url = web.put("/feed", lambda: daily(clock))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=3)
        (first,) = issues(loaded)
    with House.open(loaded, clock=clock) as house:
        go_on(house, clock, hours=24)

    assert len(issues(loaded)) == 2
    assert issues(loaded)[0] == first


def test_after_down_time_one_edition_names_the_span_that_it_covers(
    web: Web, tmp_path: Path
) -> None:
    """Three mornings were missed: one catch-up edition, and the next morning as ever."""
    clock = Clock(START)
    url = web.put("/feed", lambda: daily(clock))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=3)
    clock.move(3 * DAY)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=24)
    told = issues(loaded)

    assert len(told) == 3
    assert "Catch-up" in told[1].title
    assert "23 November" in told[1].title
    assert "26 November" in told[1].title
    assert told[1].published == "2026-11-26T07:00:00Z"
    assert told[2].published == "2026-11-27T07:00:00Z"


def test_what_was_down_while_editions_passed_is_in_exactly_one_of_them(
    web: Web, tmp_path: Path
) -> None:
    clock = Clock(START)
    url = web.put("/feed", lambda: daily(clock))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=3)
    clock.move(DAY)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=48)
    held = [hour for one in issues(loaded) for hour in hours_in(one, 75)]

    assert held == [*range(73)]  # the last pass, at 9, came after the last edition


def test_a_morning_without_news_brings_no_empty_edition(web: Web, tmp_path: Path) -> None:
    clock = Clock(START)
    url = web.put("/feed", page([invented(1, published_at=START - HOUR)]))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=48)

    assert len(issues(loaded)) == 1


def test_a_clock_that_is_set_back_repeats_no_edition(web: Web, tmp_path: Path) -> None:
    clock = Clock(START)
    url = web.put("/feed", lambda: daily(clock))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=MORNING)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        go_on(house, clock, hours=3)
        before = issues(loaded)
        clock.move(-2 * HOUR)
        take_round(house)
        go_on(house, clock, hours=3)

    assert issues(loaded) == before


RETENTION = LIVE + 'retention = "10d"\n'


def test_what_is_past_its_retention_goes_and_does_not_come_back_as_new(
    web: Web, tmp_path: Path
) -> None:
    """Out of its feed for 11 days it is pruned; when the feed shows it again, it is no news."""
    clock = Clock(START)
    brief, lasting = invented(1, published_at=START), invented(2, published_at=START)
    url = web.put("/feed", page([brief, lasting]))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=RETENTION)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", page([lasting]))
        clock.move(HOUR)
        take_round(house)
        clock.move(11 * DAY)
        pruned = house.prune()
        kept = soundness.story_of(store_of(loaded))
        web.put("/feed", page([brief, lasting, invented(3, published_at=clock.now)]))
        (report,) = take_round(house)

    assert pruned.entries == 1
    assert set(kept) == {(url, lasting.guid)}
    assert report.new == 1
    told = [one.title for one in published.current(public_of(loaded), "all")]
    assert sorted(told) == sorted([brief.title, lasting.title, invented(3).title])
    soundness.assert_sound(store_of(loaded))


def test_what_still_stands_in_its_feed_is_never_pruned(web: Web, tmp_path: Path) -> None:
    """A year in the feed is no reason to forget: absence is what the retention counts from."""
    clock = Clock(START)
    url = web.put("/feed", page([invented(n, published_at=START) for n in (1, 2)]))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=RETENTION)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        for _ in range(12):
            clock.move(30 * DAY)
            take_round(house)
            assert house.prune().entries == 0

    assert soundness.count(store_of(loaded), "entries") == 2


def test_a_pruned_entry_brings_back_no_story_and_moves_no_file(web: Web, tmp_path: Path) -> None:
    clock = Clock(START)
    url = web.put("/feed", page([invented(1, published_at=START)]))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=RETENTION)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", page([]))
        clock.move(HOUR)
        take_round(house)
        before = published.files(public_of(loaded))
        clock.move(11 * DAY)
        house.prune()
        house.publish()
    with House.open(loaded, clock=clock) as house:
        house.publish()

    assert soundness.count(store_of(loaded), "entries") == 0
    assert published.files(public_of(loaded)) == before


def test_what_was_pruned_is_no_news_under_another_id_and_link(web: Web, tmp_path: Path) -> None:
    """Its words and the moment of publication tell, after the site has changed both."""
    clock = Clock(START)
    old, *others = [invented(n, published_at=START - n * DAY) for n in range(1, 6)]
    url = web.put("/feed", page([old, *others]))
    loaded = load(write(tmp_path, Plan(feeds=[url], digests=RETENTION)))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        clock.move(HOUR)
        web.put("/feed", page(others))
        take_round(house)
        clock.move(DAY)
        web.put("/feed", page(map(moved, others)))
        take_round(house)
        clock.move(11 * DAY)
        house.prune()
        web.put("/feed", page(map(moved, [old, *others])))
        (report,) = take_round(house)

    assert report.new == 0


def moved(item: Item) -> Item:
    """Return the entry as the site's next system has it."""
    return replace(item, guid=f"cms-{item.guid}", link=f"https://new.example/{item.guid}")
