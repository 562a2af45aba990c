from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.requests import Request

from aggregator.errors import LockedError, StoreError
from aggregator.serve.app import build_app
from aggregator.serve.checkup import Checkup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def connect(folder: Path, health: Callable[[], Mapping[str, object]]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_app(public_dir=folder, health=health))
    return httpx.AsyncClient(transport=transport, base_url="http://news.test")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "ok", "feeds": 3}, 200),
        ({"status": "stalled"}, 503),
        ({"status": "OK"}, 503),
        ({"status": True}, 503),
        ({}, 503),
    ],
    ids=str,
)
async def test_only_ok_is_well(tmp_path: Path, told: Mapping[str, object], status: int) -> None:
    async with connect(tmp_path, lambda: told) as client:
        answer = await client.get("/healthz")

    assert answer.status_code == status
    assert answer.json() == told
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_times_and_paths_are_told_as_text(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    told = {"status": "ok", "last_tick_at": at, "path": tmp_path, "digests": {"world": at}}

    async with connect(tmp_path, lambda: told) as client:
        answer = await client.get("/healthz")

    assert answer.json() == {
        "status": "ok",
        "last_tick_at": "2026-03-01T12:00:00+00:00",
        "path": str(tmp_path),
        "digests": {"world": "2026-03-01T12:00:00+00:00"},
    }


@pytest.mark.parametrize("error", [StoreError("/srv/private/newsfold.db"), LockedError("pid 7")])
async def test_a_broken_store_is_a_503_without_details(tmp_path: Path, error: StoreError) -> None:
    def fail() -> Mapping[str, object]:
        raise error

    async with connect(tmp_path, fail) as client:
        first = await client.get("/healthz")
        second = await client.get("/healthz")

    assert first.status_code == second.status_code == 503
    assert first.json()["status"] == "unreadable"
    assert "newsfold status" in first.json()["message"]
    assert str(error) not in first.text


async def test_a_bug_is_not_hidden(tmp_path: Path) -> None:
    def fail() -> Mapping[str, object]:
        raise KeyError("bug")  # noqa: EM101 - the shortest bug

    async with connect(tmp_path, fail) as client:
        with pytest.raises(KeyError):
            await client.get("/healthz")


async def test_a_crowd_is_answered_with_one_report(tmp_path: Path) -> None:
    """A monitor gone wild must not make the database work for each request."""
    asked = []
    go_on = threading.Event()

    def health() -> Mapping[str, object]:
        asked.append(threading.current_thread())
        go_on.wait(5)
        return {"status": "ok"}

    async with connect(tmp_path, health) as client:
        crowd = [asyncio.create_task(client.get("/healthz")) for _ in range(20)]
        await asyncio.sleep(0.05)
        go_on.set()
        answers = await asyncio.gather(*crowd)

    assert {answer.status_code for answer in answers} == {200}
    assert len(asked) == 1
    assert asked[0] is not threading.main_thread()


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0.0, 1), (1.9, 1), (2.0, 2)], ids=["at once", "soon", "later"]
)
async def test_a_report_serves_for_a_moment(seconds: float, asked: int) -> None:
    """A report over a large database costs; what it says is not out of date in two seconds."""
    now_s = [1000.0]
    reports: list[Mapping[str, object]] = []

    def health() -> Mapping[str, object]:
        reports.append({"status": "ok"} if not reports else {"status": "stalled"})
        return reports[-1]

    checkup = Checkup(health, clock=lambda: now_s[0])
    request = Request({"type": "http"})

    first = await checkup.answer(request)
    now_s[0] += seconds
    second = await checkup.answer(request)

    assert len(reports) == asked
    assert first.status_code == 200
    assert second.status_code == (200 if asked == 1 else 503)
