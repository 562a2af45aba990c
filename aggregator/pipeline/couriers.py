"""Calls at subscribers' callbacks, in a thread of its own: none of them holds up writer or server.

Through the guarded client of polls. Callbacks that are not proven, or failed last, have lanes of
their own, so that they never hold up the others; within each kind, one call at a time to a host. It
knows no store: errands go in, what came of each comes out.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from aggregator.poll.callbacks import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable

    from aggregator.model import Failed
    from aggregator.pipeline.batch import Manners
    from aggregator.poll.callbacks import Parcel
    from aggregator.poll.fetch import Posted

LANES = 12  # calls at once to callbacks that are known to work
DOUBTFUL_LANES = 4  # and to all others
LONGEST_CALL = timedelta(seconds=10)
STOP_GRACE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One call: a question, or with a parcel a delivery."""

    key: Hashable  # of what it is about; one call at a time for each
    host: str
    url: str = field(repr=False)
    parcel: Parcel | None = None
    secret: str = field(default="", repr=False)
    is_doubtful: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came of an errand."""

    key: Hashable
    answer: Posted | Failed


class Couriers:
    """Runs errands; make one for a house, and close it with the house."""

    def __init__(self, manners: Manners, *, on_return: Callable[[], None]) -> None:
        """Start nothing yet. `on_return` is called in the thread for each errand that ended."""
        timeout = min(manners.polling.timeout, LONGEST_CALL)
        self._manners = replace(manners, polling=replace(manners.polling, timeout=timeout))
        self._on_return = on_return
        self._returned: SimpleQueue[Returned] = SimpleQueue()
        self._out: set[Hashable] = set()  # the writer's: sent and not collected yet
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._errands: asyncio.Queue[Errand] = asyncio.Queue()

    @property
    def out(self) -> int:
        """Return how many errands were sent and not collected yet."""
        return len(self._out)

    def is_out(self, key: Hashable) -> bool:
        """Return whether an errand about this was sent and not collected yet."""
        return key in self._out

    def send(self, errand: Errand) -> None:
        """Run the errand as soon as its host and a lane are free."""
        if self._loop is None:
            self._start()
        self._out.add(errand.key)
        assert self._loop is not None  # noqa: S101 - for the type checker: started above
        self._loop.call_soon_threadsafe(self._errands.put_nowait, errand)

    def collect(self) -> list[Returned]:
        """Return what came of errands since the last call, once."""
        found: list[Returned] = []
        with suppress(Empty):
            while True:
                found.append(self._returned.get_nowait())
        self._out.difference_update(one.key for one in found)
        return found

    def close(self) -> None:
        """Stop: what is not delivered yet is delivered after the next start."""
        if self._loop is None or self._thread is None:
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_GRACE_S)
        self._loop = self._thread = None
        self._out.clear()

    # ------------------------------------------------------------- the thread's

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_run, args=(self._loop, self._work), name="couriers", daemon=True
        )
        self._thread.start()

    async def _work(self) -> None:
        lanes = {False: asyncio.Semaphore(LANES), True: asyncio.Semaphore(DOUBTFUL_LANES)}
        hosts: WeakValueDictionary[tuple[str, bool], asyncio.Lock] = WeakValueDictionary()
        manners = self._manners
        async with (
            Caller(manners.polling, user_agent=manners.user_agent) as caller,
            asyncio.TaskGroup() as group,
        ):
            while True:
                errand = await self._errands.get()
                kind = errand.is_doubtful
                host = hosts.setdefault((errand.host, kind), asyncio.Lock())
                group.create_task(self._run(errand, caller, host, lanes[kind]))

    async def _run(
        self, errand: Errand, caller: Caller, host: asyncio.Lock, lane: asyncio.Semaphore
    ) -> None:
        async with host, lane:
            if errand.parcel is None:
                answer = await caller.question(errand.url)
            else:
                answer = await caller.deliver(errand.url, errand.parcel, secret=errand.secret)
        self._returned.put(Returned(key=errand.key, answer=answer))
        self._on_return()


def _run(
    loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[object, object, None]]
) -> None:
    """Run the loop until it is stopped, then let go of every call under way."""
    task = loop.create_task(work())
    try:
        loop.run_forever()
        task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        loop.close()
