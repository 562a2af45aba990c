"""The worker processes: real ones, polling a real server on loopback."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Failed, FeedSpec, FeedState, Fetched, Polling, PollRequest
from aggregator.pipeline.batch import Manners, read_batch
from aggregator.pipeline.crew import Crew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer
    from werkzeug import Request, Response

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MANNERS = Manners(
    polling=Polling(
        interval=timedelta(hours=1),
        min_interval=timedelta(minutes=15),
        max_interval=timedelta(days=1),
        timeout=timedelta(seconds=5),
        max_body_bytes=1_000_000,
        allow_private_addresses=True,
        proxy="",
        backfill=20,
    ),
    user_agent="Newsfold/test",
)
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title>'
    "<item><guid>a</guid><title>Bridge opens</title></item></channel></rss>"
)


@pytest.fixture
def crew() -> Iterator[Crew]:
    with Crew(MANNERS, most_workers=1, reader_count=1) as crew:
        yield crew


def request_for(url: str) -> PollRequest:
    return PollRequest(spec=FeedSpec(url=url), state=FeedState(feed_id=1, url=url), now=NOON)


def test_a_batch_comes_back_with_its_outcomes(crew: Crew, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    url = httpserver.url_for("/feed")

    ((told_url, outcome),) = crew.submit(read_batch, (request_for(url),), MANNERS).result(20)

    assert told_url == url
    assert isinstance(outcome, Fetched)
    assert [read.entry.title for read in outcome.entries] == ["Bridge opens"]


def test_a_host_that_hangs_holds_back_no_other(crew: Crew, httpserver: HTTPServer) -> None:
    """Batches of one process run beside each other: the quick one is first, though asked later."""

    def hang(_request: Request) -> Response:
        time.sleep(2)
        return Response(FEED)

    from werkzeug import Response  # noqa: PLC0415 - needed by the inner function at run time

    httpserver.expect_request("/slow").respond_with_handler(hang)
    httpserver.expect_request("/quick").respond_with_data(FEED)
    slow = crew.submit(read_batch, (request_for(httpserver.url_for("/slow")),), MANNERS)
    dead = "http://127.0.0.2:8/feed"  # another host: refused at once

    ((_, outcome),) = crew.submit(read_batch, (request_for(dead),), MANNERS).result(20)

    assert isinstance(outcome, Failed)
    assert not slow.done()
    assert isinstance(slow.result(20)[0][1], Fetched)


def test_the_unit_of_work_runs_without_a_crew_too(httpserver: HTTPServer) -> None:
    """`read_batch` is a plain function: any executor can run it."""
    httpserver.expect_request("/feed").respond_with_data(FEED)

    ((_, outcome),) = read_batch((request_for(httpserver.url_for("/feed")),), MANNERS)

    assert isinstance(outcome, Fetched)


def test_a_worker_that_is_killed_gives_its_batches_back(crew: Crew, httpserver: HTTPServer) -> None:
    """Its futures fail as a broken executor's do, and the next batch meets a new worker."""
    httpserver.expect_request("/feed").respond_with_data(FEED)
    lost = crew.submit(read_batch, (request_for("http://192.0.2.1/feed"),), MANNERS)
    os.kill(crew._workers[0]._process.pid, signal.SIGKILL)

    with pytest.raises(BrokenExecutor):
        lost.result(20)
    url = httpserver.url_for("/feed")
    ((_, outcome),) = crew.submit(read_batch, (request_for(url),), MANNERS).result(20)
    assert isinstance(outcome, Fetched)


def test_the_crew_runs_nothing_else(crew: Crew) -> None:
    other = replace(MANNERS, user_agent="Other/1")

    with pytest.raises(TypeError):
        crew.submit(read_batch, (), other)


def test_no_process_is_left_after_the_end(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(FEED)
    with Crew(MANNERS, most_workers=1, reader_count=1) as crew:
        crew.submit(read_batch, (request_for(httpserver.url_for("/feed")),), MANNERS).result(20)
        process = crew._workers[0]._process

    assert process.poll() is not None
