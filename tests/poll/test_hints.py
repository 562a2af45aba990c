from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.model import Deferred, Failed, FailureKind, FeedState, Gone, Outcome
from aggregator.poll.hints import command, hint_after
from tests.poll.makers import DAY, HOUR, NOON, UNCHANGED, body, failed

URL, NEW = "https://a.example/f", "https://b.example/g"
STATE = FeedState(feed_id=1, url=URL, last_fetched_at=NOON - DAY, last_polled_at=NOON - HOUR)
OFFERING = Failed(kind=FailureKind.NOT_A_FEED, message="a page", offers=(NEW,))
FAILING = replace(STATE, failures=1, failing_since_at=NOON)
LONG_FAILING = replace(FAILING, failing_since_at=NOON - 15 * DAY)


@pytest.mark.parametrize(
    ("after", "outcome", "words"),
    [
        pytest.param(STATE, UNCHANGED, "", id="well"),
        pytest.param(
            replace(STATE, gone=True), Gone(message=""), f"newsfold remove {URL}", id="gone"
        ),
        pytest.param(FAILING, OFFERING, f"newsfold move {URL} {NEW}", id="a page with a feed"),
        pytest.param(
            FAILING, replace(OFFERING, offers=(NEW, URL, URL)), "It names 2 more.", id="feeds"
        ),
        pytest.param(FAILING, failed(), "", id="failing"),
        pytest.param(LONG_FAILING, failed(), "failed since 2026-02-14", id="failing for weeks"),
        pytest.param(
            replace(STATE, moved_to=NEW), body(), f"newsfold move {URL} {NEW}", id="moved"
        ),
        pytest.param(
            replace(STATE, redirect_to=NEW, redirects=1), body(), "", id="not moved yet"
        ),
        pytest.param(
            replace(STATE, redirect_to=NEW, redirects=-1), body(),
            f"without the entries known so far. If that is it: newsfold move {URL} {NEW}",
            id="led to a stranger",
        ),
        pytest.param(
            replace(STATE, last_fetched_at=NOON - 181 * DAY), UNCHANGED,
            f"newsfold remove {URL}", id="silent",
        ),
        pytest.param(
            replace(STATE, rhythm=150 * DAY), body(), "nothing new for months",
            id="silent, though its bytes change",
        ),
        pytest.param(replace(STATE, rhythm=91 * DAY), body(), "", id="a quarterly"),
    ],
)  # fmt: skip
def test_a_hint_names_what_to_do(after: FeedState, outcome: Outcome, words: str) -> None:
    told = hint_after(STATE, after, outcome, now=NOON)

    assert words in told
    assert bool(told) == bool(words)


def test_what_a_failing_feed_offered_is_remembered_while_it_fails() -> None:
    hint = hint_after(STATE, FAILING, OFFERING, now=NOON)
    before = replace(FAILING, hint=hint)

    assert hint_after(before, LONG_FAILING, failed(), now=NOON) == hint
    assert hint_after(before, STATE, UNCHANGED, now=NOON) == ""


def test_a_hint_to_move_goes_when_the_new_address_is_left() -> None:
    before = replace(FAILING, moved_to=NEW, hint="It has moved")

    assert hint_after(before, FAILING, failed(), now=NOON) == ""
    assert hint_after(before, replace(before, failures=2), failed(), now=NOON) == "It has moved"


def test_a_deferred_feed_keeps_its_hint() -> None:
    before = replace(STATE, hint="Do this.")

    assert hint_after(before, before, Deferred(until_at=NOON, message=""), now=NOON) == "Do this."


def test_an_address_from_outside_is_no_command() -> None:
    told = command("move", URL, "https://x.example/$(rm -rf ~)';&")

    assert told == f"newsfold move {URL} 'https://x.example/$(rm -rf ~)'\"'\"';&'"
