"""The text of an entry's page: found in many languages, and refused where the page is another."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Entry, Page
from aggregator.read import fulltext
from aggregator.read.clean import flat_text
from tests.read.pages import ENGLISH, GERMAN, JAPANESE, RUSSIAN, STORIES, Story, page_of

if TYPE_CHECKING:
    from types import ModuleType

URL = "https://outlet.example/2026/bridge"
HTML = "text/html"
VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "hostile" / "xss_vectors.py"


def entry(story: Story, *, content: str = "", url: str = URL, summary: str = "") -> Entry:
    return Entry(key="k", url=url, title=story.title, content=content, summary=summary)


def read(  # noqa: PLR0913 - each a separate fact of the case
    body: bytes | str,
    *,
    story: Story = ENGLISH,
    url: str = URL,
    content_type: str = HTML,
    content: str = "",
    asked: str = URL,
) -> Page:
    return fulltext.read_page(
        body if isinstance(body, bytes) else body.encode(),
        url=url,
        content_type=content_type,
        entry=entry(story, content=content, url=asked),
    )


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.language)
def test_the_text_is_found_and_nothing_around_it(story: Story) -> None:
    page = read(page_of(story), story=story)

    told = flat_text(page.content)
    assert page.error == ""
    assert page.url == URL
    assert all(flat_text(paragraph) in told for paragraph in story.paragraphs)
    assert "Sport" not in told
    assert "rights reserved" not in told


def test_the_title_is_not_told_twice() -> None:
    """The heading at the top is the entry's title over again."""
    assert not read(page_of(ENGLISH)).content.startswith("<h1>")
    other = Story(language="en", title="Bridge opens", paragraphs=ENGLISH.paragraphs)
    assert read(page_of(ENGLISH), story=other).content.startswith("<h1>Harbour bridge")


def test_form_links_and_pictures_are_kept_and_made_absolute() -> None:
    body = (
        "<h2>Costs</h2><p>Read <a href='/costs?a=1&amp;b=2'>the <em>report</em></a> of the year "
        "before last.</p><img src='/b.jpg' alt='The bridge'><ul><li>400 m long</li></ul>"
        "<pre><code>x &lt; y</code></pre>"
    )
    content = read(page_of(ENGLISH, body=body)).content

    assert 'href="https://outlet.example/costs?a=1&amp;b=2"' in content
    assert '<img src="https://outlet.example/b.jpg" alt="The bridge">' in content
    assert "<h2>Costs</h2>" in content
    assert "<li>400 m long</li>" in content
    assert "<pre>x &lt; y</pre>" in content


CODED = [
    pytest.param(GERMAN, "iso-8859-1", f"{HTML}; charset=iso-8859-1", id="the server says it"),
    pytest.param(GERMAN, "windows-1252", HTML, id="the page says it"),
    pytest.param(RUSSIAN, "windows-1251", HTML, id="Cyrillic"),
    pytest.param(RUSSIAN, "koi8-r", f"{HTML};charset=KOI8-R", id="older Cyrillic"),
    pytest.param(JAPANESE, "shift_jis", HTML, id="Japanese"),
    pytest.param(JAPANESE, "euc-jp", HTML, id="other Japanese"),
    pytest.param(GERMAN, "utf-16", HTML, id="a byte order mark"),
]


@pytest.mark.parametrize(("story", "charset", "content_type"), CODED)
def test_any_encoding_is_read(story: Story, charset: str, content_type: str) -> None:
    body = page_of(story, charset=charset).replace("©", "(c)").encode(charset)

    page = read(body, story=story, content_type=content_type)

    assert flat_text(story.paragraphs[0]) in flat_text(page.content)


def test_a_declared_charset_that_lies_does_not_spoil_the_text() -> None:
    page = read(page_of(GERMAN), story=GERMAN, content_type=f"{HTML}; charset=iso-8859-1")

    assert "großer Mehrheit" in page.content


REFUSED = [
    pytest.param(b"%PDF-1.7 " + b"x" * 900, "application/pdf", "no HTML", id="a PDF"),
    pytest.param(b"%PDF-1.7 " + b"x" * 900, HTML, "no HTML", id="a PDF that is called HTML"),
    pytest.param(b"\xff\xd8\xff\xe0" * 99, "image/jpeg", "no HTML", id="a picture"),
    pytest.param(b'{"error": "no"}', HTML, "no HTML", id="JSON that is called HTML"),
    pytest.param(b"<?xml version='1.0'?><rss/>", "text/xml", "no HTML", id="a feed"),
    pytest.param(b"", HTML, "title", id="nothing"),
    pytest.param(b"<div>" * 9_000, HTML, "too deep", id="a well of elements"),
    pytest.param(b"<p>Page not found</p>" * 90, HTML, "title", id="an error page with 200"),
]


@pytest.mark.parametrize(("body", "content_type", "told"), REFUSED)
def test_what_is_no_page_of_the_entry_is_refused(body: bytes, content_type: str, told: str) -> None:
    page = read(body, content_type=content_type)

    assert page.content == ""
    assert told in page.error


def test_html_that_is_called_nothing_is_read() -> None:
    assert read(page_of(ENGLISH), content_type="").content
    assert read(page_of(ENGLISH), content_type="application/octet-stream").content


CONSENT = (
    "<!doctype html><html><head><title>Before you continue</title></head><body><main><h1>We value "
    "your privacy</h1>"
    + "<p>We and our 812 partners store and read information on your device, such as cookies, to "
    "show personal advertising and to measure it, if you agree to that with a click here.</p>"
    * 5
    + "<form><button>Agree</button></form></main></body></html>"
)
LOGIN = (
    "<!doctype html><html><head><title>Log in</title></head><body><form><input name=user><input "
    "type=password><button>Log in</button></form><p>Subscribers read everything.</p></body></html>"
)


@pytest.mark.parametrize("body", [CONSENT, LOGIN], ids=["consent", "login"])
def test_a_page_of_another_thing_is_refused_and_names_no_address(body: str) -> None:
    """Were its address kept, unlike entries that all lead there would count as one."""
    page = read(body)

    assert page.content == ""
    assert page.url == ""
    assert "title" in page.error


GATES = [
    pytest.param("https://consent.outlet.example/c?to=bridge", True, id="a host for consent"),
    pytest.param("https://outlet.example/auth/sign-in?next=/2026/bridge", True, id="a login"),
    pytest.param("https://outlet.example/login.php", True, id="with an ending"),
    pytest.param("https://outlet.example/2026/login-trouble-at-bank", False, id="a story on it"),
    pytest.param("https://outlet.example/2026/bridge?login=1", False, id="in the query"),
]


@pytest.mark.parametrize(("url", "is_gate"), GATES)
def test_a_redirect_to_a_gate_is_known_by_its_address(url: str, is_gate: bool) -> None:  # noqa: FBT001 - of the table
    page = read(page_of(ENGLISH), url=url)

    assert (page.content == "") is is_gate
    assert (page.url == "") is is_gate


def test_an_entry_that_itself_stands_under_such_an_address_is_read() -> None:
    url = "https://outlet.example/challenge/bridge"

    assert read(page_of(ENGLISH), url=url, asked=url).content


def test_a_page_that_says_no_more_than_the_feed_leaves_the_feeds_own_text() -> None:
    whole = "".join(f"<p>{one}</p>" for one in ENGLISH.paragraphs)

    page = read(page_of(ENGLISH), content=whole)

    assert page.content == ""
    assert page.url == URL
    assert "no more than the feed" in page.error


def test_a_teaser_in_the_feed_gives_way_to_the_page() -> None:
    assert read(page_of(ENGLISH), content=f"<p>{ENGLISH.paragraphs[0]}</p>").content


def test_a_notice_is_no_text() -> None:
    short = Story(language="en", title=ENGLISH.title, paragraphs=("Subscribe to read on.",))

    page = read(page_of(short))

    assert page.content == ""
    assert page.url == URL


CANONICALS = [
    pytest.param("/2026/bridge-1234", "https://outlet.example/2026/bridge-1234", id="relative"),
    pytest.param("https://www.outlet.example/b", "https://www.outlet.example/b", id="www"),
    pytest.param("https://other.example/b", URL, id="another site"),
    pytest.param("https://outlet.example/", URL, id="the home page"),
    pytest.param("javascript:alert(1)", URL, id="no web address"),
    pytest.param("", URL, id="none"),
    pytest.param("https://[", URL, id="broken"),
]


@pytest.mark.parametrize(("named", "url"), CANONICALS)
def test_the_address_is_the_one_that_the_page_names_where_that_is_sane(
    named: str, url: str
) -> None:
    head = f'<link rel="canonical" href="{named}">'

    assert read(page_of(ENGLISH, head=head)).url == url


TITLES = [
    pytest.param("Bridge opens", "The harbour bridge is open", True, id="one of two words"),
    pytest.param("Bridge opens", "Page not found", False, id="none"),
    pytest.param("On it", "Anything at all", True, id="no word with meaning"),
    pytest.param("", "Anything at all", True, id="no title"),
    pytest.param("港の新しい橋が開通", "新しい橋は火曜日に開通した", True, id="Japanese"),
    pytest.param("港の新しい橋が開通", "ページが見つかりません", False, id="other Japanese"),
    pytest.param("สะพานใหม่เปิดแล้ว", "เปิดสะพานใหม่ข้ามท่าเรือ", True, id="Thai"),
    pytest.param("STRASSE gesperrt", "Die Straße ist gesperrt", True, id="folded case"),
]


@pytest.mark.parametrize(("title", "text", "tells"), TITLES)
def test_a_page_tells_the_entry_when_it_holds_the_titles_words(
    title: str,
    text: str,
    tells: bool,  # noqa: FBT001 - of the table
) -> None:
    assert fulltext.tells_title(title, text) is tells


def test_folding_sees_the_page_and_the_feed_keeps_its_words() -> None:
    page = read(page_of(ENGLISH))
    bare = entry(ENGLISH)
    told = entry(ENGLISH, content="<p>Own</p>", summary="Own")

    assert fulltext.as_read(told, page.content).content == page.content
    assert fulltext.as_read(told, page.content).summary.startswith("The new bridge")
    assert fulltext.completed(told, page.content) == told
    assert fulltext.completed(bare, page.content).content == ""
    assert fulltext.completed(bare, page.content).summary.startswith("The new bridge")


def test_a_missing_picture_comes_from_the_page() -> None:
    content = '<p>Words</p><img src="https://outlet.example/b.jpg">'

    assert fulltext.completed(entry(ENGLISH), content).image == "https://outlet.example/b.jpg"


def test_the_extra_is_there() -> None:
    assert fulltext.is_available()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([HTML, "", "text/plain; charset=x"]))
def test_whatever_the_body_holds_a_page_comes_back(body: bytes, content_type: str) -> None:
    page = read(page_of(ENGLISH).encode() + body, content_type=content_type)

    assert bool(page.content) != bool(page.error)


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("xss_vectors", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared attack vectors are not here")
def test_nothing_live_survives_in_a_page() -> None:
    vectors = loaded(VECTORS)

    texts = {one: read(page_of(ENGLISH, body=one, before=one)).content for one in vectors.VECTORS}

    assert [one for one, content in texts.items() if vectors.live(content)] == []
    assert sum(map(bool, texts.values())) > 0.9 * len(texts)  # the others swallow the page
