"""Our own network is down: no feed is blamed, and all go on when it is back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from aggregator.store import feeds
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.newsrooms import Clock, Plan, load, write
from tests.end_to_end.outlet import Outlet, Reply, serve_outlet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.model import FeedState

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
URLS = [f"http://outlet-{n}.invalid/feed" for n in range(4)]  # RFC 6761: names that never resolve


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    with serve_outlet() as outlet:
        for number, url in enumerate(URLS):
            body = rss([invented(number, published_at=START)])
            outlet.put(url, Reply(body=body, headers={"ETag": f'"{number}"'}))
        yield outlet


def one_pass(house: House, clock: Clock) -> tuple[list[str], list[FeedState]]:
    """Poll what is due; return how it came out and what is remembered."""
    clock.move(timedelta(minutes=90))
    told: list[str] = []
    house.poll(house.due(), on_report=lambda report: told.append(report.outcome))
    return told, feeds.states(house.desk.db)


def test_an_outage_of_our_network_blames_no_feed_and_ends_by_itself(
    outlet: Outlet, tmp_path: Path
) -> None:
    clock = Clock(START)
    online = load(write(tmp_path, Plan(feeds=URLS, polling={"proxy": f'"{outlet.root}"'})))
    with House.open(online, clock=clock) as house:
        assert one_pass(house, clock)[0] == ["fetched"] * 4
    offline = load(write(tmp_path, Plan(feeds=URLS)))  # without the proxy no name resolves
    with House.open(offline, clock=clock) as house:
        for _ in range(3):
            told, states = one_pass(house, clock)
            assert told == ["deferred"] * 4
            assert all((one.failures, one.error) == (0, "") for one in states)
            due = [one.next_poll_at - clock.now for one in states if one.next_poll_at]
            assert all(timedelta() < wait <= timedelta(minutes=20) for wait in due)
    online = load(write(tmp_path, Plan(feeds=URLS, polling={"proxy": f'"{outlet.root}"'})))
    with House.open(online, clock=clock) as house:
        told, states = one_pass(house, clock)

    assert set(told) <= {"fetched", "not_modified"}
    assert len(told) == 4
