"""`/healthz`: whether the service is well, for monitors and containers. Never cached."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aggregator.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

_FIELDS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
# Not the error's own words: they name paths, and this address may be open to the world.
_UNREADABLE = {
    "status": "unreadable",
    "message": "The database cannot be read. `newsfold status` on the server says why.",
}


REUSED_S = 2.0  # a report over 500,000 entries takes 0.6 s: a crowd costs a quarter of a core


class Checkup:
    """Asks for the health in a thread, at most once in a while, however many ask."""

    def __init__(
        self,
        health: Callable[[], Mapping[str, object]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep what to ask; nothing is asked yet. `clock` gives seconds."""
        self._health = health
        self._clock = clock
        self._report: asyncio.Task[Mapping[str, object]] | None = None
        self._reported_s = 0.0

    async def answer(self, _request: Request) -> Response:
        """Answer 200 when the status is "ok", else 503; the body is the report in JSON."""
        try:
            told = await asyncio.shield(self._ask())
        except StoreError:
            told = _UNREADABLE
        status = 200 if told.get("status") == "ok" else 503
        return Response(json.dumps(told, default=_plain), status_code=status, headers=_FIELDS)

    def _ask(self) -> asyncio.Task[Mapping[str, object]]:
        """Return the report under way or the last one while it is fresh, else begin a new one."""
        if self._report is None or self._is_stale(self._report):
            self._report = asyncio.create_task(self._take_report())
        return self._report

    def _is_stale(self, report: asyncio.Task[Mapping[str, object]]) -> bool:
        return report.done() and self._clock() - self._reported_s >= REUSED_S

    async def _take_report(self) -> Mapping[str, object]:
        try:
            return await run_in_threadpool(self._health)
        finally:
            self._reported_s = self._clock()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
