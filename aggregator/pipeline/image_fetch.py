"""Fetches pictures once and shrinks them: many hosts at once, one request at a time to each.

Through the guarded client of polls, on behalf of the feeds that name the pictures: their proxy and
address rules hold, their headers stay out. No store, no files.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import Download, Failed
from aggregator.pipeline.reading import Reader
from aggregator.poll.fetch import Fetcher
from aggregator.poll.plan import host_of
from aggregator.read.picture import NoPicture, Shrunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from aggregator.model import FeedSpec
    from aggregator.pipeline.batch import Manners

MAX_IMAGE_BYTES = 5_000_000
LONGEST_FETCH = timedelta(seconds=10)
SHRINK_LIMIT_S = 10.0  # the largest that is taken needs about 1 s
SHRINK_MEMORY_BYTES = 768_000_000  # of address space: 25 million pixels and their copies
HOSTS_AT_ONCE = 8
PAUSE_S = 0.1  # between two pictures of one host
MOST_FAILURES = 3  # of a host in a row: the others are not asked for this time
ACCEPT = (("Accept", "image/avif,image/webp,image/png,image/jpeg,image/gif"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """A picture to fetch, on behalf of the feed that names it."""

    url: str
    spec: FeedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageAnswer:
    """What came of a picture: a small one, or why there is none."""

    url: str
    shrunk: Shrunk | None = None
    error: str = ""
    is_final: bool = False  # another try would bring the same


class ImageReader(Reader):
    """The process that shrinks pictures, started when first needed and replaced when it dies."""

    MODULE = "aggregator.pipeline.image_reader"

    async def shrink(self, body: bytes) -> Shrunk | NoPicture | Failed:
        """Return the small picture, or why there is none; within the limits of the process."""
        told: Shrunk | NoPicture | Failed = await self._answer(body)
        return told


async def fetch_images(
    requests: Sequence[ImageRequest],
    manners: Manners,
    *,
    on_answer: Callable[[ImageAnswer], None],
) -> None:
    """Fetch and shrink these pictures, and tell what came of each as it comes.

    Those that a host is not asked for any more are told nothing of.
    """
    by_host: dict[str, list[ImageRequest]] = {}
    for request in requests:
        by_host.setdefault(host_of(request.url), []).append(request)
    async with _open_work(manners) as work, asyncio.TaskGroup() as group:
        for some in by_host.values():
            group.create_task(work.of_host(some, on_answer))


@asynccontextmanager
async def _open_work(manners: Manners) -> AsyncIterator[_Work]:
    polling = manners.polling
    bounded = replace(
        polling,
        timeout=min(polling.timeout, LONGEST_FETCH),
        max_body_bytes=min(polling.max_body_bytes, MAX_IMAGE_BYTES),
    )
    reader = ImageReader(time_limit_s=SHRINK_LIMIT_S, memory_limit_bytes=SHRINK_MEMORY_BYTES)
    async with Fetcher(bounded, user_agent=manners.user_agent) as fetcher:
        try:
            yield _Work(fetcher, reader)
        finally:
            await reader.stop()


class _Work:
    """One batch on its way."""

    def __init__(self, fetcher: Fetcher, reader: ImageReader) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._hosts = asyncio.Semaphore(HOSTS_AT_ONCE)
        self._turn = asyncio.Lock()  # one picture is shrunk at a time: one core is enough

    async def of_host(
        self, requests: Sequence[ImageRequest], on_answer: Callable[[ImageAnswer], None]
    ) -> None:
        failures = 0
        async with self._hosts:
            for request in requests:
                answer = await self._answer(request)
                on_answer(answer)
                is_trouble = answer.shrunk is None and not answer.is_final
                failures = failures + 1 if is_trouble else 0
                if failures == MOST_FAILURES:
                    return
                await asyncio.sleep(PAUSE_S)

    async def _answer(self, request: ImageRequest) -> ImageAnswer:
        spec, url = request.spec, request.url
        is_own = host_of(url) == host_of(spec.url)
        found = await self._fetcher.fetch(
            url,
            headers=ACCEPT,
            proxy=spec.proxy,
            allow_private_addresses=spec.allow_private_addresses if is_own else False,
        )
        if not isinstance(found, Download):
            return ImageAnswer(url=url, error=getattr(found, "message", "it was not sent"))
        async with self._turn:
            told = await self._reader.shrink(found.body)
        match told:
            case Shrunk():
                return ImageAnswer(url=url, shrunk=told)
            case NoPicture():
                return ImageAnswer(url=url, error=told.why, is_final=True)
            case Failed():
                return ImageAnswer(url=url, error=told.message)
