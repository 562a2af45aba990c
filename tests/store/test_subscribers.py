from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.store import subscribers, topics
from aggregator.store.subscribers import HostReport, Subscriber
from aggregator.store.topics import Topic

if TYPE_CHECKING:
    from tests.store.houses import House

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Subscriber(
    callback="https://r.example/cb",
    host="r.example",
    topic="all.atom",
    secret="hush",  # noqa: S106 - of a test
    since_at=NOON,
    lease_until_at=NOON + HOUR,
    tag="one",
    next_try_at=NOON,
)


def keep(house: House, **changes: object) -> Subscriber:
    """Keep the subscription and return it as it is read."""
    subscribers.save(house.db, replace(ONE, **changes))  # type: ignore[arg-type]  # fields by name
    return subscribers.everything(house.db)[-1]


def change(house: House, tag: str) -> None:
    topics.save(house.db, Topic(path="all.atom", tag=tag, changed_at=NOON), marks=None)


def test_what_is_kept_is_read_again(house: House) -> None:
    kept = keep(house)

    assert kept == replace(ONE, id=kept.id)
    assert subscribers.by_id(house.db, kept.id) == kept


def test_a_change_is_due_until_it_is_noted(house: House) -> None:
    kept = keep(house)
    change(house, "one")
    assert subscribers.due(house.db, now=NOON) == []

    change(house, "two")
    assert subscribers.due(house.db, now=NOON) == [kept]
    subscribers.note(house.db, replace(kept, tag="two", delivered_at=NOON, deliveries=1))

    assert subscribers.due(house.db, now=NOON) == []


def test_nothing_is_due_before_its_time_or_after_the_lease(house: House) -> None:
    keep(house, next_try_at=NOON + HOUR / 2)
    change(house, "two")

    assert subscribers.due(house.db, now=NOON) == []
    assert len(subscribers.due(house.db, now=NOON + HOUR / 2)) == 1
    assert subscribers.due(house.db, now=NOON + HOUR) == []


def test_those_that_do_well_come_first(house: House) -> None:
    bad = keep(house)
    subscribers.note(house.db, replace(bad, failures=2, error="no"))
    keep(house, callback="https://good.example/")
    change(house, "two")

    assert [one.failures for one in subscribers.due(house.db, now=NOON)] == [0, 2]


def test_a_renewal_keeps_what_was_sent_and_gives_a_fresh_start(house: House) -> None:
    kept = keep(house)
    subscribers.note(house.db, replace(kept, tag="two", failures=3, error="no", deliveries=7))

    again = keep(house, secret="new", lease_until_at=NOON + 2 * HOUR, tag="x")  # noqa: S106

    assert (again.id, again.tag, again.deliveries) == (kept.id, "two", 7)
    assert (again.secret, again.failures, again.error) == ("new", 0, "")
    assert again.lease_until_at == NOON + 2 * HOUR


def test_leases_end(house: House) -> None:
    keep(house)

    assert subscribers.remove_ended(house.db, now=NOON) == 0
    assert subscribers.remove_ended(house.db, now=NOON + HOUR) == 1
    assert subscribers.everything(house.db) == []


def test_one_that_left_is_not_brought_back_by_a_late_answer(house: House) -> None:
    kept = keep(house)
    subscribers.remove(house.db, kept.callback, kept.topic)

    subscribers.note(house.db, replace(kept, deliveries=1))

    assert subscribers.by_id(house.db, kept.id) is None


def test_those_outside_the_topics_are_found(house: House) -> None:
    keep(house)
    other = keep(house, topic="old.rss")

    assert subscribers.outside(house.db, ["all.atom"]) == [other]
    assert subscribers.places(house.db) == {
        (ONE.callback, "all.atom"): "r.example",
        (ONE.callback, "old.rss"): "r.example",
    }


def test_the_report_is_by_host_and_names_no_callback(house: House) -> None:
    subscribers.note(house.db, replace(keep(house), failures=1, error="no"))
    done = keep(house, callback="https://r.example/2")
    subscribers.note(house.db, replace(done, delivered_at=NOON, deliveries=2))

    assert subscribers.report(house.db) == [
        HostReport(
            host="r.example",
            subscribers=2,
            failing=1,
            deliveries=2,
            delivered_at=NOON,
            error="no",
        )
    ]
