from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Failed, FailureKind, IdScheme
from aggregator.read import feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from aggregator.model import Entry, ReadFeed
    from tests.read.conftest import Reader

ATOM = "http://www.w3.org/2005/Atom"


def test_entries_come_in_the_document_s_order(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    found = read(rss(item("c") + item("a") + item("b")))

    assert [entry.key for entry in found.entries] == ["urn:c", "urn:a", "urn:b"]
    assert found.item_count == 3
    assert {entry.slice_hash for entry in found.entries} == found.known


def test_nothing_new_gives_no_entries_and_all_words(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    body = rss(item("a") + item("b"), channel="<ttl>60</ttl>")
    first = read(body)

    again = read(body, known=first.known)

    assert again.entries == ()
    assert again.item_count == 2
    assert again.known == first.known
    assert (again.title, again.site_url, again.ttl) == (first.title, first.site_url, first.ttl)


def test_nothing_new_is_not_parsed(
    read: Callable[..., ReadFeed],
    rss: Callable[..., str],
    item: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = rss(item("a"))
    known = read(body).known
    monkeypatch.setattr(feed, "parse", lambda _document: pytest.fail("parsed"))

    assert read(body, known=known).entries == ()


def test_only_new_and_changed_entries_are_read(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    first = read(rss(item("a") + item("b")))

    second = read(rss(item("c") + item("a") + item("b", "<author>Ada</author>")), known=first.known)

    assert [entry.key for entry in second.entries] == ["urn:c", "urn:b"]
    assert second.item_count == 3
    assert len(second.known) == 3


def test_an_entry_inherits_from_the_head_through_the_cut(read: Callable[..., ReadFeed]) -> None:
    """xml:base, xml:lang and namespaces of the root hold for every slice."""
    entries = "".join(
        f"<a:entry><a:id>urn:{n}</a:id><a:link href='{n}.html'/>"
        f"<a:content type='html'>&lt;img src='{n}.png'></a:content></a:entry>"
        for n in range(3)
    )
    body = (
        f"<a:feed xmlns:a='{ATOM}' xml:base='https://b.example/x/' xml:lang='sv'>{entries}</a:feed>"
    )
    whole = read(body)
    known = frozenset({whole.entries[0].slice_hash})

    rest = read(body, known=known)

    assert whole.known
    assert rest.entries == whole.entries[1:]
    assert rest.entries[1].url == "https://b.example/x/2.html"
    assert rest.entries[1].content == '<img src="https://b.example/x/2.png">'
    assert rest.entries[1].language == "sv"


BROKEN_ITEMS = {
    "beyond mending": "<item><guid>urn:x</guid><title>Bad <b>title</title></item>",
    "mendable": "<item><guid>urn:x</guid><title>Bad & <i>title</i></title></item>",
}


@pytest.mark.parametrize("broken", BROKEN_ITEMS.values(), ids=BROKEN_ITEMS.keys())
def test_an_ill_formed_entry_does_not_change_its_neighbours(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str], broken: str
) -> None:
    alone = read(rss(item("a") + item("b")))

    found = read(rss(item("a") + broken + item("b")))

    assert [entry.guid for entry in found.entries] == ["urn:a", "urn:x", "urn:b"]
    assert (found.entries[0], found.entries[2]) == alone.entries
    assert "Bad" in found.entries[1].title
    assert read(rss(item("a") + broken), known=alone.known).entries == found.entries[1:2]


def test_an_ill_formed_head_is_read_whole(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    found = read(rss(item("a") + item("b"), channel="<image><url>x</image>"))

    assert [entry.guid for entry in found.entries] == ["urn:a", "urn:b"]
    assert found.known == frozenset()
    assert found.title == "Harbour News"


def test_items_out_of_place_are_read_whole(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str]
) -> None:
    """An item of another vocabulary is cut like one, yet feedparser sees none there."""
    found = read(rss(item("a") + "<x:item xmlns:x='urn:x'><x:id>urn:b</x:id></x:item>"))

    assert [entry.guid for entry in found.entries] == ["urn:a"]
    assert found.known == frozenset()


@pytest.mark.parametrize("count", [1, 2])
def test_an_ill_formed_item_out_of_place_is_read_whole(
    read: Callable[..., ReadFeed], rss: Callable[..., str], item: Callable[..., str], count: int
) -> None:
    strays = "".join(
        f"<x:item xmlns:x='urn:x'><x:id>urn:{n}</x:id>{'<b>' if n == 0 else ''}</x:item>"
        for n in range(count)
    )

    found = read(rss(item("a") + strays))

    assert found.entries[0].guid == "urn:a"
    assert found.known == frozenset()


def test_too_many_ill_formed_items_are_read_together(
    read: Callable[..., ReadFeed],
    rss: Callable[..., str],
    item: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "MAX_ALONE_BYTES", 100)

    found = read(rss(item("a") + item("b", "<x>")))

    assert [entry.guid for entry in found.entries][:1] == ["urn:a"]
    assert found.known == frozenset()


def test_a_repeated_guid_moves_the_scheme_and_keeps_both(
    read: Callable[..., ReadFeed], rss: Callable[..., str]
) -> None:
    items = "".join(
        f"<item><guid>N/A</guid><title>T{n}</title><link>https://a.example/{n}</link></item>"
        for n in range(3)
    )

    found = read(rss(items))

    assert found.id_scheme is IdScheme.GUID_AND_LINK
    assert len({entry.key for entry in found.entries}) == 3
    assert read(rss(items), id_scheme=IdScheme.LINK).id_scheme is IdScheme.LINK


def test_a_guid_over_http_and_https_is_one_entry_over_time(
    read: Callable[..., ReadFeed], rss: Callable[..., str]
) -> None:
    first, second = (
        read(rss(f"<item><guid>{scheme}://a.example/1</guid><title>T</title></item>"))
        for scheme in ("http", "https")
    )

    assert first.entries[0].key == second.entries[0].key


def test_phantoms_are_dropped(read: Callable[..., ReadFeed], rss: Callable[..., str]) -> None:
    found = read(rss("<item> </item><item><title>a</title></item>"))

    assert [entry.title for entry in found.entries] == ["a"]
    assert found.item_count == 1


def test_a_feed_without_items_is_a_feed(
    read: Callable[..., ReadFeed], rss: Callable[..., str]
) -> None:
    found = read(rss(""))

    assert (found.title, found.entries, found.item_count) == ("Harbour News", (), 0)


def test_what_feedparser_breaks_on_is_unparsable(fail: Callable[..., Failed]) -> None:
    failed = fail(f"<rss version='2.0'><channel><item><title>&#{'0' * 5_000}9;<b></item></rss>")

    assert failed.kind is FailureKind.UNPARSABLE
    assert "ValueError" in failed.message


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1251", "utf-8-sig"])
def test_the_cut_holds_in_every_encoding(read: Callable[..., ReadFeed], encoding: str) -> None:
    body = (
        f"<?xml version='1.0' encoding='{encoding}'?><rss version='2.0'><channel><title>Мир</title>"
        "<item><guid>urn:1</guid><title>Мир</title></item></channel></rss>"
    ).encode(encoding)

    found = read(body)

    assert (found.title, found.entries[0].title) == ("Мир", "Мир")
    assert read(body, known=found.known).entries == ()


def test_no_attack_survives_in_any_field(
    read: Callable[..., ReadFeed], xss_vectors: ModuleType
) -> None:
    found = read(xss_vectors.feed())

    assert len(found.entries) == len(xss_vectors.VECTORS)
    for entry in found.entries:
        assert not xss_vectors.live(entry.content)
        assert not xss_vectors.live(entry.title)


def test_every_hostile_document_gives_a_value(attempt: Reader, hostile_feeds: ModuleType) -> None:
    found = {
        name: attempt(generate(2_000))
        for name, (_kind, generate, _note) in hostile_feeds.GENERATORS.items()
    }

    failed = {name for name, value in found.items() if isinstance(value, Failed)}
    assert len(found) > 40
    assert failed == {"undecodable", "html_page", "body_is_local_path", "body_is_url"}


def test_mutated_documents_give_a_value(
    attempt: Reader, rss: Callable[..., str], item: Callable[..., str], hostile_feeds: ModuleType
) -> None:
    chance = random.Random(7)  # noqa: S311 seeded, no secret
    seed = rss("".join(item(name) for name in "abcdef")).encode()

    found = [attempt(hostile_feeds.random_mutation(seed, chance)) for _ in range(300)]

    read = [value for value in found if not isinstance(value, Failed)]
    assert len(read) > 100
    assert all(keys_are_unique(value.entries) for value in read)


def keys_are_unique(entries: tuple[Entry, ...]) -> bool:
    return len({entry.key for entry in entries}) == len(entries)


HOLLOW = {
    "torn": b"<rss><channel><title>Tide</title><item><title>A</channel></rss>",
    "ill-formed to the core": b"<rss><channel><<<>>&&</channel></rss>",
    "an error in a feed's clothes": b"<rss>The backend &amp; the cache failed</rss>",
    "nothing": b"<rss/>",
}


@pytest.mark.parametrize("body", HOLLOW.values(), ids=HOLLOW.keys())
def test_a_root_without_anything_in_it_is_no_feed_without_news(
    fail: Callable[..., Failed], body: bytes
) -> None:
    """Taken for one, every entry would seem to have left."""
    failed = fail(body)

    assert failed.kind is FailureKind.UNPARSABLE
    assert "neither entries nor words" in failed.message


def test_a_feed_without_news_is_a_feed(
    read: Callable[..., ReadFeed], rss: Callable[..., str]
) -> None:
    assert read(rss("")).item_count == 0
