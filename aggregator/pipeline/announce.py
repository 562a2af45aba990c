"""Tells the world what has changed: the configured hubs, and the subscribers of our own.

Lives in the writer thread, is called after publishing and at every tick, and waits for nobody. A
command that makes one pass tells the hubs for a few seconds instead.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from aggregator.pipeline.hub import OwnHub
from aggregator.pipeline.pings import Pings
from aggregator.pipeline.topics import Topics
from aggregator.store import hub_requests, pings, subscribers

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from aggregator.pipeline.house import House
    from aggregator.pipeline.hub_door import OwnHubDoor
    from aggregator.store.pings import HubReport

log = structlog.get_logger()

PATIENCE_S = 5.0  # of a command that makes one pass, with all hubs together
LOOK_S = 0.05  # it looks so often whether they have answered


class Announcer:
    """What one house tells of its changes. Made and used in the writer thread."""

    def __init__(self, house: House, door: OwnHubDoor, *, wake: Callable[[], None]) -> None:
        """Look at nothing yet. `wake` is called in any thread when there is something to hear."""
        config, db = house.config, house.desk.db
        self._house = house
        self._topics = Topics(config, db)
        self._pings = Pings(config, db, manners=house.manners, on_word=wake)
        self._hub: OwnHub | None = None
        if config.service.own_hub or subscribers.everything(db) or hub_requests.everything(db):
            self._hub = OwnHub(house, door, on_return=wake)

    def work(self) -> None:
        """Notice what has changed, tell who is to know, hear what came of it."""
        now = self._house.clock()
        self._topics.look(now=now, then=lambda changed: self._pings.want(changed, now=now))
        for ping in self._pings.work(now=now):
            log.warning("hub not told", hub=ping.hub, topic=ping.topic, error=ping.error)
        if self._hub:
            self._hub.work(now=now)

    def close(self) -> None:
        """Tell nobody any more; what was not told is told after the next start."""
        self._pings.close()
        if self._hub:
            self._hub.close()


def tell_hubs(house: House, *, stop: Event, patience_s: float = PATIENCE_S) -> list[HubReport]:
    """Tell the configured hubs what has changed, and wait for them for so long.

    Returns the hubs that are not told of everything yet: a later pass, or the service, does so.
    """
    config, db = house.config, house.desk.db
    if not config.service.hubs:
        return []
    until_s = time.monotonic() + patience_s
    telling = Pings(config, db, manners=house.manners, on_word=lambda: None)
    now = house.clock()
    Topics(config, db).look(now=now, then=lambda changed: telling.want(changed, now=now))
    try:
        telling.work(now=now)
        while telling.is_busy and time.monotonic() < until_s and not stop.wait(LOOK_S):
            pass
        telling.work(now=house.clock())
    finally:
        telling.close()
    return [hub for hub in pings.report(db) if hub.waiting]
