"""The checks of this room find what is wrong, so that an empty list means something."""

from __future__ import annotations

import pytest

from aggregator.digest import atom, jsonfeed, rss
from aggregator.digest.sheet import Sheet
from tests.digest import validators
from tests.digest.makers import LIVE, SERVICE, publications

SHEET = Sheet(digest=LIVE, public_url=SERVICE.public_url, publications=tuple(publications(2)))


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
    ],
)
def test_faults_of_json_feed_are_found(good: str, bad: str) -> None:
    body = jsonfeed.write(SHEET).decode()

    assert validators.json_feed(body.encode()) == []
    assert good in body
    assert validators.json_feed(body.replace(good, bad).encode())
