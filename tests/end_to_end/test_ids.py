"""Feeds whose ids, links and dates lie: over days, restarts and prunings, each entry stands once.

Every feed here is a function of how often it was asked. Whatever it does, no entry is lost, none is
kept twice and none is published twice.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from aggregator.store import feeds
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import Item, invented, page
from tests.end_to_end.newsrooms import (
    LIVE,
    Clock,
    Plan,
    load,
    public_of,
    store_of,
    take_round,
    write,
)
from tests.end_to_end.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from aggregator.model import Config, FeedState
    from tests.end_to_end.web import Web

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
POLLS = 7
RETENTION = LIVE + 'retention = "2d"\n'


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a feed holds at its n-th poll, how many entries that are, and what comes of its ids."""

    feed: Callable[[int, datetime], Sequence[Item]]
    entries: int
    scheme: str = "guid"
    told: int = 0  # publications, where folding makes fewer stories of the entries


def window(first: int, count: int = 10) -> list[Item]:
    """Return entries as a feed has them, the newest first."""
    return [
        invented(number, published_at=START + number * HOUR)
        for number in range(first + count - 1, first - 1, -1)
    ]


def token(*about: object) -> str:
    """Return what a site writes into a link for one fetch."""
    return sha256(repr(about).encode()).hexdigest()[:24]


def renamed(items: Sequence[Item], poll: int) -> list[Item]:
    return [replace(item, guid=token(item.guid, poll)) for item in items]


# ------------------------------------------------------------------ the feeds


def empties_and_returns(poll: int, _: datetime) -> list[Item]:
    return [] if poll in (2, 5) else window(0)


def empties_and_returns_with_other_ids(poll: int, _: datetime) -> list[Item]:
    return [] if poll == 2 else renamed(window(0), int(poll > 2))


def shuffles(poll: int, _: datetime) -> list[Item]:
    items = window(0)
    random.Random(poll).shuffle(items)  # noqa: S311 - an order, no secret
    return items


def alternates_with_a_stale_copy(poll: int, _: datetime) -> list[Item]:
    return window(0) if poll % 2 else window(poll)


def renames_all_once(poll: int, _: datetime) -> list[Item]:
    return renamed(window(poll // 2), int(poll >= 3))


def renames_over_a_stale_copy(poll: int, _: datetime) -> list[Item]:
    return renamed(window(0), poll % 2)


def moves_to_another_site(poll: int, _: datetime) -> list[Item]:
    site = "old" if poll < 3 else "new"
    return [
        replace(item, guid=f"{site} {item.guid}", link=f"https://{site}.example/{item.title[:9]}")
        for item in window(0)
    ]


def guids_of_the_moment(poll: int, _: datetime) -> list[Item]:
    return renamed(window(poll), poll)


def google_style(poll: int, _: datetime) -> list[Item]:
    def told(item: Item) -> Item:
        code = "CBMi" + token(item.guid, poll)
        link = f"https://news.google.example/rss/articles/{code}?oc=5"
        text = f'<a href="{link}">{item.title}</a> <font color="#6f6f6f">The Harbour</font>'
        return replace(item, guid=code, link=link, text=text)

    return [told(item) for item in window(poll)]


def drupal_tokens(poll: int, _: datetime) -> list[Item]:
    def told(item: Item) -> Item:
        link = f"{item.link}?token={token(item.guid, poll)}"
        picture = f'<img src="https://a.example/p/{item.guid}.jpg?itok={token(poll)[:8]}">'
        return replace(item, guid=link, link=link, text=picture + item.text)

    return [told(item) for item in window(poll)]


def session_ids_under_true_guids(poll: int, _: datetime) -> list[Item]:
    def told(item: Item) -> Item:
        link = f"{item.link};jsessionid={token(poll).upper()}?sid={token(poll)[:10]}"
        return replace(item, link=link, text=f'{item.text}<p><a href="{link}">Read on</a></p>')

    return [told(item) for item in window(0)]


def session_ids_without_guids(poll: int, _: datetime) -> list[Item]:
    return [
        replace(item, guid="", link=f"{item.link}?PHPSESSID={token(item.guid, poll)}")
        for item in window(0)
    ]


def flips_http_and_https(poll: int, _: datetime) -> list[Item]:
    def told(item: Item) -> Item:
        link = item.link.replace("https", "https" if poll % 2 else "http")
        return replace(item, guid=link, link=link)

    return [told(item) for item in window(0)]


def position_numbers(poll: int, _: datetime) -> list[Item]:
    items = window(3 * (poll // 2), 3)
    return [replace(item, guid=str(place)) for place, item in enumerate(items)]


def top_story_ids(poll: int, _: datetime) -> list[Item]:
    items = window(3 * (poll // 2), 3)
    return [replace(item, guid=f"urn:top:{place}") for place, item in enumerate(items)]


def repeats_ids(_: int, __: datetime) -> list[Item]:
    return [replace(item, guid="N/A" if n % 2 else "same") for n, item in enumerate(window(0))]


def repeats_an_id_late(poll: int, _: datetime) -> list[Item]:
    items = window(0)
    return items if poll < 2 else [replace(items[0], guid=items[1].guid), *items[1:]]


def no_ids_at_all(_: int, __: datetime) -> list[Item]:
    return [replace(item, guid="", link="") for item in window(0)]


def dated_now(poll: int, now: datetime) -> list[Item]:
    return [replace(item, published_at=now - n * HOUR / 60) for n, item in enumerate(window(poll))]


def dated_2099(poll: int, _: datetime) -> list[Item]:
    future = datetime(2099, 1, 1, tzinfo=UTC)
    return [replace(item, published_at=future) for item in window(poll)]


def dated_1970(poll: int, _: datetime) -> list[Item]:
    return [replace(item, published_at=datetime(1970, 1, 1, tzinfo=UTC)) for item in window(poll)]


def not_dated(poll: int, _: datetime) -> list[Item]:
    return [replace(item, published_at=None) for item in window(poll)]


def weather_at_one_link(poll: int, _: datetime) -> list[Item]:
    """Every day another forecast, under one title, at one address, in the other's place."""
    text = f"<p>{invented(poll, site='sky').text} {poll + 11} degrees at noon.</p>"
    today = Item(
        guid=f"weather-{poll}",
        title="Weather today",
        text=text,
        link="https://a.example/weather",
        published_at=START + poll * DAY,
    )
    return [today, *window(0)]


def open_threads(poll: int, _: datetime) -> list[Item]:
    """Every day the same few words at another address."""
    today = Item(
        guid=f"thread-{poll}",
        title="Open thread",
        text="<p>What is on your mind?</p>",
        link=f"https://a.example/2026/11/{poll + 1}/open-thread",
        published_at=START + poll * DAY,
    )
    return [today, *window(0)]


def edits_titles(poll: int, _: datetime) -> list[Item]:
    items = window(0)
    words = items[0].title.split()
    return [replace(items[0], title=" ".join(words[: len(words) - poll % 3])), *items[1:]]


def edits_title_and_link(poll: int, _: datetime) -> list[Item]:
    items = window(0)
    late = poll >= 3
    edited = replace(
        items[0],
        title=items[0].title + (" corrected" if late else ""),
        link=f"{items[0].link}/{'new' if late else 'old'}",
    )
    return [edited, *items[1:]]


def loses_one_and_gets_it_back(poll: int, _: datetime) -> list[Item]:
    """Gone for longer than entries are kept: pruned by then, and no news when it returns."""
    return window(0)[: 9 if 1 <= poll <= 4 else 10]


def returns_what_was_pruned_with_other_ids(poll: int, _: datetime) -> list[Item]:
    items = window(0)
    return items if poll == 0 else items[:5] if poll <= 4 else renamed(items, 1)


CASES = {
    "empties and comes back": Case(feed=empties_and_returns, entries=10),
    "comes back with other ids": Case(feed=empties_and_returns_with_other_ids, entries=10),
    "shuffles": Case(feed=shuffles, entries=10),
    "a stale copy at every other poll": Case(feed=alternates_with_a_stale_copy, entries=16),
    "renames all once": Case(feed=renames_all_once, entries=13),
    "renamed ids and a stale copy": Case(feed=renames_over_a_stale_copy, entries=10, scheme="link"),
    "other ids and links at once": Case(feed=moves_to_another_site, entries=10),
    "other ids at each fetch": Case(feed=guids_of_the_moment, entries=16, scheme="link"),
    "other ids and links at each fetch": Case(feed=google_style, entries=16, scheme="text"),
    "tokens in ids, links, pictures": Case(feed=drupal_tokens, entries=16, scheme="text"),
    "sessions in links, true ids": Case(feed=session_ids_under_true_guids, entries=10),
    "sessions in links, no ids": Case(feed=session_ids_without_guids, entries=10, scheme="text"),
    "flips between http and https": Case(feed=flips_http_and_https, entries=10),
    "ids are positions": Case(feed=position_numbers, entries=12),
    "ids are used again": Case(feed=top_story_ids, entries=12, scheme="guid+link"),
    "ids are repeated": Case(feed=repeats_ids, entries=10, scheme="guid+link"),
    "an id is repeated later": Case(feed=repeats_an_id_late, entries=10, scheme="guid+link"),
    "no ids and no links": Case(feed=no_ids_at_all, entries=10),
    "dated now": Case(feed=dated_now, entries=16),
    "dated 2099": Case(feed=dated_2099, entries=16),
    "dated 1970": Case(feed=dated_1970, entries=16),
    "not dated": Case(feed=not_dated, entries=16),
    # One title at one address, within the window of folding: one story, which holds them all.
    "a forecast at one link": Case(feed=weather_at_one_link, entries=10 + POLLS, told=11),
    "the same few words each day": Case(feed=open_threads, entries=10 + POLLS),
    "edits a title": Case(feed=edits_titles, entries=10),
    "edits title and link": Case(feed=edits_title_and_link, entries=10),
    "one is away for long": Case(feed=loses_one_and_gets_it_back, entries=10),
    "pruned ones return renamed": Case(feed=returns_what_was_pruned_with_other_ids, entries=10),
}


@dataclass
class Outcome:
    """What came of it."""

    loaded: Config
    state: FeedState
    new: list[int]
    updated: list[int]

    @property
    def kept(self) -> int:
        """Return how many entries were ever taken in: kept ones and pruned ones."""
        path = store_of(self.loaded)
        return soundness.count(path, "entries") + soundness.count(path, "tombstones")


def live_through(
    web: Web, folder: Path, feed: Callable[[int, datetime], Sequence[Item]]
) -> Outcome:
    """Poll a feed once a day, restarted in the middle and pruned each day."""
    clock, poll = Clock(START + DAY), [0]
    url = web.put("/feed", lambda: page(feed(poll[0], clock.now)))
    loaded = load(write(folder, Plan(feeds=[url], digests=RETENTION)))
    new, updated = [], []
    for polls in (range(3), range(3, POLLS)):
        with House.open(loaded, clock=clock) as house:
            for poll[0] in polls:
                (report,) = take_round(house)
                assert report.error == ""
                new.append(report.new)
                updated.append(report.updated)
                house.prune()
                clock.move(DAY)
            state = feeds.state(house.desk.db, url)
    soundness.assert_sound(store_of(loaded))
    return Outcome(loaded, state, new, updated)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_entry_stands_once(web: Web, tmp_path: Path, case: Case) -> None:
    found = live_through(web, tmp_path, case.feed)
    told = published.everything(public_of(found.loaded), "all")

    assert sum(found.new) == case.entries, found
    assert found.kept == case.entries, found
    assert found.state.id_scheme.value == case.scheme, found.state.id_reason
    assert len(told) == (case.told or case.entries), Counter(one.title for one in told).most_common(
        3
    )


QUIET = (
    "shuffles",
    "dated now",
    "not dated",
    "sessions in links, true ids",
    "flips between http and https",
    "other ids and links at each fetch",
    "tokens in ids, links, pictures",
)


@pytest.mark.parametrize("name", QUIET)
def test_what_says_nothing_new_is_no_update(web: Web, tmp_path: Path, name: str) -> None:
    found = live_through(web, tmp_path, CASES[name].feed)
    told = published.everything(public_of(found.loaded), "all")

    assert sum(found.updated) == 0
    assert all(one.updated >= one.published for one in told)
    assert len({one.id for one in told}) == CASES[name].entries


@pytest.mark.parametrize("feed", [dated_now, dated_2099, dated_1970, not_dated])
def test_no_date_lifts_an_entry_above_newer_ones(
    web: Web, tmp_path: Path, feed: Callable[[int, datetime], Sequence[Item]]
) -> None:
    """What came first stands lower, and nothing is dated ahead of the clock."""
    found = live_through(web, tmp_path, feed)
    told = published.current(public_of(found.loaded), "all")
    place = {one.title: at for at, one in enumerate(told)}

    newest = [invented(number).title for number in range(15, 9, -1)]
    assert [place[title] for title in newest] == list(range(6))
    assert max(one.published for one in told) <= f"{START + (POLLS + 1) * DAY:%Y-%m-%dT%H:%M:%SZ}"


def test_an_edit_where_texts_are_the_ids_is_published_once(web: Web, tmp_path: Path) -> None:
    def feed(poll: int, now: datetime) -> list[Item]:
        items = google_style(0, now)
        told = [
            replace(item, text=f"{item.text} {invented(n).text}") for n, item in enumerate(items)
        ]
        if poll >= 5:
            told[0] = replace(told[0], text=told[0].text.replace("</p>", " Corrected.</p>"))
        return [
            replace(item, guid=token(n, poll), link=f"https://t.example/{token(n, poll)}")
            for n, item in enumerate(told)
        ]

    found = live_through(web, tmp_path, feed)

    assert found.state.id_scheme.value == "text"
    assert len(published.everything(public_of(found.loaded), "all")) == 10


@pytest.mark.parametrize("guid", ["{n}", "https://cms.example/?p={n}", "tag:cms.example,2026:{n}"])
def test_feeds_that_share_guids_lose_nothing(web: Web, tmp_path: Path, guid: str) -> None:
    """Two outlets on one system count their stories alike."""
    clock = Clock(START + DAY)
    urls = [
        web.put(
            f"/{site}",
            page([replace(invented(n, site=site), guid=guid.format(n=n)) for n in range(3)]),
        )
        for site in ("a", "b")
    ]
    loaded = load(write(tmp_path, Plan(feeds=urls, digests=RETENTION)))
    with House.open(loaded, clock=clock) as house:
        for _ in range(2):
            take_round(house)
            clock.move(HOUR)

    assert soundness.count(store_of(loaded), "entries") == 6
    titles = {one.title for one in published.everything(public_of(loaded), "all")}
    assert titles == {invented(n, site=site).title for n in range(3) for site in ("a", "b")}
