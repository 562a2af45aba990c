from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aggregator.model import Failed, FailureKind
from aggregator.pipeline.tools import Manners, open_tools
from tests.pipeline.makers import POLLING
from tests.pipeline.test_reading import FEED, task


def manners(**changes: object) -> Manners:
    polling = replace(POLLING, **changes)  # type: ignore[arg-type]  # fields by name
    return Manners(polling=polling, user_agent="Newsfold/test")


async def test_the_time_for_reading_is_the_configured_one() -> None:
    async with open_tools(manners(read_time=timedelta(milliseconds=1))) as tools:
        told = await tools.readers.read(task(FEED))

    assert isinstance(told, Failed)
    assert told.kind is FailureKind.TOO_SLOW_TO_READ
    assert "0.001 s" in told.message
    assert "polling.read_time" in told.message


async def test_the_memory_for_reading_is_the_configured_one() -> None:
    huge = FEED.replace(b"At noon.", b"&lt;p&gt;word&lt;/p&gt; " * 2_000_000)
    limits = manners(read_memory_bytes=210_000_000, read_time=timedelta(seconds=60))
    async with open_tools(limits) as tools:
        told = await tools.readers.read(task(huge))

    assert isinstance(told, Failed)
    assert told.kind is FailureKind.TOO_BIG_TO_READ
    assert "210 MB" in told.message
    assert "polling.read_memory" in told.message
