"""An executor of worker processes that each work at many hosts at once.

`concurrent.futures.ProcessPoolExecutor` gives a process one task at a time, so one host that
hangs would idle a whole process; here a batch waits on the network beside hundreds of others.
Any other executor runs the same `read_batch`: see docs/decisions/0003-workers.md.
"""

from __future__ import annotations

import itertools
import subprocess
import threading
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from aggregator.pipeline import children, frames
from aggregator.pipeline.batch import Batch, Manners, Outcomes, read_batch
from aggregator.pipeline.pages import PageAnswers, PageBatch, read_pages

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_GRACE_S = 3.0  # an idle worker ends in 0.1 s once its input closes
WORK = (read_batch, read_pages)  # what a worker can do, each with its kind of batch
BATCHES_BEFORE_ANOTHER = 64  # what one works at at once; starting one costs as much as 250 feeds


class WorkerDiedError(BrokenExecutor):
    """The worker process ended with batches in hand; they are to be polled again later."""


class Worker:
    """One worker process, with the futures of the batches that it holds."""

    def __init__(self, manners: Manners, *, reader_count: int) -> None:
        """Start the process and the thread that hears its answers."""
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            children.command("aggregator.pipeline.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=children.environment(),
            start_new_session=True,  # a Ctrl-C is for the main process, which ends us in order
        )
        self._is_over = False
        self._futures: dict[int, Future[Any]] = {}
        self._futures_lock = threading.Lock()
        self._send_lock = threading.Lock()  # apart: hearing must go on while sending waits
        self._send((manners, reader_count))
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def load(self) -> int:
        """Return how many batches are in hand."""
        return len(self._futures)

    @property
    def is_alive(self) -> bool:
        """Return whether the process still answers."""
        return not self._is_over

    def take(self, number: int, batch: Batch | PageBatch) -> Future[Outcomes | PageAnswers]:
        """Give the batch to the process and return the future of what comes of it."""
        future: Future[Outcomes | PageAnswers] = Future()
        with self._futures_lock:
            self._futures[number] = future
        self._send((number, batch))
        if self._is_over:  # it ended meanwhile: nobody else tells this future
            self._abandon()
        return future

    def stop(self) -> None:
        """Close its input; kill it if it does not end by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(STOP_GRACE_S)

    def _send(self, value: object) -> None:
        if self._process.stdin is None:
            return
        with self._send_lock, suppress(BrokenPipeError):  # if it died, the listener tells
            frames.write(self._process.stdin, value)

    def _listen(self) -> None:
        if self._process.stdout is None:
            return
        try:
            while True:
                number, outcomes = frames.read(self._process.stdout)
                with self._futures_lock:
                    future = self._futures.pop(number)
                future.set_result(outcomes)
        except EOFError:
            self._process.stdout.close()
            self._abandon()

    def _abandon(self) -> None:
        with self._futures_lock:
            self._is_over = True
            abandoned, self._futures = self._futures, {}
        for future in abandoned.values():
            future.set_exception(WorkerDiedError("a worker process ended in the middle of a poll"))


class Crew(Executor):
    """Worker processes, started as the work grows; each batch goes to the one with the least."""

    def __init__(self, manners: Manners, *, most_workers: int, reader_count: int) -> None:
        """Start nothing yet."""
        self._manners = manners
        self._most_workers = most_workers
        self._reader_count = reader_count
        self._workers: list[Worker] = []
        self._numbers = itertools.count(1)

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        """Give `read_batch` or `read_pages` with its batch to a worker; nothing else."""
        batch, manners = args
        is_fit = fn in WORK and isinstance(batch, PageBatch) is (fn is read_pages)
        if not is_fit or manners != self._manners or kwargs:
            msg = "a crew runs read_batch or read_pages with the manners that it was made for"
            raise TypeError(msg)
        return self._least_loaded().take(next(self._numbers), cast("Batch | PageBatch", batch))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Executor's own signature
        """End every worker; what they still hold is given up."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.stop()

    def _least_loaded(self) -> Worker:
        self._workers = [worker for worker in self._workers if worker.is_alive]
        idle = min(self._workers, key=lambda worker: worker.load, default=None)
        if idle is not None and (idle.load < BATCHES_BEFORE_ANOTHER or self._is_full):
            return idle
        worker = Worker(self._manners, reader_count=self._reader_count)
        self._workers.append(worker)
        return worker

    @property
    def _is_full(self) -> bool:
        return len(self._workers) >= self._most_workers
