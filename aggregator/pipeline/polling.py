"""One pass: the feeds that are due go out in batches, and what comes back is taken in at once.

But for feeds that want full text: theirs waits for the pages of its new entries, which go out in
batches of their own. A host is asked by one batch at a time, of feeds or of pages.
"""

from __future__ import annotations

import math
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

from aggregator.model import Deferred, Failed, FailureKind, Fetched, PollRequest
from aggregator.pipeline.batch import Batch, Manners, Outcomes, read_batch
from aggregator.pipeline.pages import PageAnswers, PageBatch, read_pages
from aggregator.pipeline.parking import Parking, wanted
from aggregator.poll.outage import Watch
from aggregator.poll.plan import asked_url, group_by_host, host_of
from aggregator.store import feeds
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from threading import Event

    from aggregator.model import FeedState, Outcome, PollReport
    from aggregator.pipeline.take_in import Desk

BATCHES_AT_ONCE = 256  # what is under way; the rest waits here, so memory stays bounded
PAGE_HOSTS_AT_ONCE = 16  # of the 64 hosts that a worker is at: pages must not crowd out feeds
STOP_LOOK_S = 0.5  # how often a stop is looked for while nothing comes back

WORKER_DIED = Failed(
    kind=FailureKind.INTERNAL,
    message="the worker process that polled this feed ended; it is tried again later",
)
PAGES_DIED = "the worker process that asked for it ended"


@dataclass(slots=True)
class UnderWay:
    """What was begun and has not come to its end; one pass may leave it to the next."""

    feeds: dict[Future[Outcomes], Batch] = field(default_factory=dict)
    pages: dict[Future[PageAnswers], PageBatch] = field(default_factory=dict)
    parking: Parking = field(default_factory=Parking)
    watch: Watch = field(default_factory=Watch)  # whether our own network is up

    def hosts(self) -> set[str]:
        """Return the hosts that are being asked."""
        asked = {host_of(batch[0].url) for batch in self.feeds.values()}
        return asked | self.page_hosts()

    def page_hosts(self) -> set[str]:
        """Return the hosts that are being asked for pages."""
        return {host_of(batch.requests[0].entry.url) for batch in self.pages.values()}

    def is_done(self) -> bool:
        """Return whether nothing is being asked."""
        return not (self.feeds or self.pages)

    def leave(self, desk: Desk) -> list[PollReport]:
        """Take in the bodies that wait for pages with those that came: they wait no longer."""
        parted = self.parking.leave(desk)
        return desk.take_in(parted) if parted else []


def poll_feeds(  # noqa: PLR0913 - what a pass needs, each named at the call
    desk: Desk,
    states: Sequence[FeedState],
    *,
    executor: Executor,
    manners: Manners,
    stop: Event,
    on_report: Callable[[PollReport], None],
    meanwhile: Callable[[], None],
    under_way: UnderWay | None = None,
    patience_s: float = math.inf,
) -> None:
    """Poll the feeds and take in each outcome as it comes; end early when `stop` is set.

    A feed whose server or host wants to be left alone for longer is deferred, not asked.
    `meanwhile` is called between the transactions, twice a second at least. A feed under way when
    the pass is stopped stays as it was: it is due again at the next start.

    With `patience_s`, the pass ends so long after it began even if some hosts have not answered;
    they stay in `under_way`, which the next pass is given: it takes them in and asks them nothing.
    """
    under_way = UnderWay() if under_way is None else under_way
    states = _at_rest(states, under_way)
    ends_at = monotonic() + patience_s
    deferred = _deferred(desk, states)
    for report in desk.take_in(list(deferred.items())) if deferred else ():
        on_report(report)
    requests = _requests(desk, [state for state in states if state.url not in deferred])
    sending = _Sending(executor, manners, under_way, waiting=group_by_host(requests))
    for turn in count():
        if stop.is_set():
            for report in [*_settled(desk, under_way), *under_way.leave(desk)]:
                on_report(report)
            return
        sending.go_on()
        is_over = bool(turn) and monotonic() >= ends_at and not sending.is_held_up()
        if under_way.is_done() or is_over:
            for report in _settled(desk, under_way):
                on_report(report)
            return
        outcomes = _arrived(desk, under_way)
        for report in desk.take_in(outcomes) if outcomes else ():
            on_report(report)
        meanwhile()


class _Sending:
    """The batches of a pass on their way out."""

    def __init__(
        self,
        executor: Executor,
        manners: Manners,
        under_way: UnderWay,
        *,
        waiting: Sequence[Batch],
    ) -> None:
        self._executor = executor
        self._manners = manners
        self._under_way = under_way
        self._waiting = list(reversed(waiting))

    def go_on(self) -> None:
        """Send what may be sent now: no host is asked by two batches at a time."""
        under_way = self._under_way
        at_pages = under_way.page_hosts()
        held: list[Batch] = []
        while self._waiting and len(under_way.feeds) < BATCHES_AT_ONCE:
            batch = self._waiting.pop()
            if host_of(batch[0].url) in at_pages:
                held.append(batch)
            else:
                under_way.feeds[self._executor.submit(read_batch, batch, self._manners)] = batch
        self._waiting += reversed(held)
        self._send_pages()

    def is_held_up(self) -> bool:
        """Return whether feeds still wait for a place, and not for a host that gives pages."""
        at_pages = self._under_way.page_hosts()
        return any(host_of(batch[0].url) not in at_pages for batch in self._waiting)

    def _send_pages(self) -> None:
        under_way = self._under_way
        while len(under_way.pages) < PAGE_HOSTS_AT_ONCE:
            busy = under_way.hosts() | {host_of(batch[0].url) for batch in self._waiting}
            batch = under_way.parking.next_batch(busy=busy)
            if batch is None:
                return
            under_way.pages[self._executor.submit(read_pages, batch, self._manners)] = batch


def _arrived(desk: Desk, under_way: UnderWay) -> list[tuple[str, Outcome]]:
    """Return what can be taken in now, after a moment's wait for something to come back."""
    futures: list[Future[Any]] = [*under_way.feeds, *under_way.pages]
    wait(futures, timeout=STOP_LOOK_S, return_when=FIRST_COMPLETED)
    outcomes: list[tuple[str, Outcome]] = []
    done = [future for future in under_way.feeds if future.done()]
    met = [pair for future in done for pair in _met(future, under_way.feeds.pop(future))]
    for url, outcome in under_way.watch.put(met, now=desk.clock()):
        pages = wanted(desk, url, outcome)
        if pages and isinstance(outcome, Fetched):
            under_way.parking.park(url, outcome, pages, at_s=monotonic())
        else:
            outcomes.append((url, outcome))
    for asked in [asked for asked in under_way.pages if asked.done()]:
        _take_pages(desk, asked, under_way.pages.pop(asked), parking=under_way.parking)
    return [*outcomes, *under_way.parking.ready(desk, at_s=monotonic())]


def _take_pages(
    desk: Desk, future: Future[PageAnswers], batch: PageBatch, *, parking: Parking
) -> None:
    try:
        told = future.result()
    except BrokenExecutor:
        parking.give_up(batch, why=PAGES_DIED)
        return
    parking.take(batch, told)
    if told.paused_until:
        _pause_host(desk, host_of(batch.requests[0].entry.url), told.paused_until)


def _pause_host(desk: Desk, host: str, until_at: datetime) -> None:
    with transaction(desk.db):
        feeds.pause_host(desk.db, host, until_at)


def _at_rest(states: Sequence[FeedState], under_way: UnderWay) -> Sequence[FeedState]:
    """Return the feeds whose hosts are not being asked at the moment: one request at a time.

    Nor those of which a body waits to be taken in.
    """
    busy, parking = under_way.hosts(), under_way.parking
    return [
        state
        for state in states
        if host_of(asked_url(state)) not in busy and state.url not in parking
    ]


def _deferred(desk: Desk, states: Sequence[FeedState]) -> dict[str, Deferred]:
    """Return what is not to be asked yet, by feed URL."""
    now = desk.clock()
    paused = feeds.paused_hosts(desk.db, now=now)
    ends = {
        state.url: max(state.left_alone_until_at or now, paused.get(host_of(asked_url(state)), now))
        for state in states
    }
    return {
        url: Deferred(until_at=until_at, message=f"left alone until {until_at:%Y-%m-%d %H:%M} UTC")
        for url, until_at in ends.items()
        if until_at > now
    }


def _requests(desk: Desk, states: Sequence[FeedState]) -> list[PollRequest]:
    now = desk.clock()
    specs = {feed.url: feed for feed in desk.config.feeds}
    return [
        PollRequest(spec=specs[state.url], state=state, now=now)
        for state in states
        if state.url in specs
    ]


def _settled(desk: Desk, under_way: UnderWay) -> list[PollReport]:
    """Take in the failures that were held until it was known whose fault they are."""
    settled = under_way.watch.settle(now=desk.clock())
    return desk.take_in(settled) if settled else []


def _met(future: Future[Outcomes], batch: Batch) -> list[tuple[FeedState, Outcome]]:
    """Return the outcomes of a batch, each with its feed's state from before."""
    states = {request.spec.url: request.state for request in batch}
    try:
        return [(states[url], outcome) for url, outcome in future.result()]
    except BrokenExecutor:
        return [(state, WORKER_DIED) for state in states.values()]
