"""The house with its doors open: one writer on one data directory, with its worker processes.

`newsfold poll`, `newsfold run` and `newsfold demo` all go through here, so what one does the
others do.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Self

from aggregator.digest.select import takes
from aggregator.model import DigestKind
from aggregator.pipeline.crew import Crew
from aggregator.pipeline.find import manners_of
from aggregator.pipeline.places import database_path
from aggregator.pipeline.polling import UnderWay, poll_feeds
from aggregator.pipeline.publish import Press
from aggregator.pipeline.take_in import Desk
from aggregator.poll.pace import Pace, let_out, rate_of
from aggregator.store import feeds, retention, stories
from aggregator.store.database import make_durable, open_store
from aggregator.store.lock import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from aggregator.model import Config, Digest, FeedState, PollReport
    from aggregator.pipeline.batch import Manners
    from aggregator.pipeline.publish import Published
    from aggregator.store.retention import Pruned

CORES_A_WORKER = 2  # one polls 1,000 feeds a second and more; starting it costs as much as 250
MOST_WORKERS = 2
MOST_READERS = 4  # for each worker; reading is most of the work of a first poll
BETWEEN_EDITIONS = timedelta(days=8)  # one weekday comes round within 7 days; the clocks change
KEPT_ANYWAY = timedelta(days=90)  # with no digest at all: the default of one
PUBLISH_EVERY = timedelta(seconds=10)  # during a long pass: what came first need not wait


def _nothing() -> None:
    """Do nothing."""


@dataclass(slots=True)
class House:
    """The writer. Open one at a time; a second one is refused with LockedError."""

    config: Config
    clock: Callable[[], datetime]
    lock: AbstractContextManager[None]
    desk: Desk
    press: Press
    crew: Crew
    manners: Manners
    _pace: Pace | None = field(default=None)
    _published_at: datetime | None = field(default=None)  # by this house; None: look at everything
    _generation: int = field(default=-1)  # of the stories that were last published
    _under_way: UnderWay = field(default_factory=UnderWay)  # left by the last pass

    @classmethod
    def open(cls, config: Config, *, clock: Callable[[], datetime]) -> Self:
        """Take the lock and open the store; load no stories and start no process yet."""
        path = database_path(config)
        lock = hold(path.parent)
        lock.__enter__()
        try:
            db = open_store(path)
            desk = Desk.open(config, db, clock=clock)
        except BaseException:
            lock.__exit__(None, None, None)
            raise
        manners = manners_of(config)
        return cls(
            config=config,
            clock=clock,
            lock=lock,
            desk=desk,
            press=Press(config, db),
            crew=_crew(manners),
            manners=manners,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close everything."""
        self.close()

    def close(self) -> None:
        """Keep what waits to be taken in, end the workers, close the store, give the lock back."""
        try:
            self._under_way.leave(self.desk)
        finally:
            self.crew.shutdown()
            self.desk.db.close()
            self.lock.__exit__(None, None, None)

    def due(self, *, everything: bool = False, paced: bool = False) -> Sequence[FeedState]:
        """Return the feeds to poll now; with `everything`, all but those that are gone.

        With `paced`, of a long list only as many as keep its polls spread, for one pass of many.
        """
        db = self.desk.db
        if everything:
            return feeds.pollable(db)
        ready = feeds.due(db, now=self.clock())
        return self._paced(ready) if paced else ready

    def _paced(self, ready: Sequence[FeedState]) -> Sequence[FeedState]:
        planned, count = feeds.planned(self.desk.db)
        a_minute = rate_of(planned, feeds=count)
        out, self._pace = let_out(self._pace, due=len(ready), a_minute=a_minute, now=self.clock())
        return ready[:out]

    def troubled(self) -> set[str]:
        """Return the addresses of the feeds that failed at their last poll or are gone."""
        states = feeds.states(self.desk.db)
        return {state.url for state in states if state.failures or state.gone}

    def poll(
        self,
        states: Sequence[FeedState],
        *,
        on_report: Callable[[PollReport], None],
        stop: Event | None = None,
        meanwhile: Callable[[], None] = _nothing,
        patience_s: float = math.inf,
    ) -> None:
        """Poll these feeds and take in what they bring.

        With `patience_s`, hosts that have not answered by then are left to the next call.
        """
        poll_feeds(
            self.desk,
            states,
            executor=self.crew,
            manners=self.manners,
            stop=stop or Event(),
            on_report=on_report,
            meanwhile=meanwhile,
            under_way=self._under_way,
            patience_s=patience_s,
        )

    def publish(self) -> list[Published]:
        """Publish what is ready and write what differs; return what was done, digest by digest."""
        self.desk.settle()
        now = self.clock()
        generation = stories.generation(self.desk.db)
        since = self._looked_until(now, generation)
        self._published_at = None  # should it fail, the next time looks at and writes everything
        done = self.press.publish(now=now, seen_since=since)
        if any(each.new for each in done):
            make_durable(self.desk.db)  # a power cut must not undo what readers have seen
        self.press.write(
            None if since is None else [each.digest for each in done if each.new or each.revised]
        )
        self._published_at, self._generation = now, generation
        return done

    def _looked_until(self, now: datetime, generation: int) -> datetime | None:
        """Return up to when the last look at the stories reached; None: look at all of them.

        After a clock was set back, what came since would count as looked at, and what a person
        split or joined may have been told by a clock that is behind.
        """
        at = self._published_at
        return at if at and at <= now and generation == self._generation else None

    @property
    def published_at(self) -> datetime | None:
        """Return when this house published last."""
        return self._published_at

    def publish_at_times(self) -> None:
        """Publish if the last time is a while ago: for calls between transactions.

        Not before this house's first pass is whole: coverage of what came first may be on its way.
        """
        if self._published_at and self.clock() - self._published_at >= PUBLISH_EVERY:
            self.publish()

    def prune(self) -> Pruned:
        """Forget what has been out of its feed for longer than its digests keep it."""
        now = self.clock()
        pruned = retention.prune(self.desk.db, retention_by_feed=self._retention(), now=now)
        self.desk.generation = -1  # the index may hold what was pruned
        return pruned

    def _retention(self) -> dict[int, timedelta]:
        """Return how long each feed's entries are kept: as its digest that keeps longest has it."""
        longest = max(map(_kept_for, self.config.digests), default=KEPT_ANYWAY)
        kept = dict.fromkeys(feeds.unlisted(self.desk.db), longest)
        for state in feeds.states(self.desk.db):
            spec = self.desk.spec(state.url)
            spans = [_kept_for(each) for each in self.config.digests if takes(each, spec)]
            kept[state.feed_id] = max(spans, default=longest)
        return kept


def _kept_for(digest: Digest) -> timedelta:
    """Return how long a digest needs entries: until its next edition is out, whatever it says."""
    if digest.kind is DigestKind.EDITION:
        return max(digest.retention, BETWEEN_EDITIONS)
    return digest.retention


def _crew(manners: Manners) -> Crew:
    cores = os.cpu_count() or 1
    workers = max(1, min(cores // CORES_A_WORKER, MOST_WORKERS))
    readers = min(max(1, cores // workers), MOST_READERS)
    return Crew(manners, most_workers=workers, reader_count=readers)
