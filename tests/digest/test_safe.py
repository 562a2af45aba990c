from __future__ import annotations

import html
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import safe
from aggregator.model import Correction, Enclosure, Mention, Point, Publication
from tests.digest.makers import NOW, covered, member, publish, story


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("bell\x07, nul\0", "bell, nul"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("\ufffe\uffff\ufffd", "\ufffd"),
        ("😀", "😀"),
    ],
    ids=["white space", "line ends", "controls", "a lone surrogate", "non-characters", "emoji"],
)
def test_texts_hold_only_what_xml_can_carry(raw: str, clean: str) -> None:
    assert safe.text(raw) == clean


@given(st.text(st.characters(categories=None)))
def test_any_text_can_be_encoded(raw: str) -> None:
    assert safe.text(safe.text(raw)) == safe.text(raw).encode().decode()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        (" http://a.example/ ", "http://a.example/"),
        ("HTTPS://a.example/", "HTTPS://a.example/"),
        ("http://a.example/a b\"<>'", "http://a.example/a%20b%22%3C%3E'"),
        ("http://a.example/\n<script>", "http://a.example/%0A%3Cscript%3E"),
        ("https://a.example/é", "https://a.example/é"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("feed:javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("//a.example/x", ""),
        ("/x", ""),
        ("https://", ""),
        ("http://[broken", ""),
        ("http://a.example/\ud800", "http://a.example/"),
        ("", ""),
    ],
)
def test_addresses_are_of_the_web_or_none(raw: str, clean: str) -> None:
    assert safe.url(raw) == clean


@given(st.from_regex(r"https?://[A-Za-z0-9.:-]{0,8}(/[!-~]{0,12})?", fullmatch=True) | st.text())
def test_an_address_that_is_passed_at_one_look_would_be_passed_at_two(raw: str) -> None:
    assert safe.url(raw) == safe._mended(raw)


@given(st.text(st.characters(categories=None)))
def test_a_text_that_is_passed_at_one_look_would_be_passed_at_two(raw: str) -> None:
    assert safe.text(raw) == safe.text(f"\n{raw}")[1:]
    assert safe.line(raw) == safe.line(f"\n{raw}")


@given(st.text())
def test_a_clean_address_is_clean(raw: str) -> None:
    once = safe.url("http://a.example/" + raw)

    assert safe.url(once) == once
    assert not set(once) & set(' "<>\n\t\r\\')


@pytest.mark.parametrize(
    ("raw", "clean"),
    [("en", "en"), ("pt-BR", "pt-BR"), ("", ""), ("english, please", ""), ("en_GB", "")],
)
def test_languages_have_the_shape_of_a_tag(raw: str, clean: str) -> None:
    assert safe.language(raw) == clean


def test_a_publication_is_cleaned_all_through() -> None:
    raw = replace(
        publish(covered()),
        title="Two\nlines\0",
        summary="a\x07b",
        html="<p>\x0c</p>",
        url="javascript:alert(1)",
        authors=("A\0", "", "A"),
        categories=(" x ", "\x01"),
        enclosures=(
            Enclosure(url="file:///x"),
            Enclosure(url="https://a.example/x.mp3", type='audio/"', length_bytes=-5),
        ),
    )
    outer = replace(raw, stories=(raw,))

    clean = safe.publication(outer)

    inner = clean.stories[0]
    assert (inner.title, inner.summary, inner.html, inner.url) == ("Two lines", "ab", "<p></p>", "")
    assert (clean.authors, clean.categories) == (("A",), ("x",))
    assert clean.enclosures == (Enclosure(url="https://a.example/x.mp3"),)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("audio/mpeg; codecs=x", "audio/mpeg"),
        (' video/mp4 ;codecs="avc1"', "video/mp4"),
        ("audio/mpeg", "audio/mpeg"),
        ("; codecs=x", ""),
        ("mp3", ""),
    ],
)
def test_a_media_type_goes_without_its_parameters(raw: str, kind: str) -> None:
    assert safe.enclosure(Enclosure(url="https://a.example/x", type=raw)).type == kind


KEY = "s3cr3tkey9876543210abcdefxyz"
BY_QUERY, BY_PATH = f"https://a.example/f.xml?token={KEY}", f"http://a.example/p/{KEY}/rss?x=1"
OPEN = "https://a.example/f.xml?page=2"


def linked(feed: str, address: str) -> Publication:
    """Return an edition of a story of this feed that names this address in every way."""
    lead = member(
        content=f'<p><a href="{html.escape(address)}" rel="x">y</a><img alt="a" src="{address}">',
        url=address,
        image=address,
        enclosures=(Enclosure(url=address),),
    )
    told = publish(story(replace(lead, feed_url=feed, site_url=address)))
    mention = replace(told.source, feed_url="")
    point = Point(text="It is so.", outlet="B", url=address, others=2)
    told = replace(told, mentions=(mention,), points=(point,), continues=mention)
    return replace(told, html=told.html + address * (address == OPEN), stories=(told,))


@pytest.mark.parametrize(
    ("feed", "address"),
    [
        (BY_QUERY, f"{BY_QUERY}#fn1"),
        (BY_QUERY, BY_QUERY.replace("https://a", "http://www.A")),
        (BY_QUERY, f"{BY_QUERY}&page=2"),
        (BY_PATH, f"http://a.example/p/{KEY}/rss#fn1"),
        (BY_PATH, f"https://a.example:443/p/{KEY}/pic.png"),
        (BY_PATH, f"http://a.example/%70/{KEY}/other?y=1"),
    ],
)
def test_no_address_begins_with_a_secret_one(feed: str, address: str) -> None:
    told = safe.without_feeds(linked(feed, address), lambda url: KEY in url)

    assert KEY not in repr(told)
    assert told.html == '<p><a rel="x">y</a>'
    assert told.stories[0].enclosures == ()


@pytest.mark.parametrize("address", [OPEN, "https://a.example/p/other", "http://[broken"])
def test_other_addresses_of_a_secret_feeds_host_stay(address: str) -> None:
    for feed in (BY_QUERY, BY_PATH):
        given = linked(feed, address)
        told = safe.without_feeds(given, lambda url: KEY in url)

        assert (told.url, told.html, told.image) == (given.url, given.html, given.image)
        assert told.stories[0].enclosures == given.enclosures
        assert told.source == replace(given.source, feed_url="")


def test_a_publication_of_open_feeds_is_given_back_itself() -> None:
    given = publish(covered())

    assert safe.without_feeds(given, lambda url: KEY in url) is given


def test_a_clean_publication_stays_as_it_is() -> None:
    """Every field comes through: they are named one by one."""
    whole = replace(
        publish(covered()),
        authors=("A",),
        categories=("c",),
        language="en",
        image="https://a.example/i.png",
        enclosures=(Enclosure(url="https://a.example/x.mp3", type="audio/mpeg", length_bytes=5),),
        rank=1.5,
        points=(Point(text="It is so.", outlet="B", url="https://b.example/2", others=2),),
        correction=Correction(at=NOW, former_title="Before", added=("New.",), removed=1),
        continues=Mention(outlet="A", title="T", url="https://a.example/0", feed_url=""),
        lead_hash=b"1234",
        lead_id=7,
    )
    whole = replace(whole, stories=(whole,))
    at_default = [f.name for f in fields(whole) if getattr(whole, f.name) == f.default]

    assert at_default == []
    assert safe.publication(whole) == whole
