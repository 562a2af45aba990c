"""The unit of work: the feeds of one host, fetched and read, as plain values. No store, no folding.

`read_batch` is what any `concurrent.futures.Executor` runs: a worker process here, a node of a
cluster elsewhere. Politeness to a host stays inside one batch: one request at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from aggregator.model import (
    Deferred,
    Download,
    Failed,
    Fetched,
    NotModified,
    Outcome,
    Polling,
    PollRequest,
)
from aggregator.pipeline.reading import Readers
from aggregator.pipeline.task import ReadTask
from aggregator.poll.fetch import Fetcher
from aggregator.poll.plan import host_pause

if TYPE_CHECKING:
    from aggregator.pipeline.task import Reading

Batch = tuple[PollRequest, ...]
Outcomes = tuple[tuple[str, Outcome], ...]  # (feed URL as configured, what came of it)

BODY_HASH_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a worker needs to know to poll as the person configured it."""

    polling: Polling
    user_agent: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker keeps between batches: connections and reading processes."""

    fetcher: Fetcher
    readers: Readers
    polling: Polling


def read_batch(batch: Batch, manners: Manners) -> Outcomes:
    """Fetch and read the feeds of one host, in a loop of its own."""
    return asyncio.run(_with_own_tools(batch, manners))


async def _with_own_tools(batch: Batch, manners: Manners) -> Outcomes:
    async with (
        Fetcher(manners.polling, user_agent=manners.user_agent) as fetcher,
        Readers(1) as readers,
    ):
        return await read_feeds(batch, Tools(fetcher, readers, manners.polling))


async def read_feeds(batch: Batch, tools: Tools) -> Outcomes:
    """Fetch and read one feed after the other; when the host asks for a pause, defer the rest."""
    outcomes: list[tuple[str, Outcome]] = []
    paused: Deferred | None = None
    for request in batch:
        outcome = paused or await read_one(request, tools)
        outcomes.append((request.spec.url, outcome))
        paused = paused or _pause(request, outcome, tools.polling)
    return tuple(outcomes)


def _pause(request: PollRequest, outcome: Outcome, polling: Polling) -> Deferred | None:
    until_at = host_pause(request.spec.url, outcome, now=request.now, polling=polling)
    if until_at is None:
        return None
    return Deferred(until_at=until_at, message="its host asks to be left alone until then")


async def read_one(request: PollRequest, tools: Tools) -> Outcome:
    """Fetch one feed and read what is new in it."""
    started = perf_counter()
    answer = await tools.fetcher.fetch(
        request.spec.url,
        validators=request.state.validators,
        headers=request.spec.headers,
        proxy=request.spec.proxy,
    )
    outcome = await take(request, answer, tools) if isinstance(answer, Download) else answer
    return replace(outcome, seconds=round(perf_counter() - started, 3))


async def take(
    request: PollRequest, download: Download, tools: Tools
) -> Fetched | NotModified | Failed:
    """Read what was fetched, unless it is the body already taken in."""
    body_hash = hashlib.blake2b(download.body, digest_size=BODY_HASH_BYTES).digest()
    if body_hash == request.state.body_hash:
        return NotModified(validators=download.validators, freshness=download.freshness)
    reading = await tools.readers.read(_task(request, download))
    if isinstance(reading, Failed):
        return replace(reading, status=download.status)
    return _fetched(download, body_hash, reading)


def _task(request: PollRequest, download: Download) -> ReadTask:
    return ReadTask(
        body=download.body,
        base_url=download.content_location or download.final_url,
        content_type=download.content_type,
        known=request.state.known,
        id_scheme=request.state.id_scheme,
        now=request.now,
    )


def _fetched(download: Download, body_hash: bytes, reading: Reading) -> Fetched:
    return Fetched(
        final_url=download.final_url,
        moved_to=download.moved_to,
        validators=download.validators,
        freshness=replace(download.freshness, ttl=reading.feed.ttl),
        body_hash=body_hash,
        feed=reading.feed,
        entries=reading.entries,
    )
