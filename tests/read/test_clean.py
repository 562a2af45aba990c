from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read import clean

if TYPE_CHECKING:
    from types import ModuleType

BASE = "https://harbour.example/news/1"
SANITISER = clean.Sanitiser(BASE)

REL = 'rel="noopener nofollow"'
CLEANED = {
    "harmless markup stays": ("<p>a <em>b</em></p>", "<p>a <em>b</em></p>"),
    "links are resolved": (
        "<a href='/x'>y</a>",
        f'<a href="https://harbour.example/x" {REL}>y</a>',
    ),
    "images are resolved": ("<img src=a.png>", '<img src="https://harbour.example/news/a.png">'),
    "scripts go with their text": ("a<script>b</script>", "a"),
    "frames go with their text": ("a<iframe src=x>b</iframe>", "a"),
    "noscript does not show its code": ("a<noscript><img src=b></noscript>", "a"),
    "drawings go": ("a<svg><text>b</text></svg>", "a"),
    "forms keep their words": ("<form action=/x><p>a</p><input></form>", "<p>a</p>"),
    "style, id and class go": ('<p style="x" id=a class=b name=c>d</p>', "<p>d</p>"),
    "mail links go": ("<a href='mailto:a@b.example'>c</a>", f"<a {REL}>c</a>"),
    "credentials go": (
        "<a href='https://me:secret@a.example/'>b</a>",
        f'<a href="https://a.example/" {REL}>b</a>',
    ),
    "pixels go": ("a<img src=/t.gif width=1 height=1>", "a"),
    "pixels with units go": ("a<img src=/t.gif height='0px'>", "a"),
    "images without an address go": ("a<img alt=b>", "a"),
    "absurd sizes go": (
        "<img src=/a width=100% height=99999 alt='x > y'>",
        '<img src="https://harbour.example/a" alt="x &gt; y">',
    ),
    "real sizes stay": (
        "<img src=/a width=640 height=480>",
        '<img src="https://harbour.example/a" width="640" height="480">',
    ),
    "srcset goes": ("<img src=/a srcset='b 2x'>", '<img src="https://harbour.example/a">'),
    "controls by reference go": ("<p>a&#x1F;&#xFFFE;b</p>", "<p>ab</p>"),
    "plain words stay": (" a b ", "a b"),
}


@pytest.mark.parametrize(("source", "expected"), CLEANED.values(), ids=CLEANED.keys())
def test_html_is_cleaned(source: str, expected: str) -> None:
    assert SANITISER.clean(source) == expected


def test_an_xml_base_of_its_own_is_used() -> None:
    cleaned = SANITISER.clean("<img src=a.png>", base="https://other.example/x/")

    assert cleaned == '<img src="https://other.example/x/a.png">'


NOTES = (
    '<p id=a><a href="#n">1</a><a href="">2</a><a href=" \n&#35;n">3</a><a href="/x">4</a>'
    f'<a href="{BASE}#n">5</a><img src="#"><img src="a.png" alt="b"></p>'
)


def test_a_link_to_a_fragment_leads_to_the_page_that_the_source_is_of() -> None:
    """What is written whole stays, though it be the base itself."""
    cleaned = SANITISER.clean(NOTES, page="https://harbour.example/story#top")

    assert cleaned == (
        f'<p><a href="https://harbour.example/story#n" {REL}>1</a>'
        f'<a href="https://harbour.example/story" {REL}>2</a>'
        f'<a href="https://harbour.example/story#n" {REL}>3</a>'
        f'<a href="https://harbour.example/x" {REL}>4</a><a href="{BASE}#n" {REL}>5</a>'
        '<img src="https://harbour.example/news/a.png" alt="b"></p>'
    )


def test_a_fragment_of_an_xml_base_of_its_own_stays_there() -> None:
    cleaned = SANITISER.clean(
        '<a href="#n">1</a>', base="https://b.example/x", page="https://a.example/"
    )

    assert cleaned == f'<a href="https://b.example/x#n" {REL}>1</a>'


@pytest.mark.parametrize("base", ["", BASE, "#x"])
def test_a_link_to_a_fragment_of_no_page_goes(base: str) -> None:
    cleaned = SANITISER.clean(NOTES, page="", base=base)

    assert cleaned.startswith(f"<p><a {REL}>1</a><a {REL}>2</a><a {REL}>3</a><a href=")
    assert f'href="{BASE}#n"' in cleaned


@pytest.mark.parametrize(
    "address", ["https://HARBOUR.example:443/f?token=a'b", "https://harbour.example", BASE]
)
def test_a_fragment_is_known_in_every_spelling_of_the_base(address: str) -> None:
    cleaned = clean.Sanitiser(address).clean('<a href="#n">1</a>', page="")

    assert cleaned == f"<a {REL}>1</a>"


@pytest.mark.parametrize("source", [case[0] for case in CLEANED.values()], ids=CLEANED.keys())
def test_all_else_is_cleaned_alike_with_a_page_of_its_own(source: str) -> None:
    cleaned = SANITISER.clean(source)

    assert SANITISER.clean(source, page="https://a.example/") == cleaned
    assert SANITISER.clean(f'{source}<a href="#">', page="").startswith(cleaned.rstrip())


def test_without_an_address_relative_links_go() -> None:
    assert clean.Sanitiser("").clean("<img src=a.png>b") == "b"


def test_no_attack_survives(xss_vectors: ModuleType) -> None:
    """Parsed as a browser would, the result holds nothing that runs."""
    live = {
        vector: found
        for vector in xss_vectors.VECTORS
        if (found := xss_vectors.live(SANITISER.clean(vector)))
    }

    assert len(xss_vectors.VECTORS) > 50
    assert not live


@given(st.text(alphabet="<>/='\"&;:!-ascriptmgonlue \n\x00\x1f\ud800", max_size=80))
def test_what_is_clean_stays_as_it_is(source: str) -> None:
    cleaned = SANITISER.clean(source)

    assert SANITISER.clean(cleaned) == cleaned
    assert "<script" not in cleaned


DEEP = {
    "divs": "<div>" * 60_000 + "x" + "</div>" * 60_000,
    "open formatting": "".join(f"<font color={n}>" for n in range(2_000)) + "<p>x" * 2_000,
    "never closed": "<a " * 300_000 + "x",
    "comments": "<!--" * 200_000 + "x",
    "brackets": "<" * 500_000 + "x",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_hostile_nesting_is_cheap(source: str) -> None:
    """The bound is loose so that a busy machine passes; unbounded, these take from 9 s up."""
    start = time.process_time()

    cleaned = SANITISER.clean(source)

    assert time.process_time() - start < 2
    assert "<div" not in cleaned


def test_deep_html_keeps_its_words() -> None:
    source = "<div>" * 1_200 + "deep &amp; dark" + "</div>" * 1_200

    assert SANITISER.clean(source) == "<p>deep &amp; dark</p>"
    assert clean.line(source) == "deep & dark"


def test_many_tags_side_by_side_are_not_deep() -> None:
    source = "<p><b>a</b></p>" * 1_000

    assert SANITISER.clean(source) == source


def test_content_is_bounded() -> None:
    assert len(SANITISER.clean("<p>" + "x" * 2_000_000)) < 1_000_100


LINES = {
    "entities are resolved": ("AT&amp;T &#8211; R&D", False, "AT&T \u2013 R&D"),
    "tags go": ("<b>Bold</b> and<br>new", False, "Bold and new"),
    "scripts go": ("a<script>alert(1)</script>b", False, "ab"),
    "type parameters stay": ("Vec<T> in Rust", False, "Vec<T> in Rust"),
    "less-than stays": ("1 < 2 & 3 > 2", False, "1 < 2 & 3 > 2"),
    "white space is folded": (" a\n\t b  c ", False, "a b c"),
    "plain text is literal": ("Using the <b> tag", True, "Using the <b> tag"),
    "html by mistake is html": ("<i>Sun</i> &amp; sea", True, "Sun & sea"),
    "entities by mistake are resolved": ("Sun &amp; sea", True, "Sun & sea"),
    "controls go": ("a\x00\x1b\ud800b", False, "ab"),
}


@pytest.mark.parametrize(("text", "plain", "expected"), LINES.values(), ids=LINES.keys())
def test_a_line_is_plain_text(text: str, plain: bool, expected: str) -> None:  # noqa: FBT001 a table's column
    assert clean.line(text, plain=plain) == expected


def test_a_long_title_is_cut_between_words() -> None:
    title = clean.line("word " * 1_000)

    assert len(title) <= clean.MAX_TITLE_CHARS
    assert title.endswith("word…")


@given(st.text(max_size=300), st.integers(min_value=2, max_value=60))
def test_shortened_text_never_passes_its_limit(text: str, limit: int) -> None:
    short = clean.shorten(text, limit)

    assert len(short) <= limit
    assert short == text or short.endswith("…")


def test_text_without_blanks_is_cut_anyway() -> None:
    assert clean.shorten("漢" * 100, 10) == "漢" * 9 + "…"


def test_a_cut_that_falls_between_words_loses_none() -> None:
    assert clean.shorten("one two three", 8) == "one two…"


def test_a_summary_is_the_beginning_of_the_text() -> None:
    content = "<p>First &amp; <b>foremost</b>.</p><p>" + "more " * 2_000 + "</p>"

    summary = clean.summary_of(content)

    assert summary.startswith("First & foremost. more more")
    assert summary.endswith("more…")
    assert len(summary) <= clean.MAX_SUMMARY_CHARS


def test_a_summary_looks_past_a_long_beginning_without_words() -> None:
    content = f'<p><img src="https://a.example/{"x" * 5_000}"></p><p>Words</p>'

    assert clean.summary_of(content) == "Words"


def test_plain_text_keeps_its_lines_as_html() -> None:
    assert clean.escape_text("a < b\r\nc & d\x00") == "a &lt; b<br>\nc &amp; d"


def test_the_first_image_is_found() -> None:
    content = '<p>a</p><img src="https://a.example/?x=1&amp;y=2"><img src="https://a.example/2">'

    assert clean.first_image(content) == "https://a.example/?x=1&y=2"
    assert clean.first_image("<p>a</p>") == ""
