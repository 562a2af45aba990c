"""One batch: the feeds of one host, one after the other, as plain values."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import (
    Deferred,
    Download,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    Freshness,
    Gone,
    NotModified,
    PollRequest,
    Validators,
)
from aggregator.pipeline.batch import Tools, read_feeds
from aggregator.pipeline.reading import Readers
from tests.end_to_end.feeds import invented, rss
from tests.pipeline.makers import NOON, POLLING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Answer = Download | NotModified | Failed | Gone

HOST = "https://news.example"
LIMITED = Failed(
    kind=FailureKind.RATE_LIMITED, message="429", freshness=Freshness(retry_after=POLLING.interval)
)


class Web:
    """A fetcher that answers from a table and remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        """Take the answers, by URL."""
        self._answers = answers
        self.asked: list[str] = []
        self.validators: list[Validators] = []

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators,
        headers: tuple[tuple[str, str], ...],  # noqa: ARG002 - a fetcher's signature
        proxy: str,  # noqa: ARG002 - as above
    ) -> Answer:
        """Answer from the table."""
        self.asked.append(url)
        self.validators.append(validators)
        return self._answers[url]


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    async with Readers(1) as readers:
        yield readers


def request(path: str, **state: object) -> PollRequest:
    url = HOST + path
    known = replace(FeedState(feed_id=1, url=url), **state)  # type: ignore[arg-type]  # by name
    return PollRequest(spec=FeedSpec(url=url), state=known, now=NOON)


def download(path: str, *numbers: int) -> Download:
    return Download(
        url=HOST + path,
        final_url=HOST + path,
        status=200,
        body=rss(invented(n, published_at=NOON) for n in numbers),
        content_type="application/rss+xml",
        content_location="",
        validators=Validators(etag='"new"'),
        freshness=Freshness(),
    )


def tools(web: Web, readers: Readers) -> Tools:
    return Tools(web, readers, POLLING)  # type: ignore[arg-type]  # a fetcher in all that is used


async def test_a_body_becomes_entries_with_features(readers: Readers) -> None:
    web = Web({f"{HOST}/a": download("/a", 1, 2)})

    ((url, outcome),) = await read_feeds((request("/a"),), tools(web, readers))

    assert url == f"{HOST}/a"
    assert isinstance(outcome, Fetched)
    assert [each.entry.guid for each in outcome.entries] == ["a-1", "a-2"]
    assert all(each.features for each in outcome.entries)
    assert outcome.feed.entries == ()
    assert outcome.validators == Validators(etag='"new"')
    assert outcome.seconds > 0


async def test_what_was_known_does_not_travel_back(readers: Readers) -> None:
    web = Web({f"{HOST}/a": download("/a", 1, 2)})
    ((_, first),) = await read_feeds((request("/a"),), tools(web, readers))
    assert isinstance(first, Fetched)
    later = Web({f"{HOST}/a": download("/a", 3, 1, 2)})
    ((_, second),) = await read_feeds(
        (request("/a", known=first.feed.known, body_hash=first.body_hash),), tools(later, readers)
    )

    assert isinstance(second, Fetched)
    assert [each.entry.guid for each in second.entries] == ["a-3"]


async def test_the_body_already_taken_in_is_not_read_again(readers: Readers) -> None:
    """Yet its validators are new, and are kept."""
    web = Web({f"{HOST}/a": download("/a", 1)})
    ((_, first),) = await read_feeds((request("/a"),), tools(web, readers))
    assert isinstance(first, Fetched)
    ((_, second),) = await read_feeds(
        (request("/a", body_hash=first.body_hash),), tools(web, readers)
    )

    assert isinstance(second, NotModified)
    assert second.validators == Validators(etag='"new"')


async def test_the_validators_go_out_as_they_came(readers: Readers) -> None:
    web = Web({f"{HOST}/a": NotModified(validators=Validators())})
    kept = Validators(etag='W/"x"', last_modified="Tue, 24 Nov 2026 10:00:00 GMT")

    await read_feeds((request("/a", validators=kept),), tools(web, readers))

    assert web.validators == [kept]


async def test_one_feed_of_a_host_is_asked_after_the_other(readers: Readers) -> None:
    web = Web({f"{HOST}/{n}": NotModified(validators=Validators()) for n in range(5)})

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in range(5)), tools(web, readers))

    assert web.asked == [url for url, _ in outcomes] == [f"{HOST}/{n}" for n in range(5)]


async def test_after_a_rate_limit_the_rest_of_the_host_is_deferred(readers: Readers) -> None:
    web = Web({f"{HOST}/1": NotModified(validators=Validators()), f"{HOST}/2": LIMITED})

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in (1, 2, 3, 4)), tools(web, readers))

    assert len(web.asked) == 2
    deferred = [outcome for _, outcome in outcomes if isinstance(outcome, Deferred)]
    assert [each.until_at for each in deferred] == [NOON + POLLING.interval] * 2


async def test_another_failure_spares_no_feed_of_the_host(readers: Readers) -> None:
    failed = Failed(kind=FailureKind.SERVER_ERROR, message="500", status=500)
    web = Web({f"{HOST}/1": failed, f"{HOST}/2": Gone(message="gone")})

    outcomes = await read_feeds((request("/1"), request("/2")), tools(web, readers))

    assert [type(outcome) for _, outcome in outcomes] == [Failed, Gone]


async def test_a_page_that_is_no_feed_is_told_with_its_status(readers: Readers) -> None:
    page = replace(
        download("/a"), body=b"<!doctype html><title>Hi</title>", content_type="text/html"
    )
    web = Web({f"{HOST}/a": page})

    ((_, outcome),) = await read_feeds((request("/a"),), tools(web, readers))

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status) == (FailureKind.NOT_A_FEED, 200)


async def test_outcomes_travel_between_processes(readers: Readers) -> None:
    """They are plain values: pickled and back, nothing is lost."""
    web = Web({f"{HOST}/a": download("/a", 1)})
    outcomes = await read_feeds((request("/a"),), tools(web, readers))

    assert pickle.loads(pickle.dumps(outcomes)) == outcomes  # noqa: S301 - our own values
