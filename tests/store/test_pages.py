"""What came of entries' pages is kept for good, and shown before the feed's own text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import Page
from aggregator.store import database, entries, pages, stories
from aggregator.store.entries import ChangedEntry
from aggregator.store.retention import prune

if TYPE_CHECKING:
    from tests.store.houses import House

TEXT = "<p>The page's own text.</p>"
URL = "https://e.example/k"  # of the entry "k"


def settled(house: House, entry_id: int, **said: str) -> None:
    """Keep what came of an entry's page."""
    page = Page(**{"url": "https://e.example/met", **said})
    with database.transaction(house.db):
        pages.add(house.db, {entry_id: page}, now=house.now)


def content(house: House, entry_id: int) -> str:
    return stories.of_entry(house.db, entry_id).lead.entry.content


def test_the_pages_text_stands_before_the_feeds(house: House) -> None:
    read = house.read("k", content="<p>Teaser</p>")
    entry_id = house.add(house.feed("a"), read)
    assert content(house, entry_id) == "<p>Teaser</p>"

    settled(house, entry_id, content=TEXT)

    assert content(house, entry_id) == TEXT
    assert stories.of_entry(house.db, entry_id).lead.entry.content_hash == read.entry.content_hash
    assert pages.texts(house.db, [entry_id, 99]) == {entry_id: TEXT}


def test_without_a_text_the_feeds_own_stays(house: House) -> None:
    entry_id = house.add(house.feed("a"), house.read("k", content="<p>Teaser</p>"))

    settled(house, entry_id, error="it is no HTML")

    assert content(house, entry_id) == "<p>Teaser</p>"
    assert pages.texts(house.db, [entry_id]) == {}


def test_the_first_answer_stands(house: House) -> None:
    entry_id = house.add(house.feed("a"), house.read("k"))
    settled(house, entry_id, content=TEXT)

    settled(house, entry_id, content="<p>Another</p>")

    assert content(house, entry_id) == TEXT


def test_a_later_change_of_the_feed_leaves_the_pages_text(house: House) -> None:
    feed_id = house.feed("a")
    entry_id = house.add(feed_id, house.read("k", content="<p>Teaser</p>"))
    settled(house, entry_id, content=TEXT)

    (changed,) = entries.compare(
        house.db, feed_id, [house.read("k", content="<p>Other teaser</p>")]
    ).changed
    assert isinstance(changed, ChangedEntry)
    entries.change(house.db, [changed], now=house.now)

    assert content(house, entry_id) == TEXT


def test_an_address_is_known_as_asked_for_by_its_feed_alone(house: House) -> None:
    one, other = house.feed("a"), house.feed("b")
    settled(house, house.add(one, house.read("k")), error="it answered 500")
    house.add(one, house.read("l"))

    urls = [URL, "https://e.example/l", "https://e.example/unknown"]

    assert pages.asked(house.db, one, urls) == {URL}
    assert pages.asked(house.db, other, urls) == frozenset()
    assert pages.asked(house.db, one, []) == frozenset()


def test_where_entries_led_is_known_by_feed(house: House) -> None:
    one, other = house.feed("a"), house.feed("b")
    settled(house, house.add(one, house.read("k")))

    assert pages.met(house.db, one, ["https://e.example/met", URL]) == {"https://e.example/met"}
    assert pages.met(house.db, other, ["https://e.example/met"]) == frozenset()
    assert pages.met(house.db, one, []) == frozenset()


def test_folding_sees_where_an_entry_led(house: House) -> None:
    feed_id = house.feed("a")
    led, other = house.add(feed_id, house.read("k")), house.add(feed_id, house.read("l"))
    settled(house, led)

    loaded = dict(entries.arrivals(house.db, since=house.now - timedelta(days=1)))
    (again,) = entries.arrivals_of(house.db, house.story_id(led))

    met = {arrival.entry_id: arrival.met_url for arrival in loaded}
    assert met == {led: "https://e.example/met", other: ""}
    assert again[0].met_url == "https://e.example/met"


def test_what_is_kept_is_bounded(house: House) -> None:
    entry_id = house.add(house.feed("a"), house.read("k"))

    settled(house, entry_id, url="https://e.example/" + "x" * 9_000, error="y" * 9_000)

    url, error = house.db.execute("SELECT url, error FROM pages").fetchone()
    assert url == ""
    assert len(error) == pages.MAX_ERROR_CHARS


def test_a_page_goes_with_its_entry(house: House) -> None:
    feed_id = house.feed("a")
    settled(house, house.add(feed_id, house.read("k")), content=TEXT)
    entries.mark_present(house.db, feed_id, keys={}, slices=frozenset(), now=house.now)
    house.later(days=30)

    prune(house.db, retention_by_feed={feed_id: timedelta(days=1)}, now=house.now)

    assert house.db.execute("SELECT count(*) FROM pages").fetchone() == (0,)
    with database.transaction(house.db):
        pages.add(house.db, {}, now=house.now)


def test_a_rehearsal_leaves_nothing(house: House) -> None:
    entry_id = house.add(house.feed("a"), house.read("k"))

    with database.rehearsal(house.db):
        pages.add(house.db, {entry_id: Page(url="", content=TEXT)}, now=house.now)
        assert pages.texts(house.db, [entry_id])

    assert pages.texts(house.db, [entry_id]) == {}
    assert not house.db.conn.in_transaction
