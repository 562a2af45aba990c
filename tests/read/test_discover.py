from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.discover import feed_links
from aggregator.read.stranger import FeedLink

PAGE = "https://site.example/blog/"
RSS = "application/rss+xml"


def link(href: str, kind: str = RSS, *, rel: str = "alternate", title: str = "") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="{title}">'


def page(*links: str) -> bytes:
    return f"<!doctype html><html><head>{''.join(links)}</head><body>x</body></html>".encode()


def urls(body: bytes) -> list[str]:
    return [found.url for found in feed_links(body, base_url=PAGE)]


def test_a_pages_feeds_are_found_in_order() -> None:
    body = page(link("/rss", title=" All \n news "), link("atom.xml", "application/atom+xml"))

    assert feed_links(body, base_url=PAGE) == (
        FeedLink(url="https://site.example/rss", title="All news", type=RSS),
        FeedLink(url="https://site.example/blog/atom.xml", type="application/atom+xml"),
    )


@pytest.mark.parametrize(
    "kind",
    [
        RSS, "application/atom+xml", "application/feed+json", "application/json",
        "application/rdf+xml", "Application/RSS+XML; charset=utf-8",
    ],
)  # fmt: skip
def test_feed_types_count(kind: str) -> None:
    assert urls(page(link("/feed", kind))) == ["https://site.example/feed"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(link("/x", "text/html"), id="another language"),
        pytest.param(link("/x", "application/json+oembed"), id="oEmbed"),
        pytest.param(link("/wp-json/wp/v2/posts/1", "application/json"), id="an API"),
        pytest.param(link("/x", rel="stylesheet"), id="no alternate"),
        pytest.param(link(""), id="no address"),
        pytest.param(link("javascript:alert(1)"), id="script"),
        pytest.param(link("file:///etc/passwd"), id="file"),
        pytest.param(link("http://[bad"), id="no URL"),
        pytest.param(link("http:///x"), id="no host"),
        pytest.param(link("/" + "x" * 3_000), id="endless"),
        pytest.param('<link rel="alternate" href="/x">', id="no type"),
        pytest.param("<link rel type href>", id="empty attributes"),
        pytest.param('<a rel="alternate" type="application/rss+xml" href="/x">', id="an anchor"),
    ],
)
def test_other_links_do_not_count(other: str) -> None:
    assert urls(page(other)) == []


def test_bare_json_comes_last() -> None:
    assert urls(page(link("/api", "application/json"), link("/rss"))) == [
        "https://site.example/rss",
        "https://site.example/api",
    ]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://cdn.example/a/", "https://cdn.example/a/feed"),
        ("/other/", "https://site.example/other/feed"),
        ("", "https://site.example/blog/feed"),
        ("javascript:1", "https://site.example/blog/feed"),
    ],
)
def test_links_resolve_against_the_base(base: str, expected: str) -> None:
    assert urls(page(f'<base href="{base}">', link("feed"))) == [expected]


def test_a_feed_named_twice_is_found_once() -> None:
    assert urls(page(link("/feed#a"), link("/feed#b"))) == ["https://site.example/feed"]


def test_a_relation_may_have_more_words() -> None:
    assert urls(page(link("/feed", rel="ALTERNATE nofollow"))) == ["https://site.example/feed"]


def test_links_are_bounded() -> None:
    found = feed_links(page(*(link(f"/{n}", title="t" * 999) for n in range(99))), base_url=PAGE)

    assert len(found) == 50
    assert {len(one.title) for one in found} == {200}


def test_only_the_start_of_a_page_is_read() -> None:
    assert urls(b"<p>" + b"x" * 1_000_000 + link("/feed").encode()) == []


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    assert feed_links(b"<link " + body, base_url=PAGE) is not None
