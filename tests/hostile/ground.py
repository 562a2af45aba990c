"""What a hostile run stands on: the server that misbehaves, the good feeds, a configuration.

The server lies beside the project and is no part of it. It runs from a copy in a temporary folder,
because one of its cases writes a file next to itself. Everything listens on loopback only and ends
by itself after a time to live.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from tests.end_to_end.processes import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

HOSTILE = ROOT.parent / "shared" / "hostile"
FILES = ("hostile_server.py", "hostile_feeds.py", "xss_vectors.py")
GOOD_NETWORK = "127.64.0.0/16"  # where bench/feeds.py listens
STOP_S = 5.0
ASK_S = 10.0
SECRETS = {"Authorization": "Bearer s3cret", "Cookie": "sid=s3cret", "X-Api-Key": "s3cret"}
WITH_SECRETS = "redirect_cross_origin_auth"  # may be redirected to the second port, without these


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to misbehave, and what has to come of it, as the server's index says."""

    name: str
    group: str
    note: str
    outcome: str  # ok, error, either
    entries: int | None  # stored after the last poll; None: any number
    polls: int
    new: tuple[int, ...]  # at each poll; empty: any numbers
    budget_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server that misbehaves."""

    port: int
    second_port: int  # must not be reached
    cases: tuple[Case, ...]

    def url(self, name: str, *, run_name: str) -> str:
        """Return the address of a case; the server counts polls by the run_name."""
        return f"http://127.0.0.1:{self.port}/case/{name}?run={run_name}"

    def trespasses(self) -> list[dict[str, Any]]:
        """Return the requests so far that should not have been made, with their headers."""
        found: list[dict[str, Any]] = _asked(f"http://127.0.0.1:{self.port}/canary.json")
        return found


@contextmanager
def serve_hostile(folder: Path, *, ttl_s: float) -> Iterator[Server]:
    """Run the server for as long as the context lasts."""
    for name in FILES:
        shutil.copy(HOSTILE / name, folder / name)
    command = [sys.executable, str(folder / FILES[0]), "--port=0", "--port2=0", f"--ttl={ttl_s}"]
    with _running(command) as line:
        ready = json.loads(line)
        index = _asked(f"http://127.0.0.1:{ready['port']}/index.json")
        cases = tuple(map(_case, index))
        yield Server(port=ready["port"], second_port=ready["port2"], cases=cases)


@contextmanager
def serve_good(count: int, *, ttl_s: float) -> Iterator[list[str]]:
    """Run so many good feeds, each on a host of its own; give their addresses."""
    if not count:
        yield []
        return
    script, port = str(ROOT / "bench" / "feeds.py"), free_port()
    size = [f"--feeds={count}", f"--hosts={count}", f"--port={port}", f"--ttl={ttl_s}"]
    with (
        _running([sys.executable, script, "serve", *size]),
        urlopen(f"http://127.0.0.1:{port}/urls", timeout=ASK_S) as answer,
    ):
        yield answer.read().decode().split()


@contextmanager
def _running(command: Sequence[str]) -> Iterator[str]:
    """Run a server; give the line that it prints when it is ready."""
    process = subprocess.Popen(  # noqa: S603 - the servers named above
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        if process.stdout is None or not (line := process.stdout.readline()):
            message = f"{command[1]} did not start"
            raise RuntimeError(message)
        yield line
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _asked(url: str) -> Any:  # noqa: ANN401 - what the server's JSON holds
    with urlopen(url, timeout=ASK_S) as answer:  # noqa: S310 - our own loopback address
        return json.loads(answer.read())


def _case(told: dict[str, Any]) -> Case:
    return Case(
        name=told["name"],
        group=told["group"],
        note=told["note"],
        outcome=told["expect"]["outcome"],
        entries=told["expect"]["entries"],
        polls=told["polls"],
        new=tuple(told["new"] or ()),
        budget_s=told["budget_s"],
    )


def vectors() -> ModuleType:
    """Load the judge of HTML that lies beside the server."""
    spec = importlib.util.spec_from_file_location("xss_vectors", HOSTILE / FILES[2])
    if spec is None or spec.loader is None:
        message = f"no judge at {HOSTILE}"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judge() -> Callable[[str], list[str]] | None:
    """Return the judge of HTML that lies beside the project, where it does."""
    if not HOSTILE.is_dir():
        return None
    live: Callable[[str], list[str]] = vectors().live
    return live


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The configuration keys that a run may turn."""

    timeout: str = "30s"
    read_time: str = "10s"
    delay_s: float = 5.0  # by how much 99 of 100 good feeds may be told later than alone
    connections: int = 4  # the cases share one address: one after the other takes minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What stands around a pass: the server, the good feeds and the manners."""

    server: Server
    good: Sequence[str]
    manners: Manners


def write_config(folder: Path, setting: Setting, *, hostile: dict[str, str]) -> Path:
    """Write the configuration of a pass over all good feeds and these cases: addresses by name.

    Only the two servers' own places are opened, the second port to a single feed.
    """
    server, manners = setting.server, setting.manners
    places = json.dumps([f"127.0.0.1:{server.port}", GOOD_NETWORK])
    lines = [
        "[polling]",
        'interval = "1m"\nmin_interval = "1m"\nbackfill = 60\narchives = 0\npush = false',
        f'timeout = "{manners.timeout}"\nread_time = "{manners.read_time}"',
        f"connections_per_host = {manners.connections}",
        f"allow_private_addresses = {places}",
        '[[digests]]\nname = "hostile"\ntags = ["hostile"]\nsettle = "0s"\nlimit = 1000',
        '[[digests]]\nname = "good"\ntags = ["good"]\nsettle = "0s"',
        *(_feed(url, "hostile", _extra(name, server)) for name, url in hostile.items()),
        *(_feed(url, "good") for url in setting.good),
    ]
    path = folder / "newsfold.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _feed(url: str, tag: str, extra: str = "") -> str:
    return f"[[feeds]]\nurl = {json.dumps(url)}\ntags = [{json.dumps(tag)}]\n{extra}"


def _extra(name: str, server: Server) -> str:
    if name != WITH_SECRETS:
        return ""
    secrets = ", ".join(f"{name} = {json.dumps(value)}" for name, value in SECRETS.items())
    return (
        f'headers = {{ {secrets} }}\nallow_private_addresses = ["127.0.0.1:{server.second_port}"]\n'
    )
