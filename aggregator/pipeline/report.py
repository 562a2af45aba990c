"""What an outcome looks like to a person: a row of `newsfold poll`, a line of its JSON."""

from __future__ import annotations

from typing import assert_never

from aggregator.model import (
    Deferred,
    Failed,
    Fetched,
    Gone,
    NotModified,
    Outcome,
    PollOutcomeName,
    PollReport,
)


def report_of(url: str, outcome: Outcome, *, new: int, updated: int) -> PollReport:
    """Return the report of one feed's poll."""
    name, error = _told(outcome)
    return PollReport(
        feed=url, outcome=name, new=new, updated=updated, error=error, seconds=outcome.seconds
    )


def _told(outcome: Outcome) -> tuple[PollOutcomeName, str]:
    match outcome:
        case Fetched():
            return "fetched", ""
        case NotModified():
            return "not_modified", ""
        case Failed(message=message):
            return "failed", message
        case Gone(message=message):
            return "gone", message
        case Deferred(message=message):
            return "deferred", message
        case _:
            assert_never(outcome)
