"""What folding costs on a large store: CPU, memory, start-up, beside the goals.

    python bench/folding_cost.py                           1,000,000 stories, 200,000 in the window
    python bench/folding_cost.py --keep FOLDER             keeps the store there for the next run
    python bench/folding_cost.py --stored 60000 --window 50000 --sizes 10000     a short look
    python bench/folding_cost.py --texts FILE.jsonl        captured entries, resampled
    python bench/folding_cost.py --json                    every figure

Makes an SQLite store of invented news (`invented_news`): the window's entries through the store's
own functions, the older ones by its tables, from the window's. Each size is measured by a process
of its own, which opens the store as `newsfold poll` does, with a window so narrow that it holds so
many entries. What is written then is thrown away with the write-ahead log, so that a kept store
stays as it was. Disk: about 2 kB a story, removed at the end unless kept. The yardstick is a fixed
piece of plain Python: where it takes twice as long, so does all the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.model import (
    Arrival,
    Config,
    Digest,
    FeedSpec,
    Fetched,
    Folding,
    Freshness,
    IdScheme,
    Joined,
    ReadFeed,
    Service,
    Validators,
)
from aggregator.pipeline.house import House
from aggregator.pipeline.places import DATABASE
from aggregator.store.database import transaction
from bench import large_store, resampled_news
from bench.invented_news import Newsroom
from bench.simulated import POLLING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aggregator.fold.stories import Index
    from aggregator.model import ReadEntry
    from aggregator.pipeline.take_in import Desk
    from bench.invented_news import Told

STORED, WINDOW, SIZES = 1_000_000, 200_000, "20000,65000"
NEW = 1_000  # entries folded for each figure, as many again taken in
BATCHES = 10  # that the medians are of
IN_A_BODY = 5  # new entries of a feed at a time
FAR_ID = 10**8  # of entries that are folded and not kept
MB = 1e6
ROWS = {
    "describe": ("describing, ms of CPU an entry", ""),
    "fold": ("folding, ms of CPU an entry", ""),
    "both": ("describing and folding, ms of CPU an entry", "1"),
    "take_in": ("taking in (folding and storing), ms of CPU an entry", ""),
    "start_s": ("start-up of the index, s", "20"),
    "start_cpu_s": ("start-up of the index, s of CPU", ""),
    "memory_mb": ("memory of the window, MB", "1000"),
    "memory_kb": ("memory, kB an entry", ""),
    "look_s": ("first look at what to publish, s", ""),
    "tick_ms": ("a tick's look, ms", ""),
    "joined": ("part of the new entries that join a story", ""),
    "yardstick_ms": ("yardstick, ms of CPU", ""),
}


# -------------------------------------------------------------------- measuring


def config_of(folder: Path, *, size: int) -> Config:
    """Return a configuration whose window holds so many of the store's entries."""
    return Config(
        path=str(folder / "newsfold.toml"),
        service=Service(
            data_dir=str(folder),
            public_dir=str(folder / "public"),
            public_url="https://news.example.org",
            listen="127.0.0.1:8080",
            contact="",
        ),
        polling=POLLING,
        folding=Folding(window=large_store.EVERY * size / 2, coverage=True),
        feeds=tuple(
            FeedSpec(url=large_store.feed_url(one)) for one in range(large_store.FEED_COUNT)
        ),
        digests=(Digest(name=large_store.DIGEST, title="All", settle=timedelta()),),
    )


def measure(folder: Path, *, size: int) -> dict[str, float]:
    """Return what folding costs with so many entries in the window."""
    plan = json.loads((folder / large_store.PLAN).read_text(encoding="utf-8"))
    config = config_of(folder, size=size)
    fresh = list(islice(large_store.fresh(folder), 2 * NEW))
    house = House.open(config, clock=lambda: large_store.END)
    house.desk.db.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    found = started(house) | looked(house)
    found |= taken_in(house.desk, fresh[:NEW], first=plan["window"])
    found |= folded(house.desk.index, fresh[NEW:], first=plan["window"] + NEW)
    found["yardstick_ms"] = median(cpu_s(yardstick) for _ in range(BATCHES)) * 1e3
    return found


def cpu_s(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that it takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def resident_bytes() -> int:
    """Return how much memory this process has in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def yardstick() -> None:
    """Do a fixed piece of work."""
    counts: dict[int, int] = {}
    for number in range(60_000):
        counts[number * 7919 % 10_007] = counts.get(number * 31 % 9_973, 0) + 1


def started(house: House) -> dict[str, float]:
    """Load the index; return what that took."""
    before, began, began_cpu = resident_bytes(), time.perf_counter(), time.process_time()
    with transaction(house.desk.db):
        house.desk.refresh()
    took, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    grown, count = resident_bytes() - before, len(house.desk.index)
    return {
        "kept": count,
        "start_s": took,
        "start_cpu_s": cpu,
        "memory_mb": grown / MB,
        "memory_kb": grown / 1e3 / count,
    }


def looked(house: House) -> dict[str, float]:
    """Return what it takes to see that nothing is to be published."""
    now, since = large_store.END, large_store.END - timedelta(minutes=5)
    return {
        "look_s": cpu_s(lambda: house.press.publish(now=now)),
        "tick_ms": 1e3 * cpu_s(lambda: house.press.publish(now=now, seen_since=since)),
    }


def folded(index: Index, fresh: Sequence[Told], *, first: int) -> dict[str, float]:
    """Return what describing and folding take, apart from the store."""
    describing, folding, joined = [], [], 0
    for start in range(0, len(fresh), NEW // BATCHES):
        some = list(enumerate(fresh[start : start + NEW // BATCHES], first + start))
        began = time.process_time()
        reads = [large_store.read(one, number, at=large_store.END) for number, one in some]
        described = time.process_time()
        arrivals = [arrival(number, one) for (number, _), one in zip(some, reads, strict=True)]
        ready = time.process_time()
        updates = [index.fold(one) for one in arrivals]
        folding.append((time.process_time() - ready) * 1e3 / len(some))
        describing.append((described - began) * 1e3 / len(some))
        joined += sum(isinstance(first, Joined) for first, *_ in updates)
    both = [sum(pair) for pair in zip(describing, folding, strict=True)]
    return {
        "describe": median(describing),
        "fold": median(folding),
        "both": median(both),
        "joined": joined / len(fresh),
    }


def arrival(number: int, read: ReadEntry) -> Arrival:
    """Return an entry on its way into the index, under an id that the store does not give."""
    entry = read.entry
    return Arrival(
        entry_id=FAR_ID + number,
        feed_id=FAR_ID + large_store.feed_of(number),
        feed_url=large_store.feed_url(large_store.feed_of(number)),
        key=entry.key,
        guid=entry.guid,
        url=entry.url,
        at=large_store.END,
        features=read.features,
    )


def taken_in(desk: Desk, fresh: Sequence[Told], *, first: int) -> dict[str, float]:
    """Return what taking entries in takes: looking them up, folding and storing them."""
    bodies = [
        (large_store.feed_url(start % large_store.FEED_COUNT), body(some, first=first + start))
        for start in range(0, len(fresh), IN_A_BODY)
        if (some := fresh[start : start + IN_A_BODY])
    ]
    taking = []
    at_once = len(bodies) // BATCHES
    for start in range(0, len(bodies), at_once):
        began = time.process_time()
        reports = desk.take_in(bodies[start : start + at_once])
        took = time.process_time() - began
        taking.append(took * 1e3 / sum(one.new for one in reports))
    return {"take_in": median(taking)}


def body(told: Sequence[Told], *, first: int) -> Fetched:
    """Return a poll's outcome: a body that brings these entries."""
    reads = [
        large_store.read(one, number, at=large_store.END) for number, one in enumerate(told, first)
    ]
    feed = ReadFeed(
        title="", site_url="", language="en", ttl=None, entries=(), item_count=len(reads),
        known=frozenset(read.entry.slice_hash for read in reads), id_scheme=IdScheme.GUID,
    )  # fmt: skip
    return Fetched(
        final_url="", moved_to="", validators=Validators(), freshness=Freshness(), body_hash=b"",
        feed=feed, entries=tuple(reads),
    )  # fmt: skip


# ----------------------------------------------------------------- the processes


def measured(folder: Path, *, size: int) -> dict[str, float]:
    """Return the figures of a process of its own; the store stays as it was."""
    command = [sys.executable, __file__, "--measure", str(folder), "--window", str(size)]
    for log in folder.glob(f"{DATABASE}-*"):
        log.unlink()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
    for log in folder.glob(f"{DATABASE}-*"):
        log.unlink()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def prepared(folder: Path, options: argparse.Namespace) -> None:
    """Make the store where the folder does not hold it yet."""
    what = {"stored": options.stored, "window": options.window, "texts": str(options.texts or "")}
    plan = folder / large_store.PLAN
    if plan.exists() and json.loads(plan.read_text(encoding="utf-8")) == what:
        return
    for old in (plan, *folder.glob(f"{DATABASE}*")):
        old.unlink(missing_ok=True)
    count = options.window + 2 * NEW
    news = resampled_news.told(options.texts, count) if options.texts else invented(count)
    large_store.build(folder, list(news), stored=options.stored, window=options.window)
    plan.write_text(json.dumps(what), encoding="utf-8")  # last: what is half made has no plan


def invented(count: int) -> Iterator[Told]:
    """Yield invented entries."""
    return Newsroom(seed=1).told(count)


def table(results: dict[int, dict[str, float]]) -> str:
    """Return the figures as a table, goals beside."""
    sizes = sorted(results)
    lines = [
        "| in the window | " + " | ".join(f"{size:,}" for size in sizes) + " | goal |",
        "|---|" + "---:|" * (len(sizes) + 1),
    ]
    for name, (label, goal) in ROWS.items():
        figures = " | ".join(f"{results[size][name]:,.2f}" for size in sizes)
        lines.append(f"| {label} | {figures} | {goal} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what the options say."""
    parse = argparse.ArgumentParser(description="What folding costs on a large store.")
    parse.add_argument("--stored", type=int, default=STORED, help="stories in the store")
    parse.add_argument("--window", type=int, default=WINDOW, help="entries in the window")
    parse.add_argument("--sizes", default=SIZES, help="smaller windows, such as 20000,65000")
    parse.add_argument("--keep", type=Path, help="a folder in which to keep the store")
    parse.add_argument("--texts", type=Path, help="captured entries (JSONL) instead of invented")
    parse.add_argument("--json", action="store_true", help="print every figure as JSON")
    parse.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parse.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, size=options.window)), flush=True)
        os._exit(0)  # without closing the store, which would write the log into it
    folder = options.keep or Path(tempfile.mkdtemp(prefix="newsfold-cost-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        prepared(folder, options)
        sizes = [*map(int, filter(None, options.sizes.split(","))), options.window]
        results = {size: measured(folder, size=size) for size in sizes}
        print(json.dumps(results) if options.json else table(results))
    finally:
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
