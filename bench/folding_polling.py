"""Polls rounds of feeds from loopback with the commands, and matches what they tell with the data.

Nothing here knows how Newsfold folds: `newsfold poll --all` and `newsfold stories --json` are all.
"""

from __future__ import annotations

import html
import json
import subprocess
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.folding_data import read_lines
from bench.folding_feeds import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.folding_data import Row

Told = dict[str, Any]  # a story or an entry as `newsfold stories --json` tells it


@dataclass(slots=True)
class Rounds:
    """The feeds of one round at a time, served on loopback."""

    folder: Path
    number: int = 0

    def serve(self) -> ThreadingHTTPServer:
        """Start serving; the caller shuts it down."""
        rounds = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = Path(self.path).name
                file = rounds.folder / f"round{rounds.number:02d}" / name
                body = file.read_bytes() if file.is_file() else b""
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: there are thousands of requests."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A database after polling, what it tells, and which entry of the data is which of its own."""

    configuration: Path
    stories: list[Told]
    entries: dict[str, Told]  # by the data's id; each with `story` and `stored` beside what is told
    took_s: float

    @property
    def story_of(self) -> dict[str, str]:
        """Return the story of each entry of the data."""
        return {name: entry["story"] for name, entry in self.entries.items()}


def configuration(folder: Path, base_url: str, feeds: Iterable[str], folding: str) -> Path:
    """Write a configuration that polls these feeds and return its path."""
    listed = "\n".join(f'[[feeds]]\nurl = "{base_url}/{name}"' for name in feeds)
    path = folder / "newsfold.toml"
    path.write_text(
        '[service]\npublic_url = "http://bench.example"\n'
        '[polling]\nallow_private_addresses = true\nread_time = "1m"\n'  # for 3,000 entries
        f"[folding]\n{folding}\n{listed}\n",
        "utf-8",
    )
    return path


def newsfold(path: Path, *words: str, check: bool = True) -> str:
    """Run the command and return what it printed; "" where it failed and that may be."""
    command = [sys.executable, "-m", "aggregator", "--config", str(path), *words]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)  # noqa: S603 - ours
    if done.returncode == 0:
        return done.stdout
    if check:
        message = f"newsfold {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}"
        raise SystemExit(message)
    return ""


def poll(feeds: Path, folder: Path, *, folding: str = "", only: Sequence[int] = ()) -> Polled:
    """Poll the rounds of a folder, or only some, into a new database in another folder."""
    manifest = read_lines(feeds / "manifest.jsonl")
    folder.mkdir()
    rounds = Rounds(feeds)
    server = rounds.serve()
    names = sorted({row["feed"] for row in manifest})
    base_url = f"http://127.0.0.1:{server.server_address[1]}"
    path = configuration(folder, base_url, names, folding)
    started = perf_counter()
    try:
        for number in only or range(1 + max(row["round"] for row in manifest)):
            rounds.number = number
            newsfold(path, "poll", "--all", "--quiet")
    finally:
        server.shutdown()
    took_s = perf_counter() - started
    told = [json.loads(line) for line in newsfold(path, "stories", "--json").splitlines()]
    return Polled(configuration=path, stories=told, entries=matched(told, manifest), took_s=took_s)


# -------------------------------------------------------------------- matching


def matched(stories: Iterable[Told], manifest: Iterable[Row]) -> dict[str, Told]:
    """Return what is told of each row of the data: by feed and guid, then title, then address.

    A row that has no entry of its own was shown before a later version of the same guid took its
    place: it goes with that. Rows that no feed showed, and those of other guids, are left out.
    """
    entries: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for entry in _entries(stories):
        entries[entry["feed"].rsplit("/", 1)[-1], entry["id"]].append(entry)
    found: dict[str, Told] = {}
    for row in shown(manifest):
        if versions := entries.get((row["feed"], row["guid"])):
            found[row["id"]] = max(versions, key=lambda entry: _likeness(entry, row))
    return found


def _entries(stories: Iterable[Told]) -> Iterator[Told]:
    for story in stories:
        for place, entry in enumerate(story["entries"]):
            yield {**entry, "story": story["id"], "stored": (story["id"], place)}


def _likeness(entry: Told, row: Row) -> tuple[bool, bool]:
    return _plain(entry["title"]) == _plain(row["title"]), entry["url"] == row["link"]


def _plain(text: str) -> str:
    """Return a text without what reading a feed may change in it."""
    return "".join(html.unescape(text).casefold().split())
