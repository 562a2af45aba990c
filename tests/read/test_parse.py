from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.read.parse import ParseError, parse

if TYPE_CHECKING:
    from aggregator.read.raw import RawEntry

ATOM = "http://www.w3.org/2005/Atom"
MEDIA = "http://search.yahoo.com/mrss/"


def rss(item: str, root: str = "") -> RawEntry:
    (found,) = parse(
        f"<rss version='2.0' {root}><channel><item>{item}</item></channel></rss>".encode()
    )
    return found


def atom(entry: str) -> RawEntry:
    (found,) = parse(f"<feed xmlns='{ATOM}'><entry>{entry}</entry></feed>".encode())
    return found


def test_a_guid_that_is_no_address_is_no_link() -> None:
    assert rss("<guid>abc</guid>").links == ()
    assert rss("<guid>https://a.example/1</guid>").links == ("https://a.example/1",) * 2


def test_the_original_link_comes_before_the_counter() -> None:
    entry = rss(
        "<link>https://proxy.example/1</link><f:origLink>https://a.example/1</f:origLink>",
        "xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'",
    )

    assert entry.links[:2] == ("https://a.example/1", "https://proxy.example/1")


def test_an_atom_link_to_the_page_is_found_among_others() -> None:
    entry = atom(
        "<id>urn:1</id><link rel='self' href='https://a.example/api'/>"
        "<link rel='alternate' type='application/pdf' href='https://a.example/pdf'/>"
        "<link href='https://a.example/page'/>"
    )

    assert entry.links[0] == "https://a.example/page"
    assert "https://a.example/api" not in entry.links


def test_only_atom_is_believed_that_a_text_is_plain() -> None:
    plain = atom("<title>x</title><summary>y</summary>")
    marked = atom("<title type='html'>x</title>")

    assert plain.title
    assert plain.title.plain
    assert plain.summary
    assert plain.summary.plain
    assert marked.title
    assert not marked.title.plain
    title = rss("<title>x</title>").title
    assert title
    assert not title.plain


def test_a_base_of_its_own_travels_with_a_text() -> None:
    entry = atom("<content type='html' xml:base='https://a.example/b/'>x</content>")

    assert [text.base for text in entry.contents] == ["https://a.example/b/"]


def test_a_date_that_only_feedparser_reads_is_handed_on_as_iso() -> None:
    assert rss("<pubDate>Sun Jan  4 16:29:06 PST 2004</pubDate>").published == (
        "2004-01-05T00:29:06Z",
    )
    assert rss("<pubDate>2024-09-05 10:00:00 IST</pubDate>").published == (
        "2024-09-05 10:00:00 IST",
    )
    assert rss("<pubDate>soon</pubDate>").published == ("soon",)


def test_a_dublin_core_date_counts_as_published() -> None:
    entry = rss("<dc:date>2024-09-05</dc:date>", "xmlns:dc='http://purl.org/dc/elements/1.1/'")

    assert entry.published == ("2024-09-05",)
    assert entry.updated == ("2024-09-05",)


def test_images_are_found_where_feeds_put_them() -> None:
    entry = rss(
        "<media:thumbnail url='https://a.example/t'/>"
        "<media:content medium='image' url='https://a.example/m'/>"
        "<media:content type='video/mp4' url='https://a.example/v'/>"
        "<media:content url='https://a.example/s.JPG'/>"
        "<enclosure url='https://a.example/e' type='image/png' length='5'/>"
        "<itunes:image href='https://a.example/i'/>",
        f"xmlns:media='{MEDIA}' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'",
    )

    assert [url[-1] for url in entry.images] == ["t", "m", "G", "e", "i"]


def test_one_author_is_left_as_written_and_more_are_names() -> None:
    assert atom("<author><name>Ada</name></author>").authors == ("Ada",)
    assert rss("<author>ada@b.example (Ada)</author>").authors == ("ada@b.example (Ada)",)
    assert atom("<author><name>A</name></author><author><name>B</name></author>").authors == (
        "A",
        "B",
    )


def test_categories_prefer_their_label() -> None:
    assert atom("<category term='t1' label='Tides'/><category term='t2'/>").categories == (
        "Tides",
        "t2",
    )


def test_the_language_of_an_entry_is_its_own() -> None:
    assert atom("<title xml:lang='de'>x</title>").language == "de"
    assert atom("<content xml:lang='it'>x</content>").language == "it"


def test_an_empty_item_is_a_phantom() -> None:
    assert rss("").is_phantom
    assert rss("<pubDate>2024-09-05</pubDate>").is_phantom
    assert not rss("<title>a</title>").is_phantom


def test_places_with_bad_numbers_do_not_stop_the_feed() -> None:
    entry = rss(
        "<title>a</title><g:where xmlns:g='http://www.georss.org/georss'>"
        "<gml:Point xmlns:gml='http://www.opengis.net/gml' srsName='EPSG:x'>"
        "<gml:pos>1 2</gml:pos></gml:Point></g:where>"
    )

    assert entry.title
    assert entry.title.value == "a"


def test_what_feedparser_breaks_on_is_told() -> None:
    """A reference of 5,000 digits in a document that is beyond mending."""
    with pytest.raises(ParseError, match="stumbles"):
        parse(b"<rss><channel><item><title>&#" + b"9" * 5_000 + b";</item></rss>")


def test_what_has_no_version_is_no_feed() -> None:
    with pytest.raises(ParseError, match="no version"):
        parse(b"<opml><body/></opml>")
