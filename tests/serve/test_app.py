from __future__ import annotations

import asyncio
import gzip
import os
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from aggregator.serve import app as app_module
from aggregator.serve.app import build_app
from aggregator.serve.files import find
from tests.serve.sockets import listening_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.types import Message

ENTRY = "<entry><title>Harbour bridge opens</title></entry>\n"
ATOM = f'<?xml version="1.0" encoding="utf-8"?>\n<feed>{ENTRY * 100}</feed>'.encode()
SMALL = b"<feed/>"
WRITTEN_S = 1_700_000_000  # Tue, 14 Nov 2023 22:13:20 GMT

DOCUMENTS = {
    "index.html": b"<!DOCTYPE html><p>front page</p>" * 50,
    "newsfold.css": b"p { margin: 0 }" * 50,
    "world.atom": ATOM,
    "world.rss": b"<rss version='2.0'/>" * 50,
    "world.json": b'{"version": "https://jsonfeed.org/version/1.1"}',
    "world.html": b"<!DOCTYPE html><p>world</p>",
    "small.atom": SMALL,
    "world/archive-0001.atom": ATOM + b"<!-- archive -->",
    ".hidden.atom": b"half-written",
    ".tmpk2b1.tmp": b"half-written",
    "world/.archive-0002.atom": b"half-written",
    ".git/config.json": b"private",
    "newsfold.db": b"private",
    "notes.txt": b"private",
}
WRITTEN = "Tue, 14 Nov 2023 22:13:20 GMT"
GZIP = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Site:
    """The folders of a test: what is public, and a private neighbour."""

    public_dir: Path
    private_dir: Path


def write(path: Path, content: bytes, *, at_s: float = WRITTEN_S) -> None:
    """Replace a file as the publisher does, with a chosen time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(content)
    os.utime(unfinished, (at_s, at_s))
    unfinished.replace(path)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(public_dir=tmp_path / "public", private_dir=tmp_path / "data")
    for name, content in DOCUMENTS.items():
        write(site.public_dir / name, content)
    write(site.private_dir / "secret.json", b"private")
    return site


def connect(public_dir: Path) -> httpx.AsyncClient:
    """Return a client of a fresh application; nothing is compressed unless a test asks."""
    app = build_app(public_dir=public_dir, health=lambda: {"status": "ok"})
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://news.test",
        headers={"Accept-Encoding": "identity"},
    )


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(site.public_dir) as client:
        yield client


async def etag_of(client: httpx.AsyncClient, path: str, **fields: str) -> str:
    return (await client.get(path, headers=fields)).headers["etag"]


# ------------------------------------------------------------------ content


@pytest.mark.parametrize(
    ("path", "name", "content_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/newsfold.css", "newsfold.css", "text/css; charset=utf-8"),
        ("/world.atom", "world.atom", "application/atom+xml; charset=utf-8"),
        ("/world.rss", "world.rss", "application/rss+xml; charset=utf-8"),
        ("/world.json", "world.json", "application/feed+json"),
        ("/world.html", "world.html", "text/html; charset=utf-8"),
        (
            "/world/archive-0001.atom",
            "world/archive-0001.atom",
            "application/atom+xml; charset=utf-8",
        ),
    ],
)
async def test_a_published_file_is_served(
    client: httpx.AsyncClient, path: str, name: str, content_type: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.content == DOCUMENTS[name]
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == str(len(DOCUMENTS[name]))


async def test_a_query_changes_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/world.atom?from=reader")).content == ATOM


@pytest.mark.parametrize("path", ["/", "/world.atom", "/small.atom", "/none.atom", "/healthz"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_head_is_get_without_the_body(
    client: httpx.AsyncClient, path: str, encoding: str
) -> None:
    fields = {"Accept-Encoding": encoding}

    get = await client.get(path, headers=fields)
    head = await client.head(path, headers=fields)

    assert head.status_code == get.status_code
    assert head.headers == get.headers


async def test_a_head_sends_no_body(site: Site) -> None:
    """Below the server, which would hide one: the application itself sends none."""
    sent = await speak(site.public_dir, method="HEAD")

    assert b"".join(bytes(message.get("body", b"")) for message in sent) == b""


async def speak(public_dir: Path, *, method: str) -> list[Message]:
    """Return the ASGI messages that the application answers with."""
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": "/world.atom", "headers": []}
    app = build_app(public_dir=public_dir, health=dict)
    await app(scope, receive, send)
    return sent


# ----------------------------------------------------------- not for readers


@pytest.mark.parametrize(
    "path",
    [
        "/none.atom",
        "/world",
        "/world/",
        "/world.atom/",
        "//world.atom",
        "/.hidden.atom",
        "/%2ehidden.atom",
        "/.tmpk2b1.tmp",
        "/world/.archive-0002.atom",
        "/.git/config.json",
        "/newsfold.db",
        "/notes.txt",
        "/../data/secret.json",
        "/%2e%2e/data/secret.json",
        "/..%2fdata%2fsecret.json",
        "/%2e%2e%2fdata%2fsecret.json",
        "/world/..%2f..%2fdata/secret.json",
        "/world/%2e%2e/world.atom",
        "/..%5cdata%5csecret.json",
        "/%252e%252e/data/secret.json",
        "/%c0%ae%c0%ae/data/secret.json",
        "/out.json",
        "/up/data/secret.json",
        "/world.atom%00.html",
        "/world.atom%0a",
        "/%0a",
        "/line%0abreak.atom",
        "/" + "x" * 5000 + ".atom",
        "/healthz/",
    ],
)
async def test_nothing_else_is_served(site: Site, client: httpx.AsyncClient, path: str) -> None:
    (site.public_dir / "out.json").symlink_to(site.private_dir / "secret.json")
    (site.public_dir / "up").symlink_to("..")
    url = httpx.URL("http://news.test").copy_with(raw_path=path.encode())

    answer = await client.get(url)

    assert answer.status_code == 404
    assert b"private" not in answer.content
    assert b"half-written" not in answer.content


async def test_a_missing_page_says_so_in_plain_words(client: httpx.AsyncClient) -> None:
    answer = await client.get("/world/none.atom")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "Nothing is published at this address" in answer.text
    assert '<a href="../">front page</a>' in answer.text
    assert "none.atom" not in answer.text


async def test_a_new_service_asks_for_patience(tmp_path: Path) -> None:
    async with connect(tmp_path / "not-yet") as client:
        answer = await client.get("/")

    assert answer.status_code == 404
    assert "after the first poll" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("path", ["/world.atom", "/none.atom", "/healthz"])
async def test_only_reading_is_allowed(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert "GET or HEAD" in answer.text


async def test_a_file_too_large_to_pack_is_refused_with_the_mend(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "LARGEST_FILE_BYTES", 1000)

    answer = await client.get("/world.atom")

    assert answer.status_code == 500
    assert "<code>limit</code>" in answer.text


async def test_a_file_that_vanishes_before_it_is_read_is_missing(
    client: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find(site.public_dir, "/world.atom")
    (site.public_dir / "world.atom").unlink()
    monkeypatch.setattr(app_module, "find", lambda *_: found)

    assert (await client.get("/world.atom")).status_code == 404


# ------------------------------------------------------------ header fields


async def test_pages_may_run_and_load_nothing(client: httpx.AsyncClient) -> None:
    fields = (await client.get("/")).headers

    assert fields["content-security-policy"] == (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in fields


@pytest.mark.parametrize("path", ["/world.atom", "/world.rss", "/world.json"])
async def test_feeds_are_open_to_readers_in_browsers(client: httpx.AsyncClient, path: str) -> None:
    fields = (await client.get(path)).headers

    assert fields["access-control-allow-origin"] == "*"
    assert fields["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "cache_control"),
    [
        ("/", "public, max-age=300"),
        ("/world.atom", "public, max-age=300"),
        ("/world/archive-0001.atom", "public, max-age=31536000, immutable"),
    ],
)
async def test_archives_are_kept_for_good(
    client: httpx.AsyncClient, path: str, cache_control: str
) -> None:
    assert (await client.get(path)).headers["cache-control"] == cache_control


async def test_the_time_is_the_files(client: httpx.AsyncClient) -> None:
    assert (await client.get("/world.atom")).headers["last-modified"] == WRITTEN


async def test_a_time_to_come_is_not_told(client: httpx.AsyncClient, site: Site) -> None:
    """Told, it would come back as If-Modified-Since and hide every change until then."""
    write(site.public_dir / "world.atom", ATOM, at_s=time.time() + 86_400)

    told = (await client.get("/world.atom")).headers["last-modified"]
    again = await client.get("/world.atom", headers={"If-Modified-Since": told})

    assert parsedate_to_datetime(told).timestamp() <= time.time()
    assert again.status_code == 200


# ------------------------------------------------------------- compression


async def test_gzip_is_sent_when_asked_for(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/world.atom", headers=GZIP) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(raw))
    assert gzip.decompress(raw) == ATOM
    assert raw[4:8] == bytes(4), "a time in the gzip header would change the bytes"


@pytest.mark.parametrize("path", ["/small.atom", "/world.html"])
async def test_a_small_body_is_sent_as_it_is(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=GZIP)

    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_each_coding_has_its_own_strong_tag(client: httpx.AsyncClient) -> None:
    plain = await etag_of(client, "/world.atom")
    packed = await etag_of(client, "/world.atom", **GZIP)

    assert packed == f'{plain[:-1]}-gzip"'
    assert plain.startswith('"')


async def test_a_restart_keeps_tag_and_bytes(site: Site) -> None:
    """The content alone makes the tag, even when the file was written anew."""
    answers = []
    for at_s in (WRITTEN_S, WRITTEN_S + 60):
        write(site.public_dir / "world.atom", ATOM, at_s=at_s)
        async with (
            connect(site.public_dir) as client,
            client.stream("GET", "/world.atom", headers=GZIP) as answer,
        ):
            raw = b"".join([piece async for piece in answer.aiter_raw()])
            answers.append((answer.headers["etag"], raw))

    assert answers[0] == answers[1]


async def test_a_replaced_file_is_served_at_once(client: httpx.AsyncClient, site: Site) -> None:
    before = await etag_of(client, "/small.atom")
    write(site.public_dir / "small.atom", SMALL.upper())

    answer = await client.get("/small.atom", headers={"If-None-Match": before})

    assert answer.status_code == 200
    assert answer.content == SMALL.upper()


# ------------------------------------------------------ conditional requests


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"If-None-Match": "{tag}"}, 304),
        ({"If-None-Match": "W/{tag}"}, 304),
        ({"If-None-Match": '"x", {tag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": WRITTEN}, 200),
        ({"If-None-Match": "{tag}", "If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": WRITTEN}, 304),
        ({"If-Modified-Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200),
        ({"If-Modified-Since": "never"}, 200),
        ({}, 200),
    ],
    ids=str,
)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_unchanged_file_is_not_sent_again(
    client: httpx.AsyncClient, fields: Mapping[str, str], status: int, encoding: str, method: str
) -> None:
    coding = {"Accept-Encoding": encoding}
    tag = await etag_of(client, "/world.atom", **coding)
    asked = {name: value.format(tag=tag) for name, value in fields.items()}

    answer = await client.request(method, "/world.atom", headers=asked | coding)

    assert answer.status_code == status


async def test_the_other_codings_tag_is_no_match(client: httpx.AsyncClient) -> None:
    packed = await etag_of(client, "/world.atom", **GZIP)

    answer = await client.get("/world.atom", headers={"If-None-Match": packed})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/world.atom", "/world/archive-0001.atom", "/"])
async def test_a_304_carries_what_caches_need_and_no_body(
    client: httpx.AsyncClient, path: str
) -> None:
    full = await client.get(path, headers=GZIP)
    known = {"If-None-Match": full.headers["etag"]}

    answer = await client.get(path, headers=GZIP | known)

    assert answer.status_code == 304
    assert answer.content == b""
    for name in ("etag", "cache-control", "vary", "last-modified"):
        assert answer.headers[name] == full.headers[name]
    assert not {"content-length", "content-type", "content-encoding"} & answer.headers.keys()


async def test_a_missing_file_is_missing_whatever_the_condition(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/none.atom", headers={"If-None-Match": "*"})

    assert answer.status_code == 404


# ------------------------------------------------------- over a real socket


@asynccontextmanager
async def listening(public_dir: Path) -> AsyncIterator[str]:
    """Serve on a free port of loopback, as the service does."""
    app = build_app(public_dir=public_dir, health=lambda: {"status": "ok"})
    async with listening_app(app) as address:
        yield address


async def test_a_reader_over_the_network_gets_it_all_and_then_a_304(site: Site) -> None:
    large = os.urandom(300_000).hex().encode()
    write(site.public_dir / "large.html", large)

    async with (
        listening(site.public_dir) as address,
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        first = await client.get("/large.html")
        known = {"If-None-Match": first.headers["etag"]}
        again = await client.get("/large.html", headers=known)
        plain = await client.get("/large.html", headers={"Accept-Encoding": "identity"})
        head = await client.head("/large.html")

    assert (first.content, first.headers["content-encoding"]) == (large, "gzip")
    assert (again.status_code, again.content) == (304, b"")
    assert plain.content == large
    assert head.headers["content-length"] == first.headers["content-length"]


@pytest.mark.parametrize(
    "target",
    ["/../data/secret.json", "/%2e%2e/data/secret.json", "/..%2fdata/secret.json", "/.hidden.atom"],
)
async def test_a_hand_written_request_climbs_nowhere(site: Site, target: str) -> None:
    """No client library tidies the path first."""
    async with listening(site.public_dir) as address:
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 404")
    assert b"private" not in answer
    assert b"half-written" not in answer


async def test_a_large_new_file_does_not_hold_up_the_others(site: Site) -> None:
    """Reading and packing goes on in a thread while the loop answers."""
    write(site.public_dir / "huge.html", os.urandom(4_000_000).hex().encode())

    async with connect(site.public_dir) as client:
        await client.get("/small.atom")
        slow = asyncio.create_task(client.head("/huge.html"))
        await asyncio.sleep(0)
        quick = 0
        while not slow.done():
            await client.get("/small.atom")
            quick += 1

    assert slow.result().status_code == 200
    assert quick > 10
