"""Full text without what the site repeats on its pages, through real polling and publishing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published
from tests.end_to_end.feeds import Item, invented
from tests.end_to_end.feeds import page as feed_of
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, take_round, write
from tests.end_to_end.web import Page, serve_web
from tests.read.clutter_feeds import PAGES, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.web import Web

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
FOUND = pages_of("en", 0, at_end=False, count=PAGES + 1)


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web(hosts=PAGES + 2) as web:
        yield web


def item(web: Web, number: int) -> Item:
    """Put the page of an entry on a host of its own; return the entry with a teaser."""
    page = Page(body=FOUND.pages[number].encode(), content_type="text/html; charset=utf-8")
    url = web.put(f"/story/{number}", page, host=number + 2)
    one = invented(number, published_at=START - timedelta(hours=number))
    return replace(one, title=FOUND.titles[number], text="<p>In brief.</p>", link=url)


def test_what_pages_repeat_is_not_published(web: Web, tmp_path: Path) -> None:
    clock = Clock(START)
    first = [item(web, number) for number in range(PAGES)]
    url = web.put("/feed", feed_of(first))
    loaded = load(write(tmp_path, Plan(feeds=[url], extra="full_text = true\n")))
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", feed_of([*first, item(web, PAGES)]))
        clock.move(timedelta(hours=1))
        take_round(house)

    told = {one.title: one.content for one in published.current(public_of(loaded), "all")}
    assert len(told) == PAGES + 1
    for title, own in zip(FOUND.titles, FOUND.own, strict=True):
        assert [sentence for sentence in own if sentence not in told[title]] == []
        assert [plea for plea in FOUND.clutter if plea in told[title]] == []
