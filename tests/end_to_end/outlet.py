"""An outlet on loopback whose answers a test writes itself, seeing each request's header.

It serves as a proxy too, so that hosts of public names can be asked without any network.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Answer = Callable[[Mapping[str, str]], "Reply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent back, exactly so."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Outlet

    def do_GET(self) -> None:
        outlet = self.server
        headers = {name.lower(): value for name, value in self.headers.items()}
        with outlet.inside():
            outlet.log[self.path].append(headers)
            reply = outlet.answer(self.path, headers)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Keep the test's output clean."""


class Outlet(ThreadingHTTPServer):
    """The server; `serve_outlet` makes one. As a proxy it is asked for whole URLs, not paths."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers: dict[str, Answer] = {}
        self.log: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()

    @property
    def root(self) -> str:
        """Return its own address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, path: str, answer: Answer | Reply) -> str:
        """Let a path (of a proxy, a URL) answer so; return its address."""
        self.answers[path] = (lambda _: answer) if isinstance(answer, Reply) else answer
        return path if path.startswith("http") else f"{self.root}{path}"

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Return what a path answers to a request now."""
        answer = self.answers.get(path)
        return answer(headers) if answer else Reply(status=404)

    def asked(self, path: str) -> list[Mapping[str, str]]:
        """Return the headers of each request for a path so far."""
        return self.log[path]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count who is being served at the same time."""
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._counting:
                self._at_once -= 1


@contextmanager
def serve_outlet() -> Iterator[Outlet]:
    """Serve an outlet for as long as the context lasts."""
    with Outlet() as outlet:
        thread = threading.Thread(target=outlet.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield outlet
        finally:
            outlet.shutdown()
            thread.join()
