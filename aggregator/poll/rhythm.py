"""A feed's publishing rhythm, and the interval that goes with it. Pure.

The rhythm is the mean time between two entries of the feed. It begins with the dates of the first
body and follows what later polls find: a mean in which the past fades, over a week for a busy feed
and over some entries for a slow one.

The interval is the geometric mean of the rhythm and the interval that the person configured, as
the delay summed over all entries is least for a number of requests when intervals grow with the
square root of the rhythm (Lagrange: minimise the sum of rate * interval for a given sum of
1 / interval). Within that, a feed that has just brought something is asked a little sooner, and
one that is quiet by its own measure a little later: that follows days and nights without a clock.
bench/schedule.py measures both.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Fetched, NotModified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Entry, FeedState, Outcome

MINUTE = timedelta(minutes=1)
MEMORY = timedelta(days=7)  # a whole week: shorter follows weekends, and swings with them
MEMORY_ENTRIES = 5  # of a slow feed: rhythms are told within some 30 %
LEAST_DATES = 3  # fewer tell no rhythm
JUST_NOW = timedelta(minutes=10)  # half of a feed's dates within it: they are those of the fetch
LATE = timedelta(days=1)  # an entry may appear so long after its date
SHORTEST, LONGEST = MINUTE, timedelta(days=365)
# The wait's factor: (0.5 + quiet / rhythm) ** 0.3, within bounds.
QUIET_OFFSET, QUIET_POWER, LATEST_FACTOR = 0.5, 0.3, 1.6


def interval_of(state: FeedState, *, usual: timedelta, now: datetime) -> timedelta:
    """Return the interval that fits the feed's rhythm; no bounds are applied.

    A feed whose rhythm is not known has the usual interval, and more the longer it brings nothing.
    """
    quiet = max(now - state.last_fetched_at, timedelta()) if state.last_fetched_at else None
    if quiet is None:
        return usual
    if state.rhythm is None:
        return _between(usual, max(usual, quiet / MEMORY_ENTRIES))
    factor = math.pow(QUIET_OFFSET + quiet / max(state.rhythm, SHORTEST), QUIET_POWER)
    return _between(usual, state.rhythm) * min(factor, LATEST_FACTOR)


def _between(one: timedelta, other: timedelta) -> timedelta:
    """Return the geometric mean."""
    return timedelta(seconds=math.sqrt(one.total_seconds() * other.total_seconds()))


def rhythm_after(
    state: FeedState, outcome: Outcome, *, now: datetime, new: int | None = None
) -> timedelta | None:
    """Return the rhythm after a poll; `state` is the one before it, `new` as in `plan.after`."""
    if not isinstance(outcome, Fetched | NotModified):
        return state.rhythm
    since = state.failing_since_at or state.last_polled_at
    if isinstance(outcome, Fetched) and state.last_fetched_at is None:
        return rhythm_of((read.entry.published_at for read in outcome.entries), now=now)
    if since is None or since >= now:
        return state.rhythm  # the clock was set back: no span to measure by
    count = _count(outcome, since=since, new=new) if isinstance(outcome, Fetched) else 0
    if state.rhythm is None:
        gap = now - (state.last_fetched_at or since)
        return _bounded(gap / count) if count else None
    return blended(state.rhythm, count=count, span=now - since)


def rhythm_of(dates: Iterable[datetime | None], *, now: datetime) -> timedelta | None:
    """Return the rhythm that publication dates tell, None where they tell none.

    It is that of the newer half up to now: an old entry that was pinned does not count, a silence
    since the newest does. Dates in the same minute are one.
    """
    minutes = {_minute(date) for date in dates if date and date <= now}
    newest_first = sorted(minutes, reverse=True)
    if len(newest_first) < LEAST_DATES:
        return None
    half = len(newest_first) // 2
    span = now - newest_first[half]
    return _bounded(span / half) if span > JUST_NOW else None


def blended(rhythm: timedelta, *, count: int, span: timedelta) -> timedelta:
    """Return the rhythm after a span that brought so many entries: the past fades as it passes."""
    memory = max(MEMORY, MEMORY_ENTRIES * rhythm)
    kept = math.exp(-(span / memory))
    a_second = kept / rhythm.total_seconds() + (1 - kept) * count / span.total_seconds()
    return _bounded(timedelta(seconds=min(1 / a_second, LONGEST.total_seconds())))


def _count(fetched: Fetched, *, since: datetime, new: int | None) -> int:
    """Return how many entries were published since the last poll.

    Where the document could not be cut, its old entries come again: then dates alone tell, and
    all that have none count as one.
    """
    told_apart = bool(fetched.feed.known)
    entries = [read.entry for read in fetched.entries]
    dated = _dated_since(entries, since - LATE if told_apart else since)
    undated = sum(entry.published_at is None for entry in entries)
    count = len(dated) + (undated if told_apart else min(undated, 1))
    return count if new is None else min(count, new)


def _dated_since(entries: Iterable[Entry], since: datetime) -> set[datetime]:
    dates = (entry.published_at for entry in entries)
    return {_minute(date) for date in dates if date and date > since}


def _minute(date: datetime) -> datetime:
    return date.astimezone(UTC).replace(second=0, microsecond=0)


def _bounded(rhythm: timedelta) -> timedelta:
    return min(max(rhythm, SHORTEST), LONGEST)
