"""The benchmark farm: deterministic, well-formed, and honest about what changed."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import feedparser
import pytest

from bench.feed_farm import Farm, host

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "feeds.py"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve four feeds on two hosts in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    command = [sys.executable, str(SCRIPT), "serve", "--feeds=4", "--hosts=2", "--ttl=20"]
    with subprocess.Popen(  # noqa: S603 - our own script
        [*command, f"--port={free}"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("READY feeds=4 hosts=2 ")
        yield free
        get(f"http://127.0.0.1:{free}/quit")
        assert process.wait(5) == 0


def get(url: str, **headers: str) -> tuple[int, bytes, str]:
    """Return status, body and ETag."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - loopback
            return response.status, response.read(), response.headers.get("ETag", "")
    except HTTPError as error:
        return error.code, error.read(), error.headers.get("ETag", "")


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, twin, other = (Farm(6, port=1, seed=seed) for seed in (1, 1, 2))

    documents = [[farm.document(feed) for feed in farm.feeds] for farm in (one, twin, other)]
    assert documents[0] == documents[1] != documents[2]


def test_every_feed_parses_with_twenty_to_fifty_entries() -> None:
    farm = Farm(12, port=1)

    versions = set()
    for feed in farm.feeds:
        parsed = feedparser.parse(io.BytesIO(farm.document(feed)))
        versions.add(parsed.version)
        assert not parsed.bozo
        assert 20 <= len(parsed.entries) == feed.size <= 50
        assert all(entry.id and entry.title and entry.published_parsed for entry in parsed.entries)
        assert all(300 <= len(entry.html) <= 2_000 for entry in farm.entries(feed))
    assert versions == {"rss20", "atom10"}


def test_agency_texts_are_carried_by_several_feeds() -> None:
    farm = Farm(60, port=1)
    carriers: dict[str, set[int]] = {}
    for feed in farm.feeds:
        for entry in farm.entries(feed):
            if "wire.example.org" in entry.link:
                carriers.setdefault(entry.link.partition("?")[0], set()).add(feed.number)

    assert sum(len(numbers) >= 2 for numbers in carriers.values()) >= 10


def test_an_advance_brings_one_to_three_entries_to_a_share() -> None:
    farm = Farm(40, port=1)
    before = [{entry.uid for entry in farm.entries(feed)} for feed in farm.feeds]

    said = farm.advance(10)

    added = [
        len({entry.uid for entry in farm.entries(feed)} - known)
        for feed, known in zip(farm.feeds, before, strict=True)
    ]
    assert sum(count > 0 for count in added) == said["advanced"] == 4
    assert sum(added) == said["added"]
    assert max(added) <= 3


def test_hosts_are_distinct_loopback_addresses() -> None:
    hosts = [host(number) for number in range(70_000)]

    assert len(set(hosts)) == len(hosts)
    assert all(name.startswith(("127.64.", "127.65.")) for name in hosts)


def test_conditional_requests_are_honoured_until_switched_off(port: int) -> None:
    control = f"http://127.0.0.1:{port}"
    url = get(f"{control}/urls")[1].decode().splitlines()[3]

    status, body, etag = get(url)
    again = get(url, If_None_Match=etag)
    get(f"{control}/advance?share=100")
    moved = get(url, If_None_Match=etag)
    get(f"{control}/conditional?on=0")
    ignored = get(url, If_None_Match=moved[2])
    get(f"{control}/conditional?on=1")

    assert url == f"http://127.64.0.2:{port}/feed/3.xml"
    assert (status, again[0], moved[0], ignored[0]) == (200, 304, 200, 200)
    assert body
    assert again[1] == b""
    assert ignored[1] == moved[1] != body
    assert ignored[2] == ""
    assert get(f"http://127.64.0.1:{port}/feed/4.xml")[0] == 404
