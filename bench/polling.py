"""Newsfold beside `reader` (PyPI): the same feeds from the same server, interleaved, as ratios.

    make bench                                        200 and 1,000 feeds, 3 repetitions
    make bench ARGS=--quick                           200 feeds, once
    .venv/bin/python bench/polling.py --farm PATH     another server with feedfarm.py's options
    .venv/bin/python bench/polling.py --json          every figure

Four situations: a first poll of fresh databases; every feed answers 304, asked by a program just
started and by one that keeps running; every feed answers 200 with the body that is known already.
In each repetition Newsfold's pass is followed by the peers', so that what else the machine does
falls on all. Ends with an error where the two disagree on how many entries there are, or a server's
answers are not those of the situation. See docs/PERFORMANCE.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import servers
from bench.peers import READER_WORKERS, Cost, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PEERS_SCRIPT = Path(__file__).resolve().parent / "peers.py"
OURS, PEERS = "newsfold", ("reader", "reader_search")
PEER_NAMES = {"reader": "reader", "reader_search": "reader with its search index"}
FIRST, UNCHANGED, SAME_BODY = "first poll", "all 304", "unchanged 200"
RUNNING = "all 304, kept running"
SITUATIONS = (FIRST, UNCHANGED, RUNNING, SAME_BODY)
GOALS = {FIRST: 3, UNCHANGED: 2, RUNNING: 2, SAME_BODY: 10}
NOT_MODIFIED = {"not_modified"}
ANSWERS = {FIRST: (1, 0), UNCHANGED: (0, 1), RUNNING: (0, 2), SAME_BODY: (1, 0)}  # 200s, 304s
EXPECTED = {FIRST: {"fetched"}, UNCHANGED: NOT_MODIFIED, RUNNING: NOT_MODIFIED}
EXPECTED_OF_SAME_BODY = {OURS: NOT_MODIFIED}  # reader parses the body again: "fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured pass."""

    feeds: int
    repetition: int
    situation: str
    peer: str
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A line of the table: medians of Newsfold and a peer, and the peer's by Newsfold's."""

    feeds: int
    situation: str
    peer: str
    seconds: dict[str, float]
    cpu_s: dict[str, float]
    memory_mb: dict[str, float]
    time_ratio: float  # of the medians
    time_ratios: tuple[float, ...]  # of each repetition
    cpu_ratio: float


class DisagreementError(Exception):
    """A pass did not do what its situation asks, so its figures mean nothing."""


def measure(
    kind: servers.Kind, *, feeds: int, repetitions: int, tell: Callable[[str], None]
) -> Iterator[Row]:
    """Yield every pass over that many feeds."""
    with servers.running(kind, feeds=feeds, now_s=time.time()) as server:
        for repetition in range(1, repetitions + 1):
            with tempfile.TemporaryDirectory(prefix="newsfold-bench-") as folder:
                yield from repeat_once(server, Path(folder), repetition=repetition, tell=tell)


def repeat_once(
    server: servers.Server, folder: Path, *, repetition: int, tell: Callable[[str], None]
) -> Iterator[Row]:
    """Yield a pass of everyone in each situation, from fresh databases."""
    for peer in (OURS, *PEERS):
        (folder / peer).mkdir()
        child("prepare", peer, folder / peer, text="\n".join(server.urls))
    for situation in SITUATIONS:
        server.honour_conditions(yes=situation != SAME_BODY)
        for peer in (OURS, *PEERS):
            cost = measured_pass(server, folder / peer, situation=situation, peer=peer)
            tell(
                f"{len(server.urls)} feeds, {repetition}, {situation}, {peer}: {cost.seconds:.2f} s"
            )
            yield Row(
                feeds=len(server.urls),
                repetition=repetition,
                situation=situation,
                peer=peer,
                cost=cost,
            )


def measured_pass(server: servers.Server, folder: Path, *, situation: str, peer: str) -> Cost:
    """Return what one pass cost; DisagreementError where it did not do what was asked."""
    before = server.answered()
    command = "again" if situation == RUNNING else "pass"
    told = json.loads(child(command, peer, folder))
    after = server.answered()
    full, unchanged = (now - then for now, then in zip(after, before, strict=True))
    check(
        Result(**told["result"]),
        situation=situation,
        peer=peer,
        answered=(full, unchanged),
        server=server,
    )
    return Cost(**told["cost"])


def check(
    result: Result,
    *,
    situation: str,
    peer: str,
    answered: tuple[int, int],
    server: servers.Server,
) -> None:
    """Raise DisagreementError unless every feed was asked once and every entry is kept."""
    feeds = len(server.urls)
    place = f"{peer}, {situation}, {feeds} feeds"
    wanted = ANSWERS[situation][0] * feeds, ANSWERS[situation][1] * feeds
    if answered != wanted:
        message = f"{place}: the server answered {answered} of 200 and 304, not {wanted}"
        raise DisagreementError(message)
    if set(result.outcomes) != expected(situation, peer):
        message = f"{place}: the feeds came to {result.outcomes}"
        raise DisagreementError(message)
    if result.entries != server.entries:
        message = f"{place}: {result.entries} entries are kept, {server.entries} are served"
        raise DisagreementError(message)


def expected(situation: str, peer: str) -> set[str]:
    """Return what every feed comes to in a situation."""
    if situation == SAME_BODY:
        return EXPECTED_OF_SAME_BODY.get(peer, {"fetched"})
    return EXPECTED[situation]


def child(command: str, peer: str, folder: Path, *, text: str = "") -> str:
    """Run peers.py and return what it prints."""
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(PEERS_SCRIPT), command, peer, str(folder)],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


# ------------------------------------------------------------------ the table


def ratios(rows: Sequence[Row]) -> list[Ratio]:
    """Return a line for each number of feeds, situation and peer."""
    grouped: dict[tuple[int, str], dict[str, list[Cost]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        grouped[row.feeds, row.situation][row.peer].append(row.cost)
    return [
        ratio(feeds, situation, peer=peer, costs=costs)
        for (feeds, situation), costs in grouped.items()
        for peer in PEERS
        if peer in costs
    ]


def ratio(feeds: int, situation: str, *, peer: str, costs: dict[str, list[Cost]]) -> Ratio:
    """Return the medians of one situation and what they come to."""
    both = (OURS, peer)
    seconds = {one: median(cost.seconds for cost in costs[one]) for one in both}
    cpu_s = {one: median(cost.cpu_s for cost in costs[one]) for one in both}
    return Ratio(
        feeds=feeds,
        situation=situation,
        peer=peer,
        seconds=seconds,
        cpu_s=cpu_s,
        memory_mb={one: median(cost.memory_mb for cost in costs[one]) for one in both},
        time_ratio=seconds[peer] / seconds[OURS],
        time_ratios=tuple(
            their.seconds / our.seconds for our, their in zip(costs[OURS], costs[peer], strict=True)
        ),
        cpu_ratio=cpu_s[peer] / cpu_s[OURS],
    )


def table(lines: Sequence[Ratio]) -> str:
    """Return the ratios as a Markdown table."""
    head = (
        "| feeds | situation | peer | peer / Newsfold, time | each repetition | goal "
        "| peer / Newsfold, CPU | memory, Newsfold : peer |\n"
        "|---:|---|---|---:|---|---:|---:|---:|"
    )
    return "\n".join([head, *map(row_of, lines)])


def row_of(line: Ratio) -> str:
    """Return one line of the table."""
    spread = " ".join(f"{one:.2f}" for one in line.time_ratios)
    memory = line.memory_mb[OURS] / line.memory_mb[line.peer]
    return (
        f"| {line.feeds:,} | {line.situation} | {PEER_NAMES[line.peer]} "
        f"| **{line.time_ratio:.2f}** | {spread} "
        f"| {GOALS[line.situation]} | {line.cpu_ratio:.2f} | {memory:.1f} |"
    )


# ---------------------------------------------------------------- the command


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, nargs="+", default=[200, 1_000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="200 feeds, one repetition")
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--farm", type=Path, help="a server with feedfarm.py's options, instead")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    asked = arguments()
    kind = servers.other_farm(asked.farm) if asked.farm else servers.own_farm()
    sizes, repetitions = ([200], 1) if asked.quick else (asked.feeds, asked.repetitions)
    rows = [
        row
        for feeds in sizes
        for row in measure(kind, feeds=feeds, repetitions=repetitions, tell=tell)
    ]
    lines = ratios(rows)
    if asked.json:
        print(json.dumps({"rows": list(map(asdict, rows)), "ratios": list(map(asdict, lines))}))
        return
    print(f"Served by {kind.name}; {os.cpu_count()} processors; reader's workers: {READER_WORKERS}")
    print()
    print(table(lines))


def tell(text: str) -> None:
    """Say how far it is, apart from the table."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
