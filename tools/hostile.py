"""Plays every case of the hostile server against the real program, beside good feeds.

    python tools/hostile.py [--rounds 3] [--good 200] [--only CASE ...] [--json | --table]

The server lies beside the project (../shared/hostile). A round is a pass over all cases and good
feeds in one configuration, then passes over the cases that must be polled again. --table prints
what came of the last round, --write writes docs/SECURITY-TESTS.md. Exit code 1 where anything came
out wrong.
"""  # noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.hostile import telling
from tests.hostile.ground import HOSTILE, Manners, Setting, serve_good, serve_hostile
from tests.hostile.rounds import Round, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.hostile.ground import Case

ROUND_TTL_S = 1_200  # a round takes one to ten minutes
PAGE = Path(__file__).resolve().parent.parent / "docs" / "SECURITY-TESTS.md"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--good", type=int, default=200, help="good feeds beside the cases")
    parser.add_argument("--only", nargs="+", default=[], metavar="CASE")
    parser.add_argument("--timeout", default="30s", help="of a request, as in the configuration")
    parser.add_argument("--read-time", default="10s", help="of a document, likewise")
    parser.add_argument("--connections", type=int, default=4, help="to one host at a time")
    parser.add_argument("--keep", type=Path, help="folder for what the rounds write")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each round")
    parser.add_argument("--table", action="store_true", help="print a table, case by case")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    return parser.parse_args(arguments)


def played(asked: argparse.Namespace) -> Iterator[tuple[Sequence[Case], Round]]:
    """Yield the cases and what came of them, round by round."""
    manners = Manners(
        timeout=asked.timeout, read_time=asked.read_time, connections=asked.connections
    )
    ttl_s = ROUND_TTL_S * asked.rounds
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="newsfold-hostile-"))
        folder = asked.keep or Path(place)
        good = stack.enter_context(serve_good(asked.good, ttl_s=ttl_s))
        for number in range(1, asked.rounds + 1):
            own = folder / f"round-{number}-{time.time_ns()}"
            own.mkdir(parents=True)
            with serve_hostile(own, ttl_s=ttl_s) as server:
                cases = [c for c in server.cases if not asked.only or c.name in asked.only]
                setting = Setting(server=server, good=good, manners=manners)
                yield cases, play(own, setting, cases, run_name=f"round{number}")


def main(arguments: Sequence[str]) -> int:
    """Play the rounds, print what was asked for, return the exit code."""
    asked = parsed(arguments)
    if not HOSTILE.is_dir():
        sys.exit(f"There is no hostile server at {HOSTILE}.")
    rounds: list[Round] = []
    cases: Sequence[Case] = ()
    for cases, each in played(asked):
        rounds.append(each)
        if asked.json:
            sys.stdout.write(json.dumps(telling.as_json(each)) + "\n")
        else:
            sys.stderr.write(telling.summary(cases, each, number=len(rounds)))
        sys.stdout.flush()
    if asked.table:
        sys.stdout.write(telling.table(cases, rounds[-1]) + "\n")
    if asked.write:
        before = PAGE.read_text("utf-8") if PAGE.is_file() else ""
        PAGE.write_text(telling.page(cases, rounds, before=before), "utf-8")
    return 0 if rounds and all(each.is_sound for each in rounds) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
