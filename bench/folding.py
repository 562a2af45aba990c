"""How well stories fold, through real polling: rounds of feeds on loopback, polled, then scored.

    python bench/folding.py GOLD.jsonl FEEDS_DIR [--field story|article] [--ignore PAIRS.json]

FEEDS_DIR holds round00/, round01/, … and manifest.jsonl, as ../shared/folding has them. Every round
is served over HTTP and polled by the command `newsfold poll --all`; what `newsfold stories --json`
then says is compared with the labels. Nothing of the data is kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "folding"


@dataclass
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


def configuration(folder: Path, base_url: str, feeds: list[str], folding: str) -> Path:
    """Write a configuration that polls these feeds and return its path."""
    listed = "\n".join(f'[[feeds]]\nurl = "{base_url}/{name}"' for name in feeds)
    path = folder / "newsfold.toml"
    path.write_text(
        '[service]\npublic_url = "http://bench.example"\n'
        f"[polling]\nallow_private_addresses = true\n[folding]\n{folding}\n{listed}\n",
        "utf-8",
    )
    return path


def newsfold(path: Path, *words: str) -> str:
    """Run the command and return what it printed."""
    command = [sys.executable, "-m", "aggregator", "--config", str(path), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


def poll_rounds(feeds_dir: Path, folding: str) -> tuple[list[dict[str, Any]], float]:
    """Poll every round and return the stories, with the seconds that polling took."""
    manifest = [json.loads(line) for line in (feeds_dir / "manifest.jsonl").open(encoding="utf-8")]
    rounds = Rounds(feeds_dir)
    server = rounds.serve()
    base_url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            names = sorted({row["feed"] for row in manifest})
            path = configuration(Path(folder), base_url, names, folding)
            started = perf_counter()
            for number in range(1 + max(row["round"] for row in manifest)):
                rounds.number = number
                newsfold(path, "poll", "--all", "--quiet")
            took_s = perf_counter() - started
            told = newsfold(path, "stories", "--json")
    finally:
        server.shutdown()
    return [json.loads(line) for line in told.splitlines()], took_s


def clusters(stories: list[dict[str, Any]], feeds_dir: Path) -> dict[str, str]:
    """Map the data's own ids to our stories, by feed and guid; the title tells reuses apart."""
    by_guid: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in (feeds_dir / "manifest.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        by_guid.setdefault((row["feed"], row["guid"]), []).append(row)
    found: dict[str, str] = {}
    for story in stories:
        for entry in story["entries"]:
            for row in by_guid.get((entry["feed"].rsplit("/", 1)[-1], entry["id"]), ()):
                found[row["id"]] = story["id"]
    return found


def scorer() -> Any:  # noqa: ANN401 - the data's own script, loaded by its path
    """Return the module that scores, which comes with the data."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "score.py")
    if spec is None or spec.loader is None:
        message = f"{SHARED / 'score.py'} is missing"
        raise SystemExit(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Poll, score, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", type=Path)
    parser.add_argument("feeds", type=Path)
    parser.add_argument("--field", default="story")
    parser.add_argument("--ignore", type=Path)
    parser.add_argument("--window", default="72h")
    parser.add_argument("--copies", action="store_true", help="fold copies only")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in asked.gold.open(encoding="utf-8")]
    gold = {row["id"]: row[asked.field] for row in rows}
    ignore = [tuple(pair) for pair in json.loads(asked.ignore.read_text())] if asked.ignore else []
    folding = f'window = "{asked.window}"\ncoverage = {str(not asked.copies).lower()}'
    stories, took_s = poll_rounds(asked.feeds, folding)
    found = clusters(stories, asked.feeds)
    print(f"{len(found)} of {len(gold)} entries stand in the feeds; polled in {took_s:.1f} s")
    there = {name: label for name, label in gold.items() if name in found}
    for name, value in scorer().score(there, found, ignore).items():
        print(f"{name:16} {value:.4f}" if isinstance(value, float) else f"{name:16} {value}")


if __name__ == "__main__":
    main()
