"""When a feed's new address is believed, and when no longer. Pure.

A permanent redirect is easily sent by mistake: a captive portal, a maintenance page, a parked
domain. So it is believed only after bodies on several days came over the same one, each a feed that
holds entries which we know. Until then, and where it is never believed, it is followed each time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.model import FailureKind, Validators
from aggregator.poll.hosts import asked_url

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Failed, FeedState, Fetched

BELIEVED_AFTER = 3  # bodies on so many different days (UTC), so over more than a day
STRANGER = -1  # in `FeedState.redirects`: it led to a feed without our entries, never believed
BACK_AFTER = 3  # failures in a row of a new address
# These say nothing about the address.
BLAMELESS = frozenset({FailureKind.NETWORK, FailureKind.INTERNAL, FailureKind.RATE_LIMITED})


def after_body(
    state: FeedState, fetched: Fetched, *, now: datetime, new: int | None = None
) -> FeedState:
    """Return the state, from before the poll, with what the way to this body says of the address.

    `new` is as in `plan.after`.
    """
    if fetched.is_partial:
        return state
    target = fetched.moved_to
    if not target or target == asked_url(state) or _is_less_safe(state, target):
        return replace(state, redirect_to="", redirects=0)
    if target == state.url:  # the new address leads back
        return replace(state, moved_to="", redirect_to="", redirects=0)
    if target != state.redirect_to:
        first = 1 if holds_ours(state, fetched, new=new) else STRANGER
        return replace(state, redirect_to=target, redirects=first)
    if state.redirects == STRANGER or not holds_ours(state, fetched, new=new):
        return replace(state, redirects=STRANGER)
    return _counted(state, target, now)


def _counted(state: FeedState, target: str, now: datetime) -> FeedState:
    """Return the state with one more day on which the redirect proved good."""
    if state.last_fetched_at and state.last_fetched_at.date() >= now.date():
        return state
    if state.redirects + 1 < BELIEVED_AFTER:
        return replace(state, redirects=state.redirects + 1)
    return replace(state, moved_to=target, redirect_to="", redirects=0)


def holds_ours(state: FeedState, fetched: Fetched, *, new: int | None) -> bool:
    """Return whether a body holds entries that we know; that of a new feed is what it is."""
    if state.last_fetched_at is None or state.known & fetched.feed.known:
        return True
    if new is not None:
        return new < len(fetched.entries)
    return len(fetched.entries) < fetched.feed.item_count


def after_failure(state: FeedState, failed: Failed) -> FeedState:
    """Return the state, the failure counted already, at its old address where the new one fails.

    Validators are the new address's: the old one is asked without.
    """
    if not state.moved_to or state.failures < BACK_AFTER or failed.kind in BLAMELESS:
        return state
    return back(state)


def back(state: FeedState) -> FeedState:
    """Return the state with the feed at its configured address again."""
    return replace(state, moved_to="", redirect_to="", redirects=0, validators=Validators())


def _is_less_safe(state: FeedState, target: str) -> bool:
    return asked_url(state).startswith("https:") and not target.startswith("https:")
