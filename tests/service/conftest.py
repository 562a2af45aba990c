"""The service as a process of its own, on feeds and ports of the test's."""

from __future__ import annotations

import json
import signal
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.newsrooms import Plan, load, public_of, store_of, write
from tests.end_to_end.processes import Runner, free_port, wait_until
from tests.end_to_end.web import serve_web

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from email.message import Message
    from pathlib import Path

    from tests.end_to_end.web import Web

START_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the service answered."""

    status: int
    headers: Message
    body: bytes


@dataclass
class Running:
    """A service that runs, with every line that it logs."""

    process: subprocess.Popen[str]
    path: Path
    listen: str
    lines: list[str] = field(default_factory=list)

    def listen_to_log(self) -> None:
        """Collect the log in a thread, so that the pipe never fills."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the log's lines of this name, parsed; each line must be JSON."""
        told = [json.loads(line) for line in list(self.lines)]
        return [event for event in told if event["event"] == name]

    def saw(self, name: str, **fields: object) -> bool:
        """Return whether the log has a line of this name with these fields."""
        return any(fields.items() <= event.items() for event in self.events(name))

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> Reply:
        """Ask the service over HTTP."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://{self.listen}{path}"
        asked = urllib.request.Request(url, method=method, headers=named)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - loopback
                return Reply(status=answer.status, headers=answer.headers, body=answer.read())
        except urllib.error.HTTPError as error:
            return Reply(status=error.code, headers=error.headers, body=error.read())

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, *, timeout_s: float = 15) -> int:
        """Stop it in order; return its exit code."""
        self.send(signal.SIGTERM)
        code = self.process.wait(timeout_s)
        self._reader.join(5)
        return code


@dataclass
class Place:
    """A folder, a web and the means to run services there."""

    folder: Path
    web: Web
    runner: Runner
    listen: str
    started: list[Running] = field(default_factory=list)

    def write(self, *feeds: str, **plan: Any) -> Path:  # noqa: ANN401 - fields of Plan
        """Write the configuration for these feeds and return its path."""
        return write(self.folder, Plan(feeds=feeds, listen=self.listen, **plan))

    @property
    def path(self) -> Path:
        """Return where the configuration lies."""
        return self.folder / "newsfold.toml"

    @property
    def public(self) -> Path:
        """Return the folder of the published files."""
        return public_of(load(self.path))

    @property
    def store(self) -> Path:
        """Return the database file."""
        return store_of(load(self.path))

    def start(self, *, ready: Callable[[Running], object] | None = None) -> Running:
        """Run the service; come back when it answers, or when `ready` holds."""
        process = self.runner.start("--config", self.path, "run")
        running = Running(process, self.path, self.listen)
        running.listen_to_log()
        self.started.append(running)
        holds = ready or answers
        up = wait_until(lambda: process.poll() is not None or holds(running), timeout_s=START_S)
        assert up, running.lines
        assert process.poll() is None, running.lines
        return running


def answers(running: Running) -> bool:
    """Return whether the service is reached over HTTP."""
    try:
        return running.ask("/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give a place, and end whatever was started there."""
    with serve_web(hosts=2) as web:
        made = Place(tmp_path, web, Runner(), f"127.0.0.1:{free_port()}")
        yield made
        for running in made.started:
            if running.process.poll() is None:
                running.process.kill()
            running.process.wait()
        made.runner.end_all()
