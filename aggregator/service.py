"""The service: time, processes and signals. The only place that knows what it is time to do.

Two threads: the main one runs the event loop (HTTP, scheduler, signals) and never touches the
database for writing; the writer thread runs every job, one after the other.

SIGTERM and SIGINT finish the transaction in hand and end within seconds. SIGHUP reads the
configuration again; a bad one is reported and the old one stays.
"""

from __future__ import annotations

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import structlog
import uvicorn
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import config
from aggregator.errors import ConfigError
from aggregator.model import DigestKind
from aggregator.pipeline.house import House, database_path
from aggregator.serve.app import build_app
from aggregator.serve.health import report as report_health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aggregator.model import Config, Digest, PollReport

log = structlog.get_logger()

TICK_S = 5  # the store says what is due; a feed waits at most this long past its time
HOUSEKEEPING = timedelta(hours=6)
STALLED_AFTER = timedelta(minutes=15)  # no tick for so long: the writer hangs
STOP_GRACE_S = 3  # for open connections; the writer's transaction ends in well under a second


class WriterThread(BasePoolExecutor):  # type: ignore[misc]  # APScheduler publishes no types
    """APScheduler's executor over our one writer thread."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        """Run every job in the pool's single thread."""
        super().__init__(pool)


class Server(uvicorn.Server):
    """uvicorn without its signal handling: the service has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service."""
        yield


class Service:
    """Runs a configuration until it is told to stop."""

    def __init__(self, path: Path, configuration: Config) -> None:
        """Prepare; `run` starts everything."""
        self._path = path
        self._config = configuration
        self._stop = Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._house: House | None = None  # made and used in the writer thread alone
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._server = Server(self._uvicorn_config())
        self._last_tick_at = utc_now()

    # -------------------------------------------------------------- life

    async def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve, poll and publish until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._open)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)
        self._schedule()
        log.info("started", feeds=len(self._config.feeds), listen=self._config.service.listen)
        on_ready()
        try:
            await self._server.serve()
        finally:
            await self._shut_down(loop)

    def stop(self) -> None:
        """End in order: no new work, the transaction in hand is finished."""
        log.info("stopping")
        self._stop.set()
        self._server.should_exit = True

    async def _shut_down(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stop.set()
        self._scheduler.shutdown(wait=False)
        with suppress(RuntimeError):  # the pool may be shut already where start-up failed
            await loop.run_in_executor(self._writer, self._close)
        self._writer.shutdown()
        log.info("stopped")

    def _uvicorn_config(self) -> uvicorn.Config:
        host, _, port = self._config.service.listen.rpartition(":")
        app = build_app(public_dir=Path(self._config.service.public_dir), health=self.health)
        return uvicorn.Config(
            app,
            host=host.strip("[]"),
            port=int(port),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=STOP_GRACE_S,
            server_header=False,
        )

    # -------------------------------------------------------------- jobs

    def _schedule(self) -> None:
        writer = WriterThread(self._writer)
        self._scheduler.add_executor(writer, "default")
        self._scheduler.start()
        self._add_jobs()

    def _add_jobs(self) -> None:
        jobs = [
            ("tick", self._tick, IntervalTrigger(seconds=TICK_S)),
            ("housekeeping", self._keep_house, IntervalTrigger(seconds=HOUSEKEEPING.seconds)),
            *(
                (f"edition {digest.name} {at}", self._publish, trigger)
                for digest in self._config.digests
                if digest.kind is DigestKind.EDITION
                for at, trigger in edition_triggers(digest)
            ),
        ]
        for name, job, trigger in jobs:
            self._scheduler.add_job(
                job, trigger, id=name, coalesce=True, max_instances=1, misfire_grace_time=None
            )
        self._scheduler.modify_job("tick", next_run_time=utc_now())

    def _tick(self) -> None:
        house = self._open_house()

        def meanwhile() -> None:
            self._last_tick_at = utc_now()
            house.publish_at_times()

        house.poll(house.due(), on_report=log_report, stop=self._stop, meanwhile=meanwhile)
        for published in house.publish():
            if published.new or published.revised:
                log.info("published", **asdict(published))
        self._last_tick_at = utc_now()

    def _publish(self) -> None:
        self._open_house().publish()

    def _keep_house(self) -> None:
        pruned = self._open_house().prune()
        log.info("pruned", entries=pruned.entries, stories=pruned.stories)

    # ------------------------------------------------------ writer thread

    def _open(self) -> None:
        self._house = House.open(self._config, clock=utc_now)

    def _open_house(self) -> House:
        if self._house is None:
            self._house = House.open(self._config, clock=utc_now)
        return self._house

    def _close(self) -> None:
        house, self._house = self._house, None
        if house is not None:
            house.close()

    # ------------------------------------------------------------- reload

    def _reload_soon(self) -> None:
        self._writer.submit(self._reload)

    def _reload(self) -> None:
        try:
            fresh = config.load(self._path, environ=os.environ)
        except ConfigError as error:
            for problem in error.problems:
                log.error("bad configuration; the old one stays", problem=str(problem))  # noqa: TRY400 - a person's slip, no fault of ours
            return
        if fresh.service != self._config.service:
            log.warning("changes under [service] take effect at the next start")
            fresh = replace(fresh, service=self._config.service)
        self._close()
        self._config = fresh
        self._open()
        self._scheduler.remove_all_jobs()
        self._add_jobs()
        log.info("configuration read again", feeds=len(fresh.feeds))

    # ------------------------------------------------------------- health

    def health(self) -> Mapping[str, object]:
        """Return what /healthz tells: the store's report, and whether the writer still ticks."""
        told = dict(report_health(database_path(self._config)))
        told["last_tick_at"] = self._last_tick_at.isoformat()
        if utc_now() - self._last_tick_at > STALLED_AFTER:
            told["status"] = "stalled"
        return told


def utc_now() -> datetime:
    """Return the moment. The only clock that the house is given."""
    return datetime.now(UTC)


def log_report(report: PollReport) -> None:
    """Log what a poll came to: trouble as a warning, what brought nothing for debugging only."""
    told = asdict(report)
    if report.outcome in {"failed", "gone"}:
        log.warning("polled", **told)
    elif report.new or report.updated:
        log.info("polled", **told)
    else:
        log.debug("polled", **told)


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
