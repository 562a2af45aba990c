from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import (
    Deferred,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    NotModified,
    Validators,
)
from aggregator.poll.plan import after
from tests.poll.makers import ETAG, HOUR, MINUTE, NOON, POLLING, UNCHANGED, WEEK, failed

if TYPE_CHECKING:
    from aggregator.model import Outcome

SPEC = FeedSpec(url="https://a.example/feed")
STATE = FeedState(feed_id=1, url=SPEC.url, validators=ETAG)
FAILED = failed()


def wait(outcome: Outcome, *, state: FeedState = STATE, spec: FeedSpec = SPEC) -> timedelta:
    due_at = after(state, outcome, spec=spec, polling=POLLING, now=NOON).next_poll_at
    assert due_at is not None
    return due_at - NOON


def test_a_persons_own_interval_does_not_adapt() -> None:
    state = replace(STATE, rhythm=WEEK, last_fetched_at=NOON - WEEK, last_polled_at=NOON - HOUR)
    own = replace(SPEC, interval=30 * MINUTE)

    assert 30 * MINUTE <= wait(UNCHANGED, state=state, spec=own) <= 33 * MINUTE
    assert wait(UNCHANGED, state=state) > 10 * HOUR


def test_a_failing_feed_is_asked_no_more_often_than_a_healthy_one() -> None:
    state = replace(STATE, rhythm=WEEK, last_fetched_at=NOON - WEEK, last_polled_at=NOON - HOUR)

    assert wait(FAILED, state=state) >= wait(UNCHANGED, state=state) / 1.1


def test_what_can_only_be_asked_whole_is_asked_no_sooner_for_its_rhythm() -> None:
    """Each such request costs the whole body."""
    state = replace(STATE, rhythm=5 * MINUTE, last_fetched_at=NOON, last_polled_at=NOON - HOUR)

    assert wait(UNCHANGED, state=state) < 30 * MINUTE
    assert wait(NotModified(validators=Validators()), state=state) >= HOUR


def test_a_whole_body_that_is_no_feed_is_not_asked_for_again_as_soon() -> None:
    page = Failed(kind=FailureKind.NOT_A_FEED, message="a page")
    blank = replace(STATE, validators=Validators())

    assert wait(page, state=blank) >= 2 * HOUR
    assert wait(page) <= 1.25 * HOUR


def test_feeds_that_were_deferred_together_come_back_over_an_interval() -> None:
    outcome = Deferred(until_at=NOON + 6 * HOUR, message="later")
    specs = [FeedSpec(url=f"https://{n}.example/feed") for n in range(200)]
    due = sorted(wait(outcome, spec=spec) - 6 * HOUR for spec in specs)

    assert due[0] >= timedelta()
    assert due[-1] <= HOUR
    assert due[150] - due[50] > 20 * MINUTE


def test_after_a_short_pause_a_feed_is_asked_soon() -> None:
    outcome = Deferred(until_at=NOON + 2 * MINUTE, message="later")

    assert 2 * MINUTE <= wait(outcome) <= 4 * MINUTE
