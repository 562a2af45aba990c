"""A whole year of Newsfold, simulated: every story is told exactly once, whatever happens.

    .venv/bin/python bench/year.py                a year of 40 feeds
    .venv/bin/python bench/year.py --days 60      two months
    .venv/bin/python bench/year.py --json         every figure

Only the clock and the wires are the simulation's: what is polled when, read, folded, stored and
published is the product's own code. The outlets are invented (bench/year_world.py). The run ends
with an error at the first promise that is broken, which names the moment.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator import config
from bench.year_end import End
from bench.year_house import Clock, Premises
from bench.year_plan import TAIL, Event, Plan, configuration, happenings
from bench.year_watch import Watch
from bench.year_web import Web
from bench.year_world import DAY, HOUR, World

if TYPE_CHECKING:
    from aggregator.model import PollReport
    from bench.year_end import Verdict
    from bench.year_plan import Happening

START = datetime(2026, 1, 12, tzinfo=UTC)  # a Monday; both changes of the clocks lie ahead
MONTH = timedelta(days=30)


@dataclass
class Year:
    """A simulation under way."""

    world: World
    plan: Plan
    folder: Path
    events: Counter[str] = field(default_factory=Counter)
    polls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Write the configuration and build the house."""
        path = self.folder / "newsfold.toml"
        path.write_text(configuration(self.world, self.plan), "utf-8")
        loaded = config.load(path, environ={})
        self.clock = Clock(self.world.start)
        self.web = Web(self.world, self.clock)
        self.premises = Premises(loaded, self.clock, self.web, on_report=self._note)
        self.watch = Watch(loaded, self.web)
        self._unsure = True  # whether the last process may have left something to write

    def run(self) -> Verdict:
        """Let the time go by; return what came of it, or raise Trouble."""
        self.live()
        return End(self.world, self.watch).judge()

    def live(self) -> None:
        """Let the time go by, with all that happens."""
        coming = happenings(self.world)
        end = self.world.start + self.world.days * DAY + TAIL
        day, month = self.clock(), self.clock()
        while self.clock.now < end:
            while coming and coming[0].at <= self.clock.now:
                self._happen(coming.pop(0))
            self._pass()
            self.clock.move(self.plan.every)
            if self.clock.now >= day + DAY:
                day = self.clock.now
                self.premises.open().prune()
                self.watch.daily()
            if self.clock.now >= month + MONTH:
                month = self.clock.now
                self.watch.monthly(month)
        self.watch.daily()
        self.watch.monthly(self.clock.now)
        self.premises.end()

    def _note(self, report: PollReport) -> None:
        self.polls[report.outcome] += 1

    def _pass(self) -> None:
        done = self.premises.tick()
        self.watch.after_pass(done, now=self.clock.now, unsure=self._unsure)
        self._unsure = False

    def _happen(self, happening: Happening) -> None:
        self.events[happening.event] += 1
        match happening.event:
            case Event.RESTART:
                self.premises.close()
            case Event.KILLED_AFTER_POLL:
                self.premises.die_before_publishing()
                self._unsure = True
            case Event.KILLED_WHILE_WRITING:
                self.premises.die_before_writing()
                self._unsure = True
            case Event.DOWN:
                self.premises.close()
                self.clock.move(happening.lasts)
            case Event.CUT_OFF:
                self._cut_off(self.clock.now + happening.lasts)
            case Event.SET_BACK:
                self._pass()
                self.clock.move(-HOUR)

    def _cut_off(self, until_at: datetime) -> None:
        self.web.is_cut_off = True
        while self.clock.now < until_at:
            self._pass()
            self.clock.move(self.plan.every)
        self.web.is_cut_off = False


def figures(year: Year, verdict: Verdict, seconds: float) -> dict[str, object]:
    """Return every figure of a run."""
    return {
        "days": year.world.days,
        "feeds": year.world.feeds,
        "seconds": round(seconds, 1),
        "polls": dict(year.polls),
        "requests": year.web.answers,
        "passes": year.watch.passes,
        "quiet_passes": year.watch.quiet,
        "unrecognised": year.watch.unrecognised,
        "starts": year.premises.restarts,
        "kills": year.premises.kills,
        "events": dict(year.events),
        **asdict(verdict),
        "sizes": [{**asdict(size), "at": size.at.isoformat()} for size in year.watch.sizes],
    }


def simulate(world: World, plan: Plan) -> dict[str, object]:
    """Run a simulation in a folder of its own and return its figures."""
    began = perf_counter()
    with tempfile.TemporaryDirectory(prefix="newsfold-year-") as folder:
        year = Year(world, plan, Path(folder))
        verdict = year.run()
        return figures(year, verdict, perf_counter() - began)


def table(found: dict[str, object]) -> str:
    """Return the figures as a table, one a line."""
    lines = ["| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in found.items() if name != "sizes"]
    return "\n".join(lines)


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--feeds", type=int, default=40)
    parser.add_argument("--a-day", type=float, default=0.3, help="entries of a middling feed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    world = World(asked.feeds, START, asked.days, asked.a_day, asked.seed)
    found = simulate(world, Plan())
    print(json.dumps(found, indent=1) if asked.json else table(found))


if __name__ == "__main__":
    main()
