"""What is compared: one pass over the same feeds by Newsfold and by `reader` (PyPI).

    python bench/peers.py prepare newsfold FOLDER < urls     an empty database with the feeds in it
    python bench/peers.py pass newsfold FOLDER               polls every feed once, prints JSON

Each pass is a process of its own, so that none profits from another's warm caches. The clock
starts when the program's modules are loaded and its database is about to be opened, and stops when
everything is closed again; processes that a program starts on the way are in its time.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Measured best of 1, 2, 4, 8, 16 and 32 on two cores; see docs/PERFORMANCE.md.
DEFAULT_WORKERS = 4
FORMATS = ("atom", "rss", "json", "html")
CONFIGURATION = """
[service]
data_dir = "data"
public_dir = "public"
public_url = "http://127.0.0.1:8080"

[polling]
min_interval = "1s"
allow_private_addresses = true

[[digests]]
name = "news"
title = "News"
settle = "0s"
"""

Peek = Callable[[], None]  # called once while every process of the pass still lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a pass did: how many feeds came to what, and how many entries are kept after it."""

    outcomes: dict[str, int]
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a pass cost, every process of it included."""

    seconds: float
    cpu_s: float
    memory_mb: float  # the peaks of all its processes, added up


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


# ------------------------------------------------------------------ Newsfold


def prepare_newsfold(folder: Path, urls: list[str]) -> None:
    """Write a configuration with the feeds and make the database."""
    from aggregator import config
    from aggregator.pipeline.house import House

    feeds = "".join(f'\n[[feeds]]\nurl = "{url}"\n' for url in urls)
    path = folder / "newsfold.toml"
    path.write_text(CONFIGURATION + feeds, "utf-8")
    House.open(config.load(path, environ={}), clock=now).close()


def newsfold(folder: Path) -> Callable[[Peek], Result]:
    """Return a pass of Newsfold: polled, folded, stored and published in four formats."""
    from aggregator import config
    from aggregator.pipeline.house import House
    from aggregator.store.entries import feed_counts

    configuration = config.load(folder / "newsfold.toml", environ={})

    def once(peek: Peek) -> Result:
        outcomes: Counter[str] = Counter()
        with House.open(configuration, clock=now) as house:
            house.poll(
                house.due(everything=True),
                on_report=lambda report: outcomes.update([report.outcome]),
                meanwhile=house.publish_at_times,
            )
            house.publish()
            peek()
            kept = sum(feed_counts(house.desk.db).values())
        for form in FORMATS:
            if not (folder / "public" / f"news.{form}").stat().st_size:
                outcomes["empty digest"] += 1
        return Result(outcomes=dict(outcomes), entries=kept)

    return once


# -------------------------------------------------------------------- reader


def prepare_reader(folder: Path, urls: list[str]) -> None:
    """Make the database with the feeds in it."""
    from reader import make_reader

    lend_sgmllib()
    with make_reader(str(folder / "reader.sqlite"), search_enabled=False, plugins=()) as reader:
        for url in urls:
            reader.add_feed(url)


def reader_peer(folder: Path) -> Callable[[Peek], Result]:
    """Return a pass of reader: every feed updated, whether or not its own schedule has it due.

    Without its search index and without plugins, which is what it does least work with.
    """
    from reader import make_reader

    lend_sgmllib()
    import reader._parser.feedparser  # noqa: F401 - loaded at its first update otherwise
    import reader._parser.http  # noqa: F401 - as well

    workers = int(os.environ.get("BENCH_READER_WORKERS", DEFAULT_WORKERS))

    def once(peek: Peek) -> Result:
        outcomes: Counter[str] = Counter()
        path = str(folder / "reader.sqlite")
        with make_reader(path, search_enabled=False, plugins=()) as reader:
            for result in reader.update_feeds_iter(scheduled=False, workers=workers):
                outcomes[told(result.value)] += 1
            peek()
            kept = reader.get_entry_counts().total
        return Result(outcomes=dict(outcomes), entries=kept or 0)

    return once


def lend_sgmllib() -> None:
    """Give reader the module that its copy of feedparser asks for.

    feedparser 6.0.14 no longer brings it under the old name; it is the same code under a new one.
    """
    sys.modules.setdefault("sgmllib", import_module("feedparser_sgmllib"))


def told(value: object) -> str:
    """Return what reader says of one feed, in Newsfold's words."""
    if isinstance(value, Exception):
        return "failed"
    return "not_modified" if value is None else "fetched"


# ---------------------------------------------------------------- the measure

PREPARE = {"newsfold": prepare_newsfold, "reader": prepare_reader}
PASS = {"newsfold": newsfold, "reader": reader_peer}


def measured(once: Callable[[Peek], Result]) -> tuple[Result, Cost]:
    """Run a pass and return what it did and cost."""
    peaks: list[float] = []
    cpu, began = cpu_s(), time.perf_counter()
    result = once(lambda: peaks.append(peak_memory_mb(os.getpid())))
    seconds = time.perf_counter() - began
    return result, Cost(seconds=seconds, cpu_s=cpu_s() - cpu, memory_mb=sum(peaks))


def cpu_s() -> float:
    """Return the processor time of this process and of all its ended descendants."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def peak_memory_mb(process_id: int) -> float:
    """Return the peaks of a process and its living descendants, added up; shared pages count twice."""
    status = Path(f"/proc/{process_id}/status").read_text("ascii", "replace")
    peak_kb = next(
        (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0
    )
    children = Path(f"/proc/{process_id}/task").glob("*/children")
    below = [int(child) for listed in children for child in listed.read_text("ascii").split()]
    return peak_kb / 1024 + sum(peak_memory_mb(child) for child in below)


def main() -> None:
    """Run the command."""
    command, peer, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if command == "prepare":
        PREPARE[peer](folder, sys.stdin.read().split())
        return
    result, cost = measured(PASS[peer](folder))
    print(json.dumps({"result": asdict(result), "cost": asdict(cost)}))


if __name__ == "__main__":
    main()
