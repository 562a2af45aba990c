from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.read.unseen import cut

if TYPE_CHECKING:
    from collections.abc import Callable


def one(guid: str, body: str = "") -> str:
    return f"<item><guid>{guid}</guid>{body}</item>"


def document(*items: str) -> bytes:
    return f"<rss><channel><title>t</title>{''.join(items)}</channel></rss>".encode()


def test_a_plain_document_is_cut_at_its_items() -> None:
    found = cut(document(one("a"), "\n", one("b")))

    assert found
    assert [piece.data for piece in found.slices] == [one("a").encode(), one("b").encode()]
    assert found.shell == document("\n")


def test_only_wanted_slices_are_put_back() -> None:
    found = cut(document(one("a"), "<x/>", one("b"), "<y/>", one("c")))

    assert found
    assert found.document(frozenset({found.slices[1].hash})) == document("<x/>", one("b"), "<y/>")
    assert found.document(found.hashes) == document(one("a"), "<x/>", one("b"), "<y/>", one("c"))


SURE = {
    "items named in cdata": one("a", "<![CDATA[ </item><item> ]]>"),
    "items named in a comment": one("a", "<!-- </item> <item> -->"),
    "items named in an instruction": one("a", "<?x </item> ?>"),
    "a guid in cdata": "<item><guid><![CDATA[a]]></guid></item>",
    "a guid with attributes": '<item><guid isPermaLink="false"> a </guid></item>',
    "rdf about": '<item rdf:about="https://a.example/1"><title>t</title></item>',
    "the id of a source": "<entry><id>a</id><source><id>b</id></source></entry>",
    "other words with item in them": "<items/>" + one("a", "<itemize/>"),
    "prefixed": "<atom:entry><atom:id>a</atom:id></atom:entry>",
}


@pytest.mark.parametrize("text", SURE.values(), ids=SURE.keys())
def test_a_sure_cut_finds_its_one_item(text: str) -> None:
    found = cut(document(text))

    assert found
    assert len(found.slices) == 1


UNSURE = {
    "no items": "",
    "nested": "<item><guid>a</guid><item><guid>b</guid></item></item>",
    "an opening without its end": one("a") + "<item><guid>b</guid>",
    "an end without its opening": one("a") + "</item>",
    "an empty item": one("a") + "<item/>",
    "open cdata": one("a", "<![CDATA[ x"),
    "open comment": one("a", "<!-- x"),
    "open tag": one("a") + "<item x",
    "no guid": "<item><title>a</title></item>",
    "empty guid": one(" "),
    "guid that says nothing": one("N/A"),
    "two guids": one("a", "<guid>b</guid>"),
    "one guid twice": one("a", "x") + one("a", "y"),
    "one guid over http and https": one("http://a.example/1") + one("https://a.example/1"),
    "one guid written in two ways": one("a&amp;b") + one("a&#38;b"),
    "an id of another vocabulary": "<item><x:id>a</x:id></item>",
    "guid with markup": one("<b>a</b>"),
}


@pytest.mark.parametrize("text", UNSURE.values(), ids=UNSURE.keys())
def test_a_doubtful_cut_is_not_made(text: str) -> None:
    assert cut(document(text)) is None


def test_an_item_repeated_byte_for_byte_is_one_slice() -> None:
    found = cut(document(one("a"), "\n", one("a"), "\n", one("b")))

    assert found
    assert [piece.data for piece in found.slices] == [one("a").encode(), one("b").encode()]


def test_slices_proven_before_are_not_proven_again() -> None:
    doubtful = document(one("N/A"))
    mark = cut(document(one("a")))
    assert mark

    assert cut(document(one("a")), known=mark.hashes) == mark
    assert cut(doubtful, known=mark.hashes) is None


def test_another_byte_is_another_slice(item: Callable[..., str]) -> None:
    first, second = cut(document(item("a"))), cut(document(item("a", " ")))

    assert first
    assert second
    assert first.hashes.isdisjoint(second.hashes)
