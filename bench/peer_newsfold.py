"""Newsfold as one of the compared: polled, folded, stored and published in four formats."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator import config
from aggregator.pipeline.house import House
from aggregator.store.entries import feed_counts
from bench.peers import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.peers import Peek

FORMATS = ("atom", "rss", "json", "html")
CONFIGURATION = """
[service]
data_dir = "data"
public_dir = "public"
public_url = "http://127.0.0.1:8080"

[polling]
min_interval = "1s"
allow_private_addresses = true

[[digests]]
name = "news"
title = "News"
settle = "0s"
"""


def prepare(folder: Path, urls: list[str]) -> None:
    """Write a configuration with the feeds and make the database."""
    feeds = "".join(f'\n[[feeds]]\nurl = "{url}"\n' for url in urls)
    path = folder / "newsfold.toml"
    path.write_text(CONFIGURATION + feeds, "utf-8")
    House.open(config.load(path, environ={}), clock=now).close()


def one_pass(folder: Path) -> Callable[[Peek], Result]:
    """Return a pass over all feeds, due or not, as `newsfold poll --all` makes it."""
    configuration = config.load(folder / "newsfold.toml", environ={})

    def once(peek: Peek) -> Result:
        outcomes: Counter[str] = Counter()
        with House.open(configuration, clock=now) as house:
            house.poll(
                house.due(everything=True),
                on_report=lambda report: outcomes.update([report.outcome]),
                meanwhile=house.publish_at_times,
            )
            house.publish()
            peek()
            kept = sum(feed_counts(house.desk.db).values())
        published = all((folder / "public" / f"news.{form}").stat().st_size for form in FORMATS)
        return Result(outcomes=dict(outcomes), entries=kept if published else 0)

    return once


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)
