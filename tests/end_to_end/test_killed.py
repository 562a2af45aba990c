"""`newsfold poll`, killed again and again at any moment: nothing is lost, nothing is repeated."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import Item, invented, page
from tests.end_to_end.newsrooms import LIVE, Plan, load, public_of, store_of, write
from tests.end_to_end.processes import Runner, wait_until
from tests.end_to_end.web import Page, Web, serve_web

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

HOSTS = 8
FEEDS_A_HOST = 4
FIRST_ENTRIES = 12
KILLS = 10
EARLY_KILLS = 7  # the later ones come at the moment when a first file was replaced
SEED = 20
ANSWER_DELAY_S = 0.03  # stretches a pass, so that the kills fall into all of its parts


@dataclass
class Press:
    """Feeds that get one new entry each at every step; every fourth carries its neighbour's."""

    web: Web
    step: int = 0
    urls: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Put every feed on the air."""
        for number in range(HOSTS * FEEDS_A_HOST):
            host = 1 + number % HOSTS
            url = self.web.put(f"/feed/{number}", self._page_of(number), host=host)
            self.urls.append(url)

    def _page_of(self, number: int) -> Callable[[], Page]:
        def now() -> Page:
            return page(self.items(number), title=f"Outlet {number}", delay_s=ANSWER_DELAY_S)

        return now

    def items(self, number: int) -> list[Item]:
        """Return what stands in a feed now, newest first; nothing ever leaves it."""
        last = FIRST_ENTRIES + self.step
        own = [invented(entry, site=f"outlet-{number}") for entry in range(last, 0, -1)]
        if number % 4 == 0:
            own += [invented(entry, site=f"outlet-{number + 1}") for entry in range(last, 0, -1)]
        return own

    def guids(self) -> set[tuple[str, str]]:
        """Return every entry of every feed now, by feed address and guid."""
        return {
            (url, item.guid) for number, url in enumerate(self.urls) for item in self.items(number)
        }


@dataclass
class Snapshots:
    """Every id that was ever published, and what it was published for."""

    public: Path
    urls: dict[str, str] = field(default_factory=dict)  # by id

    def take(self) -> int:
        """Look at the published files; fail where an id is gone or an address has two ids."""
        if not (self.public / "all.atom").is_file():
            assert self.urls == {}
            return 0
        told = {one.id: one.url for one in published.everything(self.public, "all")}
        assert self.urls.keys() <= told.keys(), "an id that was published is gone"
        self.urls |= {name: url for name, url in told.items() if name not in self.urls}
        published.assert_once(list(self.urls.values()))
        return len(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What a kill met and left."""

    in_the_middle: bool  # the pass had not ended by itself
    told: int  # entries in the published files


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What was left when ten kills and a whole pass were over."""

    press: Press
    store: Path
    snapshots: Snapshots
    kills: list[Kill]
    left_behind: list[str]
    last_errors: str
    last_code: int


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Kill ten passes, each at another moment, then let one run to its end."""
    folder, runner = tmp_path_factory.mktemp("killed"), Runner()
    with serve_web(hosts=HOSTS) as web:
        press = Press(web)
        press.open()
        usual_s = _timed(runner, _written(tmp_path_factory.mktemp("timed"), press), web)
        path = _written(folder, press)
        snapshots = Snapshots(public_of(load(path)))
        draw, kills, left = Random(SEED), [], []  # noqa: S311 - a test's own moments
        for number in range(KILLS):
            moment = (
                _replaced(snapshots.public / "all.atom")
                if number >= EARLY_KILLS
                else partial(time.sleep, draw.uniform(number, number + 1) / EARLY_KILLS * usual_s)
            )
            in_the_middle = _killed(runner, path, web, moment=moment)
            wait_until(lambda: not runner.alive(), timeout_s=8)
            left += runner.alive()
            kills.append(Kill(in_the_middle=in_the_middle, told=snapshots.take()))
            press.step += 1
        done = runner.run("--config", path, "poll", "--all", "--quiet")
        snapshots.take()
        yield Ran(
            press=press,
            store=store_of(load(path)),
            snapshots=snapshots,
            kills=kills,
            left_behind=left + runner.alive(),
            last_errors=done.errors,
            last_code=done.code,
        )
        runner.end_all()


def _written(folder: Path, press: Press) -> Path:
    polling = {"backfill": "1000"}
    return write(folder, Plan(feeds=press.urls, digests=LIVE + "limit = 200\n", polling=polling))


def _started(runner: Runner, path: Path, web: Web) -> subprocess.Popen[str]:
    """Start a pass and come back at its first request."""
    asked_before = len(web.asked)
    process = runner.start("--config", path, "poll", "--all", "--quiet")
    assert wait_until(lambda: len(web.asked) > asked_before), process.communicate()
    return process


def _timed(runner: Runner, path: Path, web: Web) -> float:
    """Return how long a pass takes from its first request on."""
    process = _started(runner, path, web)
    began = time.monotonic()
    process.communicate(timeout=60)
    return time.monotonic() - began


def _replaced(path: Path) -> Callable[[], object]:
    """Return a function that waits until the file is another one than now."""

    def file() -> int:
        return path.stat().st_ino if path.is_file() else 0

    return partial(wait_until, partial(lambda before: file() != before, file()), every_s=0.0005)


def _killed(runner: Runner, path: Path, web: Web, *, moment: Callable[[], object]) -> bool:
    """Kill a pass's main process at a moment after its first request; return whether it ran."""
    process = _started(runner, path, web)
    moment()
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def test_the_kills_fell_into_all_parts_of_the_work(ran: Ran) -> None:
    """Otherwise the other tests here show nothing: some before, some after the first files."""
    assert sum(kill.in_the_middle for kill in ran.kills) >= KILLS - 4
    assert ran.kills[0].told == 0
    told = [kill.told for kill in ran.kills[EARLY_KILLS:]]
    assert told == sorted(set(told))  # each of the last kills met newer files


def test_the_pass_after_the_kills_ends_well(ran: Ran) -> None:
    assert (ran.last_code, ran.last_errors) == (0, "")


def test_the_database_is_sound(ran: Ran) -> None:
    soundness.assert_sound(ran.store)


def test_every_entry_of_every_feed_is_kept_once(ran: Ran) -> None:
    kept = soundness.story_of(ran.store)

    assert set(kept) == ran.press.guids()
    assert soundness.count(ran.store, "entries") == len(kept)


def test_every_story_is_published_under_one_id_for_ever(ran: Ran) -> None:
    """Snapshots after each kill agree: no id went away, no address came under two ids."""
    stories = {name.rpartition(":")[2] for name in ran.snapshots.urls}

    assert stories == set(soundness.story_of(ran.store).values())
    assert len(stories) == len(ran.snapshots.urls)


def test_no_half_written_file_is_left(ran: Ran) -> None:
    assert [path.name for path in ran.snapshots.public.rglob(".*")] == []


def test_no_process_outlives_its_pass(ran: Ran) -> None:
    assert ran.left_behind == []
