"""Serves a newsroom over real HTTP on loopback: each outlet is a host (a port) of its own.

Binds 127.0.0.1 only. One thread, one event loop; what it holds is bounded, and `close` ends it all.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from aggregator.demo.exchange import MAX_HEAD_BYTES, negotiated, read_request, wire_bytes
from aggregator.demo.outlets import AGENCY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.demo.newsroom import Newsroom
    from aggregator.demo.values import Answer, Outlet

ADDRESS = "127.0.0.1"
MAX_CONNECTIONS = 128  # at a time, over all outlets; a demo has one reader and one browser
MAX_LOGGED = 5_000  # requests; older ones are forgotten
MAX_KEPT_ANSWERS = 300  # rendered answers; about 20 kB each
START_S = 10.0  # binding a dozen ports takes milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request that was answered."""

    outlet: str
    method: str
    path: str  # with its query
    headers: Mapping[str, str]  # names in lower case
    status: int


class Running:
    """A newsroom that is being served; `serve` makes one."""

    def __init__(self, newsroom: Newsroom, *, port: int = 0) -> None:
        """Bind a port for each outlet (from `port` upwards, or any free ones) and start serving."""
        self.newsroom = newsroom
        self._round = 0
        self._ports: dict[str, int] = {}
        self._log: deque[Logged] = deque(maxlen=MAX_LOGGED)
        self._kept: dict[tuple[str, str, int], Answer] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._trouble: OSError | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(port,), name="newsfold-demo", daemon=True
        )
        self._thread.start()
        self._ready.wait(START_S)
        if self._trouble is not None:
            self._thread.join()
            raise self._trouble

    @property
    def round(self) -> int:
        """Return the newsroom's present round."""
        return self._round

    @property
    def log(self) -> tuple[Logged, ...]:
        """Return the requests answered so far, oldest first."""
        return tuple(self._log)

    def base_url(self, outlet: Outlet) -> str:
        """Return where an outlet is reached, without a slash at the end."""
        return f"http://{ADDRESS}:{self._ports[outlet.name]}"

    def feed_url(self, outlet: Outlet) -> str:
        """Return the address of an outlet's feed."""
        return self.base_url(outlet) + outlet.path

    def advance(self) -> int:
        """Begin the next round and return its number."""
        self._round += 1
        return self._round

    def close(self) -> None:
        """Stop serving: close every connection and end the thread. Closing twice is no error."""
        with suppress(RuntimeError):  # the loop has been closed before
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    # ------------------------------------------------- in the server's thread

    def _run(self, port: int) -> None:
        try:
            self._loop.run_until_complete(self._serve(port))
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self, port: int) -> None:
        servers: list[asyncio.Server] = []
        try:
            for number, outlet in enumerate(self.newsroom.outlets):
                servers.append(await self._listen(outlet, port + number if port else 0))
        except OSError as error:
            self._trouble = error
            self._stop.set()
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        await self._hang_up()

    async def _listen(self, outlet: Outlet, port: int) -> asyncio.Server:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._talk(outlet, reader, writer)

        server = await asyncio.start_server(talk, ADDRESS, port, limit=MAX_HEAD_BYTES)
        self._ports[outlet.name] = server.sockets[0].getsockname()[1]
        return server

    async def _hang_up(self) -> None:
        """Close the connections; their tasks see the end of the stream and end by themselves."""
        for writer in self._writers:
            writer.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _done, pending = await asyncio.wait(others, timeout=2)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _talk(
        self, outlet: Outlet, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        try:
            if len(self._writers) <= MAX_CONNECTIONS:
                await self._exchange(outlet, reader, writer)
        except OSError:
            pass  # the peer went away in the middle: nobody is left to tell
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(
        self, outlet: Outlet, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while not self._stop.is_set():
            request = await read_request(reader)
            if request is None:
                return
            if outlet.delay_s and request.target == outlet.path:
                await self._wait(outlet.delay_s)
            answer = negotiated(request, self._answer(outlet, request.target))
            self._log.append(
                Logged(
                    outlet=outlet.name,
                    method=request.method,
                    path=request.target,
                    headers=request.headers,
                    status=answer.status,
                )
            )
            writer.write(wire_bytes(request, answer, date=formatdate(usegmt=True)))
            await writer.drain()
            if request.is_last:
                return

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _answer(self, outlet: Outlet, target: str) -> Answer:
        key = (outlet.name, target, self._round)
        if key not in self._kept:
            if len(self._kept) >= MAX_KEPT_ANSWERS:
                self._kept.clear()
            self._kept[key] = self._made(outlet, target, self._round)
        return self._kept[key]

    def _made(self, outlet: Outlet, target: str, this_round: int) -> Answer:
        if target.partition("?")[0] == outlet.path:
            return self.newsroom.document(
                outlet.path,
                round=this_round,
                base_url=self.base_url(outlet),
                agency_url=f"http://{ADDRESS}:{self._ports[AGENCY]}",
            )
        if target.partition("?")[0] == "/":
            return self.newsroom.front_page(outlet, round=this_round)
        return self.newsroom.page(target, round=this_round)


@contextmanager
def serve(newsroom: Newsroom, *, port: int = 0) -> Iterator[Running]:
    """Serve a newsroom on loopback for as long as the context lasts.

    With a port, the outlets take it and the ones after it; raises OSError where one is taken.
    """
    running = Running(newsroom, port=port)
    try:
        yield running
    finally:
        running.close()
