"""Jobs that fail, and the times at which editions are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from aggregator.digest.edition import next_due
from aggregator.model import Digest, DigestKind
from aggregator.service.jobs import Job, edition_triggers

if TYPE_CHECKING:
    from collections.abc import Callable

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Ticking:
    """A clock that the test moves."""

    now_s: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def failing(errors: list[Exception | None]) -> Callable[[], None]:
    """Return work that fails with these errors, one after the other; None is a success."""
    waiting = iter(errors)

    def work() -> None:
        error = next(waiting)
        if error is not None:
            raise error

    return work


def test_a_job_that_raises_is_told_with_its_traceback_and_goes_on() -> None:
    job = Job("tick", failing([KeyError("bug"), None]), Event())
    with capture_logs() as told:
        job()
        job()

    assert [(each["event"], each["log_level"]) for each in told] == [
        ("job failed", "error"),
        ("job works again", "info"),
    ]
    assert told[0]["exc_info"] is True
    assert told[1]["failures"] == 1


def test_a_failure_that_lasts_does_not_fill_the_log() -> None:
    """A thousand failures in a row: ten lines, one traceback."""
    job = Job("tick", failing([OSError("disk full")] * 1000), Event())
    with capture_logs() as told:
        for _ in range(1000):
            job()

    assert len(told) == 10
    assert [each["event"] for each in told[:2]] == ["job failed", "job still fails"]
    assert told[-1]["failures"] == 512
    assert [each for each in told if each.get("exc_info")] == told[:1]


def test_a_job_that_fails_anew_is_told_anew() -> None:
    job = Job("tick", failing([OSError(), None, OSError()]), Event())
    with capture_logs() as told:
        for _ in range(3):
            job()

    assert [each["event"] for each in told] == ["job failed", "job works again", "job failed"]


def test_a_job_that_asks_others_rests_longer_after_each_failure() -> None:
    clock = Ticking()
    done: list[float] = []

    def work() -> None:
        done.append(clock.now_s)
        raise OSError

    job = Job("tick", work, Event(), most_rest_s=60.0, monotonic=clock)
    while clock.now_s < 200:
        job()
        clock.now_s += 5

    assert done == [0, 10, 30, 70, 130, 190]


def test_no_job_begins_once_the_service_stops() -> None:
    stop = Event()
    done: list[int] = []
    job = Job("tick", lambda: done.append(1), stop)
    job()
    stop.set()
    job()

    assert done == [1]


@pytest.mark.parametrize(
    ("at", "timezone", "weekdays", "now"),
    [
        ((time(7),), "UTC", (0, 1, 2, 3, 4, 5, 6), MONDAY),
        ((time(7), time(18, 30)), "Europe/Oslo", (0, 1, 2, 3, 4, 5, 6), MONDAY),
        ((time(7),), "America/New_York", (5, 6), MONDAY),
        ((time(2, 30),), "Europe/Berlin", (6,), datetime(2026, 10, 24, 12, tzinfo=UTC)),
        ((time(0, 5),), "Pacific/Auckland", (0,), MONDAY),
    ],
    ids=["daily", "twice-a-day", "weekends", "the-hour-that-comes-twice", "far-east"],
)
def test_the_scheduler_looks_when_an_edition_becomes_due(
    at: tuple[time, ...], timezone: str, weekdays: tuple[int, ...], now: datetime
) -> None:
    digest = Digest(
        name="issue",
        title="Issue",
        kind=DigestKind.EDITION,
        at=at,
        timezone=timezone,
        weekdays=weekdays,
    )

    looks = [trigger.get_next_fire_time(None, now) for _, trigger in edition_triggers(digest)]

    assert min(looks).astimezone(UTC) == next_due(digest, now=now - timedelta(microseconds=1))
