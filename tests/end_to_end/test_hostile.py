"""Hostile text all the way: nothing that a browser would run reaches any published form."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import harm, published, soundness
from tests.end_to_end.feeds import Item, page
from tests.end_to_end.newsrooms import (
    LIVE,
    Clock,
    Plan,
    load,
    public_of,
    store_of,
    take_round,
    write,
)
from tests.end_to_end.web import Page, serve_web

if TYPE_CHECKING:
    from types import ModuleType

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "hostile" / "xss_vectors.py"
EDITION = '[[digests]]\nname = "issue"\ntitle = "Issue"\nkind = "edition"\nat = ["12:01"]\n'
HARM = {
    "script": "<p>Before</p><script>alert(1)</script><p>after</p>",
    "handler": '<p onclick="alert(1)" onmouseover="alert(2)">Press me</p>',
    "link": '<a href="javascript:alert(1)">go</a> <a href=" java&#9;script:alert(1)">go</a>',
    "data": '<a href="data:text/html,<script>alert(1)</script>">go</a>',
    "frame": '<iframe src="https://evil.example/"></iframe><object data="x.swf"></object>',
    "style": "<style>body { display: none }</style><p style='position: fixed'>over all</p>",
    "form": '<form action="https://evil.example/"><input name="password"><button>x</button></form>',
    "picture": '<img src="x" onerror="alert(1)"><svg onload="alert(1)"><script>1</script></svg>',
    "nested": "<scr<script>ipt>alert(1)</scr</script>ipt><<b>script>alert(1)</b>",
    "cdata": "<p>An end ]]> in the middle, and ]]&gt; again, <![CDATA[and a start</p>",
    "controls": "<p>bell &#7; escape &#27;[31m null &#0; and &#xFFFE; &#xD800;</p>",
    "closing": "</description></item></channel></rss></content></entry></feed></main></body>",
    "comment": "<!-- --!><img src=x onerror=alert(1)> -->",
}


def _items() -> list[Item]:
    """Return an entry for each kind of harm, with the harm in its title and its text."""
    return [
        Item(
            guid=f"{name}-{html[:20]}", title=html, text=html, link=f"https://jester.example/{name}"
        )
        for name, html in HARM.items()
    ] + [
        Item(guid="script-link", title="A link", text="", link="javascript:alert(1)"),
        Item(guid="<script>", title='"><script>alert(1)</script>', text='"><b onclick=x>'),
    ]


def _unmarked(html: str) -> list[str]:
    """Judge nothing."""
    return []


def _published(folder: Path, answer: Page) -> tuple[Path, Path]:
    """Poll one feed, publish it live and as an issue; return the folder and the database."""
    clock = Clock(NOON)
    with serve_web() as web:
        url = web.put("/feed", answer)
        path = write(folder, Plan(feeds=[url], digests=LIVE + EDITION, polling={"backfill": "500"}))
        with House.open(load(path), clock=clock) as house:
            (report,) = take_round(house)
            clock.now = NOON.replace(minute=2)
            house.publish()
    assert report.outcome == "fetched", report
    return public_of(load(path)), store_of(load(path))


def test_nothing_of_a_hostile_feed_is_live_in_any_form(tmp_path: Path) -> None:
    title = "<script>alert('title')</script>\x1b News"
    public, _ = _published(tmp_path, page(_items(), title=title.replace("\x1b", "")))

    for digest in ("all", "issue"):
        harm.assert_harmless(public, digest, live=_unmarked)
    assert len(published.current(public, "all")) == len(_items())


def test_the_harmless_words_around_the_harm_are_kept(tmp_path: Path) -> None:
    public, _ = _published(tmp_path, page(_items()))
    told = " ".join(one.content for one in published.current(public, "all"))

    for words in ("Before", "after", "Press me", "over all", "An end ]]&gt; in the middle"):
        assert words in told


def test_raw_control_characters_in_a_body_reach_no_reader(tmp_path: Path) -> None:
    body = page([Item(guid="a", title="bell \x07 and \x0b tab", text="nul \x00 \x1b[0m end")]).body
    public, _ = _published(tmp_path, Page(body=body))

    harm.assert_harmless(public, "all", live=_unmarked)
    (one,) = published.current(public, "all")
    assert one.title.startswith("bell")


@pytest.fixture(scope="module")
def vectors() -> ModuleType:
    """Load the known vectors from beside the project."""
    if not VECTORS.is_file():
        pytest.skip(f"no hostile vectors beside the project ({VECTORS})")
    spec = importlib.util.spec_from_file_location("xss_vectors", VECTORS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_known_vector_is_live_in_any_form(tmp_path: Path, vectors: ModuleType) -> None:
    """The judge is theirs and ours; one injected entry would show as one too many."""
    public, store = _published(tmp_path, Page(body=vectors.feed()))

    for digest in ("all", "issue"):
        harm.assert_harmless(public, digest, live=vectors.live)
    assert soundness.count(store, "entries") == len(vectors.VECTORS)


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>",
        "<p onclick=x>",
        "<a href=' JavaScript:x'>",
        "<p style=x>",
        "<svg><a xlink:href='javascript:1'>",
        "<meta http-equiv=refresh>",
    ],
)
def test_the_judge_sees_harm(html: str) -> None:
    """A judge that finds nothing anywhere would let everything through."""
    assert harm.in_fragment(html)
