"""Finds the feeds behind an address, with one request; tries the feeds of a configuration.

The same fetcher, guard, limits and reading process as a poll, and the same manners: one request at
a time to a host, none to a feed that is gone or wants to be left alone. It keeps nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.config import opml
from aggregator.model import (
    Download,
    Failed,
    FeedSpec,
    FeedState,
    Fetched,
    Gone,
    PollReport,
    PollRequest,
)
from aggregator.pipeline.batch import Manners, Tools, read_feeds, take_whole
from aggregator.pipeline.report import report_of
from aggregator.pipeline.tools import ask, open_tools
from aggregator.poll.fetch import user_agent
from aggregator.poll.plan import group_by_host, host_of
from aggregator.read.recognise import FIND_ADDRESS
from aggregator.read.stranger import Stranger
from aggregator.store import feeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Config, Problem
    from aggregator.read.stranger import FeedLink
    from aggregator.store.database import Database

HOSTS_AT_ONCE = 32
MAX_LIST_FEEDS = 10_000  # of one OPML list; all the feeds that Newsfold is made for
GIVE_ADDRESS = "Give the feed's own address."
NO_FEED = f"neither a feed nor a page that names one. {GIVE_ADDRESS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The feed behind an address, with what was fetched of it where the address was the feed."""

    asked: str  # the address as given
    url: str  # the feed's
    title: str
    fetched: Fetched | None = None
    others: tuple[FeedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """The feeds of the OPML list behind an address, their folders as tags. None was asked."""

    asked: str
    feeds: tuple[FeedSpec, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """Why there is no feed behind an address, and what to do."""

    asked: str
    message: str


Finding = Found | FoundList | NotFound


def manners_of(config: Config) -> Manners:
    """Return how this configuration wants its feeds to be polled."""
    return Manners(polling=config.polling, user_agent=user_agent(config.service.contact))


# -------------------------------------------------------------------- finding


def find_feeds(config: Config, urls: Sequence[str], *, now: datetime) -> list[Finding]:
    """Return what is behind each address, in their order; one request each.

    A feed's older documents are asked for as at any first poll.
    """
    requests = [_request(FeedSpec(url=url), now=now) for url in urls]
    found: dict[str, Finding | Download] = {}

    async def find_of_host(batch: tuple[PollRequest, ...], tools: Tools) -> None:
        for request in batch:
            found[request.spec.url] = await _find(request, tools)

    asyncio.run(_with_each_host(config, requests, find_of_host))
    return [_unfolded(found[url]) for url in urls]


async def _find(request: PollRequest, tools: Tools) -> Finding | Download:
    """Return what is behind the address; a list is left as it came."""
    url = request.spec.url
    answer = await ask(url, request, tools)
    if not isinstance(answer, Download):
        message = answer.message if isinstance(answer, Failed | Gone) else NO_FEED
        return NotFound(asked=url, message=message)
    outcome = await take_whole(request, answer, tools)
    if isinstance(outcome, Fetched):
        return Found(asked=url, url=url, title=outcome.feed.title, fetched=outcome)
    if isinstance(outcome, Stranger):
        return answer if outcome.is_list else _find_in_page(url, outcome)
    message = outcome.message if isinstance(outcome, Failed) else NO_FEED
    return NotFound(asked=url, message=message.replace(FIND_ADDRESS, GIVE_ADDRESS))


def _find_in_page(url: str, page: Stranger) -> Found | NotFound:
    links = tuple(link for link in page.links if link.url != url)
    if not links:
        is_told = FIND_ADDRESS not in page.message  # what else to do
        return NotFound(asked=url, message=page.message if is_told else NO_FEED)
    return Found(asked=url, url=links[0].url, title=links[0].title, others=links[1:])


def _unfolded(found: Finding | Download) -> Finding:
    """Return the feeds of a list; it is read when nothing else waits for this process."""
    if not isinstance(found, Download):
        return found
    listed, problems = opml.read(found.body, name=found.url)
    if len(listed) > MAX_LIST_FEEDS:
        message = f"the list names over {MAX_LIST_FEEDS:,} feeds. Split it, and add the parts."
        return NotFound(asked=found.url, message=message)
    if not listed:
        message = f"a list without a feed that can be added. {_reason(problems)}"
        return NotFound(asked=found.url, message=message.rstrip())
    return FoundList(asked=found.url, feeds=listed, problems=problems)


def _reason(problems: Sequence[Problem]) -> str:
    return f"{problems[0].what}. {problems[0].mend}" if problems else ""


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
    limit = asyncio.Semaphore(HOSTS_AT_ONCE)
    async with open_tools(manners_of(config)) as tools:

        async def work_at_host(batch: tuple[PollRequest, ...]) -> None:
            async with limit:
                await work(batch, tools)

        await asyncio.gather(*map(work_at_host, group_by_host(requests)))
