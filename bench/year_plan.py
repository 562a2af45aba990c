"""What happens to the house in a simulated year, and how it is configured. Seeded, pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bench.year_world import DAY, HOUR

if TYPE_CHECKING:
    from bench.year_world import World

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = 7  # the hour of the daily edition
TAIL = 8 * DAY  # after the last entry: a whole week, so that the last weekly edition has them all


class Event(StrEnum):
    """What happens to the house."""

    RESTART = "restart"
    KILLED_AFTER_POLL = "killed after a poll"
    KILLED_WHILE_WRITING = "killed while it writes"
    DOWN = "down"
    CUT_OFF = "cut off"
    SET_BACK = "clock set back"


# (in a year, shortest, longest)
FREQUENT = {
    Event.RESTART: (36, 0, 0),
    Event.KILLED_AFTER_POLL: (14, 0, 0),
    Event.KILLED_WHILE_WRITING: (14, 0, 0),
    Event.DOWN: (5, 5, 90),  # hours
    Event.CUT_OFF: (6, 2, 20),
}


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """An event, when it begins and how long it lasts."""

    at: datetime
    event: Event
    lasts: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a simulation goes."""

    every: timedelta = 6 * HOUR  # between two passes
    interval: str = "6h"  # of polls
    min_interval: str = "3h"
    retention: str = "60d"
    limit: int = 25


def happenings(world: World) -> list[Happening]:
    """Return what happens, in order: everything at least once, the clock is set back once."""
    draw, span = Random(world.seed + 1), world.days * DAY
    found = [
        Happening(world.start + span * draw.uniform(0.05, 0.95), event, HOUR * draw.uniform(*hours))
        for event, (times, *hours) in FREQUENT.items()
        for _ in range(max(1, round(times * world.days / 365)))
    ]
    morning = (world.start + span * 0.45).astimezone(BERLIN).replace(hour=MORNING, minute=40)
    return sorted([*found, Happening(morning.astimezone(world.start.tzinfo), Event.SET_BACK)])


def configuration(world: World, plan: Plan) -> str:
    """Return the TOML text: two live digests, one of a tag and ranked, and two of editions."""
    feeds = "".join(
        f"[[feeds]]\nurl = {json.dumps(outlet.url)}\ntags = {json.dumps(outlet.tags)}\n"
        f"exclude = {json.dumps(outlet.excludes)}\n"
        for outlet in world.outlets
    )
    return (
        '[service]\npublic_url = "https://news.example.org"\n'
        f'[polling]\ninterval = "{plan.interval}"\nmin_interval = "{plan.min_interval}"\n'
        "backfill = 100\n"  # all that a first body tells counts
        + feeds
        + "".join(
            f'[[digests]]\nname = "{name}"\ntitle = "{name.capitalize()}"\n{lines}'
            f'retention = "{plan.retention}"\n'
            for name, lines in _digests(plan).items()
        )
    )


def _digests(plan: Plan) -> dict[str, str]:
    edition = 'kind = "edition"\ntimezone = "Europe/Berlin"\nlimit = 2\n'
    return {
        "all": f"limit = {plan.limit}\n",
        "sea": f'tags = ["sea"]\norder = "top"\nformats = ["atom", "json"]\nlimit = {plan.limit}\n',
        "daily": f'{edition}at = ["07:00"]\nformats = ["atom", "html"]\n',
        "weekly": f'{edition}at = ["18:00"]\nweekdays = ["sun"]\norder = "top"\n'
        'formats = ["atom", "rss"]\n',
    }
