"""Finds the feed behind an address, with one request; tries the feeds of a configuration.

The same fetcher, guard, limits and reading process as a poll, and the same manners: one request at
a time to a host, none to a feed that is gone or wants to be left alone. It keeps nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.model import (
    Download,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    Gone,
    PollReport,
    PollRequest,
)
from aggregator.pipeline.batch import Manners, Tools, read_feeds, take
from aggregator.pipeline.reading import Readers
from aggregator.pipeline.report import report_of
from aggregator.poll.discover import FeedLink, feed_links
from aggregator.poll.fetch import Fetcher, user_agent
from aggregator.poll.plan import group_by_host, host_of
from aggregator.store import feeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Config
    from aggregator.store.database import Database

HOSTS_AT_ONCE = 32
NO_FEED = "neither a feed nor a page that names one. Give the feed's own address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The feed behind an address, with what was fetched of it where the address was the feed."""

    asked: str  # the address as given
    url: str  # the feed's
    title: str
    fetched: Fetched | None = None
    others: tuple[FeedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """Why there is no feed behind an address, and what to do."""

    asked: str
    message: str


def manners_of(config: Config) -> Manners:
    """Return how this configuration wants its feeds to be polled."""
    return Manners(polling=config.polling, user_agent=user_agent(config.service.contact))


# -------------------------------------------------------------------- finding


def find_feeds(config: Config, urls: Sequence[str], *, now: datetime) -> list[Found | NotFound]:
    """Return what is behind each address, in their order; one request each."""
    requests = [_request(FeedSpec(url=url), now=now) for url in urls]
    found: dict[str, Found | NotFound] = {}

    async def find_of_host(batch: tuple[PollRequest, ...], tools: Tools) -> None:
        for request in batch:
            found[request.spec.url] = await _find(request, tools)

    asyncio.run(_with_each_host(config, requests, find_of_host))
    return [found[url] for url in urls]


async def _find(request: PollRequest, tools: Tools) -> Found | NotFound:
    url = request.spec.url
    answer = await tools.fetcher.fetch(url)
    if not isinstance(answer, Download):
        message = answer.message if isinstance(answer, Failed | Gone) else NO_FEED
        return NotFound(asked=url, message=message)
    outcome = await take(request, answer, tools)
    if isinstance(outcome, Fetched):
        return Found(asked=url, url=url, title=outcome.feed.title, fetched=outcome)
    if isinstance(outcome, Failed) and outcome.kind is not FailureKind.NOT_A_FEED:
        return NotFound(asked=url, message=outcome.message)
    return _find_in_page(url, answer)


def _find_in_page(url: str, page: Download) -> Found | NotFound:
    links = feed_links(page.body, base_url=page.final_url)
    if not links:
        return NotFound(asked=url, message=NO_FEED)
    return Found(asked=url, url=links[0].url, title=links[0].title, others=links[1:])


# --------------------------------------------------------------------- trying


def try_feeds(
    config: Config,
    specs: Sequence[FeedSpec],
    *,
    states: Mapping[str, FeedState],
    now: datetime,
    on_report: Callable[[PollReport], None],
) -> None:
    """Ask these feeds once each and tell what came of it.

    `states` are the remembered ones, by URL: their validators make the requests conditional.
    """
    requests = [_request(spec, now=now, state=states.get(spec.url)) for spec in specs]

    async def try_host(batch: tuple[PollRequest, ...], tools: Tools) -> None:
        for url, outcome in await read_feeds(batch, tools):
            on_report(report_of(url, outcome, new=0, updated=0))

    asyncio.run(_with_each_host(config, requests, try_host))


def left_alone(db: Database, *, now: datetime) -> list[PollReport]:
    """Return a report for each listed feed that must not be asked now, with the reason.

    It is gone, or its server or its host asked to be left alone for a while.
    """
    pauses = feeds.paused_hosts(db, now=now)
    ends = (
        (state, max(state.left_alone_until_at or now, pauses.get(host_of(state.url), now)))
        for state in feeds.states(db)
    )
    return [_unasked(state, until_at=at) for state, at in ends if state.gone or at > now]


def _unasked(state: FeedState, *, until_at: datetime) -> PollReport:
    if state.gone:
        return PollReport(feed=state.url, outcome="gone", error=state.error)
    error = f"left alone until {until_at:%Y-%m-%d %H:%M} UTC"
    return PollReport(feed=state.url, outcome="deferred", error=error)


# ----------------------------------------------------------------------- both


def _request(spec: FeedSpec, *, now: datetime, state: FeedState | None = None) -> PollRequest:
    return PollRequest(spec=spec, state=state or FeedState(feed_id=0, url=spec.url), now=now)


async def _with_each_host(
    config: Config,
    requests: Sequence[PollRequest],
    work: Callable[[tuple[PollRequest, ...], Tools], Awaitable[None]],
) -> None:
    """Do the work on the requests of each host, many hosts at once."""
    manners = manners_of(config)
    limit = asyncio.Semaphore(HOSTS_AT_ONCE)
    async with (
        Fetcher(manners.polling, user_agent=manners.user_agent) as fetcher,
        Readers(1) as readers,
    ):
        tools = Tools(fetcher, readers, manners.polling)

        async def work_at_host(batch: tuple[PollRequest, ...]) -> None:
            async with limit:
                await work(batch, tools)

        await asyncio.gather(*map(work_at_host, group_by_host(requests)))
