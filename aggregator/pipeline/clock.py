"""The one clock that the house is given where nobody gives it another."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)
