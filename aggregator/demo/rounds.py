"""The newsroom's own time: rounds, and the moments that stand for them. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LAST_ROUND = 7  # later rounds bring nothing new: a demo is a finite thing
FIRST_ROUND_AGE = timedelta(minutes=27)  # younger than all that stands in the feeds at the start
ROUND_STEP = timedelta(minutes=3)  # keeps the last round before `now`


def appears_at(now: datetime, appearing_round: int) -> datetime:
    """Return the whole second that a round stands for; never after `now`."""
    moment = now - FIRST_ROUND_AGE + ROUND_STEP * min(appearing_round, LAST_ROUND)
    return moment.replace(microsecond=0)
