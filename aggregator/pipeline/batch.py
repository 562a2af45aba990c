"""The unit of work: the feeds of one host, fetched and read, as plain values. No store, no folding.

`read_batch` is what any `concurrent.futures.Executor` runs: a worker process here, a node of a
cluster elsewhere. Politeness to a host stays inside one batch: one request at a time by default.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from aggregator.model import (
    Deferred,
    Download,
    Failed,
    Fetched,
    Freshness,
    NotModified,
    Outcome,
    Polling,
    PollRequest,
)
from aggregator.pipeline.history import body_hash, with_history
from aggregator.pipeline.tools import Manners, Tools, ask, open_tools, task_of
from aggregator.poll.plan import host_pause, refusals, validators_for
from aggregator.read.stranger import Stranger

if TYPE_CHECKING:
    from aggregator.model import Push
    from aggregator.pipeline.task import Reading

__all__ = [
    "Batch", "Manners", "Outcomes", "Tools", "read_batch", "read_feeds", "read_one", "take_whole",
]  # fmt: skip

Batch = tuple[PollRequest, ...]
Outcomes = tuple[tuple[str, Outcome], ...]  # (feed URL as configured, what came of it)

MAX_HUBS = 5  # real feeds name one or two
MAX_OFFERS = 3  # more choice helps nobody
MAX_KNOWN = 10_000  # slices remembered over partial bodies; the largest real feed has 4,000


def read_batch(batch: Batch, manners: Manners) -> Outcomes:
    """Fetch and read the feeds of one host, in a loop of its own."""
    return asyncio.run(_with_own_tools(batch, manners))


async def _with_own_tools(batch: Batch, manners: Manners) -> Outcomes:
    async with open_tools(manners) as tools:
        return await read_feeds(batch, tools)


async def read_feeds(batch: Batch, tools: Tools) -> Outcomes:
    """Fetch and read the feeds, `connections_per_host` at a time, one after the other by default.

    When the host asks for a pause, the rest is deferred.
    """
    outcomes: dict[str, Outcome] = {}
    waiting = iter(batch)
    paused: Deferred | None = None

    async def work() -> None:
        nonlocal paused
        for request in waiting:
            outcome = paused or await read_one(request, tools)
            refused = refusals(outcomes.values())
            outcomes[request.spec.url] = outcome
            paused = paused or _pause(request, outcome, tools.polling, refused_before=refused)

    await asyncio.gather(*(work() for _ in range(max(tools.polling.connections_per_host, 1))))
    return tuple((request.spec.url, outcomes[request.spec.url]) for request in batch)


def _pause(
    request: PollRequest, outcome: Outcome, polling: Polling, *, refused_before: int
) -> Deferred | None:
    until_at = host_pause(
        request.url,
        outcome,
        now=request.now,
        polling=polling,
        state=request.state,
        refused_before=refused_before,
    )
    if until_at is None:
        return None
    return Deferred(until_at=until_at, message="its host asks to be left alone until then")


async def read_one(request: PollRequest, tools: Tools) -> Outcome:
    """Fetch one feed and read what is new in it, its history too where that is to be had.

    A push is read as it came: nothing is asked.
    """
    started = perf_counter()
    if request.push:
        outcome: Outcome = await take(request, _pushed(request, request.push), tools)
    else:
        outcome = await _asked(request, tools)
    return replace(outcome, seconds=round(perf_counter() - started, 3))


async def _asked(request: PollRequest, tools: Tools) -> Outcome:
    validators = validators_for(request.state, now=request.now)
    answer = await ask(request.url, request, tools, validators=validators)
    if not isinstance(answer, Download):
        return answer
    return await take_whole(request, answer, tools)


async def take_whole(
    request: PollRequest, download: Download, tools: Tools
) -> Fetched | NotModified | Failed:
    """Read what was fetched, and the feed's older documents where this is the moment for them."""
    outcome = await take(request, download, tools)
    if isinstance(outcome, Fetched):
        return await with_history(request, outcome, download, tools)
    return outcome


async def take(
    request: PollRequest, download: Download, tools: Tools
) -> Fetched | NotModified | Failed:
    """Read what was fetched, unless it is the body already taken in."""
    state, mark = request.state, body_hash(download.body)
    if mark == state.body_hash:
        return NotModified(validators=download.validators, freshness=download.freshness)
    reading = await tools.readers.read(task_of(request, download))
    if isinstance(reading, Failed):
        return _refused(request, download, reading)
    feed = replace(
        reading.feed,
        hubs=tuple(dict.fromkeys((*download.hubs, *reading.feed.hubs)))[:MAX_HUBS],
        self_url=download.self_url or reading.feed.self_url,
    )
    fetched = _fetched(download, mark, replace(reading, feed=feed))
    return _as_partial(request, fetched) if download.is_partial else fetched


def _pushed(request: PollRequest, push: Push) -> Download:
    """Return what a hub brought as if it had been fetched: a part, of no validators of its own."""
    return Download(
        url=request.url,
        final_url=request.url,
        status=0,
        body=push.body,
        content_type=push.content_type,
        content_location="",
        validators=request.state.validators,
        freshness=Freshness(),
        is_partial=True,
    )


def _refused(request: PollRequest, download: Download, failed: Failed) -> Failed:
    """Return why the body is no feed, with the feeds that it names other than the one asked."""
    links = failed.links if isinstance(failed, Stranger) else ()
    own = {request.spec.url, request.url, download.final_url}
    offers = tuple(link.url for link in links if link.url not in own)
    return replace(failed, status=download.status, offers=offers[:MAX_OFFERS])


def _fetched(download: Download, mark: bytes, reading: Reading) -> Fetched:
    return Fetched(
        final_url=download.final_url,
        moved_to=download.moved_to,
        validators=download.validators,
        freshness=replace(download.freshness, ttl=reading.feed.ttl),
        body_hash=mark,
        feed=reading.feed,
        entries=reading.entries,
        pieces=reading.pieces,
        clutter=reading.clutter,
    )


def _as_partial(request: PollRequest, fetched: Fetched) -> Fetched:
    """Return the outcome of a body that leaves out what it did not bring: none of that is gone."""
    state, feed = request.state, fetched.feed
    known = state.known | feed.known
    if len(known) > MAX_KNOWN:
        known = feed.known  # the next whole body tells all of them again
    return replace(
        fetched, is_partial=True, body_hash=state.body_hash, feed=replace(feed, known=known)
    )
