"""What the scheduler runs, where, and at what times. It knows nothing of what a job does."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    from aggregator.model import Digest

log = structlog.get_logger()

FIRST_REST_S = 5.0
MAX_DOUBLINGS = 10


class WriterThread(BasePoolExecutor):  # type: ignore[misc]  # APScheduler publishes no types
    """APScheduler's executor over our one writer thread."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        """Run every job in the pool's single thread."""
        super().__init__(pool)

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - its own signature
        """Leave the thread alone: the service has the house to close in it."""


@dataclass(slots=True)
class Job:
    """Work that may fail without harm to the service: it is told, and tried again at its time.

    A failure that lasts is told with its traceback once, then at the 2nd, 4th, 8th … time in a
    row: a full disk must not fill the log as well. One that asks others something rests between,
    longer each time: they are not to be asked again and again for what cannot be kept.
    """

    name: str
    work: Callable[[], None]
    stop: Event
    most_rest_s: float = 0.0
    monotonic: Callable[[], float] = time.monotonic
    failures: int = 0
    _rests_until_s: float = 0.0

    def __call__(self) -> None:
        """Do the work, unless the service is stopping. The boundary of a job."""
        if self.stop.is_set() or self.monotonic() < self._rests_until_s:
            return
        try:
            self.work()
        except Exception as error:
            self.failures += 1
            rest_s = min(self.most_rest_s, FIRST_REST_S * 2 ** min(self.failures, MAX_DOUBLINGS))
            self._rests_until_s = self.monotonic() + rest_s
            if self.failures == 1:
                log.exception("job failed", job=self.name)
            elif self.failures.bit_count() == 1:
                told = {"failures": self.failures, "error": str(error)}
                log.error("job still fails", job=self.name, **told)  # noqa: TRY400 - told above
        else:
            if self.failures:
                log.info("job works again", job=self.name, failures=self.failures)
            self.failures = 0


@dataclass(slots=True)
class Bell:
    """Calls the writer to a job from any thread, once for many rings."""

    pool: ThreadPoolExecutor
    job: Job
    stop: Event
    is_rung: bool = False

    def ring(self) -> None:
        """Let the writer do the job when its turn comes."""
        if self.is_rung or self.stop.is_set():
            return
        self.is_rung = True
        with suppress(RuntimeError):  # the writer has ended: nobody is left to do it
            self.pool.submit(self.job)

    def hush(self) -> None:
        """Hear the next ring as a new one: the job has begun."""
        self.is_rung = False

    def answer(self) -> None:
        """Do the job now if the bell was rung; for the writer, in the middle of longer work."""
        if self.is_rung:
            self.job()


def edition_triggers(digest: Digest) -> Iterator[tuple[str, CronTrigger]]:
    """Yield a trigger for each set time, with its name."""
    weekdays = ",".join(str(day) for day in digest.weekdays)
    for at in digest.at:
        yield (
            at.isoformat("minutes"),
            CronTrigger(
                day_of_week=weekdays, hour=at.hour, minute=at.minute, timezone=digest.timezone
            ),
        )
