"""Connections that would hold the service up: each is let go, and the others are served."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.errors import UsageError
from aggregator.service import listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Send = Callable[[dict[str, Any]], Awaitable[None]]

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PIECE = b"x" * 65_536


async def endless(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answer with a body that fills every buffer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1_000):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})


async def short(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answer at once."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(app: Callable[..., Any]) -> AsyncIterator[int]:
    """Serve the application on a free port."""
    (bound,) = listen.listening_sockets("127.0.0.1:0")
    port = bound.getsockname()[1]
    server = listen.serving(app)
    task = asyncio.create_task(server.serve([bound]))
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await task


async def opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def is_cut(reader: asyncio.StreamReader, *, within_s: float = 2) -> bool:
    """Return whether the other side ends the connection in time."""
    try:
        async with asyncio.timeout(within_s):
            while await reader.read(65_536):
                pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


async def test_a_silent_connection_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "HEAD_S", 0.2)
    async with served(short) as port:
        reader, _ = await opened(port)

        assert await is_cut(reader)


async def test_a_request_that_drips_in_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then does not start the clock anew."""
    monkeypatch.setattr(listen, "HEAD_S", 0.3)
    async with served(short) as port:
        reader, writer = await opened(port)

        async def drip() -> None:
            for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 100:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await is_cut(reader)
        dripping.cancel()


async def test_a_reader_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer must not be held in memory for ever."""
    monkeypatch.setattr(listen, "ANSWER_S", 0.3)
    async with served(endless) as port:
        reader, writer = await opened(port)
        writer.write(REQUEST)
        await asyncio.sleep(0.8)

        assert await is_cut(reader)


async def test_a_connection_may_be_used_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a request ends with its answer."""
    monkeypatch.setattr(listen, "HEAD_S", 0.4)
    monkeypatch.setattr(listen, "ANSWER_S", 0.4)
    async with served(short) as port:
        reader, writer = await opened(port)
        for _ in range(4):
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(2) == b"ok"
            await asyncio.sleep(0.2)
        writer.close()


async def test_a_crowd_is_turned_away_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "MOST_CONNECTIONS", 3)
    async with served(short) as port:
        crowd = [await opened(port) for _ in range(3)]
        late, _ = await opened(port)
        assert await is_cut(late)

        crowd[0][1].close()
        await asyncio.sleep(0.1)
        reader, writer = await opened(port)
        writer.write(REQUEST)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        for _, each in [*crowd[1:], (reader, writer)]:
            each.close()


def test_a_taken_port_is_told_with_the_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(UsageError, match=r"Address already in use.*`listen`"):
            listen.listening_sockets(where)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(UsageError, match=r"192\.0\.2\.1:8080"):
        listen.listening_sockets("192.0.2.1:8080")


def test_localhost_is_every_loopback_address_there_is() -> None:
    bound = listen.listening_sockets("localhost:0")

    assert bound
    for each in bound:
        assert each.getsockname()[0] in {"127.0.0.1", "::1"}
        each.close()
