"""What the poll plan is worth, by simulation: no network, no clock, the same figures each time.

    .venv/bin/python bench/schedule.py            delays beside a fixed interval (10 s)
    .venv/bin/python bench/schedule.py --week     10,000 feeds over a week too (4 minutes)

Delays: the outlets of bench/outlets.py are polled as the plan has it. Then the same outlets are
polled at one fixed interval for all, chosen so that it makes the same number of requests. The delay
of an entry runs from its publication to the poll that meets it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.poll.plan import after, share
from bench import outlets, week
from bench.outlets import START
from bench.simulated import POLLING, Feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Polling
    from bench.outlets import Outlet

DAYS = 28
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
SETTLING = timedelta(days=1)  # delays count from then on
GOAL = 2 / 3  # of the median delay of a fixed interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a simulated schedule cost and brought."""

    requests: int
    delays: Sequence[timedelta]  # sorted

    @property
    def median(self) -> timedelta:
        """Return the median delay."""
        return self.delays[len(self.delays) // 2]

    @property
    def mean(self) -> timedelta:
        """Return the mean delay."""
        return timedelta(seconds=mean(delay.total_seconds() for delay in self.delays))

    @property
    def late(self) -> timedelta:
        """Return the delay that nine entries in ten keep below."""
        return self.delays[len(self.delays) * 9 // 10]


def adaptive(outlets_: Sequence[Outlet], *, days: int, polling: Polling) -> Run:
    """Poll as the plan has it."""
    requests, delays = 0, []
    for number, outlet in enumerate(outlets_):
        feed = Feed.of(outlet, number)
        now = START + polling.interval * share(outlet.name)
        while now < START + timedelta(days=days):
            requests += 1
            outcome, new = feed.bring(now, since=START + SETTLING)
            feed.state = after(
                feed.state, outcome, spec=feed.spec, polling=polling, now=now, new=new
            )
            now = feed.state.next_poll_at or END_OF_TIME
        delays += feed.delays
    return Run(requests=requests, delays=sorted(delays))


def fixed(outlets_: Sequence[Outlet], *, days: int, requests: int) -> Run:
    """Poll each outlet at one interval, chosen so that there are as many requests."""
    interval = timedelta(days=days) * len(outlets_) / requests
    made, delays = 0, []
    for number, outlet in enumerate(outlets_):
        feed = Feed.of(outlet, number)
        now = START + interval * share(outlet.name)
        while now < START + timedelta(days=days):
            made += 1
            feed.bring(now, since=START + SETTLING)
            feed.state = replace(feed.state, last_fetched_at=now)
            now += interval
        delays += feed.delays
    return Run(requests=made, delays=sorted(delays))


def row(name: str, outlets_: Sequence[Outlet], *, days: int, polling: Polling) -> str:
    """Return a line of the table: the plan beside the fixed interval."""
    ours = adaptive(outlets_, days=days, polling=polling)
    theirs = fixed(outlets_, days=days, requests=ours.requests)
    cells = [name, f"{ours.requests:,}", f"{theirs.requests:,}"]
    for attribute in ("median", "mean", "late"):
        one, other = getattr(ours, attribute), getattr(theirs, attribute)
        cells.append(f"{minutes(one):.1f} / {minutes(other):.1f} = **{one / other:.2f}**")
    return f"| {' | '.join(cells)} |"


def minutes(span: timedelta) -> float:
    """Return a span in minutes."""
    return span / timedelta(minutes=1)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outlets", type=int, default=150)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--week", action="store_true", help="10,000 feeds over a week too")
    options = parser.parse_args()
    hourly = replace(POLLING, min_interval=timedelta(hours=1))
    mixed = outlets.mixed(options.outlets, days=options.days, seed=1)
    alike = outlets.alike(options.outlets, days=options.days, seed=1)
    print(f"{options.outlets} outlets, {options.days} days; minutes, plan / fixed = ratio\n")
    print("| outlets | requests | fixed | median delay | mean | nine in ten below |")
    print("|---|---|---|---|---|---|")
    for name, outlets_, polling in (
        ("mixed", mixed, POLLING),
        ("mixed, at most hourly", mixed, hourly),
        ("all alike, 20 a day", alike, POLLING),
    ):
        print(row(name, outlets_, days=options.days, polling=polling), flush=True)
    if options.week:
        print()
        for world in (week.WHOLE, week.WHOLE_HOURLY):
            print(week.table(week.run(world)), flush=True)


if __name__ == "__main__":
    main()
