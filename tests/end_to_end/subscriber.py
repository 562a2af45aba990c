"""A WebSub subscriber on loopback, written for tests from the specification.

It asks hubs, answers their questions, takes what they deliver and writes everything down; a test
chooses its manners.
"""

from __future__ import annotations

import hmac
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "between us"  # noqa: S105 - of a test


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One delivery as it came."""

    path: str
    body: bytes
    headers: dict[str, str]  # names in lower case
    at: float  # time.monotonic()

    def is_signed(self, secret: str = SECRET) -> bool:
        """Return whether it bears the right signature."""
        expected = hmac.new(secret.encode(), self.body, "sha256").hexdigest()
        return self.headers.get("x-hub-signature") == f"sha256={expected}"


@dataclass
class Subscriber:
    """The subscriber; `serve_subscriber` makes one."""

    agrees: bool = True
    status: int = 204  # to a delivery
    delay_s: float = 0.0  # before it answers anything
    asked: list[dict[str, str]] = field(default_factory=list)  # the hub's questions
    delivered: list[Delivered] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    host: str = "127.0.0.1"
    port: int = 0

    def callback(self, name: str = "a", *, query: str = "") -> str:
        """Return an address of its own for each name."""
        return f"http://{self.host}:{self.port}/{name}{query}"

    def subscribe(self, hub: str, topic: str, **more: str) -> tuple[int, str]:
        """Ask the hub; return its status and words. `more` are fields without their "hub."."""
        form = {"mode": "subscribe", "topic": topic, "callback": self.callback(), "secret": SECRET}
        return send_form(hub, {f"hub.{name}": value for name, value in (form | more).items()})

    def modes(self) -> list[str]:
        """Return the modes of the hub's questions so far."""
        return [asked["hub.mode"] for asked in list(self.asked)]


def send_form(url: str, form: dict[str, str]) -> tuple[int, str]:
    """Return the status and the words with which a form is answered."""
    request = urllib.request.Request(url, data=urlencode(form).encode(), method="POST")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, subscriber: Subscriber) -> None:
        super().__init__((subscriber.host, 0), _Talk)
        self.subscriber = subscriber

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


class _Talk(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        subscriber = self.server.subscriber
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        subscriber.asked.append(asked)
        subscriber.stopping.wait(subscriber.delay_s)
        told = asked.get("hub.challenge", "").encode() if subscriber.agrees else b"no"
        self._answer(200 if subscriber.agrees else 404, told)

    def do_POST(self) -> None:
        subscriber = self.server.subscriber
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        subscriber.delivered.append(
            Delivered(path=self.path, body=body, headers=headers, at=time.monotonic())
        )
        subscriber.stopping.wait(subscriber.delay_s)
        self._answer(subscriber.status, b"")

    def _answer(self, status: int, told: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Keep the test's output clean."""


@contextmanager
def serve_subscriber(host: str = "127.0.0.1") -> Iterator[Subscriber]:
    """Serve a subscriber for as long as the context lasts."""
    subscriber = Subscriber(host=host)
    server = _Server(subscriber)
    subscriber.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield subscriber
    finally:
        subscriber.stopping.set()
        server.shutdown()
        server.server_close()
