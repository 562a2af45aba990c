"""Our own documents come apart into entries, and go together again, whatever they hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import atom, jsonfeed, rss, safe
from aggregator.digest.sheet import Sheet
from aggregator.model import Format
from aggregator.serve.cut import cut
from tests.digest import validators
from tests.digest.makers import LIVE, covered, publications, publish

WRITERS = {
    Format.ATOM: lambda sheet: atom.write(sheet, stylesheet="newsfold-feed.css"),
    Format.RSS: lambda sheet: rss.write(sheet, stylesheet="newsfold-feed.css"),
    Format.JSON: jsonfeed.write,
}
CHECKS = {
    Format.ATOM: validators.atom_delta,
    Format.RSS: validators.rss,
    Format.JSON: validators.json_feed,
}
TRAPS = [
    "\n <entry>\n </entry>",
    "\n  <item>\n  </item>",
    '\n  {\n   "id": "x"\n  }',
    '"items": [',
    "]]>",
]


def sheet(count: int = 3, *, html: str = "<p>Told.</p>") -> Sheet:
    made = [safe.publication(replace(one, html=html, title=html)) for one in publications(count)]
    hubs = ("https://hub.example/", "https://hub2.example/")
    return Sheet(digest=LIVE, public_url="https://n.example", publications=tuple(made), hubs=hubs)


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("html", ["<p>Told.</p>", *TRAPS])
def test_a_document_comes_apart_at_its_entries(form: Format, html: str) -> None:
    document = WRITERS[form](sheet(html=html))

    pieces = cut(document, f"world.{form}")

    assert pieces is not None
    assert len(pieces.entries) == 3
    assert pieces.head + pieces.between.join(pieces.entries) + pieces.tail == document
    assert pieces.without(frozenset()) is None


@pytest.mark.parametrize("form", WRITERS)
@given(html=st.text(max_size=60))
def test_any_words_come_apart(form: Format, html: str) -> None:
    pieces = cut(WRITERS[form](sheet(2, html=html)), f"world.{form}")

    assert pieces is not None
    assert len(pieces.entries) == 2


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_left_out_leaves_a_valid_document(form: Format) -> None:
    before = cut(WRITERS[form](sheet(2)), f"world.{form}")
    now = cut(WRITERS[form](sheet(4)), f"world.{form}")
    assert before is not None
    assert now is not None

    delta = now.without(before.marks())

    assert delta is not None
    assert CHECKS[form](delta) == []
    found = cut(delta, f"world.{form}")
    assert found is not None
    assert found.entries == now.entries[:2]
    assert (found.head, found.tail) == (now.head, now.tail)


def test_an_entry_that_changed_is_new_as_well() -> None:
    told = list(sheet(3).publications)
    before = cut(atom.write(sheet(3), stylesheet="s"), "world.atom")
    told[1] = replace(told[1], html="<p>Another word.</p>")
    changed = Sheet(
        digest=LIVE, public_url="https://n.example", publications=tuple(told), hubs=sheet().hubs
    )
    now = cut(atom.write(changed, stylesheet="s"), "world.atom")
    assert before is not None
    assert now is not None

    delta = now.without(before.marks())

    assert delta is not None
    assert delta.count(b"<entry") == 1
    assert b"Another word." in delta


def test_nothing_new_is_no_delta() -> None:
    pieces = cut(jsonfeed.write(sheet()), "world.json")

    assert pieces is not None
    assert pieces.without(pieces.marks()) is None


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("world.atom", b"<feed/>"),
        ("world.rss", b"<rss/>"),
        ("world.json", b"{}"),
        ("world.json", json.dumps({"items": [{"id": "1"}]}).encode()),
        ("world.html", b"<p>page"),
        ("world.atom", b"\n <entry>\n </entry> between \n <entry>\n </entry>"),
    ],
)
def test_what_does_not_look_like_ours_stays_whole(name: str, document: bytes) -> None:
    assert cut(document, name) is None


@pytest.mark.parametrize("form", WRITERS)
def test_an_empty_digest_has_no_pieces(form: Format) -> None:
    assert cut(WRITERS[form](sheet(0)), f"world.{form}") is None


def test_a_story_with_coverage_is_one_entry() -> None:
    one = Sheet(digest=LIVE, public_url="https://n.example", publications=(publish(covered()),))

    pieces = cut(jsonfeed.write(one), "world.json")

    assert pieces is not None
    assert len(pieces.entries) == 1
