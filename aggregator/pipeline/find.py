"""Finds the feed behind an address, with one request; tries the feeds of a configuration.

The same fetcher, guard, limits and reading process as a poll.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from aggregator.model import Download, Failed, FeedSpec, FeedState, Fetched, Gone, PollRequest
from aggregator.pipeline.batch import Manners, Tools, read_feeds, take
from aggregator.pipeline.reading import Readers
from aggregator.pipeline.report import report_of
from aggregator.poll.discover import FeedLink, feed_links
from aggregator.poll.fetch import Fetcher, user_agent
from aggregator.poll.plan import group_by_host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from aggregator.model import Config, Outcome, PollReport

HOSTS_AT_ONCE = 32

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The feed behind an address, with what was fetched of it where the address was the feed."""

    url: str
    title: str
    fetched: Fetched | None = None
    others: tuple[FeedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """Why there is no feed behind an address, and what to do."""

    url: str
    message: str


def manners_of(config: Config) -> Manners:
    """Return how this configuration wants its feeds to be polled."""
    return Manners(polling=config.polling, user_agent=user_agent(config.service.contact))


def find_feeds(config: Config, urls: Sequence[str], *, now: datetime) -> list[Found | NotFound]:
    """Return what is behind each address, in their order; one request each."""

    async def find_all(tools: Tools) -> list[Found | NotFound]:
        return [await _find(url, tools, now=now) for url in urls]

    return asyncio.run(_with_tools(config, find_all))


async def _with_tools(config: Config, work: Callable[[Tools], Awaitable[Done]]) -> Done:
    manners = manners_of(config)
    async with (
        Fetcher(manners.polling, user_agent=manners.user_agent) as fetcher,
        Readers(1) as readers,
    ):
        return await work(Tools(fetcher, readers, manners.polling))


async def _find(url: str, tools: Tools, *, now: datetime) -> Found | NotFound:
    answer = await tools.fetcher.fetch(url)
    if not isinstance(answer, Download):
        message = answer.message if isinstance(answer, Failed | Gone) else "it sent no body"
        return NotFound(url=url, message=message)
    outcome = await take(_request(FeedSpec(url=url), now=now), answer, tools)
    if isinstance(outcome, Fetched):
        return Found(url=url, title=outcome.feed.title, fetched=outcome)
    links = feed_links(answer.body, base_url=answer.final_url)
    if not links:
        message = "neither a feed nor a page that names one. Give the feed's own address"
        return NotFound(url=url, message=message)
    return Found(url=links[0].url, title=links[0].title, others=links[1:])


def _request(spec: FeedSpec, *, now: datetime) -> PollRequest:
    return PollRequest(spec=spec, state=FeedState(feed_id=0, url=spec.url), now=now)


def try_feeds(config: Config, *, now: datetime) -> list[PollReport]:
    """Ask every feed of the configuration once, politely, and keep nothing."""
    requests = [_request(spec, now=now) for spec in config.feeds]

    async def try_all(tools: Tools) -> list[PollReport]:
        limit = asyncio.Semaphore(HOSTS_AT_ONCE)

        async def try_host(batch: tuple[PollRequest, ...]) -> tuple[tuple[str, Outcome], ...]:
            async with limit:
                return await read_feeds(batch, tools)

        done = await asyncio.gather(*(try_host(batch) for batch in group_by_host(requests)))
        return [
            report_of(url, outcome, new=0, updated=0) for pairs in done for url, outcome in pairs
        ]

    return asyncio.run(_with_tools(config, try_all))
