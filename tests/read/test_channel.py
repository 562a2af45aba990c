from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.read.channel import read_channel
from aggregator.read.normalise import channel_title, language_tag, ttl_of
from aggregator.read.raw import RawChannel

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import ReadFeed

ATOM = "http://www.w3.org/2005/Atom"
SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'


def test_rss_says_its_own_words(read: Callable[..., ReadFeed], rss: Callable[..., str]) -> None:
    channel = (
        f'<atom:link xmlns:atom="{ATOM}" rel="self" href="https://other.example/"/>'
        "<image><title>A logo</title><link>https://logo.example/</link></image>"
        "<language>en-GB</language><ttl>90</ttl>"
    )

    found = read(
        rss("<item><title>a</title><link>https://x.example/1</link></item>", channel=channel)
    )

    assert found.title == "Harbour News"
    assert found.site_url == "https://harbour.example/"
    assert found.language == "en-GB"
    assert found.ttl == timedelta(minutes=90)


def test_atom_says_its_own_words(read: Callable[..., ReadFeed]) -> None:
    found = read(
        f'<feed xmlns="{ATOM}" xml:lang="fr" xml:base="/blog/">'
        '<link rel="self" href="/feed"/><link href="home"/>'
        "<entry><id>urn:1</id><title>Not this</title></entry>"
        '<title type="html">Caf&amp;eacute; &lt;b&gt;noir&lt;/b&gt;</title></feed>'
    )

    assert found.title == "Café noir"
    assert found.site_url == "https://feeds.example/blog/home"
    assert found.language == "fr"
    assert found.ttl is None


def test_rdf_says_its_own_words(read: Callable[..., ReadFeed]) -> None:
    found = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" {SY} xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>Tide</title><link>https://tide.example/</link>'
        "<dc:language>nl</dc:language><sy:updatePeriod>daily</sy:updatePeriod>"
        "<sy:updateFrequency>4</sy:updateFrequency></channel>"
        '<item rdf:about="https://tide.example/1"><title>High</title></item></rdf:RDF>'
    )

    assert (found.title, found.site_url, found.language) == ("Tide", "https://tide.example/", "nl")
    assert found.ttl == timedelta(hours=6)
    assert [entry.guid for entry in found.entries] == ["https://tide.example/1"]


def test_what_stands_before_a_fault_is_kept() -> None:
    channel = read_channel(b"<rss><channel><title>T</title><link>https://a.example/<oops></rss>")

    assert channel_title(channel) == "T"
    assert channel.site_url == ""


def test_a_title_with_markup_of_its_own_is_read_whole() -> None:
    channel = read_channel(
        f'<feed xmlns="{ATOM}"><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        "High <b>tide</b></div></title></feed>".encode()
    )

    assert channel_title(channel) == "High tide"


def test_a_feed_without_words_says_nothing() -> None:
    assert read_channel(b"<rss><channel><title> </title></channel></rss>") == RawChannel()
    assert channel_title(RawChannel()) == ""


PACES = {
    "nothing": (RawChannel(), None),
    "minutes": (RawChannel(ttl_minutes=" 60 "), timedelta(hours=1)),
    "nonsense": (RawChannel(ttl_minutes="soon", update_period="often"), None),
    "zero": (RawChannel(ttl_minutes="0"), None),
    "negative": (RawChannel(ttl_minutes="-5"), None),
    "digits without end": (RawChannel(ttl_minutes="9" * 5_000), None),
    "absurd": (RawChannel(ttl_minutes="999999"), timedelta(days=365)),
    "hourly": (RawChannel(update_period="Hourly"), timedelta(hours=1)),
    "twice a week": (
        RawChannel(update_period="weekly", update_frequency="2"),
        timedelta(days=3.5),
    ),
    "the longer word counts": (
        RawChannel(ttl_minutes="30", update_period="daily"),
        timedelta(days=1),
    ),
}


@pytest.mark.parametrize(("channel", "ttl"), PACES.values(), ids=PACES.keys())
def test_a_pace_is_read(channel: RawChannel, ttl: timedelta | None) -> None:
    assert ttl_of(channel) == ttl


@pytest.mark.parametrize(
    ("text", "tag"),
    [("en", "en"), (" pt_BR ", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("English!", ""), ("", "")],
)
def test_a_language_is_a_tag_or_nothing(text: str, tag: str) -> None:
    assert language_tag(text) == tag
