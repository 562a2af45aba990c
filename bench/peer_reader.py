"""`reader` (PyPI) as one of the compared, with the settings that it is fastest with.

No search index, no plugins; every feed is asked, whether or not reader's own schedule has it due.
"""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import feedparser_sgmllib

# feedparser 6.0.14 brings this module under a new name; reader's own copy asks for the old one.
sys.modules.setdefault("sgmllib", feedparser_sgmllib)

from reader import make_reader  # noqa: E402 - it needs the line above

from bench.peers import READER_WORKERS, Result  # noqa: E402 - after the one above

for module in ("feedparser", "http", "jsonfeed"):  # it loads them at its first update otherwise
    import_module(f"reader._parser.{module}")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reader import Reader

DATABASE = "reader.sqlite"


def prepare(folder: Path, urls: list[str]) -> None:
    """Make the database with the feeds in it."""
    with opened(folder) as reader:
        for url in urls:
            reader.add_feed(url)


@contextmanager
def running(folder: Path) -> Iterator[Callable[[], Result]]:
    """Open the database and give a pass over all feeds."""
    with opened(folder) as reader:
        yield lambda: poll(reader)


def opened(folder: Path, *, search: bool = False) -> Reader:
    """Return reader on its database file, with its search index or without."""
    return make_reader(str(folder / DATABASE), search_enabled=search, plugins=())


def poll(reader: Reader) -> Result:
    """Update every feed."""
    outcomes: Counter[str] = Counter()
    for result in reader.update_feeds_iter(scheduled=False, workers=READER_WORKERS):
        outcomes[told(result.value)] += 1
    return Result(outcomes=dict(outcomes), entries=reader.get_entry_counts().total or 0)


def told(value: object) -> str:
    """Return what reader says of one feed, in Newsfold's words."""
    if isinstance(value, Exception):
        return "failed"
    return "not_modified" if value is None else "fetched"
