"""Connections that were checked: the address guard and the bounds on what is read.

`GuardedBackend` resolves a name once, checks every address and connects to an address that it
checked, so a name that changes its mind between check and connection gains nothing. TLS and the
Host header keep the name. It is httpcore's own seam, so every hop and every reconnection passes it.
"""

from __future__ import annotations

import asyncio
import errno
import select
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import httpcore

from aggregator.poll.address import AddressPolicy, literal_address
from aggregator.poll.head import HTTP, Head

if TYPE_CHECKING:
    import ssl

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

# Only the local end says so: a router on the way answers "host unreachable".
NO_ROUTE = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
LOOKUP_THREADS = 32  # a name server that hangs holds a thread for some 10 s
MAX_ADDRESSES = 4  # tried for a host: two of each family is what large hosts publish
ATTEMPT_S = 4.0  # for an address when others are left: a dead IPv6 route must not take all the time


class RefusedAddressError(Exception):
    """The guard said no to every address of the host."""

    def __init__(self, host: str, address: str, port: int) -> None:
        """Keep what the operator needs to allow it."""
        super().__init__(f"{host} is at {address}")
        self.host = host
        self.address = address
        self.port = port


class LookupFailedError(Exception):
    """The host's name has no address, or no name server said so."""

    def __init__(self, host: str, *, unanswered: bool = False) -> None:
        """Keep whether a name server answered at all."""
        super().__init__(host)
        self.unanswered = unanswered


class FloodError(Exception):
    """The server sent more around the body than any honest answer has."""


class NoRouteError(Exception):
    """This machine itself has no way to the address's network."""

    def __init__(self, address: str) -> None:
        """Keep what was to be reached."""
        super().__init__(address)
        self.address = address


class StaleConnectionError(Exception):
    """The server had closed a kept connection before it saw the request: ask again on another."""


class Resolver:
    """Looks names up in threads of its own, so that slow name servers stop nothing else."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="newsfold-dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the host's addresses in the order of preference; LookupFailedError for none."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, look_up, host, port)

    def close(self) -> None:
        """Let look-ups that hang end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, once each; LookupFailedError when there is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        unanswered = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        raise LookupFailedError(host, unanswered=unanswered) from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def telling(errors: Sequence[Exception], addresses: Sequence[str]) -> Exception:
    """Return what says most of why no address could be connected to: the last that was tried.

    But an address that this machine has no route to says nothing of the host, so it counts only
    where there is no other: NoRouteError then.
    """
    reached = [error for error in errors if not is_without_route(error)]
    return reached[-1] if reached else NoRouteError(addresses[0])


def is_without_route(error: BaseException) -> bool:
    """Return whether a connection failed before it left this machine."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in NO_ROUTE:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def is_readable(descriptor: int) -> bool:
    """Return whether a socket has something to read, or is closed."""
    if descriptor < 0:
        return True
    watch = select.poll()
    watch.register(descriptor, select.POLLIN)
    return bool(watch.poll(0))


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that gives up reading where an answer's allowance is spent.

    A head is read whole, under its own limit, before any of it is handed on: h11 has a fixed limit
    of 100 kB for what is not yet whole. Whoever has the head grants the rest with `allow`. So
    header floods, endless 103s, padding between chunks and trailers are bounded alike.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream, *, head_limit_bytes: int) -> None:
        """Wrap a fresh connection."""
        self._inner = inner
        self._head_limit_bytes = head_limit_bytes
        self._head: Head | None = Head(head_limit_bytes)  # None: it was read
        self._left_bytes = 0
        self._answered = False  # an answer came over this connection before
        self._socket: socket.socket | None = None
        self._silent = True  # nothing was read since the last request was written

    def allow(self, count_bytes: int) -> None:
        """Grant this many more bytes: the head was read."""
        self._left_bytes = count_bytes
        self._answered = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read a whole head, or some bytes of what follows; FloodError when that is too much."""
        head = self._head
        while head is not None:
            data = await self._read(max_bytes, timeout)
            if not data:
                return head.rest()
            whole = head.feed(data)
            if whole is not None:
                if whole.startswith(HTTP):
                    self._head = None
                return whole
        if self._left_bytes <= 0:
            raise FloodError
        data = await self._read(min(max_bytes, self._left_bytes), timeout)
        self._left_bytes -= len(data)
        return data

    async def _read(self, max_bytes: int, timeout: float | None) -> bytes:  # noqa: ASYNC109 - httpcore's own
        try:
            data = await self._inner.read(max_bytes, timeout)
        except httpcore.ReadError as error:
            self._raise_if_stale(error)
            raise
        if not data:
            self._raise_if_stale(None)
        self._silent = False
        return data

    def _raise_if_stale(self, cause: Exception | None) -> None:
        if self._answered and self._silent:
            raise StaleConnectionError from cause

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Write a request; a new head is awaited."""
        self._head = Head(self._head_limit_bytes)
        self._left_bytes = 0
        self._silent = True
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection as TLS, bounded likewise."""
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return BoundedStream(inner, head_limit_bytes=self._head_limit_bytes)

    def get_extra_info(self, info: str) -> object:
        """Return what the connection says of itself.

        The pool asks every idle connection whether it `is_readable` (closed by the server) before
        each request; that is answered here, as asking anyio takes 30 microseconds.
        """
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        if self._socket is None:
            self._socket = cast(socket.socket, self._inner.get_extra_info("socket"))
        return is_readable(self._socket.fileno())


class OpenBackend(httpcore.AsyncNetworkBackend):
    """Connects to whatever it is told, with bounded reading: the way to an operator's proxy."""

    def __init__(self, resolve: Resolve, *, head_limit_bytes: int) -> None:
        """Take who looks names up, and the limit for each answer's head."""
        self._resolve = resolve
        self._head_limit_bytes = head_limit_bytes
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; httpcore.ConnectError for none.

        NoRouteError where this machine has a way to none of them.
        """
        failures: list[Exception] = []
        addresses = await self.addresses_of(host, port)
        for address in addresses:
            patience_s = None if address == addresses[-1] else ATTEMPT_S
            try:
                async with asyncio.timeout(patience_s):
                    stream = await self._plain.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
            except (httpcore.ConnectError, httpcore.ConnectTimeout, TimeoutError) as error:
                failures.append(error)
            else:
                return BoundedStream(stream, head_limit_bytes=self._head_limit_bytes)
        raise telling(failures, addresses)

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Return at most `MAX_ADDRESSES` addresses to try, never none of them."""
        if literal := literal_address(host):
            return (str(literal),)
        addresses = await self._resolve(host, port)
        if not addresses:
            raise LookupFailedError(host)
        return addresses[:MAX_ADDRESSES]

    async def sleep(self, seconds: float) -> None:
        """Wait: httpcore asks for it between retries."""
        await asyncio.sleep(seconds)


class GuardedBackend(OpenBackend):
    """Connects only to addresses that the policy allows."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve, *, head_limit_bytes: int) -> None:
        """Take the policy, who looks names up, and the limit for each answer's head."""
        super().__init__(resolve, head_limit_bytes=head_limit_bytes)
        self._policy = policy

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Return the allowed addresses; RefusedAddressError when there is none."""
        found = await super().addresses_of(host, port)
        allowed = [address for address in found if self._policy.allows(address, port)]
        if not allowed:
            raise RefusedAddressError(host, found[0], port)
        return allowed
