"""A feed's older documents: at its first poll and after a gap, bounded, never in circles."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import (
    Download,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    PollRequest,
    Validators,
)
from aggregator.pipeline.batch import Tools, read_one
from aggregator.pipeline.reading import Readers
from tests.end_to_end.feeds import invented, rss
from tests.pipeline.makers import HOUR, NOON, POLLING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from aggregator.model import Polling

    Answer = Download | NotModified | Failed | Gone

HOST = "https://news.example"
FEED = f"{HOST}/feed"
DAY = timedelta(days=1)
NEVER_POLLED = FeedState(feed_id=1, url=FEED)
SECRET = (("Authorization", "secret"),)


class Web:
    """A fetcher that answers from a table, notes what it was asked, and hangs elsewhere."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        """Take the answers, by URL."""
        self._answers = answers
        self.asked: list[str] = []
        self.headers: dict[str, tuple[tuple[str, str], ...]] = {}
        self.allowed: dict[str, bool | tuple[str, ...]] = {}

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators,
        headers: tuple[tuple[str, str], ...],
        allow_private_addresses: bool | tuple[str, ...],
        **_others: object,
    ) -> Answer:
        """Answer from the table; only the feed itself is asked with validators."""
        assert validators == Validators() or url == FEED
        self.asked.append(url)
        self.headers[url] = headers
        self.allowed[url] = allow_private_addresses
        if url not in self._answers:
            await asyncio.Event().wait()
        return self._answers[url]


def page(
    path: str, *numbers: int, older: str = "", relation: str = "prev-archive", site: str = "a"
) -> dict[str, Download]:
    """Return a document with these entries (number 3 is 3 hours old) that names an older one."""
    items = (invented(n, published_at=NOON - n * HOUR, site=site) for n in numbers)
    link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{relation}" href="{older}"/>'
    body = rss(items).replace(
        b"<description>Inv",
        f"<language>en</language>{link if older else ''}<description>Inv".encode(),
    )
    return of_body(path, body)


def of_body(path: str, body: bytes) -> dict[str, Download]:
    url = HOST + path
    download = Download(
        url=url,
        final_url=url,
        status=200,
        body=body,
        content_type="",
        content_location="",
        validators=Validators(etag=f'"{path}"'),
        freshness=Freshness(),
    )
    return {url: download}


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    async with Readers(1) as readers:
        yield readers


async def poll(
    web: Web,
    readers: Readers,
    *,
    polling: Polling = POLLING,
    spec: FeedSpec | None = None,
    state: FeedState = NEVER_POLLED,
) -> Fetched:
    request = PollRequest(spec=spec or FeedSpec(url=FEED), state=state, now=NOON)
    tools = Tools(web, readers, polling)  # type: ignore[arg-type]  # a fetcher in all that is used
    outcome = await read_one(request, tools)
    assert isinstance(outcome, Fetched)
    return outcome


def guids(outcome: Fetched) -> list[str]:
    return [read.entry.guid for read in outcome.archived]


@pytest.mark.parametrize("relation", ["prev-archive", "next"])
async def test_a_new_feed_brings_its_history(readers: Readers, relation: str) -> None:
    web = Web(
        page("/feed", 1, 2, older="/2", relation=relation)
        | page("/2", 2, 3, older="/3", relation=relation)
        | page("/3", 4)
    )
    outcome = await poll(web, readers)

    assert [read.entry.guid for read in outcome.entries] == ["a-1", "a-2"]
    assert guids(outcome) == ["a-3", "a-4"]
    assert all(read.features for read in outcome.archived)
    assert web.asked == [FEED, f"{HOST}/2", f"{HOST}/3"]


async def test_what_is_remembered_is_of_the_feeds_own_document(readers: Readers) -> None:
    alone = await poll(Web(page("/feed", 1, 2)), readers)
    whole = await poll(Web(page("/feed", 1, 2, older="/2") | page("/2", 3)), readers)

    assert whole.feed.known == alone.feed.known
    assert whole.validators == Validators(etag='"/feed"')
    assert whole.final_url == FEED
    assert whole.entries == alone.entries


async def test_json_feeds_have_further_pages_too(readers: Readers) -> None:
    def document(number: int, **words: object) -> bytes:
        item = {"id": str(number * 1_000), "content_text": invented(number).text}
        return json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "items": [item]} | words
        ).encode()

    first = of_body("/feed", document(1, next_url=f"{HOST}/2"))
    outcome = await poll(Web(first | of_body("/2", document(2))), readers)

    assert guids(outcome) == ["2000"]


async def test_only_so_many_documents_are_read(readers: Readers) -> None:
    pages = page("/feed", 1, older="/2")
    for n in range(2, 30):
        pages |= page(f"/{n}", n, older=f"/{n + 1}")
    web = Web(pages)

    outcome = await poll(web, readers, polling=replace(POLLING, archives=3))

    assert guids(outcome) == ["a-2", "a-3", "a-4"]
    assert len(web.asked) == 4


async def test_no_history_is_asked_for_where_none_is_wanted(readers: Readers) -> None:
    web = Web(page("/feed", 1, older="/2"))

    await poll(web, readers, polling=replace(POLLING, archives=0))

    assert web.asked == [FEED]


async def test_all_documents_together_are_no_larger_than_one_may_be(readers: Readers) -> None:
    pages = page("/feed", 1, older="/2") | page("/2", 2, older="/3") | page("/3", 3, 4, 5, 6)
    room = len(pages[FEED].body) * 3

    outcome = await poll(Web(pages), readers, polling=replace(POLLING, max_body_bytes=room))

    assert guids(outcome) == ["a-2"]


def with_plea(found: dict[str, Download]) -> dict[str, Download]:
    """Return a document whose every entry ends with a plea."""
    plea = b"&lt;p&gt;Please support our free paper with a small gift today.&lt;/p&gt;"
    end = b"</description></item>"
    return {
        url: replace(document, body=document.body.replace(end, plea + end))
        for url, document in found.items()
    }


async def test_older_entries_count_in_what_the_feed_repeats_and_lose_it(readers: Readers) -> None:
    """Three entries alone teach nothing; with those of the older documents they do."""
    bare = await poll(Web(page("/feed", 1, 2, older="/2") | page("/2", 3, 4, 5, 6)), readers)
    first, older = page("/feed", 1, 2, older="/2"), page("/2", 3, 4, 5, 6)
    told = await poll(Web(with_plea(first) | with_plea(older)), readers)

    assert [found.text for found in told.clutter] == [
        "Please support our free paper with a small gift today."
    ]
    assert told.pieces
    assert [read.features for read in told.archived] == [read.features for read in bare.archived]


async def test_older_entries_of_a_feed_that_keeps_its_clutter_keep_theirs(readers: Readers) -> None:
    first, older = page("/feed", 1, 2, older="/2"), page("/2", 3, 4, 5, 6)
    spec = FeedSpec(url=FEED, clutter=False)
    told = await poll(Web(with_plea(first) | with_plea(older)), readers, spec=spec)

    assert told.clutter == ()
    assert told.pieces is None


CIRCLES = {
    "itself": page("/feed", 1, older="/feed"),
    "back to the first": page("/feed", 1, older="/2") | page("/2", 2, older="/feed"),
    "back to the second": page("/feed", 1, older="/2") | page("/2", 2, older="/2"),
    "the same body elsewhere": page("/feed", 1, older="/2")
    | page("/2", 2, older="/3")
    | {f"{HOST}/3": page("/2", 2, older="/3")[f"{HOST}/2"]},
    "the same entries in other bytes": page("/feed", 1, older="/2")
    | page("/2", 2, older="/3")
    | page("/3", 1, 2, older="/4"),
}


@pytest.mark.parametrize("pages", CIRCLES.values(), ids=CIRCLES.keys())
async def test_a_circle_is_left_at_once(readers: Readers, pages: dict[str, Download]) -> None:
    """Nothing outside of the table is asked: that would hang."""
    web = Web(pages)
    async with asyncio.timeout(5):
        outcome = await poll(web, readers)

    assert guids(outcome) == (["a-2"] if len(pages) > 1 else [])
    assert len(web.asked) == len(set(web.asked))


FAILURES = {
    "an error": Failed(kind=FailureKind.SERVER_ERROR, message="500", status=500),
    "gone": Gone(message="410"),
    "a page": of_body("/3", b"<!doctype html><title>Hi</title>")[f"{HOST}/3"],
    "a truncated document": of_body("/3", rss([invented(5)])[:-40])[f"{HOST}/3"],
}


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES.keys())
async def test_the_first_failure_ends_it_and_what_was_read_stays(
    readers: Readers, answer: Answer
) -> None:
    web = Web(page("/feed", 1, older="/2") | page("/2", 2, older="/3") | {f"{HOST}/3": answer})

    outcome = await poll(web, readers)

    assert guids(outcome) == ["a-2"]
    assert web.asked[-1] == f"{HOST}/3"


async def test_a_server_that_wants_to_be_left_alone_is(readers: Readers) -> None:
    limited = Failed(
        kind=FailureKind.RATE_LIMITED, message="429", freshness=Freshness(retry_after=DAY)
    )
    outcome = await poll(Web(page("/feed", 1, older="/2") | {f"{HOST}/2": limited}), readers)

    assert outcome.freshness.retry_after == DAY


async def test_the_host_is_not_held_for_ever(readers: Readers) -> None:
    """The third document never comes."""
    web = Web(page("/feed", 1, older="/2") | page("/2", 2, older="/3"))
    brief = replace(POLLING, timeout=timedelta(seconds=0.3))

    outcome = await poll(web, readers, polling=brief)

    assert guids(outcome) == ["a-2"]


async def test_what_a_feed_is_allowed_holds_for_its_own_origin_alone(readers: Readers) -> None:
    """Neither its headers nor its leave to reach private addresses are for what it names."""
    evil = "https://evil.example/3"
    web = Web(
        page("/feed", 1, older="/2")
        | page("/2", 2, older=evil)
        | {evil: page("/3", 3)[f"{HOST}/3"]}
    )
    spec = FeedSpec(url=FEED, headers=SECRET, allow_private_addresses=True)
    await poll(web, readers, spec=spec)

    assert web.headers == {FEED: SECRET, f"{HOST}/2": SECRET, evil: ()}
    assert web.allowed == {FEED: True, f"{HOST}/2": True, evil: False}


async def test_the_same_id_scheme_holds_over_all_documents(readers: Readers) -> None:
    """Ids prove unreliable in the second document: the entries of the first are keyed anew."""
    other = replace(invented(7, published_at=NOON), guid="a-6")
    second = rss([invented(6, published_at=NOON), other])
    web = Web(page("/feed", 1, 2, older="/2") | of_body("/2", second))

    outcome = await poll(web, readers)

    assert outcome.feed.id_scheme is IdScheme.GUID_AND_LINK
    keys = [read.entry.key for read in (*outcome.entries, *outcome.archived)]
    assert len(set(keys)) == 4
    assert all("\n" in key for key in keys)
    assert all(read.features for read in outcome.entries)


# ------------------------------------------------------------------- later polls


async def known_of(readers: Readers, *numbers: int) -> FeedState:
    """Return what is remembered of a feed that had these entries nine hours ago."""
    before = await poll(Web(page("/feed", *numbers)), readers)
    return replace(
        NEVER_POLLED,
        known=before.feed.known,
        body_hash=before.body_hash,
        last_fetched_at=NOON - 9 * HOUR,
    )


async def test_a_later_poll_asks_for_no_history(readers: Readers) -> None:
    web = Web(page("/feed", 1, 10, older="/2"))

    outcome = await poll(web, readers, state=await known_of(readers, 10, 11))

    assert web.asked == [FEED]
    assert outcome.archived == ()


async def test_after_a_gap_what_came_between_is_fetched(readers: Readers) -> None:
    """It ends where the last poll was: what is older than that is no news."""
    web = Web(
        page("/feed", 1, 2, 3, older="/2")
        | page("/2", 4, 5, older="/3")
        | page("/3", 6, 10, older="/4")
    )
    outcome = await poll(web, readers, state=await known_of(readers, 10, 11))

    assert guids(outcome) == ["a-4", "a-5", "a-6"]
    assert web.asked == [FEED, f"{HOST}/2", f"{HOST}/3"]


NO_GAP = {
    "entries that are all new in bytes, not in time": page("/feed", 1, 12, older="/2"),
    "nothing at all": of_body("/feed", rss([])),
}


@pytest.mark.parametrize("pages", NO_GAP.values(), ids=NO_GAP.keys())
async def test_other_changes_are_no_gap(readers: Readers, pages: dict[str, Download]) -> None:
    web = Web(pages)

    await poll(web, readers, state=await known_of(readers, 10, 11))

    assert web.asked == [FEED]


async def test_a_feed_that_dates_everything_now_has_no_gap(readers: Readers) -> None:
    items = [replace(invented(n), published_at=NOON) for n in (1, 2)]
    link = b'<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="/2"/><description>Inv'
    web = Web(of_body("/feed", rss(items).replace(b"<description>Inv", link)))

    await poll(web, readers, state=await known_of(readers, 10, 11))

    assert web.asked == [FEED]
