"""RFC 3229 with the "feed" manipulation, over the application and over real sockets."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import httpx
import pytest

from aggregator.digest import atom
from aggregator.digest.sheet import Sheet
from aggregator.serve import delta as delta_module
from aggregator.serve.app import build_app
from aggregator.serve.body import tag_of
from aggregator.serve.conditions import wants_delta
from aggregator.serve.cut import cut
from aggregator.serve.delta import Feeds
from aggregator.serve.files import find
from aggregator.serve.shelf import Shelf
from tests.digest import validators
from tests.digest.makers import LIVE, publications
from tests.digest.validators import ATOM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from aggregator.serve.body import Body
    from aggregator.serve.files import Found

WANTS = {"A-IM": "feed", "Accept-Encoding": "identity"}
HUB = "https://hub.example/"


def document(count: int) -> bytes:
    made = tuple(publications(count))
    sheet = Sheet(digest=LIVE, public_url="https://n.example", publications=made)
    return atom.write(sheet, stylesheet="newsfold-feed.css")


@dataclass
class Known:
    """The versions that the publisher remembers; it counts how often it is asked."""

    versions: list[bytes] = field(default_factory=list)
    asked: int = 0

    def newest(self, name: str, tags: Sequence[str]) -> tuple[str, frozenset[bytes]] | None:
        """Return the newest of these versions that is known."""
        self.asked += 1
        for version in reversed(self.versions):
            pieces = cut(version, name)
            if tag_of(version) in tags and pieces:
                return tag_of(version), pieces.marks()
        return None


@dataclass
class Site:
    """A digest that grows; every version is remembered."""

    folder: Path
    known: Known = field(default_factory=Known)

    def publish(self, count: int, name: str = "world.atom") -> bytes:
        """Write the document of so many entries."""
        body = document(count)
        (self.folder / name).write_bytes(body)
        self.known.versions.append(body)
        return body


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.publish(3)
    return made


@asynccontextmanager
async def reading(site: Site, **fields: str) -> AsyncIterator[httpx.AsyncClient]:
    feeds = Feeds(public_url="https://n.example", hubs=(HUB,), newest=site.known.newest)
    app = build_app(public_dir=site.folder, health=dict, feeds=feeds)
    transport = httpx.ASGITransport(app=app)
    headers = WANTS | fields
    async with httpx.AsyncClient(
        transport=transport, base_url="http://news.test", headers=headers
    ) as client:
        yield client


async def known_tag(client: httpx.AsyncClient, path: str = "/world.atom") -> str:
    return str((await client.get(path)).headers["etag"])


def entries(body: bytes) -> int:
    return len(ET.fromstring(body).findall(f"{ATOM}entry"))  # noqa: S314 - our own output


async def test_what_is_new_comes_with_226(site: Site) -> None:
    async with reading(site) as client:
        tag = await known_tag(client)
        whole = site.publish(5)
        answer = await client.get("/world.atom", headers={"If-None-Match": tag})
        head = await client.head("/world.atom", headers={"If-None-Match": tag})

    assert answer.status_code == 226
    assert answer.headers["im"] == "feed"
    assert answer.headers["delta-base"] == tag
    assert answer.headers["etag"] == f'"{tag_of(whole)}"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept-Encoding, A-IM, If-None-Match"
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["link"].startswith(f'<{HUB}>; rel="hub"')
    assert answer.headers["access-control-allow-origin"] == "*"
    assert entries(answer.content) == 2
    assert validators.atom_delta(answer.content) == []
    assert head.status_code == 200  # RFC 3229 section 10.4.1: a 226 answers a GET


@pytest.mark.parametrize(
    "fields",
    [
        {"A-IM": "vcdiff"},
        {"A-IM": "feed;q=0"},
        {"A-IM": "feed;q=0.5, identity"},
        {"A-IM": ""},
        {"If-None-Match": f'"{"0" * 32}"'},
        {"If-None-Match": '"of another server"'},
        {"If-None-Match": ""},
    ],
    ids=str,
)
async def test_otherwise_the_whole_comes(site: Site, fields: dict[str, str]) -> None:
    async with reading(site) as client:
        tag = await known_tag(client)
        whole = site.publish(5)
        answer = await client.get("/world.atom", headers={"If-None-Match": tag} | fields)

    assert (answer.status_code, answer.content) == (200, whole)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "im" not in answer.headers


async def test_nothing_new_is_a_304(site: Site) -> None:
    async with reading(site) as client:
        tag = await known_tag(client)
        answer = await client.get("/world.atom", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")


async def test_where_everything_is_new_the_whole_comes(site: Site) -> None:
    other = document(3).replace(b"Headline", b"Other headline")
    async with reading(site) as client:
        tag = await known_tag(client)
        (site.folder / "world.atom").write_bytes(other)
        answer = await client.get("/world.atom", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (200, other)


async def test_each_coding_has_its_own_tags(site: Site) -> None:
    """The base and the tag are of the coding that is sent; small deltas go unpacked."""
    async with reading(site, **{"Accept-Encoding": "gzip"}) as client:
        tag = await known_tag(client)
        whole = site.publish(9)
        answer = await client.get("/world.atom", headers={"If-None-Match": tag})
        again = await client.get("/world.atom", headers={"If-None-Match": answer.headers["etag"]})
        plain = await client.get(
            "/world.atom", headers={"If-None-Match": tag, "Accept-Encoding": "identity"}
        )

    assert tag.endswith('-gzip"')
    assert answer.status_code == 226
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["delta-base"] == tag
    assert answer.headers["etag"] == f'"{tag_of(whole)}-gzip"'
    assert entries(answer.content) == 6
    assert again.status_code == 304
    assert (plain.status_code, plain.headers["etag"]) == (226, f'"{tag_of(whole)}"')
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


async def test_the_newest_known_version_is_the_base(site: Site) -> None:
    async with reading(site) as client:
        oldest = await known_tag(client)
        site.publish(5)
        newer = await known_tag(client)
        site.publish(6)
        both = {"If-None-Match": f'"{"0" * 32}", {oldest}, W/{newer}'}
        answer = await client.get("/world.atom", headers=both)

    assert answer.headers["delta-base"] == newer
    assert entries(answer.content) == 1


async def test_archives_and_pages_come_whole(site: Site) -> None:
    (site.folder / "world").mkdir()
    async with reading(site) as client:
        for name in ("world/archive-0001.atom", "world.html"):
            site.publish(3, name)
            tag = await known_tag(client, f"/{name}")
            site.publish(5, name)
            answer = await client.get(f"/{name}", headers={"If-None-Match": tag})
            assert answer.status_code == 200
            assert "link" not in answer.headers


async def test_a_pair_of_versions_is_computed_once(site: Site) -> None:
    async with reading(site) as client:
        tag = await known_tag(client)
        site.publish(5)
        for _ in range(5):
            assert (await client.get("/world.atom", headers={"If-None-Match": tag})).is_success
            unknown = {"If-None-Match": f'"{"0" * 32}"'}
            assert (await client.get("/world.atom", headers=unknown)).status_code == 200

    assert site.known.asked == 2


async def test_what_is_kept_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta_module, "MOST_KEPT", 10)
    deltas = delta_module.Deltas(site.known.newest, limit_bytes=3_000)
    found, body = await _found(site)
    for number in range(40):
        await deltas.since(found, body, [f"{number:032x}"])

    assert len(deltas._kept) == 10


async def _found(site: Site) -> tuple[Found, Body]:
    found = find(site.folder, "/world.atom")
    assert found
    body = await Shelf().fetch(found)
    assert body
    return found, body


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("feed", True),
        ("vcdiff, feed", True),
        ("FEED;q=0.1", True),
        ("feed;q=1.0, gzip", True),
        ("feed;q=0", False),
        ("feed;q=0.3, identity;q=0.7", False),
        ("feed;q=x", False),
        ("feedback", False),
        ("", False),
    ],
)
def test_a_im_is_a_list_with_weights(field: str, wanted: bool) -> None:  # noqa: FBT001 - a table
    assert wants_delta(field) is wanted
