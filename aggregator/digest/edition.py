"""When an edition is due: wall-clock times in a time zone become moments.

Knows nothing of stories; `now` is an argument.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator.model import DigestKind, Edition

if TYPE_CHECKING:
    from datetime import date

    from aggregator.model import Digest

# One weekday comes round within 7 days; one more on each side for zones and skipped days.
_REACH_DAYS = 9


def due(
    digest: Digest, *, last: Edition | None, started_at: datetime, now: datetime
) -> Edition | None:
    """Return the edition that is due, or None.

    It is that of the newest set time not after `now`, if this is later than the last edition's
    (than `started_at` where there is none): one edition after any down time, marked `catch_up`
    when it stands for more than one set time. It covers what was first seen until its due moment,
    however late it is made. A clock that was set back brings nothing.
    """
    past = [at for at in _set_times(digest, now, first=-_REACH_DAYS, last=1) if at <= now]
    after = last.due_at if last else started_at
    missed = [at for at in past if at > after]
    if not missed:
        return None
    return Edition(
        digest=digest.name,
        due_at=missed[-1],
        since_at=last.until_at if last else None,
        until_at=missed[-1],
        catch_up=len(missed) > 1,
    )


def next_due(digest: Digest, *, now: datetime) -> datetime | None:
    """Return the first set time after `now`; None for a digest without any."""
    coming = _set_times(digest, now, first=-1, last=_REACH_DAYS)
    return next((at for at in coming if at > now), None)


def _set_times(digest: Digest, now: datetime, *, first: int, last: int) -> list[datetime]:
    """Return the set times of the days around `now`, in order, each moment once."""
    if digest.kind is not DigestKind.EDITION:
        return []
    zone = ZoneInfo(digest.timezone)
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=n) for n in range(first, last + 1))
    return sorted({
        _moment(day, at, zone)
        for day in days
        if day.weekday() in digest.weekdays
        for at in digest.at
    })  # fmt: skip


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment of a wall-clock time, in UTC.

    With `fold=0` a time that happens twice counts the first time, and one that the spring change
    skips counts with the old offset: 02:30 becomes 03:30 (PEP 495).
    """
    return datetime.combine(day, at.replace(tzinfo=None, fold=0), zone).astimezone(UTC)
