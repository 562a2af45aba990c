"""The worker process: batches in, outcomes out, many hosts at once. `crew.Crew` is its other end.

One event loop, one set of connections and reading processes for its whole life. It ends when its
standard input closes, so it never outlives the main process, however that one ended.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any

from aggregator.model import Failed, FailureKind
from aggregator.pipeline import frames
from aggregator.pipeline.batch import Batch, Outcomes, Tools, read_feeds
from aggregator.pipeline.pages import PageAnswers, PageBatch, ask_pages, given_up
from aggregator.pipeline.tools import open_tools

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Answer = Callable[[object], Awaitable[None]]

HOSTS_AT_ONCE = 64  # httpx slows down with hundreds of connections in one client
PIPE_LIMIT_BYTES = 2**16
GARBAGE_AT_ONCE = 10_000  # objects; with Python's own 700, collecting is a tenth of a pass


async def read_safely(batch: Batch, tools: Tools) -> Outcomes:
    """Read a batch; a bug of ours becomes a failure of its feeds, not of the worker.

    The boundary of a job: one host's trouble must not reach another's.
    """
    try:
        return await read_feeds(batch, tools)
    except Exception as error:  # noqa: BLE001 - the job boundary
        failed = Failed(
            kind=FailureKind.INTERNAL,
            message=f"polling this feed met a fault of Newsfold ({error!r}). "
            "Please report it with the feed's address",
        )
        return tuple((request.spec.url, failed) for request in batch)


async def ask_safely(batch: PageBatch, tools: Tools) -> PageAnswers:
    """Ask for a batch of pages; a bug of ours costs these their texts, and nothing else."""
    try:
        return await ask_pages(batch, tools)
    except Exception as error:  # noqa: BLE001 - the job boundary
        return given_up(batch.requests, why=f"asking for it met a fault of Newsfold ({error!r})")


async def serve() -> None:
    """Take numbered batches from standard input and answer each on standard output when done.

    While the main process takes no answers, no further hosts are asked, so none pile up here.
    The first frame holds the manners and the number of reading processes. When the input closes,
    whatever is still under way is given up: nobody is left to hear of it.
    """
    stream = await _standard_input()
    setup = await _next(stream)
    if setup is None:
        return
    manners, reader_count = setup
    async with open_tools(manners, reader_count=reader_count) as tools:
        output = Output(await _standard_output())
        await _work_off(stream, tools, output.answer)


async def _work_off(stream: asyncio.StreamReader, tools: Tools, answer: Answer) -> None:
    limit = asyncio.Semaphore(HOSTS_AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()

    async def work(number: int, batch: Batch | PageBatch) -> None:
        async with limit:
            if isinstance(batch, PageBatch):
                await answer((number, await ask_safely(batch, tools)))
            else:
                await answer((number, await read_safely(batch, tools)))

    while (order := await _next(stream)) is not None:
        task = asyncio.create_task(work(*order))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _standard_input() -> asyncio.StreamReader:
    stream = asyncio.StreamReader(limit=PIPE_LIMIT_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    return stream


async def _standard_output() -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, sys.stdout
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)


class Output:
    """Writes answers one after the other, without holding up the loop."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        """Take the stream that leads to the main process."""
        self._stream = stream
        self._turn = asyncio.Lock()

    async def answer(self, value: object) -> None:
        """Write one frame when the ones before are written."""
        async with self._turn:
            await frames.write_async(self._stream, value)


async def _next(stream: asyncio.StreamReader) -> Any | None:  # noqa: ANN401 - a numbered batch
    try:
        return await frames.read_async(stream)
    except asyncio.IncompleteReadError:
        return None


def main() -> None:
    """Run until standard input closes."""
    gc.freeze()  # what was imported stays: collecting need not look at it
    gc.set_threshold(GARBAGE_AT_ONCE)
    try:
        asyncio.run(serve())
    except (ConnectionError, KeyboardInterrupt):
        return
