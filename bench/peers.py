"""One pass over the feeds by one of the compared, in a process of its own, with what it cost.

    python bench/peers.py prepare newsfold FOLDER < urls     a database with the feeds in it
    python bench/peers.py pass newsfold FOLDER               polls every feed once, prints JSON
    python bench/peers.py again newsfold FOLDER              twice, measures the second time

The clock of a pass starts when the program's modules are loaded and its database is about to be
opened, and stops when everything is closed; processes that it starts on the way are in its time and
in its figures. `again` is a program that keeps running: everything is open, and stays so.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import ModuleType

READER_WORKERS = int(os.environ.get("BENCH_READER_WORKERS", "8"))  # see docs/PERFORMANCE.md

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


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

    def running(self, folder: Path) -> AbstractContextManager[Callable[[], Result]]:
        """Return the program, not yet open; open, it is a pass over all feeds to be called."""


def peer_of(name: str) -> Peer:
    """Return the module of that peer."""
    module: ModuleType = import_module(f"bench.peer_{name}")
    return cast("Peer", module)


def one_pass(peer: Peer, folder: Path) -> tuple[Result, Cost]:
    """Open, poll, close; return what it did and cost."""
    program = peer.running(folder)
    cpu, began = cpu_s(), time.perf_counter()
    with program as poll:
        result = poll()
        memory_mb = peak_memory_mb(os.getpid())
    seconds = time.perf_counter() - began
    return result, Cost(seconds=seconds, cpu_s=cpu_s() - cpu, memory_mb=memory_mb)


def second_pass(peer: Peer, folder: Path) -> tuple[Result, Cost]:
    """Poll twice without closing in between; return what the second time did and cost."""
    with peer.running(folder) as poll:
        poll()
        cpu, began = cpu_s(), time.perf_counter()
        result = poll()
        seconds, spent = time.perf_counter() - began, cpu_s() - cpu
        memory_mb = peak_memory_mb(os.getpid())
    return result, Cost(seconds=seconds, cpu_s=spent, memory_mb=memory_mb)


PASSES = {"pass": one_pass, "again": second_pass}


def cpu_s() -> float:
    """Return the processor time of this process and all its descendants, ended or not."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    living = sum(living_cpu_s(child) for child in children_of(os.getpid()))
    return sum(one.ru_utime + one.ru_stime for one in spent) + living


def living_cpu_s(process_id: int) -> float:
    """Return the processor time of a living process, its ended and its living children."""
    stat = Path(f"/proc/{process_id}/stat").read_text("utf-8", "replace")
    ticks = stat.rpartition(")")[2].split()[11:15]  # utime, stime, cutime, cstime: proc(5)
    below = sum(living_cpu_s(child) for child in children_of(process_id))
    return sum(map(int, ticks)) / TICKS_A_SECOND + below


def children_of(process_id: int) -> list[int]:
    """Return the living children of a process."""
    listed = Path(f"/proc/{process_id}/task").glob("*/children")
    return [int(child) for each in listed for child in each.read_text("ascii").split()]


def peak_memory_mb(process_id: int) -> float:
    """Return the peaks of a process and its living descendants, added up.

    Pages that several of them share count for each.
    """
    status = Path(f"/proc/{process_id}/status").read_text("ascii", "replace")
    peak_kb = next(
        (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0
    )
    return peak_kb / 1024 + sum(peak_memory_mb(child) for child in children_of(process_id))


def main() -> None:
    """Run the command."""
    command, peer, folder = sys.argv[1], peer_of(sys.argv[2]), Path(sys.argv[3])
    if command == "prepare":
        peer.prepare(folder, sys.stdin.read().split())
        return
    result, cost = PASSES[command](peer, folder)
    print(json.dumps({"result": asdict(result), "cost": asdict(cost)}))


if __name__ == "__main__":
    main()
