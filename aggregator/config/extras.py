"""What a configuration asks for that is not installed: `check` tells, polling goes on without.

It imports none of the extras, only looks for them.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from aggregator.config.document import open_source, problems_of
from aggregator.config.environment import tables
from aggregator.config.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.model import Problem


def missing_extras(path: Path) -> list[Problem]:
    """Return a problem for each key of the file at `path` that is without effect here."""
    source = open_source(path)
    return problems_of(source, list(_without_full_text(source.document)))


def _without_full_text(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Say once, at the first feed that wants it, that pages cannot be read."""
    wanting = [n for n, feed in enumerate(tables(document, "feeds")) if feed.get("full_text")]
    if wanting and find_spec("trafilatura") is None:
        yield Fault(
            loc=("feeds", wanting[0], "full_text"),
            what="pages cannot be read without the library trafilatura, so feeds keep their texts",
            mend="Install it with: pip install 'newsfold[fulltext]'.",
        )
