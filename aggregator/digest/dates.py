"""Moments as texts, the same on every machine: no locale, no clock."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Publication

# strftime would speak the machine's language.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# What an empty document says of its last change: a constant, so that its bytes are constant.
_TEXTS_KEPT = 1_000  # three forms tell the same moments of some hundred publications in turn
NEVER_AT = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=_TEXTS_KEPT)
def rfc3339(at: datetime) -> str:
    """Return the moment in UTC as Atom and JSON Feed want it, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rfc822(at: datetime) -> str:
    """Return the moment as RSS wants it, with a year of four digits."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def compact(at: datetime) -> str:
    """Return the moment in UTC as ISO 8601's basic form, for ids."""
    return rfc3339(at).replace("-", "").replace(":", "")


def day(at: datetime, timezone: str) -> str:
    """Return the local date in full: "Wednesday, 25 November 2026"."""
    return f"{day_of_year(at, timezone)} {at.astimezone(ZoneInfo(timezone)).year}"


def day_of_year(at: datetime, timezone: str) -> str:
    """Return the local date without its year: "Wednesday, 25 November"."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{WEEKDAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]}"


def clock(at: datetime, timezone: str) -> str:
    """Return the local time of day: "07:05"."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.hour:02}:{local.minute:02}"


def moment(at: datetime, timezone: str, beside: datetime | None = None) -> str:
    """Return the local date and time in brief: "25 Nov 2026, 07:05".

    The year is left out where it is that of `beside`, a date that stands on the same page.
    """
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    same_year = beside is not None and beside.astimezone(zone).year == local.year
    year = "" if same_year else f" {local.year}"
    return f"{local.day} {MONTHS[local.month - 1][:3]}{year}, {clock(at, timezone)}"


def last_change(publications: Iterable[Publication]) -> datetime:
    """Return when a document last changed: its greatest `updated`, never the present."""
    return max((publication.updated_at for publication in publications), default=NEVER_AT)
