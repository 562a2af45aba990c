"""What travels between a worker and its reading processes.

Apart from both ends, so that a worker, which reads nothing itself, loads no parser: 65 ms a start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import IdScheme, ReadEntry, ReadFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTask:
    """A body to read, and what is known of its feed."""

    body: bytes
    base_url: str
    content_type: str
    known: frozenset[bytes]
    id_scheme: IdScheme
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A body that was read. `feed.entries` is empty: they are in `entries`, with features."""

    feed: ReadFeed
    entries: tuple[ReadEntry, ...]
