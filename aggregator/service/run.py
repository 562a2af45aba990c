"""Runs a configuration: what is polled, published and served when.

Two threads: the main one runs the event loop (HTTP, scheduler, signals) and never touches the
database for writing; the writer thread runs every job, one after the other. What hubs push waits
at a door between the two.

SIGTERM and SIGINT finish the transaction in hand and end within seconds. SIGHUP reads the
configuration again; a bad one is reported and the old one stays.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import config
from aggregator.errors import ConfigError, StoreError
from aggregator.model import DigestKind, Images
from aggregator.pipeline.announce import Announcer
from aggregator.pipeline.clock import utc_now
from aggregator.pipeline.door import Door
from aggregator.pipeline.house import House
from aggregator.pipeline.hub_door import OwnHubDoor
from aggregator.pipeline.illustrate import Illustrator
from aggregator.pipeline.places import database_path
from aggregator.pipeline.push import Pushes
from aggregator.pipeline.search import Searcher
from aggregator.pipeline.topics import hubs_of
from aggregator.serve.app import build_app
from aggregator.serve.delta import Feeds, versions_in
from aggregator.serve.health import report as report_health
from aggregator.service.jobs import Bell, Job, WriterThread, edition_triggers
from aggregator.service.listen import listening_sockets, serving
from aggregator.service.tell import Conditions, tell_published, tell_pushed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aggregator.model import Config

log = structlog.get_logger()

MOST_REST_S = 300.0  # between passes that fail: nobody is asked every five seconds in vain
TICK_S = 5  # the store says what is due; a feed waits at most this long past its time
PATIENCE_S = 4.0  # with hosts that do not answer: the next tick, on time, goes on with them
HOUSEKEEPING = timedelta(hours=6)
FIRST_HOUSEKEEPING = timedelta(minutes=10)  # also where the machine is off every night
STALLED_AFTER = timedelta(minutes=15)  # no tick for so long: the writer hangs


class Service:
    """Runs a configuration until it is told to stop."""

    def __init__(self, path: Path, configuration: Config) -> None:
        """Prepare; `run` starts everything."""
        self._path = path
        self._config = configuration
        self._stop = Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._house: House | None = None  # made and used in the writer thread alone
        self._pushes: Pushes | None = None  # as the house
        self._conditions = Conditions()  # as the house
        self._announcer: Announcer | None = None  # as the house
        self._illustrator: Illustrator | None = None  # as the house
        self._pass_job = Job("tick", self._poll_and_publish, self._stop, most_rest_s=MOST_REST_S)
        self._push_job = Job("push", self._work_pushes, self._stop)
        self._announce_job = Job("announce", self._announce, self._stop)
        self._image_job = Job("images", self._illustrate, self._stop)
        self._wake_illustrator = Bell(self._writer, self._image_job, self._stop)
        self._wake_pushes = Bell(self._writer, self._push_job, self._stop)
        self._wake_announcer = Bell(self._writer, self._announce_job, self._stop)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        limit_bytes = configuration.polling.max_body_bytes
        self._door = Door(wake=self._wake_pushes.ring, limit_bytes=limit_bytes)
        self._hub_door = OwnHubDoor(wake=self._wake_announcer.ring)
        self._server = serving(self._app())
        self._last_tick_at = utc_now()

    def _app(self) -> Callable[..., Any]:
        service = self._config.service
        newest = versions_in(database_path(self._config))
        return build_app(
            public_dir=Path(service.public_dir),
            health=self.health,
            push=self._door,
            hub=self._hub_door if service.own_hub else None,
            feeds=Feeds(public_url=service.public_url, hubs=hubs_of(service), newest=newest),
            search=Searcher(lambda: self._config).find if service.search else None,
            direct_images=service.images is Images.DIRECT,
        )

    # -------------------------------------------------------------- life

    async def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve, poll and publish until SIGTERM or SIGINT.

        Raises NewsfoldError where the data directory or the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._listen_to_signals(loop)
        try:
            await loop.run_in_executor(self._writer, self._open_house)
            sockets = listening_sockets(self._config.service.listen)
            self._schedule()
            log.info("started", feeds=len(self._config.feeds), listen=self._config.service.listen)
            on_ready()
            await self._server.serve(sockets)
        finally:
            await self._shut_down(loop)

    def stop(self) -> None:
        """End in order: no new work, the transaction in hand is finished."""
        if not self._stop.is_set():
            log.info("stopping")
        self._stop.set()
        self._server.should_exit = True

    def _listen_to_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)

    async def _shut_down(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stop.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            log.info("stopped")
        await loop.run_in_executor(self._writer, self._close)
        self._writer.shutdown()

    # -------------------------------------------------------------- jobs

    def _schedule(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick longer than 5 s is normal
        self._scheduler.add_executor(WriterThread(self._writer), "default")
        self._scheduler.start()
        self._add_jobs()

    def _add_jobs(self) -> None:
        for name, work, trigger in self._jobs():
            self._scheduler.add_job(
                Job(name, work, self._stop),
                trigger,
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        now = utc_now()
        self._scheduler.modify_job("tick", next_run_time=now)
        self._scheduler.modify_job("housekeeping", next_run_time=now + FIRST_HOUSEKEEPING)

    def _jobs(self) -> Iterator[tuple[str, Callable[[], None], object]]:
        yield "tick", self._tick, IntervalTrigger(seconds=TICK_S)
        yield "housekeeping", self._keep_house, IntervalTrigger(seconds=HOUSEKEEPING.seconds)
        for digest in self._config.digests:
            if digest.kind is DigestKind.EDITION:
                for at, trigger in edition_triggers(digest):
                    yield f"edition {digest.name} {at}", self._publish, trigger

    def _tick(self) -> None:
        for job in (self._pass_job, self._push_job, self._announce_job, self._image_job):
            job()  # each by itself: trouble of one is none of the others

    def _poll_and_publish(self) -> None:
        last_tick_at = self._last_tick_at
        try:
            self._pass()
        except StoreError:  # a pass that could keep nothing is no work that goes on
            self._last_tick_at = last_tick_at
            raise

    def _pass(self) -> None:
        house = self._open_house()

        def meanwhile() -> None:
            self._last_tick_at = utc_now()
            for bell in (self._wake_pushes, self._wake_announcer):
                bell.answer()
            published_at = house.published_at
            house.publish_at_times()
            if house.published_at != published_at:
                self._announce_job()

        told = self._conditions.tell
        house.poll(
            house.due(paced=True),
            on_report=told,
            stop=self._stop,
            meanwhile=meanwhile,
            patience_s=PATIENCE_S,
        )
        if not self._stop.is_set():  # what is stored now is published at the next start
            self._publish()
        self._last_tick_at = utc_now()

    def _publish(self) -> None:
        done = self._open_house().publish()
        tell_published(done)
        if any(each.new or each.revised for each in done):
            self._open_illustrator(self._open_house()).mark_stale()
        self._announce_job()

    def _keep_house(self) -> None:
        pruned = self._open_house().prune()
        log.info("pruned", entries=pruned.entries, stories=pruned.stories)

    def _work_pushes(self) -> None:
        """Ask hubs whose time it is, hear them, take in what they pushed."""
        self._wake_pushes.hush()
        self._open_pushes(self._open_house()).work()

    def _announce(self) -> None:
        """Tell hubs and subscribers what has changed; hear what came of it."""
        self._wake_announcer.hush()
        self._open_announcer(self._open_house()).work()

    def _illustrate(self) -> None:
        """Fetch pictures that pages are to show; keep what came."""
        self._wake_illustrator.hush()
        self._open_illustrator(self._open_house()).work()

    # ------------------------------------------------------ writer thread

    def _open_house(self) -> House:
        if self._house is None:
            self._house = House.open(self._config, clock=utc_now)
            self._conditions = Conditions(self._house.troubled())
            self._open_pushes(self._house)
            self._open_announcer(self._house)
        return self._house

    def _open_pushes(self, house: House) -> Pushes:
        if self._pushes is None:
            wake = self._wake_pushes.ring
            self._pushes = Pushes(house, self._door, wake=wake, on_report=tell_pushed)
        return self._pushes

    def _open_announcer(self, house: House) -> Announcer:
        if self._announcer is None:
            wake = self._wake_announcer.ring
            self._announcer = Announcer(house, self._hub_door, wake=wake)
        return self._announcer

    def _open_illustrator(self, house: House) -> Illustrator:
        if self._illustrator is None:
            self._illustrator = Illustrator(house, wake=self._wake_illustrator.ring)
        return self._illustrator

    def _close(self) -> None:
        pushes, self._pushes = self._pushes, None
        if pushes is not None:
            pushes.close()
        announcer, self._announcer = self._announcer, None
        if announcer is not None:
            announcer.close()
        illustrator, self._illustrator = self._illustrator, None
        if illustrator is not None:
            illustrator.close()
        house, self._house = self._house, None
        if house is not None:
            house.close()

    # ------------------------------------------------------------- reload

    def _reload_soon(self) -> None:
        if not self._stop.is_set():
            self._writer.submit(Job("reload", self._reload, self._stop))

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
        self._open_house()
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
