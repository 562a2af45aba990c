"""Feeds whose server says "not modified" for ever. Pure.

Some servers send a constant Last-Modified (1970, 2038) or an ETag that no longer follows the body.
Seldom, and only where the feed used to change faster, it is asked for whole.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model import (
    Deferred,
    Failed,
    FailureKind,
    FeedState,
    Fetched,
    Outcome,
    Validators,
)

STUCK_AFTER = timedelta(days=8)  # a weekly feed that missed its day is not stuck
STUCK_RHYTHMS = 3  # of the rhythm as it has faded meanwhile: some 7 of what it was
FIRST_WEB_YEAR = 1995  # nothing on the web was modified before
AHEAD = timedelta(days=1)  # of our clock: a server's may be wrong, but not by years
# Then no server was reached, or it said nothing: nobody was asked for anything.
UNASKED = frozenset(
    {
        FailureKind.DNS,
        FailureKind.CONNECT,
        FailureKind.NETWORK,
        FailureKind.REFUSED_ADDRESS,
        FailureKind.INTERNAL,
    }
)


def validators_for(state: FeedState, *, now: datetime) -> Validators:
    """Return what to ask with: what the server gave, or nothing where its 304s are not believed."""
    return Validators() if is_stuck(state, now=now) else state.validators


def is_stuck(state: FeedState, *, now: datetime) -> bool:
    """Return whether the feed has had no news for so long that its 304s are doubted once."""
    seen = [at for at in (state.last_fetched_at, state.last_whole_at) if at]
    if not seen or state.failures:
        return False
    quiet = now - max(seen)
    if quiet < STUCK_AFTER:
        return False
    if not state.validators.etag and is_absurd(state.validators.last_modified, now=now):
        return True
    return state.rhythm is not None and quiet >= STUCK_RHYTHMS * state.rhythm


def is_absurd(last_modified: str, *, now: datetime) -> bool:
    """Return whether a Last-Modified can be no time at which anything was modified."""
    if not last_modified:
        return False
    try:
        at = parsedate_to_datetime(last_modified)
    except ValueError:
        return True
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at.year < FIRST_WEB_YEAR or at > now + AHEAD


def whole_at(state: FeedState, outcome: Outcome, *, now: datetime) -> datetime | None:
    """Return when the feed was last asked without validators; `state` is from before the poll."""
    asked_nothing = (
        isinstance(outcome, Deferred)
        or (isinstance(outcome, Failed) and outcome.kind in UNASKED)
        or (isinstance(outcome, Fetched) and outcome.is_partial)  # a push; a 226 was conditional
    )
    is_whole = validators_for(state, now=now) == Validators()
    return now if is_whole and not asked_nothing else state.last_whole_at
