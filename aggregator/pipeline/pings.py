"""Tells the configured WebSub hubs which feeds have changed, until each has taken it.

Lives in the writer thread and waits for nobody: every hub is asked in a thread of its own, so one
that hangs holds up no other. What is still to be told is in the store, so a restart forgets none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.digest.sheet import public_address
from aggregator.pipeline.hubs import Ask, HubCalls
from aggregator.store import pings, topics
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aggregator.model import Config
    from aggregator.pipeline.batch import Manners
    from aggregator.pipeline.hubs import Word
    from aggregator.store.database import Database
    from aggregator.store.pings import Ping

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=6)
MAX_DOUBLINGS = 12  # LAST_RETRY has long been reached


class Pings:
    """The pings of one house. Made and used in the writer thread."""

    def __init__(
        self,
        config: Config,
        db: Database,
        *,
        manners: Manners,
        on_word: Callable[[], None],
    ) -> None:
        """Ask nobody yet; forget the hubs that are no longer configured."""
        service = config.service
        own = f"{service.public_url}/"
        self._hubs = tuple(hub for hub in service.hubs if not hub.startswith(own))
        self._public_url = service.public_url
        self._db = db
        self._calls = {hub: HubCalls(manners, on_word=on_word) for hub in self._hubs}
        self._sent_at: dict[str, datetime] = {}  # when a hub's round began
        with transaction(db):
            pings.keep_only(db, self._hubs)

    def want(self, topics: Sequence[str], *, now: datetime) -> None:
        """Let every hub be told of these changes, within a transaction that is open."""
        for topic in topics:
            for hub in self._hubs:
                pings.want(self._db, hub, topic, now=now)

    def work(self, *, now: datetime) -> list[Ping]:
        """Hear what hubs said, and tell those whose time it is.

        Returns the pings that a hub refused and had taken until now.
        """
        idle = [hub for hub, calls in self._calls.items() if not calls.is_busy]
        heard = self._hear(now=now)
        due = pings.due(self._db, now=now) if idle else []
        for hub in idle:  # what it said is heard, for it was idle before
            if asks := [self._ask(ping) for ping in due if ping.hub == hub]:
                self._sent_at[hub] = now
                self._calls[hub].start(asks)
        return [ping for ping in heard if ping.failures == 1]

    def close(self) -> None:
        """Tell nobody any more; what was not told is told after the next start."""
        for calls in self._calls.values():
            calls.close()

    @property
    def is_busy(self) -> bool:
        """Return whether a hub is being told."""
        return any(calls.is_busy for calls in self._calls.values())

    def _ask(self, ping: Ping) -> Ask:
        """Return the form by which hubs know publishers; some read hub.url, some hub.topic."""
        address = public_address(self._public_url, ping.topic)
        form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
        return Ask(token=ping.topic, hub=ping.hub, form=form)

    def _hear(self, *, now: datetime) -> list[Ping]:
        words = [(hub, word) for hub, calls in self._calls.items() for word in calls.words()]
        if not words:
            return []
        with transaction(self._db):
            return [
                self._noted(ping, word, now=now)
                for hub, word in words
                if (ping := pings.one(self._db, hub, word.token))
            ]

    def _noted(self, ping: Ping, word: Word, *, now: datetime) -> Ping:
        if word.error:
            after = failed(ping, message=word.error, now=now)
        else:
            changed_at = topics.everything(self._db)[ping.topic].changed_at
            after = told(ping, again=changed_at > self._sent_at[ping.hub], now=now)
        pings.save(self._db, after)
        return after


def told(ping: Ping, *, again: bool, now: datetime) -> Ping:
    """Return the ping that its hub has taken; `again` where the topic has changed since."""
    next_try_at = now if again else None
    return replace(ping, next_try_at=next_try_at, failures=0, error="", told_at=now)


def failed(ping: Ping, *, message: str, now: datetime) -> Ping:
    """Return the ping that its hub did not take: the wait doubles, up to a quarter of a day."""
    wait = min(FIRST_RETRY * (1 << min(ping.failures, MAX_DOUBLINGS)), LAST_RETRY)
    return replace(ping, next_try_at=now + wait, failures=ping.failures + 1, error=message)
