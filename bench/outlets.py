"""Invented outlets for the simulations of bench/schedule.py: when each publishes. Seeded.

Rates are spread as in real lists of feeds: most bring little, few bring most. Each has a day and a
week: nights are silent, mornings and evenings busy, weekends slow, and outlets lie in several time
zones. Between those, entries come by chance.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
HISTORY = timedelta(days=30)  # published before the start: what a first body tells
DAY_S, HOUR_S = 86_400.0, 3_600.0
# Relative rate in each local hour: editors sleep, arrive at 7 and leave by the evening.
DAY = (
    0.1, 0.05, 0.05, 0.05, 0.1, 0.3, 0.8, 1.5, 2.0, 2.0, 1.9, 1.8,
    1.6, 1.7, 1.8, 1.8, 1.7, 1.5, 1.2, 0.9, 0.7, 0.5, 0.3, 0.2,
)  # fmt: skip
WEEKEND = 0.4  # of a working day
SATURDAY = 5
ZONES_H = (0, 0, 0, 1, -5, -8, 8)
MEDIAN_A_DAY, SIGMA, MOST_A_DAY = 4.0, 1.5, 200.0  # log-normal: 0.03 to 200 entries a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A feed of a simulation."""

    name: str
    published: Sequence[datetime]  # in order, the history included


def mixed(count: int, *, days: int, seed: int) -> list[Outlet]:
    """Return outlets as a person's list has them: some busy, most not."""
    draw = random.Random(seed)
    rates = [
        min(draw.lognormvariate(math.log(MEDIAN_A_DAY), SIGMA), MOST_A_DAY) for _ in range(count)
    ]
    return _outlets(rates, days=days, draw=draw)


def alike(count: int, *, days: int, seed: int, a_day: float = 20.0) -> list[Outlet]:
    """Return outlets that are all as busy: only days and nights tell their hours apart."""
    return _outlets([a_day] * count, days=days, draw=random.Random(seed))


def _outlets(rates: Sequence[float], *, days: int, draw: random.Random) -> list[Outlet]:
    return [
        Outlet(
            name=f"https://outlet-{number}.example/feed",
            published=tuple(_moments(rate, days=days, draw=draw)),
        )
        for number, rate in enumerate(rates)
    ]


def _moments(a_day: float, *, days: int, draw: random.Random) -> Iterator[datetime]:
    """Yield the moments of a process whose rate follows the hours (by thinning)."""
    zone = draw.choice(ZONES_H)
    mean = sum(DAY) / len(DAY) * (5 + 2 * WEEKEND) / 7
    most = max(DAY)
    at = -HISTORY.total_seconds()
    while True:
        at += draw.expovariate(a_day / DAY_S * most / mean)
        if at >= days * DAY_S:
            return
        local = at + zone * HOUR_S
        is_weekend = int(local // DAY_S) % 7 >= SATURDAY
        rate = DAY[int(local // HOUR_S) % 24] * (WEEKEND if is_weekend else 1.0)
        if draw.random() * most < rate:
            yield START + timedelta(seconds=at)
