"""Newsfold as one of the compared: polled, folded, stored and published in four formats."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import config
from aggregator.pipeline.house import House
from aggregator.store.entries import feed_counts
from bench.peers import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from aggregator.model import Config

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
    (folder / "newsfold.toml").write_text(CONFIGURATION + feeds, "utf-8")
    with running(folder):
        pass


def running(folder: Path) -> AbstractContextManager[Callable[[], Result]]:
    """Return the house, not yet open; open, it is a pass over all feeds to be called.

    The configuration is loaded before: reader has its feeds in its database.
    """
    return opened(config.load(folder / "newsfold.toml", environ={}))


@contextmanager
def opened(configuration: Config) -> Iterator[Callable[[], Result]]:
    """Open the house and give a pass over all feeds, as `newsfold poll --all` makes it."""
    with House.open(configuration, clock=now) as house:
        yield lambda: poll(house)


def poll(house: House) -> Result:
    """Poll, fold, store and publish."""
    outcomes: Counter[str] = Counter()
    house.poll(
        house.due(everything=True),
        on_report=lambda report: outcomes.update([report.outcome]),
        meanwhile=house.publish_at_times,
    )
    house.publish()
    public = Path(house.config.service.public_dir)
    is_published = all((public / f"news.{form}").stat().st_size for form in FORMATS)
    kept = sum(feed_counts(house.desk.db).values())
    return Result(outcomes=dict(outcomes), entries=kept if is_published else 0)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)
