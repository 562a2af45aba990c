"""One `newsfold poll` as a process of its own: when it told of each feed, and how it grew."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.end_to_end.processes import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable

SAMPLE_S = 0.05
PEAK = "VmHWM:"  # the most memory that the process has held so far (proc(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the program said of one feed."""

    outcome: str
    new: int
    error: str
    seconds: float
    at_s: float  # since the process was started


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What came of a pass."""

    code: int
    errors: str  # standard error
    told: dict[str, Told]  # by the feed's address
    seconds: float
    peak_bytes: int  # of the main process alone
    left_behind: tuple[str, ...]  # processes that still ran afterwards


def poll_all(config: Path) -> Pass:
    """Run `newsfold poll --all --json` to its end."""
    runner, began, heard = Runner(), time.monotonic(), {}
    process = runner.start("--config", config, "poll", "--all", "--json")
    errors: list[str] = []
    listener = threading.Thread(target=_drain, args=(process.stderr, errors), daemon=True)
    watcher = Watcher(process.pid)
    listener.start()
    watcher.start()
    for line in process.stdout or ():
        with suppress(json.JSONDecodeError):
            said = json.loads(line)
            heard[said["feed"]] = _told(said, at_s=time.monotonic() - began)
    code = process.wait()
    seconds = time.monotonic() - began
    listener.join()
    watcher.join()
    return Pass(
        code=code,
        errors="".join(errors),
        told=heard,
        seconds=seconds,
        peak_bytes=watcher.peak_bytes,
        left_behind=tuple(runner.alive()),
    )


def ask(config: Path, command: str) -> list[dict[str, Any]]:
    """Return the lines of a command that prints a JSON object a line."""
    done = Runner().run("--config", config, command, "--json", timeout_s=120)
    return [json.loads(line) for line in done.output.splitlines()]


class Watcher(threading.Thread):
    """Follows a process until it ends and keeps its largest size."""

    def __init__(self, pid: int) -> None:
        """Watch the process with this number."""
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._status = Path(f"/proc/{pid}/status")

    def run(self) -> None:
        """Look again and again until there is nothing to see."""
        while (peak := self._peak()) is not None:
            self.peak_bytes = max(self.peak_bytes, peak)
            time.sleep(SAMPLE_S)

    def _peak(self) -> int | None:
        with suppress(OSError):
            for line in self._status.read_text().splitlines():
                if line.startswith(PEAK):
                    return int(line.split()[1]) * 1024
        return None  # ended: the entry is gone, or holds no sizes any more


def _drain(stream: IO[str] | None, into: list[str]) -> None:
    into.extend(stream or ())


def _told(said: dict[str, Any], *, at_s: float) -> Told:
    return Told(
        outcome=said["outcome"],
        new=said["new"],
        error=said["error"],
        seconds=said["seconds"],
        at_s=at_s,
    )


def entries_by_feed(stories: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the kept entries by their feed's address, from the lines of `stories --json`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for story in stories:
        for entry in story["entries"]:
            found.setdefault(entry["feed"], []).append(entry)
    return found
