"""Newsfold as a process of its own, and the processes that it leaves behind.

Every one is started with a mark in its environment, which its children inherit: so a test finds
its own in /proc and no other test's.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aggregator

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "NEWSFOLD_TEST_MARK"
ROOT = Path(aggregator.__file__).resolve().parents[1]


@dataclass
class Runner:
    """Starts `newsfold` with a mark of its own."""

    environ: dict[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start `newsfold ARGUMENTS` and return the process."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "aggregator", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **self.environ, MARK: self.mark},
        )

    def run(self, *arguments: str | Path, timeout_s: float = 60) -> Done:
        """Run `newsfold ARGUMENTS` to its end."""
        process = self.start(*arguments)
        try:
            output, errors = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Done(code=process.returncode, output=output, errors=errors)

    def alive(self) -> list[str]:
        """Return the command lines of the processes with this mark that still run."""
        return [command for pid in _pids() if (command := _marked(pid, self.mark))]

    def end_all(self) -> None:
        """Kill what still runs with this mark: the last step of a test that went wrong."""
        for pid in _pids():
            if _marked(pid, self.mark):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a process ended."""

    code: int
    output: str
    errors: str


def wait_until(
    holds: Callable[[], object], *, timeout_s: float = 10, every_s: float = 0.02
) -> bool:
    """Return whether the claim came to hold in time."""
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(every_s)
    return True


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _marked(pid: int, mark: str) -> str:
    """Return the command line of a process with the mark, "" for others and for the dead."""
    place = Path("/proc") / str(pid)
    with suppress(OSError):
        if f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
            return (place / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""
