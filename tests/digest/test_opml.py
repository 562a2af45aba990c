from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import opml as lists
from aggregator.digest import opml
from aggregator.model import Source

FEED = "https://a.example/feed"
SOURCES = (
    Source(title="The <B> & Co", feed_url="https://b.example/feed", tags=("world", "sea")),
    Source(title="A paper", feed_url=FEED, site_url="https://a.example/"),
)


def test_the_list_can_be_read_by_whoever_reads_lists() -> None:
    feeds, problems = lists.read(opml.write("World", SOURCES), name="world.opml")

    assert problems == ()
    assert [(feed.url, feed.title, feed.tags) for feed in feeds] == [
        (FEED, "A paper", ()),
        ("https://b.example/feed", "The <B> & Co", ("world", "sea")),
    ]


def test_an_outline_says_where_the_site_is() -> None:
    root = ET.fromstring(opml.write("World", SOURCES))  # noqa: S314 - our own output

    first = next(root.iter("outline"))
    assert first.get("htmlUrl") == "https://a.example/"
    assert root.findtext("head/title") == "World"
    assert root.get("version") == "2.0"


def test_the_order_of_the_sources_changes_nothing() -> None:
    assert opml.write("World", SOURCES) == opml.write("World", SOURCES[::-1])


def test_what_is_no_address_is_left_out() -> None:
    assert b"outline" not in opml.write(
        "World", [Source(title="a", feed_url="javascript:alert(1)")]
    )


@given(st.text(), st.text())
def test_any_text_gives_sound_xml(title: str, name: str) -> None:
    made = opml.write(title, [Source(title=name, feed_url=FEED)])

    assert ET.fromstring(made).tag == "opml"  # noqa: S314 - our own output
