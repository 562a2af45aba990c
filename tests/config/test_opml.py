from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import opml
from aggregator.config.opml import MAX_DEPTH, MAX_OPML_BYTES, MAX_PROBLEMS, MAX_TAGS
from aggregator.model import FeedSpec, Problem


def read(body: str, head: str = "") -> tuple[tuple[FeedSpec, ...], tuple[Problem, ...]]:
    text = f'{head}<opml version="2.0"><body>\n{body}\n</body></opml>'
    return opml.read(text.encode(), name="my.opml")


def test_feeds_have_their_folders_as_tags() -> None:
    feeds, problems = read(
        '<outline text="News"><outline title="World">'
        '<outline type="rss" text="A" xmlUrl="https://a.org/"/></outline></outline>'
        '<outline text="B" xmlUrl=" https://b.org/ "/>'
    )

    assert problems == ()
    assert feeds == (
        FeedSpec(url="https://a.org/", title="A", tags=("News", "World")),
        FeedSpec(url="https://b.org/", title="B"),
    )


def test_categories_are_tags_too() -> None:
    """OPML 2.0: categories are parted by commas, and each may be a path of slashes."""
    (feed,), _ = read('<outline text="A" xmlUrl="https://a.org/" category="/x/y, z,,y"/>')

    assert feed.tags == ("x", "y", "z")


def test_a_feed_in_two_folders_has_both_tags_and_its_first_title() -> None:
    (feed,), problems = read(
        '<outline text="x"><outline text="A" xmlUrl="https://a.org/"/></outline>'
        '<outline text="y"><outline text="B" xmlUrl="https://A.org"/></outline>'
    )

    assert (feed.url, feed.title, feed.tags) == ("https://a.org/", "A", ("x", "y"))
    assert problems == ()


def test_a_feed_inside_a_feed_is_read_and_is_no_folder() -> None:
    feeds, _ = read(
        '<outline text="A" xmlUrl="https://a.org/"><outline text="B" xmlUrl="https://b.org/"/>'
        "</outline>"
    )

    assert [feed.tags for feed in feeds] == [(), ()]


def test_attributes_are_known_in_any_letters() -> None:
    feeds, _ = opml.read(
        b'<OPML><BODY><Outline TEXT="A" XMLURL="https://a.org/"/></BODY></OPML>', name="x"
    )

    assert feeds == (FeedSpec(url="https://a.org/", title="A"),)


def test_a_title_that_only_repeats_the_address_is_none() -> None:
    (feed,), _ = read('<outline text="https://a.org/" xmlUrl="https://a.org/"/>')

    assert feed.title == ""


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_the_declared_encoding_is_followed(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<opml><body><outline text="Müller" xmlUrl="https://a.org/"/></body></opml>'
    )

    (feed,), problems = opml.read(text.encode(encoding), name="x")

    assert (feed.title, problems) == ("Müller", ())


BROKEN = {
    "ampersand": ('<outline text="A & B"/>', 2),
    "cut short": ('<outline text="A">', 3),
    "wrong end": ('<outline text="A">\n</outlin>', 3),
}


@pytest.mark.parametrize(("body", "line"), BROKEN.values(), ids=BROKEN)
def test_broken_xml_is_a_problem_with_its_line_and_gives_no_feed(body: str, line: int) -> None:
    """Half a list would look like a whole one."""
    feeds, problems = read('<outline xmlUrl="https://a.org/"/>' + body)

    assert feeds == ()
    assert [(problem.file, problem.line) for problem in problems] == [("my.opml", line)]
    assert "no well-formed XML" in problems[0].what


@pytest.mark.parametrize("content", [b"", b"   ", b"no XML", b"\xff\xfe\x00", b"<a/>"])
def test_what_is_no_opml_is_a_problem(content: bytes) -> None:
    feeds, problems = opml.read(content, name="my.opml")

    assert feeds == ()
    assert len(problems) == 1


def test_another_document_is_named() -> None:
    _, (problem,) = opml.read(b"<html><body/></html>", name="x")

    assert 'no OPML: it begins with "html"' in problem.what


ODD = {
    "no web address": ('<outline text="B" xmlUrl="ftp://b.org/"/>', "no http or https"),
    "no address": ('<outline text="B" type="rss"/>', "without xmlUrl"),
    "password": ('<outline xmlUrl="https://u:p@b.org/"/>', "user name"),
    "included list": ('<outline type="include" url="https://b.org/o.opml"/>', "another list"),
    "linked list": ('<outline type="link" url="https://b.org/o.opml"/>', "another list"),
}


@pytest.mark.parametrize(("outline", "what"), ODD.values(), ids=ODD)
def test_one_bad_outline_costs_only_its_own_feed(outline: str, what: str) -> None:
    feeds, (problem,) = read(f'<outline xmlUrl="https://a.org/"/>\n{outline}')

    assert [feed.url for feed in feeds] == ["https://a.org/"]
    assert problem.line == 3
    assert what in problem.what


LAUGHS = (
    "<!DOCTYPE opml [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12))
    + "]>"
)
DOCTYPES = {
    "expanding entities": LAUGHS,
    "outside entity": '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "parameter entity": '<!DOCTYPE opml [<!ENTITY % a "b">]>',
    "default attributes": '<!DOCTYPE opml [<!ATTLIST outline text CDATA "x">]>',
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_declarations_are_refused_before_anything_expands(doctype: str) -> None:
    feeds, (problem,) = read('<outline text="&m;" xmlUrl="https://a.org/"/>', head=doctype)

    assert feeds == ()
    assert "declares XML entities" in problem.what


def test_a_doctype_without_declarations_does_no_harm() -> None:
    feeds, problems = read('<outline xmlUrl="https://a.org/"/>', head="<!DOCTYPE opml>")

    assert (len(feeds), problems) == (1, ())


def test_a_large_file_is_refused_unread() -> None:
    feeds, (problem,) = opml.read(b" " * (MAX_OPML_BYTES + 1), name="x")

    assert feeds == ()
    assert "larger than 5 MB" in problem.what


def test_deep_folders_are_refused() -> None:
    feeds, (problem,) = read('<outline text="a">' * MAX_DEPTH)

    assert feeds == ()
    assert "folders in each other" in problem.what


def test_countless_problems_end_the_reading() -> None:
    _, problems = read('<outline type="rss"/>' * (MAX_PROBLEMS + 50))

    assert len(problems) == MAX_PROBLEMS + 1
    assert "many more" in problems[-1].what


def test_long_names_and_countless_tags_are_cut() -> None:
    categories = ",".join(f"t{number}" for number in range(1000))

    (feed,), _ = read(
        f'<outline text="{"f" * 5000}"><outline text="{"x" * 5000}" xmlUrl="https://a.org/"/>'
        f'<outline xmlUrl="https://a.org/" category="{categories}"/></outline>'
    )

    assert len(feed.title) == 300
    assert len(feed.tags) == MAX_TAGS
    assert max(map(len, feed.tags)) == 100


HEAVY = {
    "one feed, many tags each": lambda n: "".join(
        f'<outline xmlUrl="https://a.org/" category="{k}a,{k}b,{k}c"/>' for k in range(n)
    ),
    "one long category": lambda n: (
        f'<outline xmlUrl="https://a.org/" category="{",".join(map(str, range(n * 8)))}"/>'
    ),
    "long folders": lambda n: (
        f'<outline text="{"a," * 20_000}">' * 20 + '<outline xmlUrl="https://a.org/"/>' * n
        + "</outline>" * 20
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", HEAVY.values(), ids=HEAVY)
def test_hostile_lists_take_no_more_than_a_moment(make: object) -> None:
    """Reading is linear: none of these may take minutes. CPU time, generous for slow machines."""
    assert callable(make)
    body = make(8000)
    began = time.process_time()

    feeds, _ = read(body)

    assert len(feeds) == 1
    assert time.process_time() - began < 5


WRITTEN = (
    FeedSpec(url="https://a.org/?x=1&y=2", title='A "<&>" B', tags=("world", "it's & <b>")),
    FeedSpec(url="https://b.org/", tags=("world",)),
    FeedSpec(url="https://c.org/", title="C"),
    FeedSpec(url="https://d.org/", title="D\x00\x1b\ud800\n", tags=("it's & <b>", "world")),
)


def test_written_lists_are_opml_2_with_folders() -> None:
    root = ET.fromstring(opml.write(WRITTEN, title="Mine & yours\x01"))  # noqa: S314 - our own

    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "Mine & yours"
    outlines = [(o.get("text"), len(o), o.get("category")) for o in root.findall("body/outline")]
    assert outlines == [("world", 2, None), ("C", 0, None), ("it's & <b>", 1, None)]
    first = root.find("body/outline/outline")
    assert first is not None
    assert first.attrib == {
        "type": "rss",
        "text": 'A "<&>" B',
        "xmlUrl": "https://a.org/?x=1&y=2",
        "category": "world,it's & <b>",
    }


def test_a_written_list_holds_no_secret() -> None:
    secret = FeedSpec(url="https://a.org/", headers=(("A", "hunter2"),), proxy="http://hunter2:1")

    assert "hunter2" not in opml.write((secret,), title="x")


NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters=",/"), min_size=1, max_size=20
)
FEEDS = st.lists(
    st.builds(
        lambda number, title, tags: FeedSpec(
            url=f"https://example.org/{number}?a=1&b", title=title, tags=tuple(tags)
        ),
        st.integers(0, 99),
        st.just("") | NAMES,
        st.lists(NAMES, unique=True, max_size=4),
    ),
    unique_by=lambda feed: feed.url,
    max_size=8,
).map(tuple)


@given(FEEDS)
def test_what_was_written_reads_as_the_same(feeds: tuple[FeedSpec, ...]) -> None:
    """Only the order changes: feeds of a folder stand together."""
    again, problems = opml.read(opml.write(feeds, title="x").encode(), name="x")

    assert problems == ()
    assert len(again) == len(feeds)
    assert set(again) == set(feeds)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_without_an_exception(content: bytes) -> None:
    feeds, problems = opml.read(content, name="x")

    assert feeds == ()
    assert problems
