"""What the operator may do about a feed, with the command that does it. Pure.

Addresses come from outside and stand in commands that a person pastes into a shell: they are
quoted.
"""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Deferred, Failed, Gone
from aggregator.poll.moves import STRANGER

if TYPE_CHECKING:
    from aggregator.model import FeedState, Outcome

FAILING_LONG = timedelta(days=14)  # longer than most holidays of a server's keeper
SILENT_LONG = timedelta(days=180)
SILENT_RHYTHM = timedelta(days=120)  # a quarterly stays below


def hint_after(before: FeedState, after: FeedState, outcome: Outcome, *, now: datetime) -> str:
    """Return the hint that is kept with the feed after a poll, "" for none."""
    match outcome:
        case Deferred():
            return before.hint
        case Gone() if after.gone:
            return f"It is gone for good. Take it off the list: {command('remove', after.url)}"
        case Failed(offers=offers) if offers:
            return _offered(after, offers)
        case Failed() | Gone():
            return _failing(before, after, now)
        case _:
            return _healthy(after, now)


def command(name: str, *urls: str) -> str:
    """Return a command of ours as a person may paste it into a shell."""
    return shlex.join(("newsfold", name, *urls))


def _offered(state: FeedState, offers: tuple[str, ...]) -> str:
    more = f" It names {len(offers) - 1} more." if len(offers) > 1 else ""
    named = command("move", state.url, offers[0])
    return f"A page stands in the feed's place and names a feed: {named}{more}"


def _failing(before: FeedState, after: FeedState, now: datetime) -> str:
    if before.failures and before.hint and before.moved_to == after.moved_to:
        return before.hint  # given during these failures: it still holds
    since = after.failing_since_at
    if since and now - since >= FAILING_LONG:
        return (
            f"It has failed since {since:%Y-%m-%d}. Look for it in a browser, or give it up:"
            f" {command('remove', after.url)}"
        )
    return _moved(after)


def _healthy(state: FeedState, now: datetime) -> str:
    if told := _moved(state):
        return told
    quiet = now - state.last_fetched_at if state.last_fetched_at else timedelta()
    if quiet >= SILENT_LONG or (state.rhythm and state.rhythm >= SILENT_RHYTHM):
        return (
            "It has brought nothing new for months. Look whether its site has another feed, or"
            f" give it up: {command('remove', state.url)}"
        )
    return ""


def _moved(state: FeedState) -> str:
    if state.moved_to:
        return (
            "It has moved for good and is asked at its new address. Put that into the"
            f" configuration: {command('move', state.url, state.moved_to)}"
        )
    if state.redirects == STRANGER:
        return (
            "It redirects for good to a feed without the entries known so far. If that is it:"
            f" {command('move', state.url, state.redirect_to)}"
        )
    return ""
