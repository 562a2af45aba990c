"""Feeds captured from real sites, served on loopback and polled again: what comes of them.

By hand: `python -m tests.end_to_end.corpus` prints the table. The feeds lie beside the project and
are no part of it; without them there is nothing to do.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from tests.end_to_end import soundness
from tests.end_to_end.newsrooms import LIVE, Plan, load, public_of, store_of, write
from tests.end_to_end.processes import Runner
from tests.end_to_end.web import Page, Web, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.end_to_end.processes import Done

PACKED = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "feeds.tar.xz"
HOSTS = 16
PASS_LIMIT_S = 120
TYPES = {
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".rdf": "application/rdf+xml",
    ".json": "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One `newsfold poll` over all feeds."""

    done: Done
    reports: list[dict[str, Any]]
    stories: Mapping[tuple[str, str], str]  # story by feed and entry id
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """The passes, and where what came of them lies."""

    first: Pass
    second: Pass  # the server says that nothing changed
    stirred: Pass  # the bodies came again, with other bytes around the entries
    public: Path
    store: Path
    left_behind: list[str]

    @property
    def passes(self) -> dict[str, Pass]:
        """Return the passes by name."""
        return {"first": self.first, "second": self.second, "stirred": self.stirred}


def poll_again_and_again(folder: Path) -> Polled:
    """Serve every feed, poll what is due, then everything again, twice."""
    runner, stirred = Runner(), Event()
    with serve_web(hosts=HOSTS) as web:
        urls = list(_published(web, _unpacked(folder), stirred=stirred))
        path = write(folder, Plan(feeds=urls, digests=LIVE, polling={"max_body": '"20MB"'}))
        first = _pass(runner, path)
        second = _pass(runner, path, "--all")
        stirred.set()
        third = _pass(runner, path, "--all")
    loaded = load(path)
    return Polled(
        first=first,
        second=second,
        stirred=third,
        public=public_of(loaded),
        store=store_of(loaded),
        left_behind=runner.alive(),
    )


def _unpacked(folder: Path) -> list[Path]:
    with tarfile.open(PACKED) as packed:
        packed.extractall(folder / "corpus", filter="data")
    return sorted(path for path in (folder / "corpus").rglob("*") if path.is_file())


def _published(web: Web, paths: Iterable[Path], *, stirred: Event) -> Iterable[str]:
    for number, path in enumerate(paths):
        page = partial(_page, path, stirred)
        yield web.put(f"/{path.parent.name}/{path.name}", page, host=1 + number % HOSTS)


def _page(path: Path, stirred: Event) -> Page:
    body = path.read_bytes() + (b"\n\n" if stirred.is_set() else b"")
    return Page(body=body, content_type=TYPES.get(path.suffix, "text/xml"))


def _pass(runner: Runner, path: Path, *options: str) -> Pass:
    began = time.monotonic()
    done = runner.run("--config", path, "poll", "--json", *options, timeout_s=PASS_LIMIT_S)
    seconds = time.monotonic() - began
    reports = []
    with suppress(json.JSONDecodeError):
        reports = [json.loads(line) for line in done.output.splitlines()]
    stories = soundness.story_of(store_of(load(path)), by="key")
    return Pass(done=done, reports=reports, stories=stories, seconds=seconds)


def table(polled: Polled) -> str:
    """Return the counts of both passes, and why feeds failed."""
    relations = Counter(
        row[0] for row in soundness.ask(polled.store, "SELECT relation FROM entries")
    )
    rows: list[tuple[str, object]] = [
        ("feeds", len(polled.first.reports)),
        ("entries", len(polled.first.stories)),
        ("stories", len(set(polled.first.stories.values()))),
        ("copies", relations["copy"]),
        ("coverage", relations["coverage"]),
    ]
    for name, each in polled.passes.items():
        rows.append((f"{name} pass, seconds", f"{each.seconds:.1f}"))
        outcomes = Counter(report["outcome"] for report in each.reports)
        rows += [(f"{name} pass, {outcome}", number) for outcome, number in outcomes.items()]
    failed = Counter(report["error"][:90] for report in polled.first.reports if report["error"])
    rows += [(error, number) for error, number in failed.most_common()]
    return "\n".join(f"{value!s:>8}  {name}" for name, value in rows)


def main() -> None:
    """Poll the feeds in a temporary folder and print the table."""
    if not PACKED.is_file():
        sys.exit(f"There are no captured feeds at {PACKED}.")
    with tempfile.TemporaryDirectory(prefix="newsfold-corpus-") as folder:
        polled = poll_again_and_again(Path(folder))
        errors = "".join(each.done.errors for each in polled.passes.values())
        sys.stdout.write(f"{table(polled)}\n{errors}")


if __name__ == "__main__":
    main()
