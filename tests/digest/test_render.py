"""All documents of a digest: which there are, that they stay the same, that nothing breaks them."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.digest import render
from aggregator.digest.setting import Beside
from aggregator.model import Digest, Enclosure, Format, Mention, Publication
from tests.digest import validators
from tests.digest.makers import (
    DAY,
    ISSUE,
    LIVE,
    NOW,
    SERVICE,
    bare,
    covered,
    issue,
    member,
    publications,
    publish,
    story,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "hostile" / "xss_vectors.py"


def documents(
    digest: Digest,
    current: Sequence[Publication],
    archive: Mapping[int, Sequence[Publication]] | None = None,
    archive_count: int = 0,
) -> dict[str, bytes]:
    made = list(
        render.documents(
            digest,
            service=SERVICE,
            publications=current,
            archive_count=archive_count,
            archives=sorted((archive or {}).items()),
        )
    )
    assert len({document.path for document in made}) == len(made)
    return {document.path: document.body for document in made}


def test_each_form_is_a_file() -> None:
    forms = ["world.atom", "world.rss", "world.json", "world.html"]
    assert list(documents(LIVE, [])) == ["world.opml", *forms]
    assert list(documents(replace(LIVE, formats=(Format.JSON,)), [])) == ["world.json"]


def test_no_document_tells_a_secret_address() -> None:
    told = publish(covered())
    secret = told.mentions[0].feed_url
    beside = Beside(is_secret={told.source.feed_url, secret}.__contains__)

    made = render.documents(
        LIVE, service=SERVICE, publications=[told], archive_count=1, archives=[(1, [told])],
        beside=beside,
    )  # fmt: skip
    issues = render.documents(
        ISSUE, service=SERVICE, publications=[issue([told])], archive_count=0, archives=(),
        beside=beside,
    )  # fmt: skip

    for document in (*made, *issues):
        assert secret.encode() not in document.body, document.path
        assert told.source.feed_url.encode() not in document.body, document.path
    open_too = render.documents(
        LIVE, service=SERVICE, publications=[told], archive_count=0, archives=()
    )
    assert any(told.source.feed_url.encode() in document.body for document in open_too)


def test_the_page_of_all_digests_leads_to_no_secret_address() -> None:
    told = publish(covered())
    feed = told.source.feed_url
    led = replace(told, url=f"{feed}#fn1", image=f"{feed}#picture")

    open_too, closed = (
        render.index_page(
            [LIVE],
            service=SERVICE,
            newest={LIVE.name: [led]},
            beside=Beside(is_secret=secret.__eq__),
        )
        for secret in ("", feed)
    )

    assert feed.encode() in open_too.body
    assert feed.encode() not in closed.body


def test_a_digest_without_title_goes_by_its_name() -> None:
    nameless = replace(LIVE, title=" ")

    assert json.loads(documents(nameless, [])["world.json"])["title"] == "world"
    assert b">world</a></h2>" in render.index_page([nameless], service=SERVICE, newest={}).body


def test_archives_come_in_every_form_below_the_digests_name() -> None:
    made = documents(LIVE, publications(1), {2: publications(3), 1: publications(2)}, 2)

    assert [path for path in made if "archive" in path] == [
        f"world/archive-000{number}.{form}" for number in (1, 2) for form in Format
    ]
    assert b'href="../newsfold-feed.css"' in made["world/archive-0001.atom"]
    assert b"prev-archive" not in made["world/archive-0001.atom"]
    assert b"world/archive-0001.atom" in made["world/archive-0002.atom"]
    assert b"world/archive-0002.atom" in made["world.atom"]


def test_an_archive_shows_its_newest_first() -> None:
    made = documents(LIVE, [], {1: list(reversed(publications(3)))})

    items = json.loads(made["world/archive-0001.json"])["items"]
    assert [item["title"] for item in items] == ["Headline 3", "Headline 2", "Headline 1"]


def test_an_archive_never_changes() -> None:
    """It looks the same while the digest and the count of archives grow."""
    frozen = {1: publications(2)}

    before = documents(LIVE, publications(3), frozen, 1)
    after = documents(LIVE, publications(9), frozen | {2: publications(4)}, 5)

    paths = [path for path in before if "archive" in path]
    assert len(paths) == 4
    assert all(before[path] == after[path] for path in paths)


def test_archives_are_read_one_by_one_as_documents_are_taken() -> None:
    """So that memory holds one of them, however many there are."""
    asked = []

    def archives() -> Iterator[tuple[int, list[Publication]]]:
        for number in (1, 2, 3):
            asked.append(number)
            yield number, publications(2)

    made = render.documents(
        LIVE, service=SERVICE, publications=[], archive_count=3, archives=archives()
    )
    assert asked == []
    for form in Format:
        assert next(made).path == f"world/archive-0001.{form}"
    assert asked == [1]


def test_what_is_linked_comes_before_what_links_to_it() -> None:
    """Pages of editions before the documents that list them, archives before current ones."""
    first, second = (issue(publications(1), number=number) for number in (1, 2))
    digest = replace(ISSUE, formats=(Format.ATOM,))

    made = documents(digest, [second, first], {1: [first]}, 1)

    assert list(made) == [
        "morning/edition-1.html",
        "morning/archive-0001.atom",
        "morning/edition-2.html",
        "morning.atom",
    ]


def test_every_edition_has_a_page_whatever_the_forms() -> None:
    digest = replace(ISSUE, formats=(Format.ATOM,))
    current = [issue(publications(2), number=3), issue(publications(1), number=2)]

    made = documents(digest, current, {1: [issue(publications(1), number=1), current[1]]})

    assert [path for path in made if "edition" in path] == [
        f"morning/edition-{number}.html" for number in (1, 2, 3)
    ]
    assert b"Headline 2" in made["morning/edition-3.html"]


def test_the_same_publications_give_the_same_bytes() -> None:
    current = [publish(covered()), *publications(5)]

    assert documents(LIVE, current) == documents(LIVE, list(current))


def test_coverage_that_joins_leaves_updated_everywhere() -> None:
    before = publish(story(identity="covered"))
    after = publish(covered(), before, now=NOW + DAY)

    old, new = documents(LIVE, [before]), documents(LIVE, [after])

    stamp = b"2026-11-25T07:00:00Z"
    assert old["world.atom"] != new["world.atom"]
    for made in (old, new):
        assert made["world.atom"].count(b"<updated>" + stamp) == 3
        assert b"Wed, 25 Nov 2026 07:00:00 GMT</lastBuildDate>" in made["world.rss"]
        assert json.loads(made["world.json"])["items"][0]["date_modified"] == stamp.decode()


def test_the_index_and_the_stylesheets_are_files_too() -> None:
    index = render.index_page([LIVE], service=SERVICE, newest={"world": publications(1)})

    assert index.path == "index.html"
    assert b"Headline 1" in index.body
    assert [sheet.path for sheet in render.stylesheets()] == ["newsfold.css", "newsfold-feed.css"]
    assert all(b"url(" not in sheet.body for sheet in render.stylesheets())


# ------------------------------------------------------------- whatever the texts say

TEXT = st.text(st.characters(categories=None), max_size=20) | st.sampled_from(
    [
        "]]>",
        "<![CDATA[",
        "</title>",
        "\0",
        "\ud800",
        "\ufffe",
        "&#0;",
        "{{ 7 * 7 }}",
        "\u202eabc",
        "\"'<",
    ]
)


def mentions(text: st.SearchStrategy[str]) -> st.SearchStrategy[Mention]:
    return st.builds(Mention, outlet=text, title=text, url=text, feed_url=text, site_url=text)


ANYTHING = st.builds(
    Publication,
    digest=st.just("world"),
    number=st.just(1),
    id=st.just("tag:news.example.org,2026:story:s1"),
    story_id=st.just("s1"),
    title=TEXT,
    url=TEXT,
    html=TEXT,
    summary=TEXT,
    source=mentions(TEXT),
    mentions=st.lists(mentions(TEXT), max_size=2).map(tuple),
    published_at=st.just(NOW),
    updated_at=st.just(NOW),
    authors=st.lists(TEXT, max_size=2).map(tuple),
    categories=st.lists(TEXT, max_size=2).map(tuple),
    language=TEXT,
    image=TEXT,
    enclosures=st.lists(
        st.builds(Enclosure, url=TEXT, type=TEXT, length_bytes=st.integers(-1, 10**12)), max_size=2
    ).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(ANYTHING, TEXT)
def test_no_text_breaks_a_document(made: Publication, title: str) -> None:
    whole = issue([made], number=2)

    bodies = documents(replace(LIVE, title=title), [made, whole], {1: [made]})

    assert validators.atom(bodies["world.atom"]) == []
    assert validators.rss(bodies["world.rss"]) == []
    json.loads(bodies["world.json"])
    for body in bodies.values():
        assert "\0" not in body.decode()


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_a_clean_text_arrives_as_it_is(text: str) -> None:
    made = replace(publish(story()), html=text)

    bodies = documents(LIVE, [made])

    root = ET.fromstring(bodies["world.atom"])  # noqa: S314 - our own output
    wanted = "".join(json.loads(bodies["world.json"])["items"][0]["content_html"])
    assert (root.findtext(f".//{validators.ATOM}content") or "") == wanted


# ------------------------------------------------------------------- hostile texts


@pytest.fixture(scope="module")
def vectors() -> ModuleType:
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not here")
    spec = importlib.util.spec_from_file_location("xss_vectors", VECTORS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hostile(vector: str) -> Publication:
    """Return a publication composed of the vector in every place that holds no HTML."""
    lead = member(
        title=vector,
        content="",
        summary=vector,
        url=vector,
        authors=(vector,),
        categories=(vector,),
        language=vector,
        image=vector,
        enclosures=(Enclosure(url=vector, type=vector),),
    )
    lead = replace(lead, outlet=vector, site_url=vector)
    other = replace(member("b", 2), outlet=vector, site_url=vector, entry=lead.entry)
    return publish(story(lead, other))


def shown_pages(made: Publication) -> list[str]:
    """Return every page that a browser would show."""
    bodies = documents(ISSUE, [issue([made])]) | documents(LIVE, [made, bare("a", 3, 0)])
    index = render.index_page([LIVE], service=SERVICE, newest={"world": [made]})
    pages = [body for path, body in bodies.items() if path.endswith(".html")]
    return [page.decode() for page in (*pages, index.body)]


def shown_texts(made: Publication) -> list[str]:
    """Return every text that a reader may take for HTML."""
    rss = ET.fromstring(documents(LIVE, [made])["world.rss"])  # noqa: S314 - our own output
    texts = [element.text or "" for element in rss.iter()]
    return [*texts, made.html, issue([made]).html]


def test_hostile_texts_add_nothing_alive_to_pages(vectors: ModuleType) -> None:
    """A page's own head and ids are what the check finds in a page of harmless texts."""
    harmless = [sorted(vectors.live(page)) for page in shown_pages(hostile("harmless"))]

    for vector in vectors.VECTORS:
        found = [sorted(vectors.live(page)) for page in shown_pages(hostile(vector))]
        assert found == harmless, vector


def test_hostile_texts_are_dead_in_feeds(vectors: ModuleType) -> None:
    for vector in vectors.VECTORS:
        assert [text for text in shown_texts(hostile(vector)) if vectors.live(text)] == []


ADDRESS = re.compile(r'(?:href|src)="([^"]*)"')
ICON = re.compile(r'<link rel="icon" type="image/svg\+xml" href="data:image/svg\+xml,[^"]*">')
OURS = {"newsfold.css", "index.html", "world.html", "world.opml", "morning.opml", ""}


def test_every_address_is_of_the_web_or_our_own(vectors: ModuleType) -> None:
    for vector in vectors.VECTORS:
        for piece in shown_pages(hostile(vector)) + shown_texts(hostile(vector)):
            for address in ADDRESS.findall(ICON.sub("", piece, count=1)):
                known = address in OURS or address.startswith(("#", "../", "feed:https://"))
                assert known or validators.is_web(address), address
