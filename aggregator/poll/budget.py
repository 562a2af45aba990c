"""Bounds what all bodies under way take together: fetched, unpacked, or waiting to be read.

A body grows by what really came, so a server that sends slowly holds next to nothing. Where the
budget is spent, whoever wants more waits until another is done. The oldest body never waits, so
there is always one that comes to its end: no deadlock, at the price of one body over the limit.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_BYTES = 64_000_000  # some 1,000 ordinary bodies, or 6 of the largest allowed by default


class Budget:
    """Bytes that bodies may take together, within one event loop."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        """Start with everything free."""
        self._limit_bytes = limit_bytes
        self._held: dict[Share, int] = {}  # the oldest first
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def held_bytes(self) -> int:
        """Return what is taken at the moment."""
        return sum(self._held.values())

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Give a share, empty at first; what it holds is given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self._held.pop(share, None)
            self._tell()

    async def grow(self, share: Share, count_bytes: int) -> None:
        """Let a share take more, when there is room."""
        self._held.setdefault(share, 0)
        while not self._has_room(share, count_bytes):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.add(turn)
            try:
                await turn
            finally:
                self._waiting.discard(turn)
        self._held[share] += count_bytes

    def set(self, share: Share, count_bytes: int) -> None:
        """Let a share hold this much at once: what it holds is there already."""
        self._held[share] = count_bytes
        self._tell()

    def _has_room(self, share: Share, count_bytes: int) -> bool:
        is_oldest = next(iter(self._held)) is share
        return is_oldest or self.held_bytes + count_bytes <= self._limit_bytes

    def _tell(self) -> None:
        for turn in self._waiting:
            if not turn.done():
                turn.set_result(None)


class Share:
    """What one body takes of a budget."""

    def __init__(self, budget: Budget) -> None:
        """Hold nothing yet."""
        self._budget = budget

    async def grow(self, count_bytes: int) -> None:
        """Take more, when there is room."""
        await self._budget.grow(self, count_bytes)

    def set(self, count_bytes: int) -> None:
        """Hold this much, which is there already."""
        self._budget.set(self, count_bytes)
