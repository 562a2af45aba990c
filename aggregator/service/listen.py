"""How the service is reached over HTTP: its sockets, and bounds on every connection.

It knows nothing of what is served.
"""

from __future__ import annotations

import errno
import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from h11 import IDLE
from uvicorn.protocols.http.h11_impl import H11Protocol

from aggregator.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

STOP_GRACE_S = 3  # for open connections; the writer's transaction ends in well under a second
BUSY_CONNECTIONS = 200  # from here on, requests are answered 503; each costs some 30 kB
MOST_CONNECTIONS = 400  # beyond, they are cut: file descriptors (often 1,024) are for the store too
HEAD_S = 10.0  # in which a connection has to send a request
ANSWER_S = 300.0  # in which a request has to be answered: 64 MB at 200 kB/s


def serving(app: Callable[..., Any]) -> Server:
    """Return a server for the ASGI application, to be run on sockets of ours."""
    return Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            limit_concurrency=BUSY_CONNECTIONS,
            log_config=None,
            log_level=logging.ERROR,  # nobody mends the requests that scanners send
            access_log=False,
            timeout_graceful_shutdown=STOP_GRACE_S,
            server_header=False,
        )
    )


class Server(uvicorn.Server):
    """uvicorn without its signal handling: the service has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service."""
        yield


class Connection(H11Protocol):
    """uvicorn's connection with bounds: silent peers, slow readers and crowds are let go."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own
        """Take what uvicorn gives."""
        super().__init__(*arguments, **named)
        self._end: asyncio.TimerHandle | None = None
        self._waits_for_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock, or cut the connection where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._end = self.loop.call_later(HEAD_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Give the data on; the clock starts anew where a request begins or a head is whole."""
        super().data_received(data)
        self._set_clock(waits_for_head=self.conn.their_state is IDLE)

    def on_response_complete(self) -> None:
        """Go on to the next request; uvicorn itself ends a connection that then stays idle."""
        super().on_response_complete()
        self._set_clock(waits_for_head=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def _set_clock(self, *, waits_for_head: bool) -> None:
        if waits_for_head is self._waits_for_head or self._end is None:
            return
        self._waits_for_head = waits_for_head
        self._end.cancel()
        limit_s = HEAD_S if waits_for_head else ANSWER_S
        self._end = self.loop.call_later(limit_s, self.transport.abort)


def listening_sockets(listen: str) -> list[socket.socket]:
    """Return sockets bound to every address that "host:port" stands for.

    UsageError where it is taken or is none of this machine. An address of a family that this
    machine does not have ("localhost" on a machine without IPv6) is left out.
    """
    host, _, port = listen.rpartition(":")
    bound: list[socket.socket] = []
    trouble: OSError | None = None
    try:
        for address in _addresses(host.strip("[]"), int(port)):
            try:
                bound.append(_bound(*address))
            except OSError as error:
                trouble = error
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
    except OSError as error:
        trouble = error
        while bound:
            bound.pop().close()
    if bound:
        return bound
    reason = trouble.strerror if trouble else "it stands for no address"
    message = (
        f"Newsfold cannot listen on {listen} ({reason}). Stop what listens there, "
        "or set another `listen` under [service]."
    )
    raise UsageError(message) from trouble


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AddressFamily.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
