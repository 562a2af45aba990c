from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.batch import Manners
from aggregator.pipeline.hubs import Ask, HubCalls, Word
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.processes import free_port, wait_until
from tests.pipeline.makers import HOUR, POLLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.hub import Hub

QUICK = replace(POLLING, timeout=HOUR / 3600 / 2)  # half a second
FORM = {"hub.mode": "subscribe", "hub.topic": "https://a.example/feed", "hub.callback": "none"}


@pytest.fixture
def calls() -> Iterator[HubCalls]:
    made = HubCalls(Manners(polling=QUICK, user_agent="Newsfold/test"), on_word=lambda: None)
    yield made
    made.close()


def ask(hub_url: str, number: int = 1) -> Ask:
    return Ask(token=f"t{number}", hub=hub_url, form=FORM)


def words_of(calls: HubCalls, count: int) -> list[Word]:
    found: list[Word] = []

    def all_there() -> bool:
        found.extend(calls.words())
        return len(found) >= count

    assert wait_until(all_there, timeout_s=5)
    return found


def test_a_form_reaches_the_hub_with_our_name(hub: Hub, calls: HubCalls) -> None:
    calls.start([ask(hub.url)])

    assert words_of(calls, 1) == [Word(token="t1", mode="subscribe", error="")]  # noqa: S106 - a name
    (form,) = hub.forms
    assert form.fields == FORM
    assert form.headers["user-agent"] == "Newsfold/test"
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_is_told_with_the_hubs_words(hub: Hub, calls: HubCalls, status: int) -> None:
    hub.manners.status = status

    calls.start([ask(hub.url, 1), ask(hub.url, 2)])

    errors = [word.error for word in words_of(calls, 2)]
    assert errors == [f"the hub answered {status}: heard"] * 2
    assert len(hub.forms) == 2


def test_a_hub_that_hangs_holds_up_no_other_and_is_asked_once(hub: Hub, calls: HubCalls) -> None:
    with serve_hub() as hanging:
        hanging.manners.delay_s = 20
        began = time.monotonic()
        calls.start([ask(hanging.url, 1), ask(hanging.url, 2), ask(hub.url, 3)])
        took_s = time.monotonic() - began

        words = {word.token: word.error for word in words_of(calls, 3)}

        assert took_s < 0.3
        assert words["t3"] == ""
        assert words["t1"] == words["t2"]
        assert "in time" in words["t1"] or "0.5 s" in words["t1"], words
        assert len(hanging.forms) == 1


def test_a_hub_that_is_not_there_is_told(calls: HubCalls) -> None:
    calls.start([ask(f"http://127.0.0.1:{free_port()}/hub")])

    (word,) = words_of(calls, 1)
    assert word.error


def test_the_guard_stands_before_hubs_as_before_feeds(hub: Hub) -> None:
    """A feed cannot make us call a private address, unless its own configuration allows it."""
    strict = replace(QUICK, allow_private_addresses=False)
    calls = HubCalls(Manners(polling=strict, user_agent="Newsfold/test"), on_word=lambda: None)

    calls.start([ask(hub.url)])
    (refused,) = words_of(calls, 1)
    assert wait_until(lambda: not calls.is_busy)
    calls.start([replace(ask(hub.url), allow_private_addresses=("127.0.0.0/8",))])
    (allowed,) = words_of(calls, 1)
    calls.close()

    assert "no public address" in refused.error
    assert allowed.error == ""
    assert len(hub.forms) == 1


def test_one_round_at_a_time(hub: Hub, calls: HubCalls) -> None:
    hub.manners.delay_s = 20
    calls.start([ask(hub.url)])

    assert calls.is_busy
    with pytest.raises(RuntimeError, match="under way"):
        calls.start([ask(hub.url)])


def test_closing_waits_for_no_hub(hub: Hub) -> None:
    slow = replace(POLLING, timeout=HOUR)
    calls = HubCalls(Manners(polling=slow, user_agent="Newsfold/test"), on_word=lambda: None)
    hub.manners.delay_s = 20
    calls.start([ask(hub.url)])
    assert wait_until(lambda: hub.forms)

    began = time.monotonic()
    calls.close()

    assert time.monotonic() - began < 1
    assert not calls.is_busy
    assert calls.words() == []


def test_closing_what_never_began_is_no_trouble(calls: HubCalls) -> None:
    calls.close()

    assert not calls.is_busy


def test_each_word_is_announced(hub: Hub) -> None:
    rung = threading.Semaphore(0)
    calls = HubCalls(Manners(polling=QUICK, user_agent="Newsfold/test"), on_word=rung.release)

    calls.start([ask(hub.url, 1), ask(hub.url, 2)])

    assert rung.acquire(timeout=5)
    assert rung.acquire(timeout=5)
    calls.close()
    assert {word.token for word in calls.words()} == {"t1", "t2"}


def test_no_repr_shows_the_form() -> None:
    assert repr(ask("https://hub.example/")) == "Ask('https://hub.example/')"
