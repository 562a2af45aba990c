"""Hubs are told of every change, again after failures and restarts, and none holds up another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.batch import Manners
from aggregator.pipeline.pings import Pings, failed, told
from aggregator.store import pings, topics
from aggregator.store.pings import Ping
from aggregator.store.topics import Topic
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.processes import wait_until
from tests.pipeline.makers import NOON, POLLING, configured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from aggregator.pipeline.take_in import Desk
    from tests.end_to_end.hub import Hub

MANNERS = Manners(polling=POLLING, user_agent="Newsfold/test")
ADDRESS = "https://news.example.org/all.atom"
PING = Ping(hub="https://hub.example/", topic="all.atom", next_try_at=NOON)


@pytest.fixture
def opened() -> Iterator[list[Pings]]:
    made: list[Pings] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def teller(desk: Desk, tmp_path: Path, opened: list[Pings]) -> Callable[..., Pings]:
    """Give a maker of pings for these hubs, on one store."""

    def make(*hubs: str) -> Pings:
        config = configured(tmp_path)
        service = replace(config.service, hubs=hubs)
        config = replace(config, service=service)
        opened.append(Pings(config, desk.db, manners=MANNERS, on_word=lambda: None))
        return opened[-1]

    return make


def change(desk: Desk, told_by: Pings, *, now: datetime = NOON) -> None:
    topics.save(desk.db, Topic(path="all.atom", tag=str(now), changed_at=now), marks=None)
    told_by.want(["all.atom"], now=now)


def is_told(desk: Desk, told_by: Pings, hub: str, *, now: datetime = NOON) -> bool:
    def holds() -> bool:
        told_by.work(now=now)
        ping = pings.one(desk.db, hub, "all.atom")
        return ping is not None and ping.next_try_at is None

    return wait_until(holds, timeout_s=5)


def test_a_change_is_told_in_words_that_all_hubs_know(
    desk: Desk, teller: Callable[..., Pings], hub: Hub
) -> None:
    telling = teller(hub.url)
    change(desk, telling)

    assert is_told(desk, telling, hub.url)
    (form,) = hub.forms
    assert form.fields == {"hub.mode": "publish", "hub.url": ADDRESS, "hub.topic": ADDRESS}
    telling.work(now=NOON + timedelta(days=1))
    assert len(hub.forms) == 1


def test_what_was_not_told_is_told_after_a_restart(
    desk: Desk, teller: Callable[..., Pings], hub: Hub
) -> None:
    change(desk, teller(hub.url))

    assert is_told(desk, teller(hub.url), hub.url)


def test_a_hub_that_fails_is_told_again_later(
    desk: Desk, teller: Callable[..., Pings], hub: Hub
) -> None:
    hub.manners.status = 503
    telling = teller(hub.url)
    change(desk, telling)

    def has_failed() -> bool:
        telling.work(now=NOON)
        ping = pings.one(desk.db, hub.url, "all.atom")
        return ping is not None and ping.failures == 1

    assert wait_until(has_failed, timeout_s=5)
    hub.manners.status = 200
    assert wait_until(lambda: not telling.is_busy)
    telling.work(now=NOON + timedelta(seconds=29))
    assert not telling.is_busy
    assert is_told(desk, telling, hub.url, now=NOON + timedelta(seconds=30))
    assert len(hub.forms) == 2


def test_a_change_while_the_hub_is_being_told_is_told_as_well(
    desk: Desk, teller: Callable[..., Pings], hub: Hub
) -> None:
    hub.manners.delay_s = 0.3
    telling = teller(hub.url)
    change(desk, telling)
    telling.work(now=NOON)

    later = NOON + timedelta(seconds=1)
    change(desk, telling, now=later)

    assert is_told(desk, telling, hub.url, now=later)
    assert len(hub.forms) == 2


def test_a_hub_that_hangs_holds_up_no_other(
    desk: Desk, teller: Callable[..., Pings], hub: Hub
) -> None:
    with serve_hub() as hanging:
        hanging.manners.delay_s = 20
        telling = teller(hanging.url, hub.url)
        change(desk, telling)

        assert is_told(desk, telling, hub.url)
        assert telling.is_busy


def test_the_guard_stands_before_the_operators_hub(
    desk: Desk, tmp_path: Path, hub: Hub, opened: list[Pings]
) -> None:
    strict = replace(MANNERS, polling=replace(POLLING, allow_private_addresses=False))
    config = configured(tmp_path)
    config = replace(config, service=replace(config.service, hubs=(hub.url,)))
    telling = Pings(config, desk.db, manners=strict, on_word=lambda: None)
    opened.append(telling)
    change(desk, telling)

    def is_refused() -> bool:
        telling.work(now=NOON)
        ping = pings.one(desk.db, hub.url, "all.atom")
        return ping is not None and "no public address" in ping.error

    assert wait_until(is_refused, timeout_s=5)
    assert hub.forms == []


def test_our_own_hub_needs_no_ping(desk: Desk, teller: Callable[..., Pings]) -> None:
    telling = teller("https://news.example.org/hub")

    change(desk, telling)

    assert pings.report(desk.db) == []


def test_waits_double_up_to_a_quarter_of_a_day() -> None:
    one, waits = PING, []
    for _ in range(12):
        one = failed(one, message="no", now=NOON)
        assert one.next_try_at
        waits.append(int((one.next_try_at - NOON).total_seconds()))

    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == 21_600
    assert told(one, again=False, now=NOON) == replace(PING, next_try_at=None, told_at=NOON)
