"""Atom, RSS and JSON Feed: what each says of a story, of an edition, of an archive."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import atom, jsonfeed, rss
from aggregator.digest.sheet import Sheet
from aggregator.model import Digest, Enclosure, Format, Publication
from tests.digest import validators
from tests.digest.makers import DAY, ISSUE, LIVE, NOW, covered, issue, publications, publish, story
from tests.digest.validators import ATOM, HISTORY

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE = "https://news.example.org"
WRITERS = {
    Format.ATOM: lambda sheet: atom.write(sheet, stylesheet="newsfold-feed.css"),
    Format.RSS: lambda sheet: rss.write(sheet, stylesheet="newsfold-feed.css"),
    Format.JSON: jsonfeed.write,
}
CHECKS = {
    Format.ATOM: validators.atom,
    Format.RSS: validators.rss,
    Format.JSON: validators.json_feed,
}
SOUND = Enclosure(url="https://a.example/x.mp3", type="audio/mpeg", length_bytes=123)
PLAIN = Enclosure(url="https://a.example/y")


def rich() -> Publication:
    return replace(
        publish(covered()),
        html="<p>One ]]> two &amp; <b>three</b></p>",
        authors=("Ada", "Bo"),
        categories=("Tides", "Work & life"),
        language="en",
        image="https://a.example/x.png",
        enclosures=(SOUND, PLAIN),
    )


def sheet_of(*made: Publication, digest: Digest = LIVE, archive: int = 0, older: int = 0) -> Sheet:
    return Sheet(digest=digest, public_url=BASE, publications=made, archive=archive, older=older)


def read(form: Format, sheet: Sheet) -> Any:  # noqa: ANN401 - feedparser has no types
    return feedparser.parse(
        BytesIO(WRITERS[form](sheet)), sanitize_html=False, resolve_relative_uris=False
    )


def links(body: bytes) -> dict[str, str]:
    """Return the feed's own links by their relation."""
    root = ET.fromstring(body)  # noqa: S314 - our own output
    holder = root if root.tag.startswith(ATOM) else root[0]
    return {link.attrib["rel"]: link.attrib["href"] for link in holder.findall(f"{ATOM}link")}


SHEETS: Sequence[Sheet] = (
    sheet_of(),
    sheet_of(rich(), *publications(3)),
    sheet_of(issue(publications(3), number=2), issue([rich()], due_at=NOW - DAY), digest=ISSUE),
    sheet_of(*publications(2), archive=2, older=1),
    sheet_of(replace(publish(story()), url="", title="", summary="", html="")),
)


@pytest.mark.parametrize("form", CHECKS)
@pytest.mark.parametrize("sheet", SHEETS, ids=["empty", "live", "editions", "archive", "bare"])
def test_documents_are_valid(form: Format, sheet: Sheet) -> None:
    assert CHECKS[form](WRITERS[form](sheet)) == []


@pytest.mark.parametrize("form", [Format.ATOM, Format.RSS])
def test_a_reader_finds_the_story_whole(form: Format) -> None:
    found = read(form, sheet_of(rich()))

    (entry,) = found.entries
    assert not found.bozo
    assert found.feed.title == "World"
    assert (entry.id, entry.title, entry.link) == (rich().id, rich().title, rich().url)
    assert entry.content[-1].value == rich().html
    assert entry.summary == rich().summary
    assert [tag.term for tag in entry.tags] == ["Tides", "Work & life"]
    assert entry.published_parsed[:5] == (2026, 11, 25, 6, 0)
    assert entry.source.title == "Outlet a"
    assert entry.enclosures[0].href == SOUND.url
    assert entry.media_thumbnail[0]["url"] == rich().image


def test_atom_names_every_author_and_rss_as_well() -> None:
    root = ET.fromstring(WRITERS[Format.RSS](sheet_of(rich())))  # noqa: S314 - our own output

    authors = [author.name for author in read(Format.ATOM, sheet_of(rich())).entries[0].authors]

    assert authors == ["Ada", "Bo"]
    assert [creator.text for creator in root.iter(f"{validators.DC}creator")] == authors


@pytest.mark.parametrize("form", WRITERS)
def test_without_authors_the_outlet_speaks(form: Format) -> None:
    made = publish(story())

    assert WRITERS[form](sheet_of(made)).decode().count("Outlet a") >= 2


def test_atom_links_the_original_the_coverage_and_the_files() -> None:
    entry = read(Format.ATOM, sheet_of(rich())).entries[0]

    found = [(link.rel, link.href, link.get("title", "")) for link in entry.links]
    assert found == [
        ("alternate", "https://a.example/1", ""),
        ("via", "https://a.example/1", "Outlet a"),
        ("related", "https://b.example/2", "Outlet b: Towns sign after two decades"),
        ("related", "https://c.example/3", "Outlet c: Harbour towns agree on a barrier"),
        ("enclosure", SOUND.url, ""),
        ("enclosure", PLAIN.url, ""),
    ]


def test_the_source_names_the_feed_of_the_entry() -> None:
    source = read(Format.ATOM, sheet_of(rich())).entries[0].source

    assert source.id == "https://a.example/feed.xml"
    assert source.updated == "2026-11-25T07:00:00Z"
    assert source.link == "https://a.example/"


def test_a_source_without_addresses_still_has_an_id() -> None:
    lost = replace(rich(), source=replace(rich().source, feed_url="", site_url="", url=""))

    assert validators.atom(WRITERS[Format.ATOM](sheet_of(lost))) == []
    assert validators.rss(WRITERS[Format.RSS](sheet_of(lost))) == []


@pytest.mark.parametrize("form", [Format.ATOM, Format.RSS])
def test_an_edition_has_no_source_but_itself(form: Format) -> None:
    made = issue(publications(2))

    entry = read(form, sheet_of(made, digest=ISSUE)).entries[0]

    assert "source" not in entry
    assert entry.link == f"{BASE}/morning/edition-1.html"
    assert entry.author == "The Morning"


def test_an_empty_feed_has_a_constant_date() -> None:
    assert b"<updated>2026-01-01T00:00:00Z</updated>" in WRITERS[Format.ATOM](sheet_of())
    assert b"Thu, 01 Jan 2026 00:00:00 GMT</lastBuildDate>" in WRITERS[Format.RSS](sheet_of())


@pytest.mark.parametrize("form", [Format.ATOM, Format.RSS])
def test_the_current_document_leads_to_the_newest_archive(form: Format) -> None:
    found = links(WRITERS[form](sheet_of(older=7)))

    assert found["self"] == f"{BASE}/world.{form}"
    assert found["prev-archive"] == f"{BASE}/world/archive-0007.{form}"
    assert "current" not in found


@pytest.mark.parametrize("form", [Format.ATOM, Format.RSS])
def test_an_archive_leads_to_the_one_before_and_to_the_current_only(form: Format) -> None:
    """RFC 5005 section 4; a link to the next archive would change it later."""
    body = WRITERS[form](sheet_of(archive=2, older=1))

    found = links(body)
    assert f"{HISTORY}archive" in {element.tag for element in ET.fromstring(body).iter()}  # noqa: S314
    assert found["self"] == f"{BASE}/world/archive-0002.{form}"
    assert found["prev-archive"] == f"{BASE}/world/archive-0001.{form}"
    assert found["current"] == f"{BASE}/world.{form}"
    assert "next-archive" not in found


def test_json_feed_pages_through_the_archives() -> None:
    current = json.loads(jsonfeed.write(sheet_of(older=2)))
    first = json.loads(jsonfeed.write(sheet_of(archive=1)))

    assert current["next_url"] == f"{BASE}/world/archive-0002.json"
    assert "next_url" not in first


def test_json_feed_says_everything_of_a_story() -> None:
    (item,) = json.loads(jsonfeed.write(sheet_of(rich())))["items"]

    assert item["id"] == rich().id
    assert item["content_html"] == rich().html
    assert item["authors"] == [{"name": "Ada"}, {"name": "Bo"}]
    assert item["tags"] == ["Tides", "Work & life"]
    assert item["attachments"] == [
        {"url": SOUND.url, "mime_type": "audio/mpeg", "size_in_bytes": 123},
        {"url": PLAIN.url, "mime_type": "application/octet-stream"},
    ]
    assert item["_newsfold"]["feed"] == {
        "url": "https://a.example/feed.xml",
        "title": "Outlet a",
        "home_page_url": "https://a.example/",
    }
    assert [said["relation"] for said in item["_newsfold"]["coverage"]] == ["coverage", "copy"]


def test_json_feed_of_an_edition_lists_its_stories() -> None:
    (item,) = json.loads(jsonfeed.write(sheet_of(issue(publications(2)), digest=ISSUE)))["items"]

    assert "feed" not in item["_newsfold"]
    assert [said["url"] for said in item["_newsfold"]["coverage"]] == [
        "https://o2.example/2",
        "https://o1.example/1",
    ]


def test_rss_takes_one_file_and_fills_in_what_it_must() -> None:
    root = ET.fromstring(WRITERS[Format.RSS](sheet_of(replace(rich(), enclosures=(PLAIN, SOUND)))))  # noqa: S314

    assert [file.attrib for file in root.iter("enclosure")] == [
        {"url": PLAIN.url, "type": "application/octet-stream", "length": "0"}
    ]


def test_rss_keeps_plain_texts_plain_for_readers_that_expect_html() -> None:
    tagged = replace(rich(), title="The <b> tag", summary="1 < 2 & <i>3</i>", authors=("A & B",))

    root = ET.fromstring(WRITERS[Format.RSS](sheet_of(tagged)))  # noqa: S314 - our own output

    (item,) = root.iter("item")
    assert item.findtext("title") == "The &lt;b&gt; tag"
    assert item.findtext("description") == "1 &lt; 2 &amp; &lt;i&gt;3&lt;/i&gt;"
    assert item.findtext(f"{validators.DC}creator") == "A & B"


def test_a_shared_language_is_said_of_the_feed() -> None:
    assert read(Format.ATOM, sheet_of(rich())).feed.language == "en"
    assert read(Format.RSS, sheet_of(rich())).feed.language == "en"
    assert "language" not in read(Format.RSS, sheet_of(rich(), *publications(1))).feed


def test_a_coverage_without_address_is_no_link() -> None:
    made = rich()
    unlinked = replace(made, mentions=(replace(made.mentions[0], url=""),))

    assert b'rel="related"' not in WRITERS[Format.ATOM](sheet_of(unlinked))


def test_a_browser_is_given_a_stylesheet_and_the_encoding() -> None:
    for form in (Format.ATOM, Format.RSS):
        head = WRITERS[form](sheet_of()).splitlines()[:2]

        assert head == [
            b'<?xml version="1.0" encoding="utf-8"?>',
            b'<?xml-stylesheet type="text/css" href="newsfold-feed.css"?>',
        ]


JSON = st.recursive(
    st.text(max_size=9) | st.integers() | st.booleans(),
    lambda held: (
        st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=9), held, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_json_is_laid_out_as_the_standard_library_does(value: object) -> None:
    assert jsonfeed._laid_out(value) == json.dumps(value, ensure_ascii=False, indent=1)
