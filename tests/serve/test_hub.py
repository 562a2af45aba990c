"""Our own hub as a subscriber meets it, over the application; the door is a recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from aggregator.model import HubRequest
from aggregator.serve import hub as hub_module
from aggregator.serve.app import build_app
from aggregator.serve.door import HubReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FORM = {
    "hub.mode": "subscribe",
    "hub.topic": "https://n.example/all.atom",
    "hub.callback": "https://r.example/cb?a=1&b=2",
    "hub.secret": "hush",
    "hub.lease_seconds": "7200",
}


@dataclass
class Recorder:
    """A door that writes down what it is asked."""

    asked: list[HubRequest] = field(default_factory=list)
    reply: HubReply = field(default_factory=lambda: HubReply(status=202, text="Accepted."))

    def ask(self, request: HubRequest) -> HubReply:
        """Write the request down."""
        self.asked.append(request)
        return self.reply


@pytest.fixture
def door() -> Recorder:
    return Recorder()


@pytest.fixture
async def client(tmp_path: Path, door: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(public_dir=tmp_path, health=dict, hub=door)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://news.test") as made:
        yield made


async def test_a_form_reaches_the_door(client: httpx.AsyncClient, door: Recorder) -> None:
    answer = await client.post("/hub", data=FORM)

    assert (answer.status_code, answer.text) == (202, "Accepted.")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert door.asked == [
        HubRequest(
            mode="subscribe",
            topic=FORM["hub.topic"],
            callback=FORM["hub.callback"],
            secret="hush",  # noqa: S106 - of a test
            lease_seconds="7200",
        )
    ]


async def test_what_is_absent_is_empty(client: httpx.AsyncClient, door: Recorder) -> None:
    await client.post("/hub", data={"hub.mode": "unsubscribe", "hub.verify": "sync"})

    (asked,) = door.asked
    assert (asked.mode, asked.topic, asked.secret) == ("unsubscribe", "", "")


async def test_patience_is_asked_for(client: httpx.AsyncClient, door: Recorder) -> None:
    door.reply = HubReply(status=503, text="Later.", retry_after_s=60)

    answer = await client.post("/hub", data=FORM)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"hub.mode": "subscribe"}', "application/json"),
        (b"hub.mode=subscribe", ""),
        (b"hub.mode=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 60, "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * hub_module.MAX_FORM_BYTES, "application/x-www-form-urlencoded"),
    ],
    ids=["json", "untyped", "no UTF-8", "many fields", "long"],
)
async def test_what_is_no_form_is_refused(
    client: httpx.AsyncClient, door: Recorder, content: bytes, kind: str
) -> None:
    answer = await client.post("/hub", content=content, headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert door.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_looks_in_is_told_what_it_is(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/hub")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "WebSub hub" in answer.text or method == "HEAD"


async def test_without_a_door_there_is_no_hub(tmp_path: Path) -> None:
    app = build_app(public_dir=tmp_path, health=dict)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://news.test") as client:
        answer = await client.get("/hub")

    assert answer.status_code == 404
