"""Fetches the pictures of what was published, after publishing and beside everything else.

Pages are written first without the pictures that are not there yet, and once more when some came.
Fetching runs in a thread of its own; store and files are the writer's.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aggregator.pipeline.image_fetch import ImageAnswer, ImageRequest, fetch_images
from aggregator.pipeline.images import Gallery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aggregator.pipeline.batch import Manners
    from aggregator.pipeline.house import House

LONGEST_PASS_S = 60.0  # of fetching in one go; what was not fetched waits for the next
PATIENCE_S = 20.0  # of a command that makes one pass
LOOK_EVERY = timedelta(minutes=10)  # for pictures that are to be tried again
LOOK_S = 0.2  # a command that waits looks so often whether it is to end
STOP_GRACE_S = 3.0


class Illustrator:
    """What one house fetches for its pages. Made and used in the writer thread."""

    def __init__(self, house: House, *, wake: Callable[[], None]) -> None:
        """Fetch nothing yet. `wake` is called in another thread when a batch is over."""
        self._house = house
        self._gallery = Gallery(house.config, house.desk.db)
        self._fetching: Fetching | None = None
        self._wake = wake
        self._looked_at: datetime | None = None
        self._is_stale = True

    def mark_stale(self) -> None:
        """Note that pages have changed: the next work looks which pictures they need."""
        self._is_stale = True

    def work(self) -> None:
        """Take in what came, and fetch what pages need now."""
        now = self._house.clock()
        if self._fetching is not None:
            if self._fetching.is_running:
                return
            self._take(self._fetching.answers(), now=now)
            self._fetching = None
        if self._is_stale or self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._fetch(now=now)

    def finish(self, *, stop: threading.Event, patience_s: float = PATIENCE_S) -> int:
        """Fetch one batch and wait for it for so long; return how many pictures came."""
        self.work()
        if self._fetching is None:
            return 0
        until_s = time.monotonic() + patience_s
        while self._fetching.is_running and not stop.is_set() and time.monotonic() < until_s:
            self._fetching.wait(LOOK_S)
        self._fetching.stop()
        answers, self._fetching = self._fetching.answers(), None
        return self._take(answers, now=self._house.clock())

    def close(self) -> None:
        """Give up what is under way; it is fetched after the next start."""
        if self._fetching is not None:
            self._fetching.stop()

    def _fetch(self, *, now: datetime) -> None:
        requests = self._gallery.due(now=now)
        self._looked_at, self._is_stale = now, False
        if requests:
            self._fetching = Fetching(requests, self._house.manners, on_end=self._wake)

    def _take(self, answers: Sequence[ImageAnswer], *, now: datetime) -> int:
        """Keep what came; look for more where a batch came, so that one follows the other."""
        if not answers:
            return 0
        self._is_stale = True
        came = self._gallery.take(answers, now=now)
        if came:
            self._house.press.write({digest.name for digest in self._house.config.digests})
        return came


class Fetching:
    """One batch on its way, in a thread."""

    def __init__(
        self, requests: Sequence[ImageRequest], manners: Manners, *, on_end: Callable[[], None]
    ) -> None:
        """Begin."""
        self._came: SimpleQueue[ImageAnswer] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(requests, manners, on_end), name="images", daemon=True
        )
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Return whether more may come."""
        return self._thread.is_alive()

    def answers(self) -> list[ImageAnswer]:
        """Return what came since the last call."""
        found: list[ImageAnswer] = []
        with suppress(Empty):
            while True:
                found.append(self._came.get_nowait())
        return found

    def wait(self, seconds: float) -> None:
        """Wait for the end of the batch, at most so long."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """End the batch where it is."""
        with suppress(RuntimeError):  # it is over
            self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(STOP_GRACE_S)

    # ------------------------------------------------------------- the thread's

    def _run(
        self, requests: Sequence[ImageRequest], manners: Manners, on_end: Callable[[], None]
    ) -> None:
        try:
            self._loop.run_until_complete(self._work(requests, manners))
        finally:
            self._loop.close()
            on_end()

    async def _work(self, requests: Sequence[ImageRequest], manners: Manners) -> None:
        work = asyncio.create_task(fetch_images(requests, manners, on_answer=self._came.put))
        stop = asyncio.create_task(self._stopped.wait())
        await asyncio.wait(
            (work, stop), timeout=LONGEST_PASS_S, return_when=asyncio.FIRST_COMPLETED
        )
        stop.cancel()
        if not work.done():
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work
