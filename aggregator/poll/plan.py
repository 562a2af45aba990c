"""When a feed is due next, and what is remembered of it after a poll. Pure.

`now` comes in, a state goes out. Nothing is random: a feed's jitter is a hash of its URL, so that
feeds do not bunch up, and the same history gives the same plan. No feed is ever given up.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from aggregator.model import (
    Deferred,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    Outcome,
    Polling,
    PollRequest,
)
from aggregator.poll.address import is_local_host

if TYPE_CHECKING:
    from collections.abc import Sequence

SPREAD = 0.1  # of the wait, to either side
BACKOFF_SPREAD = 0.2  # of the wait, downwards only, so that a cap stays a cap
BRIEF_FAILURES = 2  # as many failures in a row cost no more than the usual wait
MAX_DOUBLINGS = 20  # a million intervals: the cap has long been reached
MAX_RETRY_AFTER = timedelta(days=7)  # honoured up to here (16 years was seen)
RETRY_SPREAD = timedelta(minutes=5)  # after a wait that a server set: not all at its very end
HOST_PAUSE = timedelta(hours=1)  # for a rate limit that names no time
NOTHING = timedelta()
DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEMES_DOWNWARDS = tuple(IdScheme)


def is_due(state: FeedState, *, now: datetime) -> bool:
    """Return whether it is time to poll. A feed never polled is due, one that is gone never."""
    return not state.gone and (state.next_poll_at is None or state.next_poll_at <= now)


def after(
    state: FeedState, outcome: Outcome, *, spec: FeedSpec, polling: Polling, now: datetime
) -> FeedState:
    """Return everything that is remembered of the feed after the poll."""
    match outcome:
        case Fetched():
            wait = usual_wait(spec, polling, document_freshness(outcome))
            return _healthy(_taken_in(state, outcome, now), outcome, now=now, wait=wait)
        case NotModified():
            ttl = outcome.freshness.ttl or state.ttl  # a 304 has no document to say it again
            freshness = replace(outcome.freshness, ttl=ttl)
            wait = usual_wait(spec, polling, freshness)
            return _healthy(state, outcome, now=now, wait=wait)
        case Failed():
            return _failed(state, outcome, now=now, wait=failed_wait(state, outcome, spec, polling))
        case Gone():
            return _gone(state, outcome, now)
        case Deferred():
            spread = RETRY_SPREAD * share(f"deferred {state.url}")
            return replace(
                state,
                next_poll_at=outcome.until_at + spread,
                left_alone_until_at=outcome.until_at,
            )


def document_freshness(outcome: Fetched) -> Freshness:
    """Return the outcome's freshness with the longer of the two words on ttl."""
    words = [ttl for ttl in (outcome.freshness.ttl, outcome.feed.ttl) if ttl is not None]
    return replace(outcome.freshness, ttl=max(words, default=None))


def _healthy(
    state: FeedState, outcome: Fetched | NotModified, *, now: datetime, wait: timedelta
) -> FeedState:
    return replace(
        state,
        validators=outcome.validators,
        failures=0,
        error="",
        failing_since_at=None,
        gone=False,
        last_polled_at=now,
        next_poll_at=now + wait,
        left_alone_until_at=left_alone_until(outcome.freshness, now),
    )


def _taken_in(state: FeedState, outcome: Fetched, now: datetime) -> FeedState:
    feed = outcome.feed
    return replace(
        state,
        moved_to=outcome.moved_to,
        title=feed.title or state.title,
        site_url=feed.site_url or state.site_url,
        language=feed.language or state.language,
        body_hash=outcome.body_hash,
        known=feed.known,
        ttl=document_freshness(outcome).ttl,
        id_scheme=max(state.id_scheme, feed.id_scheme, key=SCHEMES_DOWNWARDS.index),
        last_fetched_at=now,
    )


def _failed(state: FeedState, outcome: Failed, *, now: datetime, wait: timedelta) -> FeedState:
    return replace(
        state,
        failures=state.failures + 1,
        error=outcome.message,
        failing_since_at=state.failing_since_at or now,
        last_polled_at=now,
        next_poll_at=now + wait,
        left_alone_until_at=left_alone_until(outcome.freshness, now),
    )


def _gone(state: FeedState, outcome: Gone, now: datetime) -> FeedState:
    return replace(
        state,
        gone=True,
        error=outcome.message,
        failing_since_at=state.failing_since_at or now,
        last_polled_at=now,
        next_poll_at=None,
    )


def usual_wait(spec: FeedSpec, polling: Polling, freshness: Freshness) -> timedelta:
    """Return the wait after a success: the interval, no less than anyone asked for, spread.

    The server's and the document's words count up to `max_interval`, Retry-After up to a week.
    """
    ceiling = longest_wait(spec, polling)
    asked = [freshness.max_age or NOTHING, freshness.ttl or NOTHING]
    floor = max(polling.min_interval, *(min(word, ceiling) for word in asked))
    wait = max(interval_of(spec, polling), floor)
    spread = wait * (SPREAD * (2 * share(spec.url) - 1))
    if not floor <= wait + spread <= ceiling:
        spread = -spread  # the other side may have room
    return max(min(max(wait + spread, floor), max(ceiling, floor)), retry_wait(spec, freshness))


def failed_wait(state: FeedState, outcome: Failed, spec: FeedSpec, polling: Polling) -> timedelta:
    """Return the wait after a failure: the interval, doubled with each failure beyond brief ones.

    At most the longest wait, but never before Retry-After (up to a week).
    """
    failures = state.failures + 1
    doublings = min(max(failures - BRIEF_FAILURES, 0), MAX_DOUBLINGS)
    usual = max(interval_of(spec, polling), polling.min_interval)
    wait = min(usual * (1 << doublings), longest_wait(spec, polling))
    wait *= 1 - BACKOFF_SPREAD * share(f"{failures} {spec.url}")
    return max(wait, polling.min_interval, retry_wait(spec, outcome.freshness))


def left_alone_until(freshness: Freshness, now: datetime) -> datetime | None:
    """Return until when Retry-After forbids even a poll by hand; None where it says nothing."""
    if not freshness.retry_after:
        return None
    return now + min(freshness.retry_after, MAX_RETRY_AFTER)


def retry_wait(spec: FeedSpec, freshness: Freshness) -> timedelta:
    """Return the wait that Retry-After asks for, with a little spread behind it; none if none."""
    if not freshness.retry_after:
        return NOTHING
    honoured = min(freshness.retry_after, MAX_RETRY_AFTER)
    return honoured + min(RETRY_SPREAD, honoured * SPREAD) * share(spec.url)


def interval_of(spec: FeedSpec, polling: Polling) -> timedelta:
    """Return the interval that the person wants for the feed."""
    return spec.interval or polling.interval


def longest_wait(spec: FeedSpec, polling: Polling) -> timedelta:
    """Return the upper bound: `max_interval`, or the feed's own interval where that is longer."""
    return max(polling.max_interval, polling.min_interval, spec.interval or NOTHING)


def share(text: str) -> float:
    """Return a number from 0 to below 1 that is always the same for the text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def host_of(url: str) -> str:
    """Return "host:port" in lower case, with the scheme's port where none is written.

    A URL without a host stands for itself.
    """
    parts = split(url)
    if parts is None or not parts.hostname:
        return url
    host = parts.hostname.rstrip(".")
    with suppress(UnicodeError):  # no name that DNS knows: it stays as it is written
        host = host.encode("idna").decode("ascii")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{bracketed}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 0)}"


def split(url: str) -> SplitResult | None:
    """Return the URL's parts, or None where it or its port is no good."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when it is asked for
    except ValueError:
        return None
    return parts


def host_pause(url: str, outcome: Outcome, *, now: datetime, polling: Polling) -> datetime | None:
    """Return until when the feed's whole host is left alone, None where it need not be.

    Only a rate limit of a public host counts: behind a private address, one server's word must
    not stop its neighbours.
    """
    if not isinstance(outcome, Failed) or outcome.kind is not FailureKind.RATE_LIMITED:
        return None
    parts = split(url)
    if parts is None or not parts.hostname or is_local_host(parts.hostname):
        return None
    asked = outcome.freshness.retry_after or max(
        min(HOST_PAUSE, polling.max_interval), polling.min_interval
    )
    return now + min(asked, MAX_RETRY_AFTER)


def group_by_host(requests: Sequence[PollRequest]) -> list[tuple[PollRequest, ...]]:
    """Return the requests in one group for each host, groups and members in the order given."""
    groups: dict[str, list[PollRequest]] = {}
    for request in requests:
        groups.setdefault(host_of(request.spec.url), []).append(request)
    return [tuple(group) for group in groups.values()]
