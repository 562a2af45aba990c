"""A house whose clock a test moves, on feeds of an outlet that the test writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from aggregator.pipeline.house import House
from aggregator.store import feeds
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.newsrooms import Clock, Plan, load, write
from tests.end_to_end.outlet import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aggregator.model import FeedState, PollReport
    from tests.end_to_end.outlet import Answer

START = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = {"interval": '"1h"', "min_interval": '"15m"'}


class Desk:
    """A house on some feeds whose clock the test moves."""

    def __init__(self, folder: Path, *urls: str, **polling: str) -> None:
        """Open the house; `polling` are settings as TOML values."""
        self.clock = Clock(START)
        self.config = load(write(folder, Plan(feeds=urls, polling={**HOURLY, **polling})))
        self.house = House.open(self.config, clock=self.clock)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the house."""
        self.house.close()

    def restart(self) -> None:
        """Open the house anew."""
        self.house.close()
        self.house = House.open(self.config, clock=self.clock)

    def take_round(self, *, by_hand: bool = False) -> list[PollReport]:
        """Poll what is due, or everything as `newsfold poll --all` does."""
        reports: list[PollReport] = []
        self.house.poll(self.house.due(everything=by_hand), on_report=reports.append)
        return reports

    def go_on(self, span: timedelta, *, step: timedelta = 10 * MINUTE) -> None:
        """Let time go by, with a pass after each step."""
        end = self.clock.now + span
        while self.clock.now < end:
            self.clock.move(step)
            self.take_round()

    def state(self, url: str) -> FeedState:
        """Return what is remembered of a feed."""
        return feeds.state(self.house.desk.db, url)


def feed(*numbers: int, at: datetime = START, extra: str = "") -> bytes:
    """Return a feed with these entries, an hour apart, and more elements for its channel."""
    items = [invented(number, published_at=at - number * HOUR) for number in numbers]
    return rss(items).replace(b"<link>", extra.encode() + b"<link>", 1)


def conditional(body: bytes, etag: str = '"e"', **headers: str) -> Answer:
    """Return an answer with an ETag that knows 304."""

    def answer(asked: Mapping[str, str]) -> Reply:
        known = asked.get("if-none-match") == etag
        sent = {"ETag": etag, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return Reply(status=304, headers=sent) if known else Reply(body=body, headers=sent)

    return answer
