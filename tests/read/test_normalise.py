from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.model import Enclosure
from aggregator.read.normalise import MAX_LENGTH_BYTES, Normaliser
from aggregator.read.raw import RawEnclosure, RawEntry, RawText

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NORMALISER = Normaliser(base_url="https://feeds.example/rss", language="en", now=NOW)


def test_an_empty_entry_has_empty_fields() -> None:
    entry = NORMALISER.entry(RawEntry())

    assert (entry.title, entry.url, entry.content, entry.summary, entry.image) == ("",) * 5
    assert (entry.published_at, entry.updated_at) == (None, None)
    assert entry.language == "en"
    assert len(entry.content_hash) == 16


def test_the_first_link_that_is_a_web_page_is_taken() -> None:
    raw = RawEntry(links=("javascript:alert(1)", "feed:x", "/a", "https://a.example/"))

    assert NORMALISER.entry(raw).url == "https://feeds.example/a"


@pytest.mark.parametrize("link", ["#top", "", " ", "\x01#top"])
def test_a_fragment_of_the_feed_is_no_link_no_image_and_no_file(link: str) -> None:
    text = RawText(value=f'<a href="{link}">x</a><img src="{link}">')
    raw = RawEntry(
        links=(link,), images=(link,), enclosures=(RawEnclosure(url=link),), contents=(text,)
    )

    entry = NORMALISER.entry(raw)

    assert (entry.url, entry.image, entry.enclosures) == ("", "", ())
    assert "feeds.example" not in entry.content


def test_a_fragment_in_a_text_is_one_of_the_entrys_page() -> None:
    text = RawText(value='<p>Long <a href="#n">1</a></p>')
    raw = RawEntry(links=("/a",), contents=(text,))

    assert 'href="https://feeds.example/a#n"' in NORMALISER.entry(raw).content


def test_the_longest_text_is_the_content_and_the_summary_stays() -> None:
    raw = RawEntry(
        contents=(RawText(value="<p>Long words go on</p>"),), summary=RawText(value="<b>Short</b>")
    )

    entry = NORMALISER.entry(raw)

    assert entry.content == "<p>Long words go on</p>"
    assert entry.summary == "Short"


def test_without_a_summary_the_content_is_shortened() -> None:
    entry = NORMALISER.entry(RawEntry(contents=(RawText(value="<p>A</p><p>B</p>"),)))

    assert entry.summary == "A B"


def test_a_plain_text_becomes_html_unless_it_is_html_already() -> None:
    literal = NORMALISER.entry(RawEntry(contents=(RawText(value="1 < 2", plain=True),)))
    marked = NORMALISER.entry(RawEntry(contents=(RawText(value="<p>1</p>", plain=True),)))

    assert literal.content == "1 &lt; 2"
    assert marked.content == "<p>1</p>"


def test_the_image_is_the_first_address_given_else_the_first_in_the_text() -> None:
    text = RawText(value="<img src=/t.gif width=1><img src=/b.png>")

    given = RawEntry(images=("data:x", "/a.png"), contents=(text,))
    missing = RawEntry(contents=(text,))

    assert NORMALISER.entry(given).image == "https://feeds.example/a.png"
    assert NORMALISER.entry(missing).image == "https://feeds.example/b.png"


@pytest.mark.parametrize(
    ("length", "size"),
    [("12", 12), ("", 0), ("-1", 0), ("1.5", 0), ("9" * 19, MAX_LENGTH_BYTES), ("9" * 5_000, 0)],
)
def test_an_enclosure_has_a_size_that_fits(length: str, size: int) -> None:
    raw = RawEntry(enclosures=(RawEnclosure(url="/a.mp3", type="audio/mpeg", length=length),))

    assert NORMALISER.entry(raw).enclosures == (
        Enclosure(url="https://feeds.example/a.mp3", type="audio/mpeg", length_bytes=size),
    )


def test_lists_are_bounded_and_without_repeats() -> None:
    names = tuple(f"N{n // 2}" for n in range(100))
    files = tuple(RawEnclosure(url=f"/{n // 2}") for n in range(100))

    entry = NORMALISER.entry(RawEntry(authors=names, categories=names, enclosures=files))

    assert entry.authors == tuple(f"N{n}" for n in range(10))
    assert entry.categories == tuple(f"N{n}" for n in range(20))
    assert [file.url[-1] for file in entry.enclosures] == [str(n) for n in range(10)]


def test_mail_addresses_are_not_spread() -> None:
    entry = NORMALISER.entry(RawEntry(authors=("ada@b.example (Ada)", "c@d.example", "<b>Eve</b>")))

    assert entry.authors == ("Ada", "Eve")


def test_a_guid_is_kept_as_given_but_bounded() -> None:
    assert NORMALISER.entry(RawEntry(guid=" urn:\x00a\nb ")).guid == "urn:a b"
    assert len(NORMALISER.entry(RawEntry(guid="g" * 1_000_000)).guid) == 500


def test_the_hash_is_of_what_a_reader_sees() -> None:
    """Dates, categories and the guid may change without a new version of the entry."""
    raw = RawEntry(guid="a", title=RawText(value="t"), published=("2024-01-01",))
    redated = RawEntry(guid="b", title=RawText(value="t"), updated=("2025-01-01",))
    renamed = RawEntry(guid="a", title=RawText(value="u"))
    refiled = RawEntry(title=RawText(value="t"), enclosures=(RawEnclosure(url="/a"),))

    first = NORMALISER.entry(raw).content_hash

    assert NORMALISER.entry(redated).content_hash == first
    assert NORMALISER.entry(renamed).content_hash != first
    assert NORMALISER.entry(refiled).content_hash != first


def test_the_time_of_reading_changes_dates_alone() -> None:
    raw = RawEntry(title=RawText(value="t"), published=("2026-06-01T13:00:00Z",))
    later = Normaliser(
        base_url="https://feeds.example/rss", language="en", now=NOW.replace(hour=14)
    )

    early, late = NORMALISER.entry(raw), later.entry(raw)

    assert early.published_at is None
    assert late.published_at == NOW.replace(hour=13)
    assert early.content_hash == late.content_hash
