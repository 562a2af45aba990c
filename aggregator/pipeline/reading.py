"""The near end of the reading processes: tasks go out, readings or failures come back.

A reading process that passes its time or memory limit is killed and replaced; the document that
did it becomes a `Failed` value. Nothing of the document reaches this process but plain values.
"""

from __future__ import annotations

import asyncio
import signal
from asyncio import subprocess
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Self

from aggregator.model import Failed, FailureKind
from aggregator.pipeline import children, frames
from aggregator.poll.budget import Budget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from aggregator.model import Polling
    from aggregator.pipeline.task import PageReading, PageTask, Reading, ReadTask

TIME_LIMIT_S = 10.0  # the slowest honest feed seen took 0.9 s
PATIENCE = 2  # times the limit by the clock: a process that gets no processor is not waited for
ENDING_S = 1.0  # for a process that closed its output to end
MEMORY_LIMIT_BYTES = 512_000_000  # an ordinary feed needs under 60 MB


def too_slow(limit_s: float) -> Failed:
    """Return the failure of a document that takes too long."""
    return Failed(
        kind=FailureKind.TOO_SLOW_TO_READ,
        message=f"reading the document took over {limit_s:g} s, so it was given up. Open the feed "
        "and look whether it is one; if it is, raise polling.read_time",
    )


def too_big(limit_bytes: int) -> Failed:
    """Return the failure of a document that takes too much memory."""
    return Failed(
        kind=FailureKind.TOO_BIG_TO_READ,
        message=f"reading the document took over {limit_bytes // 10**6} MB of memory, so it was "
        "given up. Open the feed and look whether it is one; if it is, raise polling.read_memory",
    )


class Reader:
    """One reading process, started when first needed and replaced when it dies."""

    MODULE: ClassVar = "aggregator.pipeline.reader"  # what runs in it

    def __init__(self, *, time_limit_s: float, memory_limit_bytes: int) -> None:
        """Start nothing yet: many passes need no reading at all."""
        self._time_limit_s = time_limit_s
        self._memory_limit_bytes = memory_limit_bytes
        self._process: subprocess.Process | None = None

    async def read(self, task: ReadTask) -> Reading | Failed:
        """Return what the process makes of the body, within the limits."""
        reading: Reading | Failed = await self._answer(task)
        return reading

    async def read_page(self, task: PageTask) -> PageReading | Failed:
        """Return what the process makes of an entry's page, within the same limits."""
        reading: PageReading | Failed = await self._answer(task)
        return reading

    async def _answer(self, task: object) -> Any:  # noqa: ANN401 - as the task asks for
        process = await self._running()
        try:
            async with asyncio.timeout(PATIENCE * self._time_limit_s):
                return await _exchange(process, task)
        except TimeoutError:
            await self.stop()
            return too_slow(self._time_limit_s)
        except (asyncio.IncompleteReadError, ConnectionError):
            with suppress(TimeoutError):  # a signal sent meanwhile would take its exit code away
                async with asyncio.timeout(ENDING_S):
                    await process.wait()
            await self.stop()
            # It dies of nothing but its limits: what it raises comes back as a value.
            if process.returncode == -signal.SIGPROF:
                return too_slow(self._time_limit_s)
            return too_big(self._memory_limit_bytes)
        except asyncio.CancelledError:
            await self.stop()  # half an answer may be in the pipe
            raise

    async def _running(self) -> subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *children.command(self.MODULE),
                str(self._memory_limit_bytes),
                str(self._time_limit_s),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=children.environment(),
                start_new_session=True,  # a Ctrl-C is for the main process, which ends us in order
            )
        return self._process

    async def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _exchange(process: subprocess.Process, task: object) -> Any:  # noqa: ANN401 - as above
    if process.stdin is None or process.stdout is None:
        raise ConnectionError  # cannot be: both are pipes
    await frames.write_async(process.stdin, task)
    return await frames.read_async(process.stdout)


class Readers:
    """A few reading processes; a task takes the first that is free."""

    def __init__(
        self,
        count: int,
        *,
        time_limit_s: float = TIME_LIMIT_S,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        budget: Budget | None = None,
    ) -> None:
        """Plan `count` processes; each starts when first needed.

        `budget` counts the bodies that wait to be read, beside those on their way.
        """
        self._budget = budget or Budget()
        self._all = [
            Reader(time_limit_s=time_limit_s, memory_limit_bytes=memory_limit_bytes)
            for _ in range(count)
        ]
        self._free: asyncio.LifoQueue[Reader] = asyncio.LifoQueue()
        for reader in self._all:
            self._free.put_nowait(reader)

    @classmethod
    def of(cls, polling: Polling, count: int, *, budget: Budget | None = None) -> Self:
        """Plan `count` processes under the limits that the person configured."""
        return cls(
            count,
            time_limit_s=polling.read_time.total_seconds(),
            memory_limit_bytes=polling.read_memory_bytes,
            budget=budget,
        )

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End every process."""
        for reader in self._all:
            await reader.stop()

    async def read(self, task: ReadTask) -> Reading | Failed:
        """Return what a reading process makes of the body."""
        async with self._borrowed(task) as reader:
            return await reader.read(task)

    async def read_page(self, task: PageTask) -> PageReading | Failed:
        """Return what a reading process makes of an entry's page."""
        async with self._borrowed(task) as reader:
            return await reader.read_page(task)

    @asynccontextmanager
    async def _borrowed(self, task: ReadTask | PageTask) -> AsyncIterator[Reader]:
        with self._budget.share() as share:
            share.set(len(task.body))
            reader = await self._free.get()
            try:
                yield reader
            finally:
                self._free.put_nowait(reader)
