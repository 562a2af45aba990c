"""The real house of a simulated year: all of it, with its wires cut.

Feeds are asked through `read_feeds` with a fetcher that answers from the simulation, and are read
by the reading process's own code, here in this process. The house can be closed in order, killed
after a poll, or killed between storing what it publishes and writing the files.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aggregator.pipeline.batch import read_feeds
from aggregator.pipeline.files import write_documents
from aggregator.pipeline.house import House
from aggregator.pipeline.reader import attempt
from aggregator.pipeline.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from aggregator.model import Config, Document, Failed, PollReport
    from aggregator.pipeline.publish import Published
    from aggregator.pipeline.reading import Readers
    from aggregator.pipeline.task import Reading, ReadTask
    from aggregator.poll.fetch import Fetcher
    from bench.year_web import Web

STEPS_BEFORE_KILL = 3  # files that are replaced before the end


class KilledError(BaseException):
    """The process ends here; no code of the product catches it."""


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def move(self, span: timedelta) -> None:
        """Move it on, or back."""
        self.now += span


class _ReadersHere:
    """Reads in this process."""

    async def read(self, task: ReadTask) -> Reading | Failed:
        return cast("Reading | Failed", attempt(task))


class _Wires(Executor):
    """Runs the batches of a pass here, one after the other."""

    def __init__(self, web: Web, loop: asyncio.AbstractEventLoop) -> None:
        self._web, self._loop = web, loop

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_kwargs: Any) -> Future[Any]:  # noqa: ANN401, ARG002 - Executor's own signature
        """Ask and read a batch at once."""
        batch, manners = args
        tools = Tools(cast("Fetcher", self._web), cast("Readers", _ReadersHere()), manners.polling)
        future: Future[Any] = Future()
        future.set_result(self._loop.run_until_complete(read_feeds(batch, tools)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as above
        """Nothing runs."""


@dataclass
class Premises:
    """The house with its world, opened and closed as the simulation has it."""

    config: Config
    clock: Clock
    web: Web
    house: House | None = None
    restarts: int = 0
    kills: int = 0
    on_report: Callable[[PollReport], None] = lambda _report: None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def open(self) -> House:
        """Open the house where it is closed."""
        if self.house is None:
            self.house = House.open(self.config, clock=self.clock)
            self.house.crew = cast("Any", _Wires(self.web, self._loop))
            self.restarts += 1
        return self.house

    def close(self) -> None:
        """Close it in order."""
        if self.house:
            self.house.close()
            self.house = None

    def kill(self) -> None:
        """End it as a kill does: nothing is said, the database is left as it is."""
        self.kills += 1
        house, self.house = self.house, None
        if house is None:
            return
        with suppress(Exception):
            house.desk.db.close()
        house.lock.__exit__(None, None, None)

    def tick(self) -> list[Published]:
        """Poll what is due and publish, as the service does."""
        house = self.open()
        house.poll(house.due(), on_report=self.on_report)
        return house.publish()

    def die_before_publishing(self) -> None:
        """Poll, store, and be killed."""
        house = self.open()
        house.poll(house.due(), on_report=self.on_report)
        self.kill()

    def die_before_writing(self) -> None:
        """Poll, store what is to be published, and be killed with no file or a few written."""
        house = self.open()
        house.poll(house.due(), on_report=self.on_report)
        house.press.publish(now=self.clock())
        with suppress(KilledError):
            self._write_some(house)
        self.kill()

    def _write_some(self, house: House) -> None:
        names = {digest.name for digest in self.config.digests}
        documents = house.press._documents(names)  # noqa: SLF001 - the end comes in their middle
        whole = STEPS_BEFORE_KILL * (self.kills % 3)  # the first time, not one
        write_documents(Path(self.config.service.public_dir), _until_killed(documents, whole))

    def end(self) -> None:
        """Close the house and the loop."""
        self.close()
        self._loop.close()


def _until_killed(documents: Iterable[Document], whole: int) -> Iterator[Document]:
    """Yield so many documents, then end the process."""
    yield from islice(documents, whole)
    raise KilledError
