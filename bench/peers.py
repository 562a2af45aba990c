"""One pass over the feeds by one of the compared, in a process of its own, with what it cost.

    python bench/peers.py prepare newsfold FOLDER < urls     a database with the feeds in it
    python bench/peers.py pass newsfold FOLDER               polls every feed once, prints JSON

No pass profits from another's warm caches. The clock starts when the program's modules are loaded
and its database is about to be opened, and stops when everything is closed again; processes that a
program starts on the way are in its time and in its figures.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from types import ModuleType

READER_WORKERS = int(os.environ.get("BENCH_READER_WORKERS", "8"))  # see docs/PERFORMANCE.md

Peek = Callable[[], None]  # to be called once while every process of the pass still lives


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


class Peer(Protocol):
    """What a module `peer_NAME` offers."""

    def prepare(self, folder: Path, urls: list[str]) -> None:
        """Make a database with the feeds in it."""

    def one_pass(self, folder: Path) -> Callable[[Peek], Result]:
        """Return a pass over all feeds, with everything loaded that it needs."""


def peer_of(name: str) -> Peer:
    """Return the module of that peer."""
    module: ModuleType = import_module(f"bench.peer_{name}")
    return cast("Peer", module)


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
    """Return the peaks of a process and its living descendants, added up.

    Pages that several of them share count for each.
    """
    status = Path(f"/proc/{process_id}/status").read_text("ascii", "replace")
    peak_kb = next(
        (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0
    )
    children = Path(f"/proc/{process_id}/task").glob("*/children")
    below = [int(child) for listed in children for child in listed.read_text("ascii").split()]
    return peak_kb / 1024 + sum(peak_memory_mb(child) for child in below)


def main() -> None:
    """Run the command."""
    command, peer, folder = sys.argv[1], peer_of(sys.argv[2]), Path(sys.argv[3])
    if command == "prepare":
        peer.prepare(folder, sys.stdin.read().split())
        return
    result, cost = measured(peer.one_pass(folder))
    print(json.dumps({"result": asdict(result), "cost": asdict(cost)}))


if __name__ == "__main__":
    main()
