"""`reader` (PyPI) that keeps its search index up to date after each pass, as Newsfold does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.peer_reader import opened, poll, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reader import Reader

    from bench.peers import Result

__all__ = ["prepare", "running"]


@contextmanager
def running(folder: Path) -> Iterator[Callable[[], Result]]:
    """Open the database and give a pass over all feeds, indexing included."""
    with opened(folder, search=True) as reader:
        yield lambda: poll_and_index(reader)


def poll_and_index(reader: Reader) -> Result:
    """Update every feed, then the search index."""
    result = poll(reader)
    reader.update_search()
    return result
