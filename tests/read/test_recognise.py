from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from aggregator.model import FailureKind
from aggregator.read import recognise
from aggregator.read.stranger import FeedLink, Stranger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import Failed

FOREIGN = {
    "html page": (b"<!doctype html><html><head><title>Sign in</title></head></html>", "'Sign in'"),
    "html without a title": (b"<html><body>x</body></html>", "without a title"),
    "html behind a comment": (b"<!-- a --><HTML><title>T</title>", "'T'"),
    "page with a feed inside": (b"<!DOCTYPE html>\n<main><rss></rss></main>", "HTML page"),
    "challenge": (b"<html><title>Just a moment...</title></html>", "challenge page"),
    "png": (b"\x89PNG\r\n\x1a\n", "PNG"),
    "gif": (b"GIF89a", "GIF"),
    "jpeg": (b"\xff\xd8\xff\xe0", "JPEG"),
    "pdf": (b"%PDF-1.7", "PDF"),
    "zip": (b"PK\x03\x04", "ZIP"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "<svg>"),
    "opml": (b"<?xml version='1.0'?><opml version='2.0'><body/></opml>", "OPML"),
    "sitemap": (b"<?xml version='1.0'?><urlset></urlset>", "<urlset>"),
    "a path": (b"/etc/hostname", "plain text"),
    "an address": (b"http://127.0.0.1:1/internal", "plain text"),
    "an open comment": (b"<!-- never closed <rss>", "plain text"),
    "binary": (b"\xfe\xff" + b"\xd8\x00" * 2_000, "binary"),
    "broken gzip": (b"\x1f\x8b\x00\x00", "broken"),
    "gzip in gzip": (gzip.compress(gzip.compress(b"<rss></rss>")), "within gzip"),
    "json error": (b'{"error":"rate limited","retry":60}', "error, retry"),
    "json list": (b"[1,2]", "JSON of another kind"),
}


@pytest.mark.parametrize(("body", "words"), FOREIGN.values(), ids=FOREIGN.keys())
def test_what_is_no_feed_is_named_with_a_mend(
    fail: Callable[..., Failed], body: bytes, words: str
) -> None:
    failed = fail(body)

    assert failed.kind is FailureKind.NOT_A_FEED
    assert words in failed.message
    assert failed.message.count(". ") == 1


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf\n", b"\0\0"])
def test_an_empty_body_is_empty(fail: Callable[..., Failed], body: bytes) -> None:
    assert fail(body).kind is FailureKind.EMPTY


def test_a_bomb_is_too_large(fail: Callable[..., Failed]) -> None:
    body = gzip.compress(b"<rss>" + b" " * (recognise.MAX_UNPACKED_BYTES + 1))

    assert fail(body).kind is FailureKind.TOO_LARGE


FEED = b"<rss version='2.0'><channel><item><title>a</title></item></channel></rss>"
WHOLE = {
    "as it is": FEED,
    "declared": b"<?xml version='1.0'?>" + FEED,
    "blank lines before": b"\r\n\r\n" + FEED,
    "warnings before": b"<br />\n<b>Warning</b>: x in y.php<?xml version='1.0'?>" + FEED,
    "stylesheet and comment before": b"<?xml-stylesheet href='a>b'?><!-- <rss> -->" + FEED,
    "doctype before": b'<!DOCTYPE rss PUBLIC "-//N//DTD" "http://x.example/a.dtd">' + FEED,
    "entities before": b'<!DOCTYPE rss [<!ENTITY a "<b>"><!ENTITY b SYSTEM "file:///x">]>' + FEED,
    "comment after": FEED + b"\n<!-- cached -->\n",
    "junk after": FEED + b"<oops>&bad",
    "compressed": gzip.compress(FEED),
}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
def test_the_root_element_is_found_whole(body: bytes) -> None:
    assert recognise.recognise(body) == recognise.XmlText(data=FEED)


TRUNCATED = {
    "within an entry": FEED[:-30],
    "before the root closes": FEED[:-6] + b"<item>",
    "within a closing tag": FEED[:-2],
    "a closing tag only in a text": b"<rss><item><![CDATA[see </rss> and ]]></item><item>",
    "open declaration": b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>a",
}


@pytest.mark.parametrize("body", TRUNCATED.values(), ids=TRUNCATED.keys())
def test_a_body_cut_off_is_unparsable(fail: Callable[..., Failed], body: bytes) -> None:
    """Its validators must not advance: the rest would never be asked for."""
    failed = fail(body)

    assert failed.kind is FailureKind.UNPARSABLE
    assert "truncated" in failed.message


def test_a_forgotten_root_end_after_the_channel_is_forgiven() -> None:
    assert recognise.recognise(FEED[: -len(b"</rss>")] + b"\n") == recognise.XmlText(data=FEED)


@pytest.mark.parametrize("body", [b"<rss/>", b"<feed xmlns='http://www.w3.org/2005/Atom' />\n"])
def test_an_empty_root_is_whole(body: bytes) -> None:
    assert recognise.recognise(body) == recognise.XmlText(data=body.strip())


def test_a_list_of_feeds_is_told_from_other_documents(fail: Callable[..., Failed]) -> None:
    found = fail("<!-- exported --><OPML version='1.0'><body></body></OPML>".encode("utf-16"))
    other = fail(b"<urlset></urlset>")

    assert isinstance(found, Stranger)
    assert isinstance(other, Stranger)
    assert (found.is_list, other.is_list) == (True, False)


def test_a_page_is_told_with_the_feeds_that_it_names(fail: Callable[..., Failed]) -> None:
    link = '<link rel="alternate" type="application/atom+xml" href="/atom" title="All">'
    found = fail(f"<!doctype html><title>Home</title>{link}", base_url="https://a.example/b/")

    assert isinstance(found, Stranger)
    assert found.links == (
        FeedLink(url="https://a.example/atom", title="All", type="application/atom+xml"),
    )


def test_json_with_a_page_in_it_names_no_feed(fail: Callable[..., Failed]) -> None:
    found = fail("""{"html": "<link rel='alternate' type='application/rss+xml' href='/feed'>"}""")

    assert not isinstance(found, Stranger)
