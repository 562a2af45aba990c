"""How many of the feeds that are due may be asked in this pass. Pure.

Of a long list, only so many go out that no minute holds half more than the mean: after down time,
after a host's pause, when thousands are listed at once. The rest stays due and goes out in the next
passes, the longest waiting first. A list as people keep it goes out at once, always.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

FEW_FEEDS = 500  # no more in the list: all that is due goes out at once
LEEWAY = 1.15  # over the planned rate: what waits is worked off, and no minute holds half more
LEAST_A_MINUTE = 30.0  # while little is known of a new list: 10,000 feeds are met within 6 hours
KEPT = timedelta(seconds=5)  # what was not used may be used up so much later: one tick of service
LONGEST_GAP = timedelta(seconds=30)  # between two passes; a longer one is a stop, and earns nothing
MINUTE = timedelta(minutes=1)
UNLIMITED = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What may be asked: a bucket that fills with time. `left` counts polls, as of `at`."""

    left: float
    at: datetime


def rate_of(planned: float, *, feeds: int) -> float:
    """Return how many polls a minute may go out where so many are planned, of so many feeds.

    Feeds not polled yet have no plan; `UNLIMITED` for a list that needs no pace.
    """
    return UNLIMITED if feeds <= FEW_FEEDS else max(LEAST_A_MINUTE, LEEWAY * planned)


def let_out(pace: Pace | None, *, due: int, a_minute: float, now: datetime) -> tuple[int, Pace]:
    """Return how many of the due feeds go out now, and the pace to hand to the next call.

    `pace` is None at the start: what was missed before is not caught up with at once.
    """
    if math.isinf(a_minute):
        return due, Pace(left=0.0, at=now)
    gap = KEPT if pace is None else max(now - pace.at, timedelta())
    gap = KEPT if gap > LONGEST_GAP else gap
    kept = 0.0 if pace is None else min(pace.left, a_minute * (KEPT / MINUTE))
    left = kept + a_minute * (gap / MINUTE)
    count = min(due, int(left))
    return count, Pace(left=left - count, at=now)
