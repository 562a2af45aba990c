"""What pages and older documents repeat is learned as they are taken in, and does not fold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.fold.features import describe
from aggregator.model import Clutter, Entry, FeedSpec, Page, ReadEntry
from aggregator.pipeline.bare import bare
from aggregator.pipeline.take_in import Desk
from aggregator.read import clean
from aggregator.read.clutter import learn
from aggregator.read.fulltext import as_read
from aggregator.store import clutter, feeds, pages
from tests.pipeline.makers import FIRST, HOUR, NOON, configured, fetched, read
from tests.read.clutter_feeds import COOKIES, PLEAS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.newsrooms import Clock

NOTE, PLEA = COOKIES["en"], PLEAS["en"]


def told_by_page(number: int) -> ReadEntry:
    """Return an entry with a page that holds its text between a note and a plea."""
    one = read(number)
    content = f"<p>{NOTE}</p>{one.entry.content}<p>{PLEA}</p>"
    entry = replace(one.entry, content="<p>In brief.</p>", summary="In brief.")
    page = Page(url=entry.url, content=content)
    return replace(one, entry=entry, features=describe(as_read(entry, content)), page=page)


def kept_clutter(desk: Desk) -> set[str]:
    return {one.text for one in clutter.of_feed(desk.db, feeds.state(desk.db, FIRST).feed_id)}


def features_of(desk: Desk) -> list[bytes]:
    return [row[0] for row in desk.db.execute("SELECT features FROM words ORDER BY entry_id")]


def bare_features(number: int) -> bytes:
    """Return what folding compares of an entry whose page holds its own text alone."""
    one = told_by_page(number).entry
    return describe(as_read(one, read(number).entry.content))


def test_with_the_fifth_page_what_all_repeat_is_known(desk: Desk) -> None:
    for number in range(1, 5):
        desk.take_in([(FIRST, fetched(told_by_page(number)))])
        assert kept_clutter(desk) == set()
    desk.take_in([(FIRST, fetched(told_by_page(5)))])

    assert kept_clutter(desk) == {NOTE, PLEA}
    assert features_of(desk)[-1] == bare_features(5)


def test_pages_of_one_body_teach_at_once(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(*map(told_by_page, range(1, 6))))])

    assert sorted(features_of(desk)) == sorted(bare_features(number) for number in range(1, 6))


def test_what_pages_say_is_kept_whole(desk: Desk) -> None:
    """What is published is cut when it is composed, so that the person may have it back."""
    desk.take_in([(FIRST, fetched(*map(told_by_page, range(1, 6))))])

    assert all(PLEA in text for text in pages.texts(desk.db, [1, 2, 3, 4, 5]).values())


def test_an_entry_that_changed_is_described_without_its_pages_clutter(
    desk: Desk, clock: Clock
) -> None:
    desk.take_in([(FIRST, fetched(*map(told_by_page, range(1, 6))))])
    clock.move(HOUR)
    desk.take_in([(FIRST, fetched(read(3, title="Another title for the third")))])

    one = replace(told_by_page(3).entry, title="Another title for the third")
    expected = describe(as_read(one, read(3).entry.content))
    assert features_of(desk)[2] == expected


def test_a_feed_that_keeps_its_clutter_learns_nothing(tmp_path: Path, clock: Clock) -> None:
    config = configured(tmp_path, feeds=[FeedSpec(url=FIRST, clutter=False)])
    from aggregator.store.database import open_store  # noqa: PLC0415 - beside the fixture's

    db = open_store(tmp_path / "own.db")
    desk = Desk.open(config, db, clock=clock)
    desk.take_in([(FIRST, fetched(*map(told_by_page, range(1, 6))))])

    assert kept_clutter(desk) == set()
    db.close()


@pytest.fixture
def older() -> tuple[list[ReadEntry], tuple[Clutter, ...]]:
    """Give six entries with a plea, and what they teach together."""
    reads = [read(number) for number in range(1, 7)]
    entries = [
        replace(
            one.entry,
            content=(content := f"{one.entry.content}<p>{PLEA}</p>"),
            summary=clean.summary_of(content),
        )
        for one in reads
    ]
    learned = learn(b"", entries, known=frozenset())
    return [
        replace(one, entry=entry, features=describe(entry))
        for one, entry in zip(reads, entries, strict=True)
    ], learned.found


def test_what_older_documents_taught_is_cut_from_the_whole_body(
    desk: Desk, older: tuple[list[ReadEntry], tuple[Clutter, ...]]
) -> None:
    reads, found = older
    feed_id = feeds.state(desk.db, FIRST).feed_id
    body = replace(fetched(*reads[:2]), archived=tuple(reads[2:]), clutter=found)
    clutter.add(desk.db, feed_id, found, now=NOON)

    told = bare(desk.db, feed_id, body, now=NOON)

    plain = {number: described(read(number).entry) for number in range(1, 7)}
    assert [one.features for one in told.entries] == [plain[1], plain[2]]
    assert [one.features for one in told.archived] == [plain[n] for n in range(3, 7)]
    assert [one.entry for one in told.entries] == [one.entry for one in reads[:2]]


def described(entry: Entry) -> bytes:
    return describe(replace(entry, summary=clean.summary_of(entry.content)))
