"""A farm of synthetic feeds on loopback, to poll in benchmarks.

    python bench/feeds.py serve --feeds 1000 --port 8700    prints READY once all hosts listen
    python bench/feeds.py urls --feeds 1000 --port 8700     prints the feeds' addresses

Feeds are spread over hosts 127.64.0.1, 127.64.0.2, …, all on one port. The control is plain HTTP
on 127.0.0.1 and the same port: /advance?share=10 (that many percent of the feeds get 1 to 3 new
entries), /conditional?on=0 (no validators, always 200), /stats, /urls, /quit. The same arguments
give the same bytes. It listens on loopback only, and stops by itself after --ttl seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import json
import resource
import sys
import time
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.feed_farm import (
    DEFAULT_HOSTS,
    NEWEST_AT,
    Farm,
    Rendered,
)

CONTROL = "127.0.0.1"
MAX_HEAD_BYTES = 16 * 1024  # of a request; a poller sends a few hundred


class Connection(asyncio.Protocol):
    """One connection to any host of the farm; requests are answered in the order they come."""

    def __init__(self, farm: Farm, *, stop: asyncio.Event, is_control: bool) -> None:
        """Answer as the control, or as a host of feeds."""
        self._farm = farm
        self._stop = stop
        self._answer = self._control if is_control else self._feed
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer through."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows the type
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head, self._waiting = self._waiting[: end + 2], self._waiting[end + 4 :]
            self._transport.write(self._answer(head))
        if len(self._waiting) > MAX_HEAD_BYTES:
            self._transport.abort()

    def _feed(self, head: bytes) -> bytes:
        farm = self._farm
        farm.counts.requests += 1
        number = head.split(b" ", 2)[1].removeprefix(b"/feed/").removesuffix(b".xml")
        if not number.isdigit() or int(number) >= len(farm.feeds):
            farm.counts.missing += 1
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        answer = self._of(farm.rendered(farm.feeds[int(number)]), head.lower())
        farm.counts.sent_bytes += len(answer)
        return answer

    def _of(self, rendered: Rendered, head: bytes) -> bytes:
        farm = self._farm
        if farm.is_conditional and rendered.etag in header(head, b"if-none-match"):
            farm.counts.unchanged += 1
            return rendered.unchanged
        farm.counts.full += 1
        start = rendered.full if farm.is_conditional else rendered.bare
        if b"gzip" in header(head, b"accept-encoding"):
            size = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(rendered.packed)
            return start + size + rendered.packed
        body = gzip.decompress(rendered.packed)
        return start + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def _control(self, head: bytes) -> bytes:
        target = urlsplit(head.split(b" ", 2)[1].decode("latin-1"))
        asked = {name: values[-1] for name, values in parse_qs(target.query).items()}
        body = json.dumps(self._ordered(target.path, asked), indent=1).encode() + b"\n"
        if target.path == "/urls":
            body = "\n".join([*self._farm.urls(), ""]).encode()
        start = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
        return start + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def _ordered(self, path: str, asked: dict[str, str]) -> object:
        match path:
            case "/advance":
                return self._farm.advance(float(asked.get("share", "10")))
            case "/conditional":
                self._farm.is_conditional = asked.get("on", "1") != "0"
                return {"conditional": self._farm.is_conditional}
            case "/quit":
                self._stop.set()
                return {"stopping": True}
            case _:
                return self._farm.stats()


def header(head: bytes, name: bytes) -> bytes:
    """Return a header's value from a head in lower case, b"" where it is not sent."""
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.find(b"\r\n", start)].strip()


async def serve(farm: Farm, *, port: int, ttl_s: float) -> None:
    """Serve the farm until it is told to quit or its time is over."""
    began = time.perf_counter()
    for feed in farm.feeds:
        farm.rendered(feed)
    gc.freeze()  # the rendered feeds stay: the collector need not look at them again
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(
            partial(Connection, farm, stop=stop, is_control=name == CONTROL),
            name,
            port,
            backlog=512,
        )
        for name in (*farm.hosts, CONTROL)
    ]
    entries, size = sum(feed.size for feed in farm.feeds), farm.stats()["bytes"]
    print(
        f"READY feeds={len(farm.feeds)} hosts={len(farm.hosts)} entries={entries} bytes={size} "
        f"control=http://{CONTROL}:{port}/ seconds={time.perf_counter() - began:.1f}",
        flush=True,
    )
    try:
        await asyncio.wait_for(stop.wait(), ttl_s)
        await asyncio.sleep(0.05)  # let the answer to /quit leave
    except TimeoutError:
        print("STOPPED: the time to live is over", flush=True)
    for server in servers:
        server.close()


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("command", choices=("serve", "urls"))
    parser.add_argument("--feeds", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hosts", type=int, default=0, help=f"at most; default {DEFAULT_HOSTS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--newest-at", type=int, default=NEWEST_AT, help="unix time")
    parser.add_argument("--ttl", type=float, default=3_600, help="seconds")
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    asked = arguments()
    farm = Farm(
        asked.feeds,
        port=asked.port,
        hosts=asked.hosts,
        seed=asked.seed,
        newest_at=asked.newest_at,
    )
    if asked.command == "urls":
        print("\n".join(farm.urls()))
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a socket for each host and poller
    asyncio.run(serve(farm, port=asked.port, ttl_s=asked.ttl))


if __name__ == "__main__":
    main()
