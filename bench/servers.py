"""Servers to poll in benchmarks: started as processes of their own, ended by asking them to.

Nothing here measures; it says how each server is started, spoken to and counted.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_FARM = Path(__file__).resolve().parent / "feeds.py"
TIME_TO_LIVE_S = 3_600  # it ends by itself, should the benchmark be killed
QUIT_GRACE_S = 5.0
NEWEST_AGE_S = 100_000  # of the newest entry at the start: 50 entries a feed reach back a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one server program is spoken to: arguments, control paths, names of its counters."""

    name: str
    script: Path
    count_option: str
    life_option: str
    control: str  # path and query up to the order
    conditional: str  # order that switches conditional requests; ends in 0 or 1
    quit: str
    full: str  # counter of 200
    unchanged: str  # counter of 304


def own_farm() -> Kind:
    """Return how bench/feeds.py is spoken to."""
    return Kind(
        name="bench/feeds.py",
        script=OWN_FARM,
        count_option="--feeds",
        life_option="--ttl",
        control="/",
        conditional="conditional?on=",
        quit="quit",
        full="full",
        unchanged="unchanged",
    )


def other_farm(script: Path) -> Kind:
    """Return how a farm with the command line of feedfarm.py is spoken to."""
    return Kind(
        name=script.name,
        script=script.resolve(),
        count_option="--n",
        life_option="--max-seconds",
        control="/__ctl?",
        conditional="cond=",
        quit="quit=1",
        full="s200",
        unchanged="s304",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server with its feeds."""

    kind: Kind
    port: int
    urls: tuple[str, ...]

    @property
    def entries(self) -> int:
        """Return how many entries stand in all its feeds."""
        return int(self._order("stats=1" if "?" in self.kind.control else "stats")["entries"])

    def answered(self) -> tuple[int, int]:
        """Return how many 200 and how many 304 it has answered."""
        stats = self._order("stats=1" if "?" in self.kind.control else "stats")
        return int(stats[self.kind.full]), int(stats[self.kind.unchanged])

    def honour_conditions(self, *, yes: bool) -> None:
        """Answer conditional requests with 304 from now on, or everything with 200."""
        self._order(f"{self.kind.conditional}{int(yes)}")

    def quit(self) -> None:
        """Ask it to end."""
        self._order(self.kind.quit)

    def _order(self, order: str) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}{self.kind.control}{order}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def running(kind: Kind, *, feeds: int, now_s: float) -> Iterator[Server]:
    """Start the server with that many feeds, wait until it is ready, and end it at the end."""
    port = free_port()
    options = [kind.count_option, str(feeds), "--port", str(port)]
    if kind.script == OWN_FARM:
        options += ["--newest-at", str(int(now_s) - NEWEST_AGE_S)]
    run = [sys.executable, str(kind.script)]
    life = [kind.life_option, str(TIME_TO_LIVE_S)]
    urls = subprocess.check_output([*run, "urls", *options], text=True).split()  # noqa: S603 - ours
    process = subprocess.Popen(  # noqa: S603 - ours
        [*run, "serve", *options, *life], stdout=subprocess.PIPE, text=True
    )
    try:
        ready = process.stdout.readline() if process.stdout else ""
        if not ready.startswith("READY"):
            message = f"{kind.name} did not start: {ready!r}"
            raise SystemExit(message)
        server = Server(kind=kind, port=port, urls=tuple(urls))
        yield server
        server.quit()
        process.wait(QUIT_GRACE_S)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
