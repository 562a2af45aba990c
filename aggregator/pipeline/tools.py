"""What a worker keeps between batches, and how it is used on behalf of one feed.

A feed's proxy serves all that is asked for it; its headers go to the feed's own origin alone.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.model import Validators
from aggregator.pipeline.reading import Readers
from aggregator.pipeline.task import ReadTask
from aggregator.poll.budget import Budget
from aggregator.poll.fetch import Fetcher
from aggregator.poll.plan import host_of
from aggregator.poll.robots import Robots

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aggregator.model import Download, Polling, PollRequest
    from aggregator.poll.fetch import Answer

NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a worker needs to know to poll as the person configured it."""

    polling: Polling
    user_agent: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker keeps between batches: connections, reading processes, what sites allow."""

    fetcher: Fetcher
    readers: Readers
    polling: Polling
    robots: Robots = field(default_factory=Robots)


@asynccontextmanager
async def open_tools(manners: Manners, *, reader_count: int = 1) -> AsyncIterator[Tools]:
    """Give tools that keep to the configured limits; bodies on their way share one budget."""
    budget = Budget()
    async with (
        Fetcher(manners.polling, user_agent=manners.user_agent, budget=budget) as fetcher,
        Readers.of(manners.polling, reader_count, budget=budget) as readers,
    ):
        yield Tools(fetcher, readers, manners.polling)


async def ask(
    url: str, request: PollRequest, tools: Tools, *, validators: Validators = NO_VALIDATORS
) -> Answer:
    """Ask for the feed's document, or for another one that it names.

    A feed may name or move to any address: the headers that the person set go to the origin of the
    configured URL alone, and private addresses are allowed there and to the feed itself.
    """
    spec = request.spec
    is_own = _origin(url) == _origin(spec.url)
    return await tools.fetcher.fetch(
        url,
        validators=validators,
        headers=spec.headers if is_own else (),
        proxy=spec.proxy,
        allow_private_addresses=spec.allow_private_addresses
        if is_own or url == request.url
        else False,
    )


def _origin(url: str) -> tuple[str, str]:
    return url.partition(":")[0].lower(), host_of(url)


def task_of(request: PollRequest, download: Download) -> ReadTask:
    """Return the work of reading a body of the feed, of which only unknown entries come back."""
    state = request.state
    return ReadTask(
        body=download.body,
        base_url=download.content_location or download.final_url,
        content_type=download.content_type,
        known=state.known,
        id_scheme=state.id_scheme,
        now=request.now,
        language=state.language,
        pieces=state.pieces if request.spec.clutter else None,
        clutter=state.clutter,
    )
