"""Asks WebSub hubs, in a thread of its own: a hub that hangs holds up neither writer nor server.

Through the same fetcher, guard and bounds as polls; a few hubs at a time, one request at a time to
a hub. It knows no store: forms go in, a word on each comes out.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aggregator.model import Failed
from aggregator.poll.fetch import Fetcher
from aggregator.poll.plan import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aggregator.pipeline.batch import Manners
    from aggregator.poll.fetch import Posted

HUBS_AT_ONCE = 8
ASKS_AT_ONCE = 64  # in a round; with one slow hub it still ends within minutes
STOP_GRACE_S = 3.0
MAX_TOLD_CHARS = 200
ACCEPTED = range(200, 300)  # 202 by the specification, 204 from older hubs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One form for one hub."""

    token: str
    hub: str
    form: Mapping[str, str]
    proxy: str = ""  # the feed's own; may hold a password
    allow_private_addresses: bool | tuple[str, ...] = False

    def __repr__(self) -> str:
        """Name the hub alone: form and proxy hold secrets."""
        return f"Ask({self.hub!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What came of asking: "" where the hub took the form, else why not."""

    token: str
    mode: str
    error: str


class HubCalls:
    """Asks hubs round by round; make one for a house, and close it with the house."""

    def __init__(self, manners: Manners, *, on_word: Callable[[], None]) -> None:
        """Start nothing yet. `on_word` is called in the thread when there are words to collect."""
        self._manners = manners
        self._on_word = on_word
        self._words: SimpleQueue[Word] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._round: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether a round is under way: the next one waits for its end."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, asks: Sequence[Ask]) -> None:
        """Begin a round, while none is under way."""
        if self.is_busy:
            msg = "a round is under way"
            raise RuntimeError(msg)
        loop = asyncio.new_event_loop()
        round_ = loop.create_task(self._ask_all(asks))
        self._loop, self._round = loop, round_
        self._thread = threading.Thread(target=_run, args=(loop, round_), name="hubs", daemon=True)
        self._thread.start()

    def words(self) -> list[Word]:
        """Return what hubs said since the last call, once."""
        found: list[Word] = []
        try:
            while True:
                found.append(self._words.get_nowait())
        except Empty:
            return found

    def close(self) -> None:
        """End the round under way: what it has not asked yet is asked at the next start."""
        if self._thread is None or self._loop is None or self._round is None:
            return
        with suppress(RuntimeError):  # its loop has just closed by itself
            self._loop.call_soon_threadsafe(self._round.cancel)
        self._thread.join(STOP_GRACE_S)

    async def _ask_all(self, asks: Sequence[Ask]) -> None:
        by_hub: dict[str, list[Ask]] = {}
        for ask in asks:
            by_hub.setdefault(host_of(ask.hub), []).append(ask)
        limit = asyncio.Semaphore(HUBS_AT_ONCE)
        manners = self._manners
        async with (
            Fetcher(manners.polling, user_agent=manners.user_agent) as fetcher,
            asyncio.TaskGroup() as group,
        ):
            for asks_of_hub in by_hub.values():
                group.create_task(self._ask_hub(fetcher, asks_of_hub, limit))

    async def _ask_hub(
        self, fetcher: Fetcher, asks: Sequence[Ask], limit: asyncio.Semaphore
    ) -> None:
        """Ask one hub form by form; where it does not answer at all, spare it the others."""
        silent = ""
        async with limit:
            for ask in asks:
                error = silent
                if not silent:
                    answer = await fetcher.post(
                        ask.hub,
                        form=ask.form,
                        proxy=ask.proxy,
                        allow_private_addresses=ask.allow_private_addresses,
                    )
                    error = _error_of(answer)
                    silent = error if isinstance(answer, Failed) else ""
                self._words.put(Word(token=ask.token, mode=ask.form["hub.mode"], error=error))
                self._on_word()


def _error_of(answer: Posted | Failed) -> str:
    if isinstance(answer, Failed):
        return answer.message
    if answer.status in ACCEPTED:
        return ""
    told = "".join(letter for letter in answer.text[:MAX_TOLD_CHARS] if letter.isprintable())
    return f"the hub answered {answer.status}: {told or 'nothing'}"


def _run(loop: asyncio.AbstractEventLoop, round_: asyncio.Task[None]) -> None:
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(round_)
    finally:
        loop.close()
