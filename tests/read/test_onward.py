"""Where a document leads: hubs, its own address, older documents, and when it wants no poll."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read import onward
from aggregator.read.channel import read_channel
from aggregator.read.raw import RawChannel

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import ReadFeed

ATOM = "http://www.w3.org/2005/Atom"
BASE = "https://feeds.example/news/rss.xml"
LINKS = (
    '<{0}link rel="hub" href="https://hub.example/"/><{0}link rel="hub" href="//other.example/h"/>'
    '<{0}link rel="self" type="application/rss+xml" href="/feed"/>'
    '<{0}link rel="prev-archive" href="2025.xml"/><{0}link rel="next" href="?page=2"/>'
)
IN_ITEM = f'<a:link xmlns:a="{ATOM}" rel="next" href="https://wrong.example/"/>'


def assert_leads_on(found: ReadFeed) -> None:
    assert found.hubs == ("https://hub.example/", "https://other.example/h")
    assert found.self_url == "https://feeds.example/feed"
    assert found.prev_archive == "https://feeds.example/news/2025.xml"
    assert found.next_url == "https://feeds.example/news/rss.xml?page=2"


def test_rss_names_them_in_atoms_words(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    body = rss(
        item("1", IN_ITEM) + item("2"), channel=LINKS.format("a:"), root=f' xmlns:a="{ATOM}"'
    )
    first = read(body)

    assert_leads_on(first)
    assert_leads_on(read(body, known=first.known))


def test_atom_names_them_as_its_own(read: Callable[..., ReadFeed]) -> None:
    found = read(
        f'<feed xmlns="{ATOM}"><title>T</title>{LINKS.format("")}'
        '<entry><id>urn:1</id><title>One</title><link rel="next" href="/no"/></entry></feed>'
    )

    assert_leads_on(found)


def test_json_names_them_in_keys_of_its_own(read: Callable[..., ReadFeed]) -> None:
    hubs = [
        {"type": "rssCloud", "url": "https://cloud.example/"},
        {"type": "WebSub", "url": "https://hub.example/"},
        {"type": "WebSub", "url": 7},
        "https://bare.example/",
    ]
    words = {"hubs": hubs, "feed_url": "/feed", "next_url": "?page=2"}
    found = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": []} | words))

    assert found.hubs == ("https://hub.example/",)
    assert found.self_url == "https://feeds.example/feed"
    assert found.next_url == "https://feeds.example/news/rss.xml?page=2"


@pytest.mark.parametrize(
    "link",
    [
        pytest.param('<link rel="next" href="javascript:alert(1)"/>', id="script"),
        pytest.param('<link rel="next" href="ftp://a.example/"/>', id="no web address"),
        pytest.param('<link rel="next" href=""/>', id="empty"),
        pytest.param('<link rel="next"/>', id="no address"),
        pytest.param(f'<link rel="next" href="https://a.example/{"x" * 9_000}"/>', id="endless"),
        pytest.param('<link rel="next" type="text/html" href="/page/2"/>', id="a page"),
        pytest.param('<link rel="next-archive" href="/2026"/>', id="a newer one"),
        pytest.param('<o:link xmlns:o="urn:o" rel="next" href="/x"/>', id="another vocabulary"),
        pytest.param('<sub><link rel="next" href="/x"/></sub>', id="deeper down"),
    ],
)
def test_other_links_lead_nowhere(link: str) -> None:
    channel = read_channel(f"<rss><channel>{link}</channel></rss>".encode())

    assert onward.next_of(channel, BASE) == ""


def test_a_registered_relation_may_be_spelled_out() -> None:
    relation = "http://www.iana.org/assignments/relation/Self"
    body = f'<feed xmlns="{ATOM}"><link rel="{relation}" href="/a"/></feed>'

    assert onward.self_of(read_channel(body.encode()), BASE) == "https://feeds.example/a"


def test_the_base_of_the_document_counts() -> None:
    body = f'<feed xmlns="{ATOM}" xml:base="/old/"><link rel="prev-archive" href="1"/></feed>'

    channel = read_channel(body.encode())
    assert onward.prev_archive_of(channel, BASE) == "https://feeds.example/old/1"


def test_hubs_are_few_and_different() -> None:
    links = "".join(f'<link rel="hub" href="https://hub.example/{n // 2}"/>' for n in range(900))
    channel = read_channel(f"<rss><channel>{links}</channel></rss>".encode())

    assert len(channel.hubs) == 50
    assert onward.hubs_of(channel, BASE) == tuple(f"https://hub.example/{n}" for n in range(5))


HOURS = {
    "none": ((), set()),
    "some": (("0", " 7 ", "23", "07"), {0, 7, 23}),
    "midnight as 24": (("24",), {0}),
    "no hours": (("25", "-1", "noon", "", "1.5", "\u0663", "999999999"), set()),
    "all of them": (tuple(str(hour) for hour in range(1, 25)), set()),
}


@pytest.mark.parametrize(("texts", "hours"), HOURS.values(), ids=HOURS.keys())
def test_hours_without_polls(texts: tuple[str, ...], hours: set[int]) -> None:
    assert onward.skip_hours_of(RawChannel(skip_hours=texts)) == hours


DAYS = {
    "some": (("Monday", " sunday "), {0, 6}),
    "no days": (("Mon", "Caturday", ""), set()),
    "all of them": (
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        set(),
    ),
}


@pytest.mark.parametrize(("texts", "days"), DAYS.values(), ids=DAYS.keys())
def test_days_without_polls(texts: tuple[str, ...], days: set[int]) -> None:
    assert onward.skip_days_of(RawChannel(skip_days=texts)) == days


def test_pauses_are_read_from_the_channel_alone(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    pauses = (
        "<skipHours><hour>2</hour><hour>3</hour></skipHours><skipDays><day>Friday</day></skipDays>"
    )
    wrong = "<skipHours><hour>9</hour></skipHours>"

    found = read(rss(item("1", wrong), channel=pauses + "<hour>8</hour>"))

    assert found.skip_hours == {2, 3}
    assert found.skip_days == {4}


@given(st.lists(st.text(max_size=5), max_size=40))
def test_no_text_makes_an_impossible_hour(texts: list[str]) -> None:
    assert onward.skip_hours_of(RawChannel(skip_hours=tuple(texts))) < frozenset(range(24))
