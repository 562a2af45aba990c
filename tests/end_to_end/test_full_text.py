"""Full text: each new entry's page is asked for once, in a manner that its site allows.

A real server on loopback, whole worker processes; days pass by a moved clock.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import Item, invented
from tests.end_to_end.feeds import page as feed_of
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, store_of, take_round, write
from tests.end_to_end.web import Page, serve_web
from tests.read.pages import Story, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.model import Config, PollReport
    from tests.end_to_end.web import Web

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL = "full_text = true\n"
TEASER = "<p>In brief.</p>"
HTML = "text/html; charset=utf-8"


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web(hosts=4) as web:
        yield web


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def story(number: int) -> Story:
    """Return what the page of an entry tells: at length, in words of its own."""
    lines = [invented(number, site=f"text-{line}").text[3:-4] for line in range(3)]
    return Story(language="en", title=invented(number).title, paragraphs=tuple(lines))


def html(number: int, *, head: str = "") -> Page:
    return Page(body=page_of(story(number), head=head).encode(), content_type=HTML)


def item(web: Web, number: int, *, host: int = 2, path: str = "") -> Item:
    """Return an entry with a teaser that links to a page."""
    url = web.url(path or f"/story/{number}", host=host)
    return replace(invented(number, published_at=START - HOUR), text=TEASER, link=url)


def put_stories(web: Web, *numbers: int, host: int = 2) -> None:
    for number in numbers:
        web.put(f"/story/{number}", html(number), host=host)


def configured(folder: Path, *urls: str, extra: str = FULL, **polling: str) -> Config:
    return load(write(folder, Plan(feeds=urls, extra=extra, polling=polling)))


def texts(loaded: Config) -> dict[str, str]:
    """Return what is published, by title."""
    told = published.current(public_of(loaded), "all")
    return {one.title: one.content for one in told}


def kept_pages(loaded: Config) -> list[tuple[str, str, str]]:
    """Return URL, text and error of every page that was settled, in the order of the entries."""
    with closing(sqlite3.connect(store_of(loaded))) as db:
        return db.execute("SELECT url, content, error FROM pages ORDER BY entry_id").fetchall()


def asked_stories(web: Web) -> list[str]:
    return sorted(one.path for one in web.asked if one.path.startswith("/story/"))


def tells(content: str, number: int) -> bool:
    return all(paragraph in content for paragraph in story(number).paragraphs)


def test_a_page_is_asked_once_for_ever(web: Web, tmp_path: Path, clock: Clock) -> None:
    """Over three polls and a restart, while the feed tells the entry anew and forgets its ids."""
    url = web.put("/feed", feed_of([item(web, 1)]))
    put_stories(web, 1, 2)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", feed_of([item(web, 2), replace(item(web, 1), text="<p>Anew.</p>")]))
        clock.move(HOUR)
        take_round(house)
        renamed = [replace(item(web, number), guid=f"new-{number}") for number in (2, 1)]
        web.put("/feed", feed_of(renamed))
        clock.move(HOUR)
        take_round(house)
    web.put("/feed", feed_of([*renamed, item(web, 3)]))
    with House.open(loaded, clock=clock) as house:
        clock.move(HOUR)
        take_round(house)
        clock.move(HOUR)
        take_round(house)

    assert asked_stories(web) == ["/story/1", "/story/2", "/story/3"]
    told = texts(loaded)
    assert tells(told[invented(1).title], 1)
    assert tells(told[invented(2).title], 2)
    assert told[invented(3).title] == TEASER  # its page is not there
    soundness.assert_sound(store_of(loaded))


def test_the_feeds_own_words_stay_beside_the_pages(web: Web, tmp_path: Path, clock: Clock) -> None:
    url = web.put("/feed", feed_of([item(web, 1)]))
    put_stories(web, 1)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        reports = take_round(house)
        web.put("/feed", feed_of([replace(item(web, 1), text="<p>Told anew.</p>")]))
        (changed,) = take_round(house)

    with closing(sqlite3.connect(store_of(loaded))) as db:
        assert db.execute("SELECT content FROM words").fetchall() == [("<p>Told anew.</p>",)]
    assert [report.outcome for report in reports] == ["not_modified"]
    assert changed.updated == 1
    assert tells(texts(loaded)[invented(1).title], 1)


def test_requests_look_like_ours_and_carry_no_secret_elsewhere(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    """The person's headers go to the feed's own origin alone."""
    own, other = item(web, 1, host=1), item(web, 2, host=2)
    url = web.put("/feed", feed_of([own, other]))
    put_stories(web, 1, host=1)
    put_stories(web, 2, host=2)
    extra = FULL + 'headers = { X-Key = "secret" }\n'
    with House.open(configured(tmp_path, url, extra=extra), clock=clock) as house:
        take_round(house)

    (mine,), (theirs,) = web.requests("/story/1"), web.requests("/story/2")
    assert mine.headers["x-key"] == "secret"
    assert "x-key" not in theirs.headers
    for one in (mine, theirs):
        assert one.headers["user-agent"].startswith("Newsfold/")
        assert not {"cookie", "referer", "if-none-match", "if-modified-since"} & set(one.headers)


def test_robots_txt_is_respected_and_asked_once(web: Web, tmp_path: Path, clock: Clock) -> None:
    url = web.put("/feed", feed_of([item(web, 1), item(web, 2, host=3)]))
    put_stories(web, 1)
    put_stories(web, 2, 3, host=3)
    rules = b"User-agent: Newsfold\nDisallow: /story/\n"
    web.put("/robots.txt", Page(body=rules, content_type="text/plain"), host=2)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", feed_of([item(web, 4), item(web, 3, host=3)]))
        clock.move(HOUR)
        take_round(house)

    assert asked_stories(web) == ["/story/2", "/story/3"]
    assert sorted(one.host for one in web.requests("/robots.txt")) == ["127.0.0.2", "127.0.0.3"]
    told = texts(loaded)
    assert told[invented(1).title] == TEASER
    assert tells(told[invented(2).title], 2)
    assert any("robots.txt" in error for _, _, error in kept_pages(loaded))


def test_without_an_answer_to_robots_txt_no_page_is_asked_for(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    url = web.put("/feed", feed_of([item(web, 1)]))
    put_stories(web, 1)
    web.put("/robots.txt", Page(body=b"", status=503, content_type="text/plain"), host=2)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)

    assert asked_stories(web) == []
    assert texts(loaded)[invented(1).title] == TEASER


def test_robots_txt_of_the_site_that_a_link_leads_to_is_respected_too(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    url = web.put("/feed", feed_of([item(web, 1, path="/r/1", host=3)]))
    put_stories(web, 1)
    web.put("/r/1", Page(body=b"", status=302, headers={"Location": web.url("/story/1", host=2)}),
            host=3)  # fmt: skip
    web.put("/robots.txt", Page(body=b"User-agent: *\nDisallow: /", content_type="text/plain"),
            host=2)  # fmt: skip
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)

    assert texts(loaded)[invented(1).title] == TEASER
    assert [url for url, _, _ in kept_pages(loaded)] == [""]


def test_pages_of_one_host_are_asked_one_by_one_with_a_pause(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    """Of two feeds, each with pages at the same host."""
    one = web.put("/feed", feed_of([item(web, 1)]))
    two = web.put("/feed", feed_of([item(web, 2)]), host=3)
    put_stories(web, 1, 2)
    with House.open(configured(tmp_path, one, two), clock=clock) as house:
        take_round(house)

    moments = sorted(asked.at for asked in web.asked if asked.path.startswith("/story/"))
    assert len(moments) == 2
    assert moments[1] - moments[0] >= 0.95


def test_a_slow_page_holds_back_no_other_feed(web: Web, tmp_path: Path, clock: Clock) -> None:
    """Not even the same server's next feed; and its own feed is taken in once it came."""
    slow = web.put("/slow", feed_of([item(web, 1)]))
    quick = web.put("/quick", feed_of([item(web, 2, host=3)]))
    web.put("/story/1", replace(html(1), delay_s=2.5), host=2)
    put_stories(web, 2, host=3)
    loaded = configured(tmp_path, slow, quick)
    came: list[tuple[str, float]] = []
    with House.open(loaded, clock=clock) as house:
        began = time.monotonic()
        house.poll(
            house.due(),
            on_report=lambda report: came.append((report.feed, time.monotonic() - began)),
        )
        house.publish()

    assert [feed for feed, _ in came] == [quick, slow]
    assert came[1][1] - came[0][1] > 0.7
    assert tells(texts(loaded)[invented(1).title], 1)


def test_a_feed_whose_pages_are_under_way_is_not_asked_again(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    """A pass with little patience leaves them to the next one."""
    url = web.put("/feed", feed_of([item(web, 1)]))
    web.put("/story/1", replace(html(1), delay_s=2.0), host=2)
    loaded = configured(tmp_path, url)
    reports: list[PollReport] = []
    with House.open(loaded, clock=clock) as house:
        for _ in range(12):
            house.poll(house.due(), on_report=reports.append, patience_s=0.3)
        house.publish()

    assert [report.outcome for report in reports] == ["fetched"]
    assert len(web.requests("/feed")) == 1
    assert tells(texts(loaded)[invented(1).title], 1)


@pytest.mark.parametrize("leave", ["stop", "close"])
def test_an_orderly_end_takes_in_what_waits_for_pages(
    web: Web, tmp_path: Path, clock: Clock, leave: str
) -> None:
    """So the page that was being asked for is not asked again after the restart."""
    url = web.put("/feed", feed_of([item(web, 1)]))
    web.put("/story/1", replace(html(1), delay_s=4.0), host=2)
    loaded = configured(tmp_path, url)
    stop = threading.Event()

    def look() -> None:
        if leave == "stop" and web.requests("/robots.txt"):
            stop.set()

    with House.open(loaded, clock=clock) as house:
        patience_s = 1.5 if leave == "close" else 30.0
        house.poll(
            house.due(),
            on_report=lambda _: None,
            stop=stop,
            meanwhile=look,
            patience_s=patience_s,
        )
    with House.open(loaded, clock=clock) as house:
        clock.move(HOUR)
        take_round(house)

    assert len(web.requests("/story/1")) <= 1
    assert len(web.requests("/robots.txt")) == 1
    assert texts(loaded)[invented(1).title] == TEASER


BAD_PAGES: Mapping[str, Page] = {
    "missing": Page(body=b"Not here", status=404, content_type="text/plain"),
    "in trouble": Page(body=b"", status=500, content_type=HTML),
    "a PDF": Page(body=b"%PDF-1.7" + b"x" * 5_000, content_type="application/pdf"),
    "huge": Page(body=b"<html>" + b"<p>word</p>" * 200_000, content_type=HTML),
    "a login page": Page(
        body=b"<html><title>Log in</title><form><input type=password></form></html>",
        content_type=HTML,
    ),
    "a well of elements": Page(body=b"<html>" + b"<div>" * 90_000, content_type=HTML),
    "empty": Page(body=b"", content_type=HTML),
    "in a circle": Page(body=b"", status=302, headers={"Location": "/story/1"}),
    "at a private address": Page(body=b"", status=302, headers={"Location": "http://10.0.0.1/"}),
}


@pytest.mark.parametrize("name", BAD_PAGES)
def test_a_bad_page_leaves_the_feeds_own_text(
    web: Web, tmp_path: Path, clock: Clock, name: str
) -> None:
    url = web.put("/feed", feed_of([item(web, 1)]))
    web.put("/story/1", BAD_PAGES[name], host=2)
    loaded = configured(tmp_path, url, max_body='"1MB"')
    with House.open(loaded, clock=clock) as house:
        (report,) = take_round(house)
        clock.move(HOUR)
        take_round(house)

    assert (report.outcome, report.new) == ("fetched", 1)
    assert len(web.requests("/story/1")) == 1
    assert texts(loaded)[invented(1).title] == TEASER
    ((_, content, error),) = kept_pages(loaded)
    assert content == ""
    assert error


def test_of_a_new_feed_only_the_news_is_asked_for(web: Web, tmp_path: Path, clock: Clock) -> None:
    items = [replace(item(web, n), published_at=START - n * HOUR) for n in (3, 1, 2, 4)]
    url = web.put("/feed", feed_of(items))
    put_stories(web, 1, 2, 3, 4)
    with House.open(configured(tmp_path, url, backfill="2"), clock=clock) as house:
        take_round(house)

    assert asked_stories(web) == ["/story/1", "/story/2"]


def test_only_feeds_that_want_it_are_given_full_text(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    url = web.put("/feed", feed_of([item(web, 1)]))
    put_stories(web, 1)
    with House.open(configured(tmp_path, url, extra=""), clock=clock) as house:
        take_round(house)

    assert asked_stories(web) == []
    assert web.requests("/robots.txt") == []


def test_a_notice_that_all_entries_lead_to_is_the_text_of_none(
    web: Web, tmp_path: Path, clock: Clock
) -> None:
    """Nor does it make one story of them."""
    one, two = item(web, 1), item(web, 2, host=3)
    url = web.put("/feed", feed_of([one, two]))
    both = page_of(replace(story(1), title=f"{one.title} {two.title}")).encode()
    web.put("/story/1", Page(body=both, content_type=HTML), host=2)
    web.put("/story/2", Page(body=both, content_type=HTML), host=3)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)

    assert texts(loaded) == {one.title: TEASER, two.title: TEASER}
    assert [url for url, _, _ in kept_pages(loaded)] == ["", ""]


def put_redirect(web: Web, path: str, target: str, *, host: int) -> str:
    return web.put(path, Page(body=b"", status=302, headers={"Location": target}), host=host)


@pytest.mark.parametrize("restart", [False, True], ids=["in one pass", "after a restart"])
def test_two_links_that_lead_to_one_page_are_one_story(
    web: Web,
    tmp_path: Path,
    clock: Clock,
    restart: bool,  # noqa: FBT001 - of the table
) -> None:
    """Titles and links differ; where the links lead is the same."""
    put_stories(web, 1)
    target = web.url("/story/1", host=2)
    first, second = item(web, 1), replace(item(web, 1), guid="b-1", title=invented(1).title[:30])
    put_redirect(web, "/r/1", target, host=3)
    put_redirect(web, "/out/77", target, host=4)
    one = web.put("/one", feed_of([replace(first, link=web.url("/r/1", host=3))]))
    two = web.put("/two", feed_of([]))
    loaded = configured(tmp_path, one, two)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
    web.put("/two", feed_of([replace(second, link=web.url("/out/77", host=4))]))
    with House.open(loaded, clock=clock) as house:
        if not restart:
            house.desk.refresh()
        clock.move(HOUR)
        take_round(house)

    with closing(sqlite3.connect(store_of(loaded))) as db:
        stories = db.execute("SELECT count(DISTINCT story_id) FROM entries").fetchone()
        reasons = db.execute("SELECT reason FROM entries WHERE relation = 'copy'").fetchall()
    assert stories == (1,)
    assert reasons == [("same address after following redirects",)]
    soundness.assert_sound(store_of(loaded))


def test_a_canonical_address_names_the_page(web: Web, tmp_path: Path, clock: Clock) -> None:
    url = web.put("/feed", feed_of([item(web, 1, path="/story/1?from=feed")]))
    head = '<link rel="canonical" href="/2026/one">'
    web.put("/story/1?from=feed", html(1, head=head), host=2)
    loaded = configured(tmp_path, url)
    with House.open(loaded, clock=clock) as house:
        take_round(house)

    ((met, content, _),) = kept_pages(loaded)
    assert met == web.url("/2026/one", host=2)
    assert content
