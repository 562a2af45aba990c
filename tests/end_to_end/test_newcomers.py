"""A feed that is new floods no digest, and no date makes an entry stick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import (
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
    from tests.end_to_end.web import Web

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BACKFILL = 20


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def old_entries(count: int) -> list[Item]:
    return [invented(n, published_at=NOON - n * DAY, site="old") for n in range(1, count + 1)]


def titles(loaded: Config) -> list[str]:
    """Return the titles of the whole digest, in the order of the documents."""
    return [one.title for one in published.current(public_of(loaded), "all")]


def test_of_a_new_feed_the_newest_reach_the_digest_and_all_are_kept(
    web: Web, tmp_path: Path
) -> None:
    """500 old entries: 20 in the digest, whatever their order in the feed; 500 in the database."""
    items = old_entries(500)
    url = web.put("/feed", page(items[250:] + items[:250]))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON)
    with House.open(loaded, clock=clock) as house:
        (report,) = take_round(house)

    assert report.new == soundness.count(store_of(loaded), "entries") == 500
    assert titles(loaded) == [item.title for item in items[:BACKFILL]]


def test_the_older_entries_never_come_later(web: Web, tmp_path: Path) -> None:
    """Not at the next poll, not after a restart, not when a new entry joins the feed."""
    items = old_entries(60)
    url = web.put("/feed", page(items))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
    fresh = invented(1, published_at=NOON + HOUR, site="fresh")
    web.put("/feed", page([fresh, *items]))
    clock.move(2 * HOUR)
    with House.open(loaded, clock=clock) as house:
        (report,) = take_round(house)

    assert report.new == 1
    assert titles(loaded) == [fresh.title, *(item.title for item in items[:BACKFILL])]


def test_a_feed_that_joins_others_brings_its_newest_only(web: Web, tmp_path: Path) -> None:
    first = web.put("/first", page([invented(1, published_at=NOON - HOUR)]))
    second = web.put("/second", page(old_entries(50), title="Late Herald"))
    clock = Clock(NOON)
    with House.open(load(write(tmp_path, Plan(feeds=[first]))), clock=clock) as house:
        take_round(house)
    clock.move(HOUR)
    loaded = load(write(tmp_path, Plan(feeds=[first, second])))
    with House.open(loaded, clock=clock) as house:
        take_round(house)

    assert len(titles(loaded)) == 1 + BACKFILL


def test_entries_without_dates_neither_flood_nor_stick(web: Web, tmp_path: Path) -> None:
    """They count as seen when they came; of a new feed, no more than the backfill."""
    undated = [invented(n, site="undated") for n in range(1, 41)]
    url = web.put("/feed", page(undated))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        first = titles(loaded)
        dated = invented(1, published_at=NOON + HOUR, site="dated")
        web.put("/feed", page([dated, *undated]))
        clock.move(2 * HOUR)
        take_round(house)

    assert set(first) == {item.title for item in undated[:BACKFILL]}
    assert titles(loaded) == [dated.title, *first]


def test_an_entry_from_the_future_stands_where_it_was_seen(web: Web, tmp_path: Path) -> None:
    """Dated 400 days ahead it counts as seen now: an hour later it is below the next one."""
    future = invented(1, published_at=NOON + 400 * DAY, site="future")
    url = web.put("/feed", page([future, invented(2, published_at=NOON - HOUR)]))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        later = invented(3, published_at=NOON + HOUR)
        web.put("/feed", page([later, future]))
        clock.move(2 * HOUR)
        take_round(house)
    told = published.current(public_of(loaded), "all")

    assert [one.title for one in told[:2]] == [later.title, future.title]
    assert max(one.published for one in told) == "2026-11-25T13:00:00Z"
    assert max(one.updated for one in told) == "2026-11-25T14:00:00Z"


def test_dates_that_are_now_at_each_fetch_bring_nothing_again(web: Web, tmp_path: Path) -> None:
    """The same entries, each time dated to the minute of the request, are no news."""
    clock = Clock(NOON)
    url = web.put("/feed", lambda: page([invented(n, published_at=clock.now) for n in (1, 2, 3)]))
    loaded = load(write(tmp_path, Plan(feeds=[url])))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        before = published.files(public_of(loaded))
        clock.move(HOUR)
        (report,) = take_round(house)

    assert (report.outcome, report.new, report.updated) == ("fetched", 0, 0)
    assert published.files(public_of(loaded)) == before
