"""Tells the world what has changed: the configured hubs, and the subscribers of our own.

Lives in the writer thread, is called after publishing and at every tick, and waits for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.pipeline.hub import OwnHub
from aggregator.pipeline.pings import Pings
from aggregator.pipeline.topics import Topics
from aggregator.store import subscribers

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.pipeline.house import House
    from aggregator.pipeline.hub_door import OwnHubDoor


class Announcer:
    """What one house tells of its changes. Made and used in the writer thread."""

    def __init__(self, house: House, door: OwnHubDoor, *, wake: Callable[[], None]) -> None:
        """Look at nothing yet. `wake` is called in any thread when there is something to hear."""
        config, db = house.config, house.desk.db
        self._house = house
        self._topics = Topics(config, db)
        self._pings = Pings(config, db, manners=house.manners, on_word=wake)
        self._hub: OwnHub | None = None
        if config.service.own_hub or subscribers.everything(db):
            self._hub = OwnHub(config, db, door, manners=house.manners, on_return=wake)

    def work(self) -> None:
        """Notice what has changed, tell who is to know, hear what came of it."""
        now = self._house.clock()
        self._topics.look(now=now, then=lambda changed: self._pings.want(changed, now=now))
        self._pings.work(now=now)
        if self._hub:
            self._hub.work(now=now)

    def close(self) -> None:
        """Tell nobody any more; what was not told is told after the next start."""
        self._pings.close()
        if self._hub:
            self._hub.close()
