"""A WebSub hub on loopback, written for tests from the specification; a test chooses its manners.

It answers subscriptions, verifies them, tells subscribers what a test publishes, and writes down
everything that was said.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

ATOM = "application/atom+xml"


@dataclass(slots=True, kw_only=True)
class Manners:
    """How the hub behaves."""

    status: int = 202
    verifies: str = "while-asked"  # before it answers the form; or "after", or "never"
    lease_s: int = 864_000
    denies: str = ""  # the reason, where it refuses in place of verifying
    delay_s: float = 0.0  # before it answers at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form that came in."""

    fields: dict[str, str]
    headers: dict[str, str]
    at: float  # time.monotonic()

    @property
    def mode(self) -> str:
        """Return what was asked for."""
        return self.fields["hub.mode"]

    @property
    def callback(self) -> str:
        """Return where the subscriber wants to be called."""
        return self.fields["hub.callback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a subscriber answered when the hub called."""

    status: int
    text: str = ""


@dataclass(slots=True, kw_only=True)
class Subscriber:
    """Whom the hub tells of a topic."""

    callback: str
    secret: str


@dataclass
class Hub:
    """The hub; `serve_hub` makes one."""

    manners: Manners = field(default_factory=Manners)
    forms: list[Form] = field(default_factory=list)
    verified: list[tuple[str, bool]] = field(default_factory=list)  # mode, whether confirmed
    subscribers: dict[str, Subscriber] = field(default_factory=dict)  # by topic
    stopping: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Return the hub's address."""
        return f"http://127.0.0.1:{self.port}/hub"

    def asked(self, mode: str) -> list[Form]:
        """Return the forms that asked for this so far."""
        return [form for form in list(self.forms) if form.mode == mode]

    # ---------------------------------------------------------------- its side

    def take(self, form: Form) -> int:
        """Treat a form; return the status to answer it with."""
        self.forms.append(form)
        manners = self.manners
        if manners.delay_s:
            self.stopping.wait(manners.delay_s)
        if manners.verifies == "while-asked" and manners.status == 202:
            self.verify(form)
        elif manners.verifies == "after":
            threading.Timer(0.2, self.verify, (form,)).start()
        return manners.status

    def verify(self, form: Form) -> bool:
        """Ask the subscriber whether it wants this; return whether it does."""
        if self.manners.denies:
            self.deny(form.fields["hub.topic"], form.callback, reason=self.manners.denies)
            return False
        challenge = secrets.token_hex(16)
        heard = call(form.callback, {
            "hub.mode": form.mode,
            "hub.topic": form.fields["hub.topic"],
            "hub.challenge": challenge,
            "hub.lease_seconds": str(self.manners.lease_s),
        })  # fmt: skip
        agreed = heard.status == 200 and heard.text == challenge
        self.verified.append((form.mode, agreed))
        topic = form.fields["hub.topic"]
        if agreed and form.mode == "subscribe":
            secret = form.fields["hub.secret"]
            self.subscribers[topic] = Subscriber(callback=form.callback, secret=secret)
        elif agreed:
            self.subscribers.pop(topic, None)
        return agreed

    def deny(self, topic: str, callback: str, *, reason: str) -> Heard:
        """Tell a subscriber that the hub will not serve it, or no longer."""
        self.subscribers.pop(topic, None)
        fields = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": reason}
        return call(callback, fields)

    def publish(self, topic: str, body: bytes, *, method: str = "sha256") -> int:
        """Bring the body to the topic's subscriber, signed; return what it answered."""
        subscriber = self.subscribers[topic]
        mark = hmac.new(subscriber.secret.encode(), body, method).hexdigest()
        return deliver(subscriber.callback, body, signature=f"{method}={mark}")


def call(callback: str, fields: dict[str, str]) -> Heard:
    """Return what a subscriber answers to a GET at its callback."""
    try:
        with urllib.request.urlopen(f"{callback}?{urlencode(fields)}", timeout=5) as answer:  # noqa: S310 - loopback
            return Heard(status=answer.status, text=answer.read().decode())
    except urllib.error.HTTPError as error:
        return Heard(status=error.code)
    except OSError:
        return Heard(status=0)


def deliver(callback: str, body: bytes, *, signature: str = "") -> int:
    """Return the status that a subscriber answers to a delivery."""
    fields = {"Content-Type": ATOM} | ({"X-Hub-Signature": signature} if signature else {})
    request = urllib.request.Request(callback, data=body, headers=fields, method="POST")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:  # cut off while it was still sending
        return 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.hub = hub

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


class _Talk(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        fields = dict(parse_qsl(body, keep_blank_values=True))
        status = self.server.hub.take(Form(fields=fields, headers=headers, at=time.monotonic()))
        self.send_response(status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"heard")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Keep the test's output clean."""


@contextmanager
def serve_hub() -> Iterator[Hub]:
    """Serve a hub for as long as the context lasts."""
    hub = Hub()
    server = _Server(hub)
    hub.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.stopping.set()
        server.shutdown()
        server.server_close()
