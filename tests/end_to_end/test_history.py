"""A feed's older documents all the way: kept, folded, published newest first, asked for once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, store_of, take_round, write
from tests.end_to_end.web import Page, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.web import Web

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LINK = '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="prev-archive" href="{}"/>'


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def document(*numbers: int, older: str = "") -> Page:
    """Return a document of these entries (number 3 is three days old) that names an older one."""
    body = rss(invented(n, published_at=NOON - n * DAY) for n in numbers)
    link = LINK.format(older).encode() if older else b""
    return Page(body=body.replace(b"<description>Invented", link + b"<description>Invented"))


def kept(store: Path) -> list[tuple[str, bool]]:
    """Return each kept entry's guid and whether its feed still holds it."""
    return soundness.ask(
        store,
        "SELECT w.guid, e.left_at IS NULL FROM entries AS e JOIN words AS w ON w.entry_id = e.id"
        " ORDER BY w.guid",
    )


def test_a_new_feeds_archives_are_kept_and_its_newest_entries_published(
    web: Web, tmp_path: Path
) -> None:
    url = web.put("/feed", document(1, 2, older="/2"))
    web.put("/2", document(2, 3, older="/3"))
    web.put("/3", document(4, 5, older="/feed"))
    loaded = load(write(tmp_path, Plan(feeds=[url], polling={"backfill": "4"})))
    with House.open(loaded, clock=Clock(NOON)) as house:
        (report,) = take_round(house)

    assert report.new == 5
    assert kept(store_of(loaded)) == [
        ("a-1", True), ("a-2", True), ("a-3", False), ("a-4", False), ("a-5", False),
    ]  # fmt: skip
    titles = [one.title for one in published.current(public_of(loaded), "all")]
    assert titles == [invented(n).title for n in (1, 2, 3, 4)]
    soundness.assert_sound(store_of(loaded))


def test_archives_are_asked_for_once(web: Web, tmp_path: Path) -> None:
    url = web.put("/feed", document(1, older="/2"))
    web.put("/2", document(2))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", document(0, 1, older="/2"))
        clock.move(DAY)
        (report,) = take_round(house)

    assert report.new == 1
    assert [asked.path for asked in web.asked] == ["/feed", "/2", "/feed"]


def test_what_was_missed_in_a_long_pause_is_read_later(web: Web, tmp_path: Path) -> None:
    """Nothing of the document is known and all of it is newer: the rest stands in older ones."""
    url = web.put("/feed", document(9, 10))
    loaded, clock = load(write(tmp_path, Plan(feeds=[url]))), Clock(NOON - 8 * DAY)
    with House.open(loaded, clock=clock) as house:
        take_round(house)
        web.put("/feed", document(1, 2, older="/2"))
        web.put("/2", document(3, 4, older="/3"))
        web.put("/3", document(5, 9, 10, older="/4"))
        clock.now = NOON
        (report,) = take_round(house)

    assert report.new == 5
    titles = [one.title for one in published.current(public_of(loaded), "all")]
    assert titles[:5] == [invented(n).title for n in (1, 2, 3, 4, 5)]
    assert not web.requests("/4")
