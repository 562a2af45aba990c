from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from aggregator.serve import search
from aggregator.serve.app import build_app
from aggregator.serve.search import MOST_CHARACTERS, Question, Search, Told, wants_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def connect(folder: Path, find: Callable[[Question], Told] | None) -> httpx.AsyncClient:
    app = build_app(public_dir=folder, health=dict, search=find)
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://news.test")


class Finder:
    """Notes what is asked."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Told:
        """Answer with the words."""
        self.asked.append(question)
        return Told(body=question.words.encode())


async def test_a_question_is_handed_on_and_never_kept(tmp_path: Path) -> None:
    finder = Finder()
    async with connect(tmp_path, finder) as client:
        answer = await client.get("/search?q=%20flood%20%20bay&digest=world&page=3")

    assert answer.text == "flood bay"
    assert finder.asked == [Question(words="flood bay", digest="world", page=3)]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_without_a_finder_there_is_no_search(tmp_path: Path) -> None:
    async with connect(tmp_path, None) as client:
        assert (await client.get("/search?q=x")).status_code == 404


@pytest.mark.parametrize(
    ("page", "number"),
    [("", 1), ("0", 1), ("-3", 1), ("x", 1), ("7", 7), ("999", 20), ("9" * 99, 1), ("٣", 1)],
)
async def test_an_odd_page_is_the_nearest_that_there_is(
    tmp_path: Path, page: str, number: int
) -> None:
    finder = Finder()
    async with connect(tmp_path, finder) as client:
        await client.get("/search", params={"q": "x", "page": page})

    assert finder.asked[0].page == number


async def test_a_pasted_text_is_refused(tmp_path: Path) -> None:
    finder = Finder()
    async with connect(tmp_path, finder) as client:
        await client.get("/search", params={"q": "x" * 5_000})

    assert "200 characters" in finder.asked[0].fault
    assert len(finder.asked[0].words) == MOST_CHARACTERS


async def test_json_is_for_who_asks_for_it(tmp_path: Path) -> None:
    finder = Finder()
    async with connect(tmp_path, finder) as client:
        answer = await client.get("/search?q=x", headers={"Accept": "application/json"})

    assert finder.asked[0].as_json
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/json;q=0.9", False),
        ("Application/JSON; q=1", True),
        ("application/feed+json", False),
    ],
)
def test_who_wants_json(accept: str, *, wanted: bool) -> None:
    assert wants_json(accept) is wanted


async def test_only_reading_is_answered(tmp_path: Path) -> None:
    async with connect(tmp_path, Finder()) as client:
        assert (await client.post("/search?q=x")).status_code == 405
        assert (await client.head("/search?q=x")).content == b""


async def test_few_look_at_once_and_few_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_WAITING", 3)
    go_on = threading.Event()
    running: list[int] = []

    def find(_question: Question) -> Told:
        running.append(threading.get_ident())
        go_on.wait(5)
        return Told(body=b"found")

    async with connect(tmp_path, find) as client:
        asked = [asyncio.create_task(client.get("/search?q=x")) for _ in range(6)]
        while len(running) < search.AT_ONCE:  # noqa: ASYNC110 - the finder is in a thread
            await asyncio.sleep(0.01)
        at_once = len(running)
        go_on.set()
        statuses = sorted([(await task).status_code for task in asked])

    assert at_once == search.AT_ONCE
    assert statuses == [200, 200, 200, 503, 503, 503]


async def test_a_flood_is_turned_away_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_A_MINUTE", 2)
    now = [0.0]
    monkeypatch.setattr(
        "aggregator.serve.app.Search", lambda find: Search(find, clock=lambda: now[0])
    )
    async with connect(tmp_path, Finder()) as client:
        first = [(await client.get("/search?q=x")).status_code for _ in range(3)]
        now[0] = search.MINUTE_S
        later = await client.get("/search?q=x")

    assert first == [200, 200, 503]
    assert later.status_code == 200
