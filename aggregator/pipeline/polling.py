"""One pass: the feeds that are due go out in batches, and what comes back is taken in at once."""

from __future__ import annotations

import math
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from time import monotonic
from typing import TYPE_CHECKING

from aggregator.model import Deferred, Failed, FailureKind, PollRequest
from aggregator.pipeline.batch import Batch, Manners, Outcomes, read_batch
from aggregator.poll.plan import group_by_host, host_of
from aggregator.store import feeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from aggregator.model import FeedState, PollReport
    from aggregator.pipeline.take_in import Desk

BATCHES_AT_ONCE = 256  # what is under way; the rest waits here, so memory stays bounded
STOP_LOOK_S = 0.5  # how often a stop is looked for while nothing comes back

WORKER_DIED = Failed(
    kind=FailureKind.INTERNAL,
    message="the worker process that polled this feed ended; it is tried again later",
)


def poll_feeds(  # noqa: PLR0913 - what a pass needs, each named at the call
    desk: Desk,
    states: Sequence[FeedState],
    *,
    executor: Executor,
    manners: Manners,
    stop: Event,
    on_report: Callable[[PollReport], None],
    meanwhile: Callable[[], None],
    under_way: dict[Future[Outcomes], Batch] | None = None,
    patience_s: float = math.inf,
) -> None:
    """Poll the feeds and take in each outcome as it comes; end early when `stop` is set.

    A feed whose server or host wants to be left alone for longer is deferred, not asked.
    `meanwhile` is called between the transactions, twice a second at least. A feed under way when
    the pass is stopped stays as it was: it is due again at the next start.

    With `patience_s`, the pass ends so long after it began even if some hosts have not answered;
    they stay in `under_way`, which the next pass is given: it takes them in and asks them nothing.
    """
    under_way = {} if under_way is None else under_way
    states = _at_rest(states, under_way.values())
    ends_at = monotonic() + patience_s
    deferred = _deferred(desk, states)
    for report in desk.take_in(list(deferred.items())) if deferred else ():
        on_report(report)
    requests = _requests(desk, [state for state in states if state.url not in deferred])
    waiting = list(reversed(group_by_host(requests)))
    while waiting or (under_way and monotonic() < ends_at):
        if stop.is_set():
            return
        while waiting and len(under_way) < BATCHES_AT_ONCE:
            batch = waiting.pop()
            under_way[executor.submit(read_batch, batch, manners)] = batch
        done, _ = wait(under_way, timeout=STOP_LOOK_S, return_when=FIRST_COMPLETED)
        outcomes = [pair for future in done for pair in _outcomes(future, under_way.pop(future))]
        for report in desk.take_in(outcomes) if outcomes else ():
            on_report(report)
        meanwhile()


def _at_rest(states: Sequence[FeedState], under_way: Iterable[Batch]) -> Sequence[FeedState]:
    """Return the feeds whose hosts are not being asked at the moment: one request at a time."""
    busy = {host_of(batch[0].spec.url) for batch in under_way}
    return [state for state in states if host_of(state.url) not in busy] if busy else states


def _deferred(desk: Desk, states: Sequence[FeedState]) -> dict[str, Deferred]:
    """Return what is not to be asked yet, by feed URL."""
    now = desk.clock()
    paused = feeds.paused_hosts(desk.db, now=now)
    ends = {
        state.url: max(state.left_alone_until_at or now, paused.get(host_of(state.url), now))
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


def _outcomes(future: Future[Outcomes], batch: Batch) -> Outcomes:
    try:
        return future.result()
    except BrokenExecutor:
        return tuple((request.spec.url, WORKER_DIED) for request in batch)
