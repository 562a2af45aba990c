"""The checks of this room find what is wrong, so that an empty list means something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest import atom, jsonfeed, rss
from aggregator.digest.sheet import Sheet
from aggregator.model import Enclosure
from tests.digest import validators
from tests.digest.makers import LIVE, SERVICE, publications

FILE = Enclosure(url="https://o1.example/x.mp3", type="audio/mpeg", length_bytes=12)
TOLD = tuple(
    replace(one, language="en", categories=("Tides",), enclosures=(FILE,))
    for one in publications(2)
)
HUBS = ("https://hub.example/",)
SHEET = Sheet(digest=LIVE, public_url=SERVICE.public_url, publications=TOLD, hubs=HUBS, older=1)
ARCHIVE = Sheet(digest=LIVE, public_url=SERVICE.public_url, publications=TOLD, archive=2, older=1)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<id>tag:", "<id>no iri "),
        ("<title>Headline 1</title>", ""),
        ("<title>World</title>", "<title>World</title><title>Twice</title>"),
        ('rel="self"', 'rel="next"'),
        ('href="https://o1.example/1"', 'href="/1"'),
        ("T07:00:00Z</updated>", "T08:00:00+01:00</updated>"),
        (":story:s2", ":story:s1"),
        ("2026-11-25T06:00:00Z</published>", "25 November</published>"),
        ("<name>Outlet o1</name>", "<name></name>"),
        ("<name>Outlet o1</name>", "<name>A</name><name>B</name>"),
        ("<author>\n   <name>Outlet o1</name>\n  </author>", ""),
        ('encoding="utf-8"', 'encoding="latin-1"'),
        ("<feed ", "<!DOCTYPE feed><feed "),
        ("<generator>Newsfold</generator>", "<generator>N</generator><generator>M</generator>"),
        ("2026-11-25T06:00:00Z</published>", "2026-02-30T06:00:00Z</published>"),
        ('rel="via"', 'rel="via" length="many"'),
        ('rel="via"', 'rel="source"'),
        ('type="application/atom+xml"', 'type="atom"'),
        (' xml:lang="en"', ' xml:lang="en_GB"'),
        ('term="Tides"', 'term=""'),
        ('content type="html"', 'content type="xhtml"'),
        ("&lt;p&gt;Seven", "<p/>Seven"),
        ("&lt;p&gt;Seven", "&lt;p&gt;&lt;a href=&quot;/1&quot;&gt;Seven"),
        ("<id>tag:news.example.org,2026:digest:world</id>", "<id>urn:x</id><id>urn:y</id>"),
        ('rel="prev-archive"', 'rel="current"'),
    ],
)
def test_faults_of_atom_are_found(good: str, bad: str) -> None:
    body = atom.write(SHEET, stylesheet="s.css").decode()

    assert validators.atom(body.encode()) == []
    assert good in body
    assert validators.atom(body.replace(good, bad).encode())


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('version="2.0"', 'version="0.91"'),
        ("<description>World: every story once</description>", ""),
        (' isPermaLink="false"', ""),
        ("Nov 2026", "Nov 26"),
        ("Wed, 25", "Tue, 25"),
        ("<link>https://o1", "<link>ftp://o1"),
        ('<source url="https://o1', '<source url="o1'),
        ("Wed, 25 Nov", "Wed, 31 Nov"),
        ("<generator>Newsfold</generator>", ""),
        ("<language>en</language>", "<language>en_GB</language>"),
        ("<language>en</language>", "<language>en</language><language>de</language>"),
        ("<language>en</language>", "<summary>no word of RSS</summary>"),
        ("<category>Tides</category>", "<category></category>"),
        ("<category>Tides</category>", "<keyword>Tides</keyword>"),
        ("<dc:creator>Outlet o1</dc:creator>", "<author>Outlet o1</author>"),
        ('length="12"', 'length=""'),
        ('type="audio/mpeg"', 'type="audio"'),
        ('type="application/rss+xml"', 'type="rss"'),
        ('rel="self"', 'rel="feed"'),
        ('encoding="utf-8"', 'encoding="latin-1"'),
        ("<rss ", "<!DOCTYPE rss><rss "),
        ("&lt;p&gt;Seven", "&lt;p&gt;&lt;img src=&quot;i.png&quot;&gt;Seven"),
        (":story:s2", ":story:s1"),
    ],
)
def test_faults_of_rss_are_found(good: str, bad: str) -> None:
    body = rss.write(SHEET, stylesheet="s.css").decode()

    assert validators.rss(body.encode()) == []
    assert good in body
    assert validators.rss(body.replace(good, bad).encode())


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("version/1.1", "version/1"),
        ('"url": "https://o1.example/1"', '"url": "/1"'),
        (":story:s2", ":story:s1"),
        ("T07:00:00Z", "T07:00:00"),
        ('"name": "Outlet o1"', '"name": ""'),
        ("T07:00:00Z", "T27:00:00Z"),
        ('"title": "World"', '"title": ""'),
        ('"type": "WebSub"', '"type": ""'),
        ('"url": "https://hub.example/"', '"url": "hub"'),
        ("world/archive-0001.json", "world.json"),
        ('"language": "en"', '"language": "en_GB"'),
        ('"language": "en"', '"author": {}'),
        ('"summary": "', '"text": "'),
        ('"Tides"', "7"),
        ('"size_in_bytes": 12', '"size_in_bytes": "12"'),
        ('"mime_type": "audio/mpeg"', '"mime_type": ""'),
        ("<p>Seven", "<p><a href='/1'>Seven"),
    ],
)
def test_faults_of_json_feed_are_found(good: str, bad: str) -> None:
    body = jsonfeed.write(SHEET).decode()

    assert validators.json_feed(body.encode()) == []
    assert good in body
    assert validators.json_feed(body.replace(good, bad).encode())


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('rel="current"', 'rel="related"'),
        ("<fh:archive />", ""),
        ("<fh:archive />", "<fh:archive /><fh:archive />"),
        ("<fh:archive />", '<fh:archive /><link rel="hub" href="https://hub.example/" />'),
    ],
)
def test_faults_of_an_archive_are_found(good: str, bad: str) -> None:
    """RFC 5005 section 4: it says what it is, leads on, and never changes."""
    body = atom.write(ARCHIVE, stylesheet="s.css").decode()

    assert validators.atom(body.encode()) == []
    assert good in body
    assert validators.atom(body.replace(good, bad).encode())


def test_a_part_may_be_older_than_its_feed() -> None:
    body = atom.write(SHEET, stylesheet="s.css").replace(b"T07:00:00Z", b"T06:00:00Z")
    later = body.replace(b"T06:00:00Z", b"T08:00:00Z", 1)

    assert validators.atom(later)
    assert validators.atom_delta(later) == []
