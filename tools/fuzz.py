"""Bends feeds and reads them, many thousands of them, and tells which came out wrong.

    nice python tools/fuzz.py --count 200000 --seed 1 --jobs 2
    python tools/fuzz.py --seed 1 --only 4711             one document: its bytes, what came of it

A run can be cut off and taken up again with --first. A document that came out wrong is written to
--failures with what was wrong, and a smaller one beside it that does the same. Exit code 1 where
there was any.
"""  # noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fuzz import campaign, mutations, seeds
from tests.fuzz.campaign import Tally
from tests.fuzz.checks import Checker
from tests.hostile import telling
from tests.hostile.ground import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fuzz.campaign import Done

TOLD_EVERY_S = 30.0
PAGE = Path(__file__).resolve().parent.parent / "docs" / "SECURITY-TESTS.md"
UNMINIMISED = ("time:", "memory:")  # each try would take as long


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first document")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one document alone")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {PAGE.name}")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Read the documents, print what came of them, return the exit code."""
    asked = parsed(arguments)
    if asked.only is not None:
        return show(asked.seed, asked.only)
    numbers = range(asked.first, asked.first + asked.count)
    tally, began = Tally(), time.monotonic()
    told_at = began
    print_line(f"{len(seeds.documents())} documents to bend, {len(seeds.OWN)} of them our own")
    for done in campaign.run(asked.seed, numbers, jobs=asked.jobs):
        tally.add(done)
        if done.verdict.faults:
            keep(asked.failures, asked.seed, done)
        if time.monotonic() - told_at > TOLD_EVERY_S:
            told_at = time.monotonic()
            print_line(progress(tally, told_at - began))
    print_line(progress(tally, time.monotonic() - began))
    print_line(json.dumps(dict(tally.outcomes.most_common())))
    if asked.write:
        figures = f"seed {asked.seed}, {progress(tally, time.monotonic() - began)}"
        PAGE.write_text(telling.with_fuzzed(PAGE.read_text("utf-8"), figures), "utf-8")
    return 1 if tally.findings else 0


def progress(tally: Tally, seconds: float) -> str:
    """Return how far it is."""
    slowest_s, slowest = tally.slowest
    return (
        f"{tally.documents} documents in {seconds:.0f} s ({tally.documents / seconds:.0f}/s), "
        f"{tally.entries} entries, {tally.rendered} rendered, "
        f"{len(tally.findings)} came out wrong; slowest: number {slowest}, {slowest_s:.2f} s"
    )


def keep(folder: Path, seed: int, done: Done) -> None:
    """Write the document, what is wrong with it, and a smaller one like it."""
    folder.mkdir(exist_ok=True)
    name = f"{seed}-{done.number}"
    body, fault = mutations.document(seed, done.number), done.verdict.faults[0]
    (folder / f"{name}.bin").write_bytes(body)
    (folder / f"{name}.txt").write_text("\n".join(done.verdict.faults), "utf-8", "replace")
    print_line(f"number {done.number}: {fault[:200]}")
    if not fault.startswith(UNMINIMISED):
        rendered = campaign.is_rendered(done.number)
        small = campaign.minimised(Checker(judge()), body, fault, rendered=rendered)
        (folder / f"{name}.small").write_bytes(small)


def show(seed: int, number: int) -> int:
    """Print what comes of one document; write its bytes to standard output."""
    sys.stdout.buffer.write(mutations.document(seed, number))
    done = campaign.one(Checker(judge()), seed, number)
    sys.stderr.write(f"\n{done}\n")
    return 1 if done.verdict.faults else 0


def print_line(text: str) -> None:
    """Print a line at once, whatever is in it."""
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
