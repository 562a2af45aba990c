"""The other unit of work: the pages of entries at one host, one after the other, as plain values.

Runs beside `batch` in a worker, on behalf of the feeds that want full text: through their proxy
and address rules, under the site's robots.txt and at its pace. What does not come within the time
is not asked for at all. No store, no folding; it never asks twice for what it was given once.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.model import Download, Failed, FailureKind, FeedState, Page, PollRequest
from aggregator.pipeline.task import PageReading, PageTask
from aggregator.pipeline.tools import Tools, ask, open_tools
from aggregator.poll.hosts import host_pause, is_refusal
from aggregator.poll.robots import origin_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model import Entry, FeedSpec
    from aggregator.pipeline.batch import Manners
    from aggregator.poll.fetch import Answer

LONGEST_S = 120.0  # from the first page of a batch on, none is begun; its feeds wait meanwhile
MOST_REFUSALS = 2  # in a row: a host that does not want pages asked for need not say it again
MOST_HARD = 2  # pages of a feed that drove the reading process over its limits: no more of it
HARD = frozenset({FailureKind.TOO_SLOW_TO_READ, FailureKind.TOO_BIG_TO_READ})


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One entry whose page is to be asked for, once and never again."""

    spec: FeedSpec
    place: int  # of the entry in the body that brought it
    entry: Entry
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBatch:
    """Pages at one host, of one feed or several. Travels to a worker."""

    requests: tuple[PageRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What came of one entry's page."""

    feed_url: str  # as configured
    place: int
    page: Page
    features: bytes | None = None  # of the entry as the page tells it; None: as the feed does


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswers:
    """What came of a batch. Pages without an answer were not asked for."""

    answers: tuple[PageAnswer, ...]
    paused_until: datetime | None = None  # the host asks to be left alone until then


def read_pages(batch: PageBatch, manners: Manners) -> PageAnswers:
    """Ask for the pages of one host and read them, in a loop of its own."""
    return asyncio.run(_with_own_tools(batch, manners))


async def _with_own_tools(batch: PageBatch, manners: Manners) -> PageAnswers:
    async with open_tools(manners) as tools:
        return await ask_pages(batch, tools)


async def ask_pages(batch: PageBatch, tools: Tools) -> PageAnswers:
    """Ask for one page after the other until the time is over or the host asks for a pause."""
    ends_at = time.monotonic() + LONGEST_S
    answers: list[PageAnswer] = []
    hard: Counter[str] = Counter()
    refusals = 0
    for request in batch.requests:
        if hard[request.spec.url] >= MOST_HARD:
            continue
        told = await _Visit(request, tools).answer(ends_at=ends_at)
        if told is None:
            break
        answer, failed = told
        answers.append(answer)
        hard[request.spec.url] += failed is not None and failed.kind in HARD
        refusals = refusals + 1 if failed and is_refusal(failed) else 0
        if failed and (until_at := _pause(request, failed, tools)):
            return PageAnswers(answers=tuple(answers), paused_until=until_at)
        if refusals == MOST_REFUSALS:
            break
    return PageAnswers(answers=tuple(answers))


def given_up(requests: Sequence[PageRequest], *, why: str) -> PageAnswers:
    """Return the answers where none can be known: each page counts as asked for."""
    return PageAnswers(
        answers=tuple(
            PageAnswer(feed_url=one.spec.url, place=one.place, page=Page(url="", error=why))
            for one in requests
        )
    )


def _pause(request: PageRequest, failed: Failed, tools: Tools) -> datetime | None:
    return host_pause(request.entry.url, failed, now=request.now, polling=tools.polling)


Told = tuple[PageAnswer, Failed | None]


class _Visit:
    """One page on its way."""

    def __init__(self, request: PageRequest, tools: Tools) -> None:
        self._request = request
        self._tools = tools
        spec = request.spec
        state = FeedState(feed_id=0, url=spec.url)  # nothing of the feed itself is asked for
        self._on_behalf = PollRequest(spec=spec, state=state, now=request.now)

    async def answer(self, *, ends_at: float) -> Told | None:
        """Return what came of the page, or None where there was no time left to ask for it."""
        url = self._request.entry.url
        rules = await self._tools.robots.rules(url, self._ask)
        if refusal := rules.refusal(url):
            return self._without(refusal)
        wait_s = self._tools.robots.wait_s(url, rules)
        if time.monotonic() + wait_s >= ends_at:
            return None
        await asyncio.sleep(wait_s)
        found = await self._ask(url)
        if isinstance(found, Download):
            return await self._read(found)
        failed = found if isinstance(found, Failed) else None
        return self._without(getattr(found, "message", "the page was not sent"), failed)

    async def _ask(self, url: str) -> Answer:
        return await ask(url, self._on_behalf, self._tools)

    async def _read(self, found: Download) -> Told:
        """Read a page, unless redirects led to a site that does not allow it."""
        request, url = self._request, found.final_url
        if origin_of(url) != origin_of(request.entry.url):
            rules = await self._tools.robots.rules(url, self._ask)
            if refusal := rules.refusal(url):
                return self._without(refusal)
        task = PageTask(
            body=found.body, url=url, content_type=found.content_type, entry=request.entry
        )
        reading = await self._tools.readers.read_page(task)
        if isinstance(reading, PageReading):
            return self._with(reading.page, features=reading.features), None
        return self._without(reading.message, reading)

    def _with(self, page: Page, *, features: bytes | None = None) -> PageAnswer:
        request = self._request
        return PageAnswer(
            feed_url=request.spec.url, place=request.place, page=page, features=features
        )

    def _without(self, error: str, failed: Failed | None = None) -> Told:
        return self._with(Page(url="", error=error)), failed
