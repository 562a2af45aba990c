"""What is new in a feed since a version that a reader has (RFC 3229 with the "feed" manipulation).

Which entries a version held is asked of the store, so it is known after a restart as well. What a
pair of versions comes to is computed once, and kept within a bound. Nothing here is written.
"""

from __future__ import annotations

import re
from asyncio import Lock
from collections import OrderedDict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from aggregator.errors import StoreError
from aggregator.serve.body import body_of
from aggregator.serve.cut import cut
from aggregator.store import topics
from aggregator.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from aggregator.serve.body import Body
    from aggregator.serve.files import Found

    Known = tuple[str, frozenset[bytes]]  # a version's tag, and the marks of its entries
    Newest = Callable[[str, Sequence[str]], Known | None]

MOST_KEPT = 1_000  # answers, those that there is no delta among them
MOST_KEPT_BYTES = 4_000_000  # packed
MOST_TAGS = 8  # of one request; a reader has one
_TAG = re.compile(r"([0-9a-f]{32})(-gzip)?", re.ASCII)  # as `headers.entity_tag` gives them out


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """What is told of the feeds beside their files."""

    public_url: str = ""
    hubs: tuple[str, ...] = ()
    newest: Newest = lambda _name, _tags: None  # the newest known one of these versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The entries that are new or changed since a version, in a document of the same form."""

    base: str  # the version's tag, as the reader gave it
    body: Body


class Deltas:
    """Deltas by document and versions, the one asked for last at the end."""

    def __init__(self, newest: Newest, *, limit_bytes: int = MOST_KEPT_BYTES) -> None:
        """Start empty; `newest` is asked in a thread, one call at a time."""
        self._newest = newest
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[tuple[str, str, tuple[str, ...]], Delta | None] = OrderedDict()
        self._kept_bytes = 0
        self._working = Lock()

    async def since(self, found: Found, body: Body, tags: Sequence[str]) -> Delta | None:
        """Return what is new since the newest known of these versions.

        None where none is known, nothing could be left out, or the reader has this very version
        in another coding.
        """
        given = {shape[1]: tag for tag in tags[:MOST_TAGS] if (shape := _TAG.fullmatch(tag))}
        if not given or body.tag in given:
            return None
        key = (found.name, body.tag, tuple(given.values()))
        async with self._working:
            if key not in self._kept:
                self._keep(key, await run_in_threadpool(self._make, found, body, given))
            self._kept.move_to_end(key)
            return self._kept[key]

    def _make(self, found: Found, body: Body, given: dict[str, str]) -> Delta | None:
        known = self._newest(found.name, list(given))
        if known is None:
            return None
        tag, marks = known
        pieces = cut(b"".join(body.pieces(packed=False)), found.name)
        content = pieces.without(marks) if pieces else None
        if content is None:
            return None
        return Delta(base=given[tag], body=body_of(body.stamp, content))

    def _keep(self, key: tuple[str, str, tuple[str, ...]], delta: Delta | None) -> None:
        self._kept[key] = delta
        self._kept_bytes += len(delta.body.kept) if delta else 0
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT or self._kept_bytes > self._limit_bytes
        ):
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.body.kept) if oldest else 0


def versions_in(store_path: Path) -> Newest:
    """Return who knows the versions that a store keeps; one that cannot be read knows none."""

    def newest(name: str, tags: Sequence[str]) -> Known | None:
        try:
            with closing(open_store(store_path, read_only=True)) as db:
                return topics.newest_version(db, name, tags)
        except StoreError:
            return None

    return newest
