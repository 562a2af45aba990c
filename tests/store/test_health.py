from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import IdScheme, Relation
from aggregator.store import database, feeds, health
from aggregator.store.schema.migrations import known_names
from tests.store.houses import NOON

if TYPE_CHECKING:
    from tests.store.houses import House


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "never polled"),
        ({"last_polled_at": NOON}, "ok"),
        ({"last_polled_at": NOON, "failures": 1}, "failing"),
        ({"last_polled_at": NOON, "failures": 1, "gone": True}, "gone"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_a_feed_is_in_one_condition(
    house: House, changes: dict[str, object], expected: str
) -> None:
    house.feed("a")
    state = replace(feeds.state(house.db, house.urls[0]), **changes)  # type: ignore[arg-type]  # fields of the case
    feeds.save(house.db, state)

    report = health.report(house.db)

    assert [feed.condition for feed in report.feeds] == [expected]
    assert report.count(expected) == 1


@pytest.mark.parametrize("scheme", IdScheme)
def test_what_tells_entries_apart_is_said_in_words(house: House, scheme: IdScheme) -> None:
    house.feed("a")
    state = feeds.state(house.db, house.urls[0])
    feeds.save(house.db, replace(state, id_scheme=scheme, id_reason="Why."))

    (feed,) = health.report(house.db).feeds

    assert feed.state.id_reason == "Why."
    assert (
        feed.told_apart_by
        == {
            "guid": "id",
            "guid+link": "id and link",
            "link": "link",
            "text": "title and text",
        }[scheme]
    )


def test_everything_kept_is_counted(house: House) -> None:
    a, b = house.feed("a"), house.feed("b")
    lead = house.add(a, house.read("1"))
    story_id = house.story_id(lead)
    house.later(hours=1)
    house.add(a, house.read("2"), story_id=story_id)
    house.add(b, house.read("3"), story_id=story_id, relation=Relation.COVERAGE)
    house.add(b, house.read("4"))
    house.publish("d", 1, story_id)
    house.publish("d", 2, house.story_id(4), published_at=house.now)
    feeds.list_feeds(house.db, house.urls[:1], now=NOON)

    report = health.report(house.db)

    assert (report.entries, report.stories, report.copies, report.coverage) == (4, 2, 1, 1)
    assert [(one.entries, one.newest_entry_at) for one in report.feeds] == [(2, house.now)]
    assert report.unlisted_feeds == 1
    (digest,) = report.digests
    assert (digest.digest, digest.publications, digest.newest_at) == ("d", 2, house.now)
    assert report.schema_version == len(known_names())
    assert report.database_bytes > 100_000


def test_an_empty_store_is_healthy(house: House) -> None:
    report = health.report(house.db)

    assert (report.feeds, report.entries, report.stories, report.digests) == ((), 0, 0, ())


def test_the_report_works_read_only_and_leaves_nothing_open(house: House) -> None:
    house.feed("a")

    with database.open_store(house.path, read_only=True) as reader:
        assert len(health.report(reader).feeds) == 1
        assert not reader.conn.in_transaction
