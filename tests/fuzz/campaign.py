"""Reads bent documents by the thousand, in processes that are killed when one of them hangs.

A document is known by its seed and number: both make it again anywhere. What a document provokes
is a finding; an exception is one, and so is a document that takes too long or too much memory.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import TYPE_CHECKING

from tests.fuzz import mutations
from tests.fuzz.checks import Checker, Verdict
from tests.hostile.ground import judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

RENDERED_EVERY = 20  # composing and rendering cost ten times what reading does
TIME_LIMIT_S = 10.0  # as the reading process has; the slowest of 5,000 took 0.2 s
START_S = 60.0  # for a process to be ready: it imports everything and unpacks the seeds
MEMORY_LIMIT_BYTES = 2**30  # twice what the reading process has: the judges live here too
SHOWN_CHARS = 1_500  # of a traceback
COARSE = 64  # pieces: small enough for a person, and soon found
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of the document with this number."""

    number: int
    verdict: Verdict
    seconds: float


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of many documents."""

    documents: int = 0
    rendered: int = 0
    entries: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    slowest: tuple[float, int] = (0.0, 0)  # seconds, number

    def add(self, done: Done) -> None:
        """Count a document."""
        self.documents += 1
        self.rendered += is_rendered(done.number)
        self.entries += done.verdict.entries
        self.outcomes[done.verdict.outcome] += 1
        self.slowest = max(self.slowest, (done.seconds, done.number))
        if done.verdict.faults:
            self.findings[done.number] = done.verdict.faults


def is_rendered(number: int) -> bool:
    """Return whether the document with this number is composed and rendered as well."""
    return number % RENDERED_EVERY == 0


def attempt(checker: Checker, body: bytes, *, rendered: bool) -> Verdict:
    """Return what came of a document; an exception is a fault of it."""
    try:
        return checker.check(body, rendered=rendered)
    except Exception:  # noqa: BLE001 - the very thing that is looked for
        fault = f"exception: {traceback.format_exc()[-SHOWN_CHARS:]}"
        return Verdict(outcome="exception", faults=(fault,))


def one(checker: Checker, seed: int, number: int) -> Done:
    """Make, read and check a single document."""
    body = mutations.document(seed, number)
    began = time.perf_counter()
    verdict = attempt(checker, body, rendered=is_rendered(number))
    return Done(number=number, verdict=verdict, seconds=time.perf_counter() - began)


def work(pipe: Connection, seed: int, numbers: range) -> None:
    """Say that it is ready, then what came of each document, in order."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    checker = Checker(judge())
    pipe.send(None)
    for number in numbers:
        pipe.send(one(checker, seed, number))


class Job:
    """A process that works off a range of documents, and is replaced when it hangs or dies."""

    def __init__(self, seed: int, numbers: range) -> None:
        """Start the process."""
        self._seed = seed
        self._rest = numbers
        self._start()

    def _start(self) -> None:
        self.pipe, far = SPAWN.Pipe(duplex=False)
        self._process: SpawnProcess = SPAWN.Process(
            target=work, args=(far, self._seed, self._rest), daemon=True
        )
        self._process.start()
        far.close()
        self.patient_until = time.monotonic() + START_S

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left to do."""
        return not self._rest

    def hear(self) -> Done | None:
        """Return what the process says next; what it died of where it did."""
        try:
            done: Done | None = self.pipe.recv()
        except EOFError:
            return self.give_up("memory: the process that read it died")
        self.patient_until = time.monotonic() + TIME_LIMIT_S
        if done:
            self._rest = self._rest[1:]
        if self.is_over:
            self._process.join()
        return done

    def give_up(self, fault: str) -> Done:
        """Kill the process, blame the document in hand, go on behind it."""
        self._process.kill()
        self._process.join()
        number, self._rest = self._rest[0], self._rest[1:]
        if self._rest:
            self._start()
        verdict = Verdict(outcome="killed", faults=(fault,))
        return Done(number=number, verdict=verdict, seconds=TIME_LIMIT_S)


def run(seed: int, numbers: range, *, jobs: int) -> Iterator[Done]:
    """Yield what comes of each document, in no order."""
    running = [Job(seed, part) for at in range(jobs) if (part := numbers[at::jobs])]
    while running:
        pipes = {job.pipe: job for job in running}
        patience = min(job.patient_until for job in running) - time.monotonic()
        heard = [pipes[pipe] for pipe in connection.wait(list(pipes), max(patience, 0))]  # type: ignore[index] # they are the pipes given
        for job in heard:
            if done := job.hear():
                yield done
        for job in running:
            if not job.is_over and job.patient_until < time.monotonic():
                yield job.give_up(f"time: reading it took over {TIME_LIMIT_S:.0f} s")
        running = [job for job in running if not job.is_over]


def minimised(checker: Checker, body: bytes, fault: str, *, rendered: bool) -> bytes:
    """Return a smaller document with a fault of the same name, found by leaving out pieces."""
    name, size = fault.partition(":")[0], len(body) // 2
    while size:
        at = 0
        while at < len(body):
            smaller = body[:at] + body[at + size :]
            faults = attempt(checker, smaller, rendered=rendered).faults
            if any(each.startswith(name) for each in faults):
                body = smaller
            else:
                at += size
        size = size // 2 if size > len(body) // COARSE else 0
    return body
