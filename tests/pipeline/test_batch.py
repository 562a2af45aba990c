"""One batch: the feeds of one host, one after the other, as plain values."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace
from datetime import timedelta
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
    Push,
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
        self.headers: list[tuple[tuple[str, str], ...]] = []
        self.at_once = self.most_at_once = 0

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators,
        headers: tuple[tuple[str, str], ...],
        **_others: object,
    ) -> Answer:
        """Answer from the table, and let others run meanwhile."""
        self.asked.append(url)
        self.validators.append(validators)
        self.headers.append(headers)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
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


async def test_a_feed_whose_304s_are_not_believed_is_asked_for_whole(readers: Readers) -> None:
    web = Web({f"{HOST}/a": download("/a", 1)})
    stuck = Validators(last_modified="Thu, 01 Jan 1970 00:00:00 GMT")
    long_ago = NOON - timedelta(days=30)

    await read_feeds(
        (request("/a", validators=stuck, last_fetched_at=long_ago),), tools(web, readers)
    )

    assert web.validators == [Validators()]


async def test_one_feed_of_a_host_is_asked_after_the_other(readers: Readers) -> None:
    web = Web({f"{HOST}/{n}": NotModified(validators=Validators()) for n in range(5)})

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in range(5)), tools(web, readers))

    assert web.asked == [url for url, _ in outcomes] == [f"{HOST}/{n}" for n in range(5)]
    assert web.most_at_once == 1


async def test_a_host_may_be_asked_for_more_at_once_where_that_is_configured(
    readers: Readers,
) -> None:
    web = Web({f"{HOST}/{n}": NotModified(validators=Validators()) for n in range(5)})
    wide = Tools(web, readers, replace(POLLING, connections_per_host=3))  # type: ignore[arg-type]  # as below

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in range(5)), wide)

    assert [url for url, _ in outcomes] == [f"{HOST}/{n}" for n in range(5)]
    assert web.most_at_once == 3


async def test_after_a_rate_limit_the_rest_of_the_host_is_deferred(readers: Readers) -> None:
    web = Web({f"{HOST}/1": NotModified(validators=Validators()), f"{HOST}/2": LIMITED})

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in (1, 2, 3, 4)), tools(web, readers))

    assert len(web.asked) == 2
    deferred = [outcome for _, outcome in outcomes if isinstance(outcome, Deferred)]
    assert [each.until_at for each in deferred] == [NOON + POLLING.interval] * 2


async def test_after_two_refusals_in_a_row_the_rest_of_the_host_is_deferred(
    readers: Readers,
) -> None:
    """A rate limit in the clothes of a 403: nobody says when to come again."""
    refused = Failed(kind=FailureKind.CLIENT_ERROR, message="403", status=403)
    web = Web({f"{HOST}/{n}": refused for n in (1, 2)})

    outcomes = await read_feeds(tuple(request(f"/{n}") for n in (1, 2, 3)), tools(web, readers))

    assert [type(outcome) for _, outcome in outcomes] == [Failed, Failed, Deferred]
    assert len(web.asked) == 2


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


# ------------------------------------------------------------------------ parts


async def remembered(readers: Readers, *numbers: int) -> FeedState:
    """Return what is remembered of the feed after a poll that brought these entries."""
    web = Web({f"{HOST}/a": download("/a", *numbers)})
    ((_, outcome),) = await read_feeds((request("/a"),), tools(web, readers))
    assert isinstance(outcome, Fetched)
    return replace(
        request("/a").state,
        known=outcome.feed.known,
        body_hash=outcome.body_hash,
        validators=Validators(etag='"old"'),
        last_fetched_at=NOON,
    )


async def test_an_answer_in_parts_takes_nothing_from_what_is_known(readers: Readers) -> None:
    """RFC 3229: its validators are those of the whole, its entries are not all there are."""
    state = await remembered(readers, 1, 2)
    web = Web({f"{HOST}/a": replace(download("/a", 2, 3), status=226, is_partial=True)})

    ((_, outcome),) = await read_feeds((replace(request("/a"), state=state),), tools(web, readers))

    assert isinstance(outcome, Fetched)
    assert outcome.is_partial
    assert [each.entry.guid for each in outcome.entries] == ["a-3"]
    assert outcome.feed.known > state.known
    assert outcome.body_hash == state.body_hash
    assert outcome.validators == Validators(etag='"new"')


async def test_what_is_known_over_parts_is_bounded(readers: Readers) -> None:
    many = frozenset(n.to_bytes(8) for n in range(10_000))
    web = Web({f"{HOST}/a": replace(download("/a", 1, 2), is_partial=True)})

    ((_, outcome),) = await read_feeds((request("/a", known=many),), tools(web, readers))

    assert isinstance(outcome, Fetched)
    assert len(outcome.feed.known) == 2


def pushed(state: FeedState, body: bytes) -> PollRequest:
    push = Push(body=body, content_type="application/rss+xml")
    return replace(request("/a"), state=state, push=push)


async def test_a_push_is_read_and_nothing_is_asked(readers: Readers) -> None:
    state = await remembered(readers, 1, 2)
    web = Web({})

    ((url, outcome),) = await read_feeds(
        (pushed(state, download("/a", 3).body),), tools(web, readers)
    )

    assert url == f"{HOST}/a"
    assert isinstance(outcome, Fetched)
    assert outcome.is_partial
    assert [each.entry.guid for each in outcome.entries] == ["a-3"]
    assert outcome.validators == state.validators
    assert outcome.body_hash == state.body_hash
    assert outcome.feed.known > state.known
    assert web.asked == []


async def test_a_push_of_the_whole_document_that_is_known_changes_nothing(
    readers: Readers,
) -> None:
    state = await remembered(readers, 1, 2)

    ((_, outcome),) = await read_feeds(
        (pushed(state, download("/a", 1, 2).body),), tools(Web({}), readers)
    )

    assert isinstance(outcome, NotModified)
    assert outcome.validators == state.validators


async def test_a_push_that_is_no_feed_fails(readers: Readers) -> None:
    state = await remembered(readers, 1)

    ((_, outcome),) = await read_feeds((pushed(state, b"<html></html>"),), tools(Web({}), readers))

    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NOT_A_FEED


# ------------------------------------------------------------------ what it names


async def test_the_header_names_hubs_before_the_document_does(readers: Readers) -> None:
    first, second = "https://first.example/", "https://second.example/"
    links = (
        '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="hub" href="{0}"/>'
        '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="{0}self"/>'
    )
    plain = download("/a", 1)
    told = replace(
        plain, body=plain.body.replace(b"<item>", links.format(second).encode() + b"<item>")
    )
    web = Web(
        {
            f"{HOST}/a": told,
            f"{HOST}/b": replace(told, hubs=(first, second), self_url=f"{first}self"),
        }
    )
    (_, one), (_, other) = await read_feeds((request("/a"), request("/b")), tools(web, readers))

    assert isinstance(one, Fetched)
    assert isinstance(other, Fetched)
    assert (one.feed.hubs, one.feed.self_url) == ((second,), f"{second}self")
    assert (other.feed.hubs, other.feed.self_url) == ((first, second), f"{first}self")


async def test_a_page_in_a_feeds_place_offers_the_feeds_that_it_names(readers: Readers) -> None:
    """At most three, and not the address that was asked."""
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}">' for name in "abcdef"
    )
    page = replace(download("/a"), body=f"<!doctype html><title>Hi</title>{links}".encode())

    ((_, outcome),) = await read_feeds((request("/a"),), tools(Web({f"{HOST}/a": page}), readers))

    assert isinstance(outcome, Failed)
    assert outcome.offers == tuple(f"{HOST}/{name}" for name in "bcd")


async def test_headers_do_not_follow_a_feed_to_another_origin(readers: Readers) -> None:
    """Not even where it moved for good."""
    elsewhere = "https://other.example/a"
    web = Web({each: NotModified(validators=Validators()) for each in (elsewhere, f"{HOST}/a")})
    spec = FeedSpec(url=f"{HOST}/a", headers=(("Authorization", "secret"),))
    here = replace(request("/a"), spec=spec)
    moved = replace(request("/a", moved_to=elsewhere), spec=spec)

    await read_feeds((here,), tools(web, readers))
    await read_feeds((moved,), tools(web, readers))

    assert web.asked == [f"{HOST}/a", elsewhere]
    assert web.headers == [spec.headers, ()]
