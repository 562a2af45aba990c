"""Keeps the bodies asked for last, within a bound, so that each is read and packed once.

A file is replaced as a whole by the publisher, so its stamp tells whether the kept body is still
its content. All of this runs in the event loop; only reading and packing goes to a thread, one file
at a time: a crowd that asks for one new file, or for many, costs one core and one file's memory.
"""

from __future__ import annotations

from asyncio import Lock
from collections import OrderedDict
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from aggregator.serve.body import read_body

if TYPE_CHECKING:
    from aggregator.serve.body import Body
    from aggregator.serve.files import Found

MOST_KEPT_BYTES = 16_000_000  # packed: some 60 MB of documents, a household's several times over


class Shelf:
    """Bodies by path, the one used last at the end."""

    def __init__(self, *, limit_bytes: int = MOST_KEPT_BYTES) -> None:
        """Start empty; `limit_bytes` bounds what is kept, save that the newest body always is."""
        self._limit_bytes = limit_bytes
        self._bodies: OrderedDict[str, Body] = OrderedDict()
        self._kept_bytes = 0
        self._reading = Lock()

    @property
    def kept_bytes(self) -> int:
        """Return how many bytes of bodies are kept."""
        return self._kept_bytes

    async def fetch(self, found: Found) -> Body | None:
        """Return the file's body, or None where the file vanished since it was found."""
        if body := self._kept(found):
            return body
        async with self._reading:
            if body := self._kept(found):  # another request read it while this one waited
                return body
            try:
                body = await run_in_threadpool(read_body, found.path)
            except FileNotFoundError:
                return None
            self._keep(found.path, body)
            return body

    def _kept(self, found: Found) -> Body | None:
        body = self._bodies.get(found.path)
        if body is None or body.stamp != found.stamp:
            return None
        self._bodies.move_to_end(found.path)
        return body

    def _keep(self, path: str, body: Body) -> None:
        if old := self._bodies.pop(path, None):
            self._kept_bytes -= len(old.kept)
        self._bodies[path] = body
        self._kept_bytes += len(body.kept)
        while self._kept_bytes > self._limit_bytes and len(self._bodies) > 1:
            _, oldest = self._bodies.popitem(last=False)
            self._kept_bytes -= len(oldest.kept)
