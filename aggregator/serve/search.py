"""`/search`: what readers ask of the stories that were published. Bounded, never cached.

It knows HTTP alone: a finder that it is given looks and writes the page. Whoever asks for JSON
(Accept: application/json) gets the same as an object.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aggregator.serve.files import PAGE_TYPE
from aggregator.serve.headers import PROTECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

MOST_CHARACTERS = 200  # of a question; the form takes no more
MOST_PAGES = 20  # of 50 results
AT_ONCE = 2  # threads that look
MOST_WAITING = 16
MOST_A_MINUTE = 300  # by all readers together: 5 a second
MINUTE_S = 60.0
JSON_TYPE = "application/json"
BUSY = "Many are searching just now. Try again in a moment."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a reader asks: words, in one digest or ("") all, which page of results."""

    words: str
    digest: str = ""
    page: int = 1
    as_json: bool = False
    fault: str = ""  # why it is not looked for, to be told beside the form


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What to answer a question with."""

    body: bytes
    status: int = 200


class Search:
    """Where readers ask."""

    def __init__(
        self, find: Callable[[Question], Told], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take who looks, in a thread; `clock` gives seconds."""
        self._find = find
        self._clock = clock
        self._lanes = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._asked_s: deque[float] = deque(maxlen=MOST_A_MINUTE)

    async def answer(self, request: Request) -> Response:
        """Answer with the results, or with the form where nothing can be looked for."""
        question = question_of(request)
        if self._is_flood() or self._waiting >= MOST_WAITING:
            return _busy()
        self._asked_s.append(self._clock())
        self._waiting += 1
        try:
            async with self._lanes:
                told = await run_in_threadpool(self._find, question)
        finally:
            self._waiting -= 1
        kind = JSON_TYPE if question.as_json else PAGE_TYPE
        fields = PROTECTION | {"Cache-Control": "no-store", "Content-Type": kind, "Vary": "Accept"}
        return Response(told.body, status_code=told.status, headers=fields)

    def _is_flood(self) -> bool:
        asked = self._asked_s
        return len(asked) == asked.maxlen and self._clock() - asked[0] < MINUTE_S


def question_of(request: Request) -> Question:
    """Return what is asked; what makes no sense is left out or told as the question's fault."""
    given = request.query_params
    words = " ".join(given.get("q", "").split())
    number = given.get("page", "1")
    page = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1  # noqa: PLR2004 - digits
    fault = ""
    if len(words) > MOST_CHARACTERS:
        fault = f"That is more than {MOST_CHARACTERS} characters. Give a few words."
    return Question(
        words=words[:MOST_CHARACTERS],
        digest=given.get("digest", "")[:MOST_CHARACTERS],
        page=min(max(page, 1), MOST_PAGES),
        as_json=wants_json(", ".join(request.headers.getlist("accept"))),
        fault=fault,
    )


def wants_json(accept: str) -> bool:
    """Return whether JSON is asked for by name and no page is."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return JSON_TYPE in kinds and "text/html" not in kinds


def _busy() -> Response:
    fields = PROTECTION | {"Cache-Control": "no-store", "Retry-After": "5"}
    return Response(BUSY, status_code=503, headers=fields, media_type="text/plain")
