"""A web on loopback for tests: pages that a test sets and changes, and a record of what was asked.

Every host name is an address of 127.0.0.0/8 on one port, so that feeds spread over hosts.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RSS = "application/rss+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an address answers."""

    body: bytes
    content_type: str = RSS
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    @property
    def etag(self) -> str:
        """Return a validator of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that came in."""

    host: str
    path: str
    at: float  # time.monotonic()
    headers: Mapping[str, str]  # names in lower case
    status: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], web: Web) -> None:
        super().__init__(address, _Talk)
        self.web = web

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that were killed in the middle."""


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        web, host = self.server.web, str(self.server.server_address[0])
        page = web.page(host, self.path)
        if page.delay_s:
            web.stopping.wait(page.delay_s)
        known = self.headers.get("If-None-Match") == page.etag
        status = 304 if known and page.status == 200 else page.status
        web.note(host, self.path, dict(self.headers.items()), status)
        body = b"" if status == 304 else page.body
        self.send_response(status)
        self.send_header("ETag", page.etag)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Keep the test's output clean."""


MISSING = Page(body=b"Not here.\n", content_type="text/plain", status=404)


class Web:
    """The hosts and their pages; `serve_web` makes one."""

    def __init__(self, hosts: int) -> None:
        """Listen on so many loopback addresses, all on one free port."""
        self.stopping = threading.Event()
        self.asked: list[Asked] = []
        self._pages: dict[tuple[str, str], Callable[[], Page]] = {}
        first = _Server(("127.0.0.1", 0), self)
        self.port = int(first.server_address[1])
        others = [_Server((f"127.0.0.{n}", self.port), self) for n in range(2, hosts + 1)]
        self._servers = [first, *others]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()

    def url(self, path: str, *, host: int = 1) -> str:
        """Return the address of a path on the host with this number."""
        return f"http://127.0.0.{host}:{self.port}{path}"

    def put(self, path: str, page: Page | Callable[[], Page], *, host: int = 1) -> str:
        """Let a path answer with a page, or with what a function returns; return its address."""
        self._pages[f"127.0.0.{host}", path] = page if callable(page) else lambda: page
        return self.url(path, host=host)

    def page(self, host: str, path: str) -> Page:
        """Return what is at the path now."""
        return self._pages.get((host, path), lambda: MISSING)()

    def note(self, host: str, path: str, headers: Mapping[str, str], status: int) -> None:
        """Remember a request."""
        lower = {name.lower(): value for name, value in headers.items()}
        at = time.monotonic()
        self.asked.append(Asked(host=host, path=path, at=at, headers=lower, status=status))

    def requests(self, path: str) -> list[Asked]:
        """Return the requests for a path so far."""
        return [asked for asked in self.asked if asked.path == path]

    def close(self) -> None:
        """Stop listening."""
        self.stopping.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()


@contextmanager
def serve_web(*, hosts: int = 1) -> Iterator[Web]:
    """Serve a web for as long as the context lasts."""
    web = Web(hosts)
    try:
        yield web
    finally:
        web.close()
