"""The callback as a hub meets it, over the ASGI application; the door is a recorder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from aggregator.serve import websub
from aggregator.serve.app import build_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aggregator.serve.door import Delivery, PushDoor, Verification

LIMIT_BYTES = 1_000
KNOWN = "known"  # the one token
TOPIC = "https://news.example/feed"
QUESTION = {
    "hub.mode": "subscribe",
    "hub.topic": TOPIC,
    "hub.challenge": "<b>42</b>",
    "hub.lease_seconds": "864000",
}


@dataclass
class Recorder:
    """A door that knows one token and writes down what comes."""

    asked: list[Verification] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    limit_bytes: int = LIMIT_BYTES

    def verify(self, token: str, asked: Verification) -> str | None:
        """Echo the challenge for what is known."""
        self.asked.append(asked)
        known = token == KNOWN and asked.topic == TOPIC
        return asked.challenge if known else None

    def is_open(self, token: str) -> bool:
        """Take deliveries for what is known."""
        return token == KNOWN

    def deliver(self, token: str, delivery: Delivery) -> None:
        """Write the delivery down."""
        assert token == KNOWN
        self.delivered.append(delivery)

    def decline(self, token: str) -> None:
        """Write the token down."""
        self.declined.append(token)


@pytest.fixture
def door() -> Recorder:
    return Recorder()


def connect(folder: Path, door: PushDoor | None) -> httpx.AsyncClient:
    app = build_app(public_dir=folder, health=lambda: {"status": "ok"}, push=door)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://news.test")


@pytest.fixture
async def hub(tmp_path: Path, door: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that calls as a hub does."""
    async with connect(tmp_path, door) as client:
        yield client


# ---------------------------------------------------------------- verification


async def test_a_challenge_is_echoed_as_plain_text(hub: httpx.AsyncClient, door: Recorder) -> None:
    """Whatever a challenge holds, no browser may take it for a page."""
    answer = await hub.get("/websub/known", params=QUESTION)

    assert (answer.status_code, answer.text) == (200, "<b>42</b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    (asked,) = door.asked
    assert (asked.mode, asked.lease_seconds) == ("subscribe", "864000")


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        pytest.param("/websub/other", {}, id="unknown-token"),
        pytest.param("/websub/known", {"hub.topic": "https://other.example/"}, id="other-topic"),
        pytest.param("/websub/known", {"hub.challenge": "x" * 1_001}, id="huge-challenge"),
        pytest.param("/websub/known", {"hub.topic": "x" * 2_001}, id="huge-topic"),
        pytest.param("/websub/known/more", {}, id="longer-path"),
        pytest.param("/websub/", {}, id="no-token"),
        pytest.param("/websub", {}, id="no-slash"),
    ],
)
async def test_whoever_does_not_know_both_learns_nothing(
    hub: httpx.AsyncClient, path: str, changes: dict[str, str]
) -> None:
    answer = await hub.get(path, params=QUESTION | changes)

    assert answer.status_code == 404
    assert "42" not in answer.text


async def test_a_question_without_fields_is_answered_like_any_unknown_page(
    hub: httpx.AsyncClient,
) -> None:
    assert (await hub.get("/websub/known")).status_code == 404
    assert (await hub.head("/websub/known", params=QUESTION)).status_code == 404
    assert (await hub.put("/websub/known")).status_code == 405


async def test_long_leases_and_reasons_are_cut(hub: httpx.AsyncClient, door: Recorder) -> None:
    long = {"hub.lease_seconds": "9" * 5_000, "hub.reason": "r" * 5_000}

    await hub.get("/websub/known", params=QUESTION | long)

    assert len(door.asked[0].lease_seconds) == len(door.asked[0].reason) == 2_000


async def test_without_a_door_there_is_no_callback(tmp_path: Path) -> None:
    async with connect(tmp_path, None) as client:
        assert (await client.get("/websub/known", params=QUESTION)).status_code == 404
        assert (await client.post("/websub/known", content=b"x")).status_code == 405


# -------------------------------------------------------------------- delivery


async def test_a_delivery_is_handed_on_and_answered_at_once(
    hub: httpx.AsyncClient, door: Recorder
) -> None:
    fields = {"Content-Type": "application/atom+xml", "X-Hub-Signature": "sha256=00"}

    answer = await hub.post("/websub/known", content=b"<feed/>", headers=fields)

    assert (answer.status_code, answer.content) == (202, b"")
    (delivery,) = door.delivered
    assert delivery.body == b"<feed/>"
    assert delivery.content_type == "application/atom+xml"
    assert delivery.signature == "sha256=00"


async def test_an_unknown_token_is_gone_and_its_body_is_not_read(
    hub: httpx.AsyncClient, door: Recorder
) -> None:
    """A hub that still has an old subscription drops it at a 410."""
    answer = await hub.post("/websub/other", content=b"<feed/>")

    assert answer.status_code == 410
    assert door.delivered == []


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(lambda: {"content": b"x" * (LIMIT_BYTES + 1)}, id="declared-too-long"),
        pytest.param(lambda: {"content": chunks(600, 600)}, id="grows-too-long"),
        pytest.param(
            lambda: {"content": b"x", "headers": {"Content-Encoding": "gzip"}}, id="packed"
        ),
        pytest.param(lambda: {"content": b""}, id="empty"),
    ],
)
async def test_what_cannot_be_taken_is_declined(
    hub: httpx.AsyncClient, door: Recorder, request_of: object
) -> None:
    """The hub need not repeat it: the feed itself is asked instead."""
    assert callable(request_of)

    answer = await hub.post("/websub/known", **request_of())

    assert answer.status_code == 202
    assert (door.delivered, door.declined) == ([], ["known"])


async def test_a_body_of_the_very_limit_is_taken(hub: httpx.AsyncClient, door: Recorder) -> None:
    await hub.post("/websub/known", content=chunks(LIMIT_BYTES // 2, LIMIT_BYTES // 2))

    assert [len(one.body) for one in door.delivered] == [LIMIT_BYTES]


async def test_bodies_under_way_share_one_budget(
    hub: httpx.AsyncClient, door: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two halves fit; a third at the same time is declined, and the room is free again after."""
    monkeypatch.setattr(websub, "BUDGET_BYTES", 1_200)
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * 500
        begun.release()
        await go_on.wait()

    held = [asyncio.create_task(hub.post("/websub/known", content=slow())) for _ in range(2)]
    for _ in held:
        await begun.acquire()
    await hub.post("/websub/known", content=b"y" * 500)
    go_on.set()
    await asyncio.gather(*held)
    await hub.post("/websub/known", content=b"z" * 500)

    assert [one.body[:1] for one in door.delivered] == [b"x", b"x", b"z"]
    assert door.declined == ["known"]


async def test_a_body_that_does_not_come_is_declined(
    hub: httpx.AsyncClient, door: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websub, "READ_S", 0.02)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)

    answer = await hub.post("/websub/known", content=stalled())

    assert answer.status_code == 202
    assert door.declined == ["known"]
