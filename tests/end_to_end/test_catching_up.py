"""How readers keep up: by what is new alone, or by the archives after a month away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest

from aggregator.pipeline.house import House
from aggregator.pipeline.topics import Topics
from aggregator.serve.app import build_app
from aggregator.serve.cut import cut
from aggregator.serve.delta import Feeds, versions_in
from tests.digest import validators
from tests.digest.validators import ATOM
from tests.end_to_end import published
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, store_of, take_round, write
from tests.end_to_end.web import serve_web
from tests.serve.sockets import listening_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.web import Web

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROUNDS = 10
SMALL = '[[digests]]\nname = "all"\ntitle = "All"\nsettle = "0s"\nlimit = 5\n'
CHECKS = {
    "atom": (validators.atom, validators.atom_delta),
    "rss": (validators.rss, validators.rss),
    "json": (validators.json_feed, validators.json_feed),
}


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


@dataclass
class Newsroom:
    """A house that publishes what one feed tells, round by round."""

    web: Web
    path: Path
    clock: Clock = field(default_factory=lambda: Clock(NOON))

    def tell(self, *numbers: int) -> None:
        """Let the feed hold these entries, poll and publish; notice what has changed."""
        items = [invented(n, published_at=NOON + timedelta(minutes=n)) for n in numbers]
        self.web.put("/feed", page(items))
        self.clock.move(timedelta(hours=1))
        loaded = load(self.path)
        with House.open(loaded, clock=self.clock) as house:
            take_round(house)
            topics = Topics(loaded, house.desk.db)
            topics.look(now=self.clock.now, then=lambda _: None)

    @property
    def public(self) -> Path:
        """Return the folder of the published files."""
        return public_of(load(self.path))


@pytest.fixture
def newsroom(web: Web, tmp_path: Path) -> Newsroom:
    return Newsroom(web, write(tmp_path, Plan(feeds=[web.url("/feed")])))


# ---------------------------------------------------------------- what is new alone


@dataclass
class Reader:
    """A reader that asks for what is new and keeps entries by id, as their bytes."""

    form: str
    entries: dict[str, bytes] = field(default_factory=dict)
    tag: str = ""
    statuses: list[int] = field(default_factory=list)

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Ask once, and take in what came."""
        fields = {"A-IM": "feed"} | ({"If-None-Match": self.tag} if self.tag else {})
        answer = await client.get(f"/all.{self.form}", headers=fields)
        self.statuses.append(answer.status_code)
        if answer.status_code == 304:
            return
        whole, delta = CHECKS[self.form]
        assert (delta if answer.status_code == 226 else whole)(answer.content) == []
        self.tag = answer.headers["etag"]
        self.entries |= by_id(answer.content, self.form)


def by_id(document: bytes, form: str) -> dict[str, bytes]:
    """Return the document's entries as their bytes."""
    pieces = cut(document, f"all.{form}")
    assert pieces
    if form == "json":
        ids = [one["id"] for one in json.loads(document)["items"]]
    else:
        root = ET.fromstring(document)  # noqa: S314 - our own output
        name = f"{ATOM}entry/{ATOM}id" if form == "atom" else "channel/item/guid"
        ids = [one.text for one in root.findall(name)]
    return dict(zip(ids, pieces.entries, strict=True))


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_ten_rounds_of_what_is_new_come_to_the_whole(newsroom: Newsroom, coding: str) -> None:
    """Each round is a restart of everything; one brings nothing."""
    readers = [Reader(form) for form in CHECKS]
    newsroom.tell(1, 2, 3)
    for number in range(4, 4 + ROUNDS):
        store = store_of(load(newsroom.path))
        feeds = Feeds(newest=versions_in(store))
        app = build_app(public_dir=newsroom.public, health=dict, feeds=feeds)
        async with (
            listening_app(app) as address,
            httpx.AsyncClient(
                base_url=f"http://{address}", headers={"Accept-Encoding": coding}
            ) as client,
        ):
            for reader in readers:
                await reader.ask(client)
        if number != 7:
            newsroom.tell(*range(1, number + 1))

    for reader in readers:
        assert reader.statuses == [200, 226, 226, 226, 304, 226, 226, 226, 226, 226]
        # The last round was published after the last question.
        whole = by_id((newsroom.public / f"all.{reader.form}").read_bytes(), reader.form)
        newest = next(iter(whole))
        assert reader.entries == {name: one for name, one in whole.items() if name != newest}


# ------------------------------------------------------------------ after a month


def walk(public: Path, start: str) -> list[str]:
    """Return the ids of every story from the current document back, as RFC 5005 has it."""
    found: list[str] = []
    path = start
    while path:
        document = (public / path).read_bytes()
        assert validators.atom(document) == []
        root = ET.fromstring(document)  # noqa: S314 - our own output
        found += [one.findtext(f"{ATOM}id", "") for one in root.findall(f"{ATOM}entry")]
        links = {one.get("rel"): one.get("href", "") for one in root.findall(f"{ATOM}link")}
        path = urlsplit(links.get("prev-archive", "")).path.removeprefix("/")
    return found


def test_a_subscriber_who_was_away_for_a_month_misses_nothing(web: Web, tmp_path: Path) -> None:
    """It walks prev-archive; archives that it met before are the same, byte for byte."""
    newsroom = Newsroom(web, write(tmp_path, Plan(feeds=[web.url("/feed")], digests=SMALL)))
    newsroom.tell(*range(1, 8))
    before = walk(newsroom.public, "all.atom")
    archived = {path.name: path.read_bytes() for path in (newsroom.public / "all").iterdir()}
    told = set(before)

    for day in range(30):
        newsroom.clock.move(timedelta(days=1))
        newsroom.tell(*range(day + 2, day + 9))
        told |= {one.id for one in published.current(newsroom.public, "all")}

    after = walk(newsroom.public, "all.atom")
    assert archived
    assert {name: (newsroom.public / "all" / name).read_bytes() for name in archived} == archived
    assert len(set(after)) == 37
    assert told <= set(after)
    documents = [path for path in newsroom.public.rglob("*.*") if path.suffix[1:] in CHECKS]
    assert len(documents) > 20
    for path in documents:
        assert CHECKS[path.suffix[1:]][0](path.read_bytes()) == []
