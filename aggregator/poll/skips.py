"""The hours and days in which a document wants no poll (RSS skipHours, skipDays). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

HOUR = timedelta(hours=1)
HOURS, DAYS = frozenset(range(24)), frozenset(range(7))
LOOK_AHEAD_HOURS = 8 * 24  # six days skipped, then hours of the seventh


def allowed_at(
    at: datetime,
    *,
    hours: AbstractSet[int],
    days: AbstractSet[int],
    share: float,
    latest: datetime,
) -> datetime:
    """Return the moment, or the first allowed hour after it where it falls in a skipped one.

    `share` (0 to below 1) places the feed in that hour. `hours` and `days` (Monday is 0) are UTC;
    where all of them are skipped, they say nothing. Never after `latest`, unless `at` is.
    """
    hours = frozenset() if hours >= HOURS else hours
    days = frozenset() if days >= DAYS else days
    if not _is_skipped(at, hours, days):
        return at
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    later = (hour + n * HOUR for n in range(1, LOOK_AHEAD_HOURS))
    allowed = next((one for one in later if not _is_skipped(one, hours, days)), at)
    return max(at, min(allowed + share * HOUR, latest))


def _is_skipped(at: datetime, hours: AbstractSet[int], days: AbstractSet[int]) -> bool:
    utc = at.astimezone(UTC)
    return utc.hour in hours or utc.weekday() in days
