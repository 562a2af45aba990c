"""A batch of pages: one host, one page after the other, under robots.txt and within bounds."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from aggregator.model import (
    Download,
    Entry,
    Failed,
    FailureKind,
    FeedSpec,
    Freshness,
    Gone,
    Validators,
)
from aggregator.pipeline import pages
from aggregator.pipeline.batch import Manners
from aggregator.pipeline.crew import Crew
from aggregator.pipeline.pages import PageBatch, PageRequest, ask_pages, given_up, read_pages
from aggregator.pipeline.reading import Readers
from aggregator.pipeline.tools import Tools
from aggregator.poll.robots import Robots
from tests.pipeline.makers import HOUR, NOON, POLLING
from tests.read.pages import ENGLISH, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_httpserver import HTTPServer

    from aggregator.poll.fetch import Answer

SITE = "https://outlet.example"
FEED = FeedSpec(url="https://feeds.example/one", headers=(("X-Key", "secret"),))
OTHER = FeedSpec(url="https://feeds.example/two")
LIMITED = Failed(
    kind=FailureKind.RATE_LIMITED, message="429", freshness=Freshness(retry_after=HOUR)
)
FORBIDDEN = Failed(kind=FailureKind.CLIENT_ERROR, message="403", status=403)
MISSING = Failed(kind=FailureKind.CLIENT_ERROR, message="404", status=404)


def found(body: bytes, *, url: str = "", content_type: str = "text/html") -> Download:
    return Download(
        url=url, final_url=url, status=200, body=body, content_type=content_type,
        content_location="", validators=Validators(), freshness=Freshness(),
    )  # fmt: skip


def story(path: str, *, met: str = "") -> Download:
    return found(page_of(ENGLISH).encode(), url=met or f"{SITE}{path}")


class Web:
    """A fetcher that answers from a table, and with 404 for what is not in it."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        """Take the answers, by URL without the scheme's own port."""
        self._answers = answers
        self.asked: list[str] = []
        self.headers: dict[str, object] = {}
        self.proxies: set[object] = set()

    async def fetch(self, url: str, *, headers: object, proxy: object, **_others: object) -> Answer:
        """Answer from the table."""
        url = url.replace(":443/", "/")
        self.asked.append(url)
        self.headers[url] = headers
        self.proxies.add(proxy)
        return self._answers.get(url, MISSING)


def request(path: str, *, place: int = 0, spec: FeedSpec = FEED, site: str = SITE) -> PageRequest:
    entry = Entry(key=path, url=f"{site}{path}", title=ENGLISH.title)
    return PageRequest(spec=spec, place=place, entry=entry, now=NOON)


def batch(*requests: PageRequest) -> PageBatch:
    return PageBatch(requests=requests)


def tools(web: Web, readers: Readers) -> Tools:
    hasty = Robots(clock=Hasty())
    return Tools(web, readers, POLLING, hasty)  # type: ignore[arg-type]  # a fetcher in all that is used


class Hasty:
    """A clock that goes a minute at each look, so that no pause is ever left to wait for."""

    def __init__(self) -> None:
        """Stand at the beginning."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the moment."""
        self.now += 60.0
        return self.now


async def test_a_page_comes_back_with_the_features_of_its_text() -> None:
    web = Web({f"{SITE}/a": story("/a")})
    async with Readers(1) as readers:
        told = await ask_pages(batch(request("/a", place=7)), tools(web, readers))

    (answer,) = told.answers
    assert (answer.feed_url, answer.place) == (FEED.url, 7)
    assert ENGLISH.paragraphs[0] in answer.page.content
    assert answer.page.url == f"{SITE}/a"
    assert answer.features
    assert web.asked == [f"{SITE}/robots.txt", f"{SITE}/a"]
    assert pickle.loads(pickle.dumps(told)) == told  # noqa: S301 - our own


async def test_what_is_asked_for_a_feed_goes_its_way_and_tells_no_secret() -> None:
    proxied = FeedSpec(url=f"{SITE}/feed", proxy="http://proxy.example", headers=FEED.headers)
    web = Web({})
    async with Readers(1) as readers:
        await ask_pages(
            batch(
                request("/a", spec=proxied), request("/b", spec=proxied, site="https://x.example")
            ),
            tools(web, readers),
        )

    assert web.proxies == {"http://proxy.example"}
    assert web.headers[f"{SITE}/a"] == FEED.headers
    assert web.headers["https://x.example/b"] == ()


REFUSED = [
    pytest.param(MISSING, "404", id="missing"),
    pytest.param(Gone(message="gone for good"), "gone for good", id="gone"),
    pytest.param(found(b"%PDF-1.4", content_type="application/pdf"), "no HTML", id="no HTML"),
]


@pytest.mark.parametrize(("answer", "error"), REFUSED)
async def test_what_is_no_text_says_why(answer: Answer, error: str) -> None:
    async with Readers(1) as readers:
        told = await ask_pages(batch(request("/a")), tools(Web({f"{SITE}/a": answer}), readers))

    (came,) = told.answers
    assert came.page.content == ""
    assert error in came.page.error
    assert came.features is None
    assert told.paused_until is None


async def test_a_page_that_robots_txt_refuses_is_not_asked_for() -> None:
    web = Web({f"{SITE}/robots.txt": found(b"User-agent: *\nDisallow: /a")})
    async with Readers(1) as readers:
        told = await ask_pages(batch(request("/a"), request("/b")), tools(web, readers))

    assert web.asked == [f"{SITE}/robots.txt", f"{SITE}/b"]
    assert "does not allow it" in told.answers[0].page.error


async def test_a_host_that_wants_a_pause_is_asked_no_more() -> None:
    web = Web({f"{SITE}/a": LIMITED, f"{SITE}/b": story("/b")})
    async with Readers(1) as readers:
        told = await ask_pages(batch(request("/a"), request("/b")), tools(web, readers))

    assert f"{SITE}/b" not in web.asked
    assert len(told.answers) == 1
    assert told.paused_until == NOON + HOUR


async def test_a_host_that_refuses_twice_in_a_row_is_asked_no_more() -> None:
    """It may still be asked for its feeds."""
    web = Web({f"{SITE}/{n}": FORBIDDEN for n in (1, 3, 4, 5)} | {f"{SITE}/2": story("/2")})
    async with Readers(1) as readers:
        told = await ask_pages(
            batch(*(request(f"/{n}", place=n) for n in range(1, 6))), tools(web, readers)
        )

    assert [answer.place for answer in told.answers] == [1, 2, 3, 4]
    assert told.paused_until is None


async def test_when_the_time_is_over_the_rest_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "LONGEST_S", 5.0)
    rules = found(b"User-agent: *\nCrawl-delay: 20")
    web = Web({f"{SITE}/robots.txt": rules, f"{SITE}/a": story("/a"), f"{SITE}/b": story("/b")})
    async with Readers(1) as readers:
        kept = Tools(web, readers, POLLING)  # type: ignore[arg-type]  # as above
        told = await ask_pages(batch(request("/a"), request("/b", place=1)), kept)

    assert [answer.place for answer in told.answers] == [0]
    assert f"{SITE}/b" not in web.asked


async def test_a_page_that_drives_its_reader_too_far_is_given_up_and_the_next_is_read() -> None:
    """The reading process is killed and replaced; the page becomes a word on what happened."""
    huge = found(page_of(ENGLISH, body="<p>word <b>word</b></p>" * 110_000).encode(), url=SITE)
    web = Web({f"{SITE}/a": huge, f"{SITE}/b": story("/b")})
    floor_bytes = 300 * 1024 * 1024  # enough to load the library and to read a page
    async with Readers(1, memory_limit_bytes=floor_bytes, time_limit_s=60) as readers:
        told = await ask_pages(batch(request("/a"), request("/b", place=1)), tools(web, readers))

    hard, good = told.answers
    assert "memory" in hard.page.error
    assert (hard.page.content, hard.page.url) == ("", "")
    assert ENGLISH.paragraphs[0] in good.page.content


async def test_a_feed_of_such_pages_gets_no_third_chance() -> None:
    """Another feed's pages at the same host do."""
    web = Web({f"{SITE}/{n}": story(f"/{n}") for n in range(4)})
    requests = [request(f"/{n}", place=n) for n in range(3)]
    async with Readers(1, time_limit_s=0.001) as hasty:
        told = await ask_pages(
            batch(*requests, request("/3", place=3, spec=OTHER)), tools(web, hasty)
        )

    assert [(answer.feed_url, answer.place) for answer in told.answers] == [
        (FEED.url, 0), (FEED.url, 1), (OTHER.url, 3),
    ]  # fmt: skip
    assert f"{SITE}/2" not in web.asked


async def test_a_link_that_leads_to_another_site_obeys_that_one_too() -> None:
    there = "https://other.example"
    web = Web({
        f"{SITE}/a": story("/a", met=f"{there}/story"),
        f"{there}/robots.txt": found(b"User-agent: Newsfold\nDisallow: /"),
    })  # fmt: skip
    async with Readers(1) as readers:
        told = await ask_pages(batch(request("/a")), tools(web, readers))

    assert told.answers[0].page.content == ""
    assert "robots.txt of other.example:443" in told.answers[0].page.error


def test_pages_of_which_nothing_can_be_known_count_as_asked_for() -> None:
    told = given_up([request("/a", place=3)], why="it ended")

    assert [(answer.place, answer.page.error) for answer in told.answers] == [(3, "it ended")]


def test_a_crew_runs_page_batches_beside_feeds(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(
        page_of(ENGLISH), content_type="text/html; charset=utf-8"
    )
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    manners = Manners(polling=POLLING, user_agent="Newsfold/test")
    here = batch(request("/a", site=httpserver.url_for("").rstrip("/")))

    with Crew(manners, most_workers=1, reader_count=1) as crew:
        told = crew.submit(read_pages, here, manners).result(20)
        with pytest.raises(TypeError):
            crew.submit(read_pages, (), manners)
    alone = read_pages(here, manners)

    assert told == alone
    assert ENGLISH.paragraphs[0] in told.answers[0].page.content
