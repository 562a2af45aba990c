"""How long a feed is left alone after a poll. Pure.

Nothing is random: a feed's jitter is a hash of its URL, so that feeds do not bunch up, and the same
history gives the same wait. Jitter only ever lengthens a wait: two polls of a feed are never closer
than its interval. Nothing is longer than the longest wait and a tenth, but Retry-After.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from aggregator.model import (
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Freshness,
    Polling,
    Validators,
)
from aggregator.poll import rhythm

SPREAD = 0.1  # of the wait, upwards
BACKOFF_SPREAD = 0.25  # likewise, after a failure: those that fail together come back apart
BRIEF_FAILURES = 2  # as many failures in a row cost no more than the usual wait
MAX_DOUBLINGS = 20  # a million intervals: the cap has long been reached
MAX_RETRY_AFTER = timedelta(days=7)  # honoured up to here (16 years was seen)
HOST_PAUSE = timedelta(hours=1)  # for a rate limit that names no time
SHORT_PAUSE = timedelta(minutes=10)  # is followed by as short a spread; a longer one by an interval
NOTHING = timedelta()
NO_VALIDATORS = Validators()
# A whole body came for nothing: asked for without validators again, it costs as much again.
USELESS_BODIES = frozenset(
    {
        FailureKind.NOT_A_FEED,
        FailureKind.EMPTY,
        FailureKind.UNPARSABLE,
        FailureKind.TOO_LARGE,
        FailureKind.TOO_SLOW_TO_READ,
        FailureKind.TOO_BIG_TO_READ,
    }
)


def usual_wait(
    state: FeedState, freshness: Freshness, *, spec: FeedSpec, polling: Polling, now: datetime
) -> timedelta:
    """Return the wait after a success: the feed's interval, or more where anyone asks for more.

    The server's and the document's words count up to the longest wait, Retry-After up to a week.
    `state` is the one after the poll.
    """
    ceiling = longest_wait(spec, polling)
    words = [freshness.max_age or NOTHING, freshness.ttl or NOTHING]
    asked = min(max(words), ceiling)
    wait = max(base_wait(state, spec=spec, polling=polling, now=now), asked)
    return max(wait * (1 + SPREAD * share(spec.url)), retry_wait(spec, polling, freshness))


def base_wait(state: FeedState, *, spec: FeedSpec, polling: Polling, now: datetime) -> timedelta:
    """Return the feed's interval as it is now: the person's own, else as its rhythm has it.

    What can only be asked for whole, for want of validators, is asked no sooner for its rhythm.
    """
    if spec.interval:
        return max(spec.interval, polling.min_interval)
    ceiling = max(polling.max_interval / (1 + SPREAD), polling.min_interval)  # with its spread
    whole = polling.interval if state.validators == NO_VALIDATORS else NOTHING
    wait = rhythm.interval_of(state, usual=polling.interval, now=now)
    return max(min(max(wait, whole), ceiling), polling.min_interval)


def failed_wait(
    state: FeedState, outcome: Failed, *, spec: FeedSpec, polling: Polling, now: datetime
) -> timedelta:
    """Return the wait after a failure: the interval, doubled with each failure beyond brief ones.

    At most the longest wait, but never before Retry-After (up to a week). `state` is the one
    before the poll.
    """
    failures = state.failures + 1
    is_useless = state.validators == NO_VALIDATORS and outcome.kind in USELESS_BODIES
    doublings = min(max(failures - (0 if is_useless else BRIEF_FAILURES), 0), MAX_DOUBLINGS)
    base = base_wait(state, spec=spec, polling=polling, now=now)
    cap = longest_wait(spec, polling) / (1 + BACKOFF_SPREAD)
    wait = max(min(base * (1 << doublings), cap), base)
    wait *= 1 + BACKOFF_SPREAD * share(f"{failures} {spec.url}")
    return max(wait, retry_wait(spec, polling, outcome.freshness))


def deferred_until(
    until_at: datetime, *, spec: FeedSpec, polling: Polling, now: datetime
) -> datetime:
    """Return when a feed that was not asked is due: not with all others that waited."""
    pause = max(until_at - now, NOTHING)
    spread = pause if pause <= SHORT_PAUSE else spread_of(spec, polling)
    return until_at + spread * share(f"deferred {spec.url}")


def left_alone_until(freshness: Freshness, now: datetime) -> datetime | None:
    """Return until when Retry-After forbids even a poll by hand; None where it says nothing."""
    if not freshness.retry_after:
        return None
    return now + min(freshness.retry_after, MAX_RETRY_AFTER)


def retry_wait(spec: FeedSpec, polling: Polling, freshness: Freshness) -> timedelta:
    """Return the wait that Retry-After asks for, with the feed's spread behind it; none if none.

    A date is the same for all feeds of a host: without a wide spread they would all come then.
    """
    if not freshness.retry_after:
        return NOTHING
    honoured = min(freshness.retry_after, MAX_RETRY_AFTER)
    return honoured + min(spread_of(spec, polling), honoured) * share(spec.url)


def spread_of(spec: FeedSpec, polling: Polling) -> timedelta:
    """Return the span over which feeds that waited for the same moment come back."""
    return min(max(spec.interval or polling.interval, polling.min_interval), polling.max_interval)


def longest_wait(spec: FeedSpec, polling: Polling) -> timedelta:
    """Return the upper bound: `max_interval`, or the feed's own interval where that is longer."""
    return max(polling.max_interval, polling.min_interval, spec.interval or NOTHING)


def share(text: str) -> float:
    """Return a number from 0 to below 1 that is always the same for the text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
