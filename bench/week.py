"""10,000 feeds over a week, half of them on three hosts, with all that goes wrong. Simulated.

All are new at the start. Feeds fail now and then, some for ever. One host is down for twelve hours;
one answers 429 and pauses; one sends all its feeds away until the same moment. The service stops
for three hours, and its machine sleeps for one.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Deferred, Failed, FailureKind, Freshness
from aggregator.poll.pace import let_out, rate_of
from aggregator.poll.plan import after, base_wait, host_of, host_pause, share
from bench import outlets
from bench.outlets import START
from bench.simulated import POLLING, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Outcome

TICK = timedelta(seconds=5)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BIG_HOSTS = 3
DEAD = 0.03  # of all feeds: they never answer
SLIP = 0.02  # of all polls: a timeout
HEAD = """\
| feeds | polls | mean a minute | busiest minute | ratio | too close | all met after |
|---|---|---|---|---|---|---|"""
GOAL = 1.5  # the busiest minute's polls, as a multiple of the mean


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is simulated; the times are parts of the whole."""

    feeds: int
    span: timedelta
    own: timedelta | None = None  # an interval of each feed's own, instead of its rhythm's

    def between(self, first: float, last: float) -> tuple[datetime, datetime]:
        """Return the moments after these parts of the span."""
        return START + self.span * first, START + self.span * last


WHOLE = World(feeds=10_000, span=timedelta(days=7))
WHOLE_HOURLY = World(feeds=10_000, span=timedelta(days=7), own=HOUR)


@dataclass(slots=True)
class Week:
    """What happened."""

    world: World
    polls: Counter[datetime] = field(default_factory=Counter)  # by minute
    too_close: int = 0  # polls of a feed closer to the one before than its interval
    met: int = 0  # feeds polled at all
    last_met_at: datetime = START  # the first poll of the last feed to be met

    @property
    def mean(self) -> float:
        """Return the polls a minute over the whole span, stops included."""
        return self.polls.total() / (self.world.span / MINUTE)

    @property
    def busiest(self) -> int:
        """Return the polls of the busiest minute."""
        return max(self.polls.values())


@dataclass(slots=True)
class Bench:
    """The feeds by due time, the pauses of hosts, the plan's rate: the store in small."""

    world: World
    feeds: list[Feed]
    due: list[tuple[datetime, int]]
    pauses: dict[str, datetime] = field(default_factory=dict)
    planned: float = 0.0
    asked_at: dict[int, datetime] = field(default_factory=dict)
    bases: dict[int, timedelta] = field(default_factory=dict)


def run(world: World) -> Week:
    """Simulate a world from its start to its end."""
    feeds = list(_feeds(world))
    bench = Bench(world, feeds, [(START, number) for number in range(len(feeds))])
    told, pace = Week(world), None
    for now in _ticks(world):
        if now is None:
            pace = None  # the service starts anew
            continue
        ready = _ready(bench, now)
        rate = rate_of(bench.planned, feeds=len(feeds))
        count, pace = let_out(pace, due=len(ready), a_minute=rate, now=now)
        for number in ready[:count]:
            _poll(bench, bench.feeds[number], now, told)
        for number in ready[count:]:
            state = bench.feeds[number].state
            heapq.heappush(bench.due, (state.next_poll_at or START, number))
    return told


def _feeds(world: World) -> Iterator[Feed]:
    days = int(world.span / timedelta(days=1)) + 1
    for number, outlet in enumerate(outlets.mixed(world.feeds, days=days, seed=2)):
        big = number % (2 * BIG_HOSTS)
        host = f"big-{big}" if big < BIG_HOSTS else f"small-{number}"
        yield Feed.of(outlet, number, url=f"https://{host}.example/{number}", own=world.own)


def _ticks(world: World) -> Iterator[datetime | None]:
    """Yield the time of each pass; None where the service has stopped and starts again."""
    down, asleep = world.between(0.55, 0.55 + 3 / 168), world.between(0.75, 0.75 + 1 / 168)
    now, end = START, START + world.span
    while now < end:
        yield now
        now += TICK
        if down[0] <= now < down[1]:
            now = down[1]
            yield None
        if asleep[0] <= now < asleep[1]:
            now = asleep[1]


def _ready(bench: Bench, now: datetime) -> list[int]:
    """Return the feeds that are due, the longest waiting first."""
    ready = []
    while bench.due and bench.due[0][0] <= now:
        ready.append(heapq.heappop(bench.due)[1])
    return ready


def _poll(bench: Bench, feed: Feed, now: datetime, told: Week) -> None:
    number = feed.state.feed_id
    outcome, new = _asked(bench, feed, now, told)
    bench.planned -= _plan_of(feed)
    feed.state = after(feed.state, outcome, spec=feed.spec, polling=POLLING, now=now, new=new)
    bench.planned += _plan_of(feed)
    if not isinstance(outcome, Deferred):
        bench.bases[number] = base_wait(feed.state, spec=feed.spec, polling=POLLING, now=now)
    if feed.state.next_poll_at:
        heapq.heappush(bench.due, (feed.state.next_poll_at, number))


def _asked(bench: Bench, feed: Feed, now: datetime, told: Week) -> tuple[Outcome, int | None]:
    host = host_of(feed.state.url)
    paused = bench.pauses.get(host, now)
    if paused > now:
        return Deferred(until_at=paused, message=""), None
    _note(bench, feed.state.feed_id, now, told)
    outcome, new = _outcome(bench.world, feed, now)
    if until_at := host_pause(feed.state.url, outcome, now=now, polling=POLLING):
        bench.pauses[host] = until_at
    return outcome, new


def _note(bench: Bench, number: int, now: datetime, told: Week) -> None:
    """Count a request, and whether it came too soon after the last."""
    told.polls[now.replace(second=0, microsecond=0)] += 1
    before = bench.asked_at.get(number)
    if before is None:
        told.met += 1
        told.last_met_at = now
    elif now - before < bench.bases[number]:
        told.too_close += 1
    bench.asked_at[number] = now


def _plan_of(feed: Feed) -> float:
    last, following = feed.state.last_polled_at, feed.state.next_poll_at
    return MINUTE / (following - last) if last and following and following > last else 0.0


def _outcome(world: World, feed: Feed, now: datetime) -> tuple[Outcome, int | None]:
    url, host = feed.state.url, host_of(feed.state.url)
    down, limited, away = (
        world.between(0.20, 0.20 + 12 / 168),
        world.between(0.35, 0.35 + 1 / 168),
        world.between(0.45, 0.45 + 2 / 168),
    )
    if host.startswith("big-0") and down[0] <= now < down[1]:
        return TIMEOUT, None
    if host.startswith("big-1") and limited[0] <= now < limited[1]:
        return _limited(HOUR), None
    if host.startswith("big-2") and away[0] <= now < away[1]:
        return _server_error(away[1] - now), None
    if share(f"dead {url}") < DEAD or share(f"{now} {url}") < SLIP:
        return TIMEOUT, None
    return feed.bring(now, since=START)


TIMEOUT = Failed(kind=FailureKind.TIMEOUT, message="")


def _limited(retry_after: timedelta) -> Failed:
    return Failed(
        kind=FailureKind.RATE_LIMITED, message="", freshness=Freshness(retry_after=retry_after)
    )


def _server_error(retry_after: timedelta) -> Failed:
    """Return a failure that names a moment for all feeds, but pauses no host."""
    return Failed(
        kind=FailureKind.SERVER_ERROR, message="", freshness=Freshness(retry_after=retry_after)
    )


def table(week: Week) -> str:
    """Return the figures of a week as a table."""
    own = week.world.own
    cells = (
        f"{week.world.feeds:,}, each {f'every {own}' if own else 'by its rhythm'}",
        f"{week.polls.total():,}",
        f"{week.mean:.1f}",
        str(week.busiest),
        f"**{week.busiest / week.mean:.2f}**",
        str(week.too_close),
        str(week.last_met_at - START),
    )
    return f"{HEAD}\n| {' | '.join(cells)} |"
