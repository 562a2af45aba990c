"""When a feed is due next, and what is remembered of it after a poll. Pure.

`now` comes in, a state goes out. No feed is ever given up but one that is gone by its server's own
word. `after` is the door; the rules are next door: waits and their jitter, the publishing rhythm,
skipped hours, stuck 304s, moves, whole hosts, hints.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import (
    Deferred,
    Failed,
    FeedSpec,
    FeedState,
    Fetched,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    Outcome,
    Polling,
)
from aggregator.poll import moves
from aggregator.poll.hints import hint_after
from aggregator.poll.hosts import asked_url, group_by_host, host_of, host_pause, refusals, split
from aggregator.poll.rhythm import rhythm_after
from aggregator.poll.skips import allowed_at
from aggregator.poll.stuck import validators_for, whole_at
from aggregator.poll.waits import (
    base_wait,
    deferred_until,
    failed_wait,
    left_alone_until,
    longest_wait,
    share,
    usual_wait,
)

__all__ = [
    "after", "asked_url", "base_wait", "group_by_host", "host_of", "host_pause", "is_due",
    "longest_wait", "refusals", "share", "split", "validators_for",
]  # fmt: skip

SCHEMES_DOWNWARDS = tuple(IdScheme)
FROM_THE_FUTURE = timedelta(days=1)  # a last poll so far ahead: the clock was wrong then


def is_due(state: FeedState, *, now: datetime) -> bool:
    """Return whether it is time to poll. A feed never polled is due, one that is gone never.

    So is one whose last poll lies in the future: a clock that was wrong must not silence it.
    """
    if state.gone:
        return False
    if state.last_polled_at and state.last_polled_at > now + FROM_THE_FUTURE:
        return True
    return state.next_poll_at is None or state.next_poll_at <= now


def after(  # noqa: PLR0913 - what a poll's plan depends on, each named at the call
    state: FeedState,
    outcome: Outcome,
    *,
    spec: FeedSpec,
    polling: Polling,
    now: datetime,
    new: int | None = None,
) -> FeedState:
    """Return everything that is remembered of the feed after the poll.

    `new` is how many of the outcome's entries were not in the store; None where nobody looked.
    """
    planned = _remembered(state, outcome, now=now, new=new)
    planned = replace(planned, hint=hint_after(state, planned, outcome, now=now))
    next_at = _next_at(state, planned, outcome, spec=spec, polling=polling, now=now)
    return replace(planned, next_poll_at=next_at)


def _next_at(  # noqa: PLR0913 - as `after`
    state: FeedState,
    planned: FeedState,
    outcome: Outcome,
    *,
    spec: FeedSpec,
    polling: Polling,
    now: datetime,
) -> datetime | None:
    match outcome:
        case Fetched() | NotModified():
            freshness = _freshness(outcome, planned)
            wait = usual_wait(planned, freshness, spec=spec, polling=polling, now=now)
        case Failed():
            wait = failed_wait(state, outcome, spec=spec, polling=polling, now=now)
        case Gone():
            if planned.gone:
                return None
            wait = base_wait(planned, spec=spec, polling=polling, now=now)
        case Deferred():
            return deferred_until(outcome.until_at, spec=spec, polling=polling, now=now)
    return _allowed(now + wait, planned, spec=spec, polling=polling, now=now)


def _allowed(
    at: datetime, state: FeedState, *, spec: FeedSpec, polling: Polling, now: datetime
) -> datetime:
    return allowed_at(
        at,
        hours=state.skip_hours,
        days=state.skip_days,
        share=share(f"skipped {spec.url}"),
        latest=now + longest_wait(spec, polling),
    )


def _freshness(outcome: Fetched | NotModified, planned: FeedState) -> Freshness:
    """Return the outcome's freshness with the document's ttl, which no 304 says again."""
    words = [ttl for ttl in (outcome.freshness.ttl, planned.ttl) if ttl is not None]
    return replace(outcome.freshness, ttl=max(words, default=None))


# ------------------------------------------------------------------ what is remembered


def _remembered(state: FeedState, outcome: Outcome, *, now: datetime, new: int | None) -> FeedState:
    """Return the state with all but the time of the next poll."""
    asked = replace(
        state,
        last_whole_at=whole_at(state, outcome, now=now),
        rhythm=rhythm_after(state, outcome, now=now, new=new),
    )
    match outcome:
        case Fetched():
            met = moves.after_body(asked, outcome, now=now, new=new)
            return _healthy(_taken_in(met, outcome, now), outcome, now)
        case NotModified():
            return _healthy(asked, outcome, now)
        case Failed():
            failed = _failed(asked, outcome.message, now)
            left_alone = left_alone_until(outcome.freshness, now)
            return moves.after_failure(replace(failed, left_alone_until_at=left_alone), outcome)
        case Gone():
            return _gone(asked, outcome, now)
        case Deferred():
            return replace(state, left_alone_until_at=outcome.until_at)


def _healthy(state: FeedState, outcome: Fetched | NotModified, now: datetime) -> FeedState:
    return replace(
        state,
        validators=outcome.validators,
        failures=0,
        error="",
        failing_since_at=None,
        gone=False,
        last_polled_at=now,
        left_alone_until_at=left_alone_until(outcome.freshness, now),
    )


def _taken_in(state: FeedState, outcome: Fetched, now: datetime) -> FeedState:
    feed = outcome.feed
    words = [ttl for ttl in (outcome.freshness.ttl, feed.ttl) if ttl is not None]
    return replace(
        state,
        title=feed.title or state.title,
        site_url=feed.site_url or state.site_url,
        language=feed.language or state.language,
        body_hash=outcome.body_hash,
        known=feed.known,
        pieces=state.pieces if outcome.pieces is None else outcome.pieces,
        ttl=max(words, default=None),
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        id_scheme=max(state.id_scheme, feed.id_scheme, key=SCHEMES_DOWNWARDS.index),
        last_fetched_at=now,
    )


def _failed(state: FeedState, message: str, now: datetime) -> FeedState:
    return replace(
        state,
        failures=state.failures + 1,
        error=message,
        failing_since_at=state.failing_since_at or now,
        last_polled_at=now,
    )


def _gone(state: FeedState, outcome: Gone, now: datetime) -> FeedState:
    """Return the feed as gone; one that was gone at a new address is asked at its old one."""
    if state.moved_to:
        return moves.back(_failed(state, outcome.message, now))
    return replace(
        state,
        gone=True,
        error=outcome.message,
        failing_since_at=state.failing_since_at or now,
        last_polled_at=now,
    )
