"""A loopback HTTP server that says exactly what a test tells it to, byte for byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.model import Polling
from aggregator.poll.fetch import Fetcher

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLLING = Polling(
    interval=timedelta(hours=1),
    min_interval=timedelta(minutes=15),
    max_interval=timedelta(days=1),
    timeout=timedelta(seconds=2),
    max_body_bytes=100_000,
    allow_private_addresses=True,
    proxy="",
    backfill=20,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came in."""

    raw: bytes
    connection: int

    @property
    def target(self) -> str:
        """The path and query asked for."""
        return self.raw.split(b" ")[1].decode()

    @property
    def fields(self) -> dict[str, str]:
        """The header fields by lower-case name."""
        lines = self.raw.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return {name.lower(): value.strip() for name, _, value in pairs}


Responder = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Reply = bytes | Responder


@dataclass(slots=True, kw_only=True)
class Server:
    """Answers each path with its replies in turn; the last one for ever."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    replies: dict[str, list[Reply]] = field(default_factory=dict)

    def url(self, path: str = "/feed", *, host: str = "127.0.0.1") -> str:
        """Return the URL of a path here."""
        return f"http://{host}:{self.port}{path}"

    def on(self, path: str, *replies: Reply) -> str:
        """Set the replies of a path and return its URL."""
        self.replies[path] = list(replies)
        return self.url(path)

    def ok(self, body: bytes, *fields: str) -> str:
        """Answer /feed with 200 and return its URL."""
        return self.on("/feed", self.http(200, body, *fields))

    def status(self, status: int, *fields: str) -> str:
        """Answer /feed with a status and no body and return its URL."""
        return self.on("/feed", self.http(status, b"", *fields))

    @staticmethod
    def http(status: int, body: bytes = b"", *fields: str) -> bytes:
        """Return a whole and honest answer."""
        lines = [f"HTTP/1.1 {status} Words", *fields]
        if status not in {204, 304}:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    @staticmethod
    def cut(data: bytes) -> Responder:
        """Return a reply that is written and followed by the end of the connection."""

        async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            writer.close()

        return respond

    @staticmethod
    def reset(data: bytes) -> Responder:
        """Return a reply that is written and followed by a reset of the connection."""

        async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            await asyncio.sleep(0.02)  # the data must have left
            at_once = struct.pack("ii", 1, 0)
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            writer.transport.abort()

        return respond

    @staticmethod
    def drip(data: bytes, *, part: bytes, pause_s: float = 0.0) -> Responder:
        """Return a reply that goes on for ever after its beginning."""

        async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            while True:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)

        return respond

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        number = self.connections
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                request = Seen(raw=head, connection=number)
                self.seen.append(request)
                await self.answer(request, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(
        self, request: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Give the path's next reply."""
        replies = self.replies.get(request.target.partition("?")[0], [self.http(404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
        else:
            await reply(reader, writer)


async def started(stack: AsyncExitStack) -> Server:
    server = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await server.serve(reader, writer)

    async def stop() -> None:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    stack.push_async_callback(stop)
    return server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        yield await started(stack)


@pytest.fixture
async def other() -> AsyncIterator[Server]:
    """Another origin."""
    async with AsyncExitStack() as stack:
        yield await started(stack)


MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
async def make_fetcher() -> AsyncIterator[MakeFetcher]:
    """Make fetchers whose clock stands at noon; keyword arguments change Polling."""
    async with AsyncExitStack() as stack:
        made: list[Fetcher] = []

        def make(*, resolve: Any = None, **changes: Any) -> Fetcher:  # noqa: ANN401 - passed on
            fetcher = Fetcher(
                replace(POLLING, **changes),
                user_agent="Newsfold/test (+about)",
                resolve=resolve,
                clock=lambda: NOON,
            )
            made.append(fetcher)
            stack.push_async_exit(fetcher)
            return fetcher

        yield make


@pytest.fixture
def fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    return make_fetcher()


@pytest.fixture
def polling() -> Polling:
    return POLLING


@pytest.fixture
def now() -> datetime:
    return NOON
