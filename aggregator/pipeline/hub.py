"""Our own WebSub hub: verifies who asks, keeps who agreed, sends them each new version.

Lives in the writer thread, between the door where subscribers ask and the couriers that call them.
What is still to be verified and delivered is in the store, so a restart forgets nothing but what
came in the moment before a kill.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable  # noqa: TC003 - an alias is made of it
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from aggregator.digest.sheet import OWN_HUB, public_address
from aggregator.errors import StoreError
from aggregator.model import Failed
from aggregator.pipeline import delivering
from aggregator.pipeline.couriers import Couriers, Errand
from aggregator.pipeline.topics import topics_of
from aggregator.poll import websub
from aggregator.poll.callbacks import Parcel, with_query
from aggregator.serve.body import tag_of
from aggregator.serve.files import content_type_of
from aggregator.store import hub_requests, subscribers, topics
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aggregator.model import HubRequest
    from aggregator.pipeline.couriers import Returned
    from aggregator.pipeline.house import House
    from aggregator.pipeline.hub_door import OwnHubDoor, Wish
    from aggregator.poll.fetch import Posted
    from aggregator.store.subscribers import Subscriber

log = structlog.get_logger()

MOST_OUT = 200  # calls that are sent or wait for their turn
MOST_DELIVERED_BYTES = 10_000_000  # of a document; far over what subscribers take
CHALLENGE_BYTES = 32
OK = range(200, 300)
NO_SUCH_FEED = "this feed is no longer published here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A wish whose callback is being asked."""

    wish: Wish
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery under way."""

    subscriber: Subscriber
    tag: str


class OwnHub:
    """The hub of one house. Made and used in the writer thread."""

    def __init__(self, house: House, door: OwnHubDoor, *, on_return: Callable[[], None]) -> None:
        """Open the door for what is published; part with those whose feed is not any more."""
        config, db = house.config, house.desk.db
        self._house = house
        self._config = config
        self._db = db
        self._door = door
        self._couriers = Couriers(house.manners, on_return=on_return)
        self._asked: dict[Hashable, Asked] = {}
        self._sent: dict[Hashable, Sent] = {}
        addresses = topics_of(config) if config.service.own_hub else {}
        self._addresses = {path: address for address, path in addresses.items()}
        door.open(addresses, allow=config.polling.allow_private_addresses)
        self._part()
        door.keep(subscribers.places(db))
        self._resume(now=house.clock())

    def work(self, *, now: datetime) -> None:
        """Hear callbacks, ask those who want to subscribe, send what is new."""
        self._hear(now=now)
        self._verify(now=now)
        self._deliver(now=now)

    def close(self) -> None:
        """Call nobody any more; what was not verified yet is verified after the next start."""
        self._couriers.close()
        asked = [each.wish for each in self._asked.values()]
        for wish in (*self._kept(self._door.take(), now=self._house.clock()), *asked):
            self._door.settle(wish)
        self._asked.clear()

    # ---------------------------------------------------------------- verifying

    def _part(self) -> None:
        """Tell those whose topic is gone that they are no longer served, and forget them."""
        parted = subscribers.outside(self._db, self._addresses.keys())
        if not parted:
            return
        with transaction(self._db):
            for one in parted:
                subscribers.remove(self._db, one.callback, one.topic)
        for one in parted:
            address = public_address(self._config.service.public_url, one.topic)
            told = {"hub.mode": "denied", "hub.topic": address, "hub.reason": NO_SUCH_FEED}
            url = with_query(one.callback, told)
            self._couriers.send(Errand(key=("denied", one.id), host=one.host, url=url))

    def _resume(self, *, now: datetime) -> None:
        """Let what was not verified before a restart be verified; forget what is out of date."""
        with transaction(self._db):
            hub_requests.remove_old(self._db, now=now)
            for number, request in hub_requests.everything(self._db).items():
                if not self._door.ask_again(request, number=number):
                    hub_requests.remove(self._db, number)

    def _verify(self, *, now: datetime) -> None:
        """Ask each callback whether it agrees."""
        for wish in self._kept(self._door.take(), now=now):
            challenge = websub.spell(secrets.token_bytes(CHALLENGE_BYTES))
            key = ("asked", challenge)
            self._asked[key] = Asked(wish=wish, challenge=challenge)
            url = with_query(wish.request.callback, _question(wish.request, challenge))
            self._couriers.send(Errand(key=key, host=wish.host, url=url))

    def _kept(self, wishes: Sequence[Wish], *, now: datetime) -> Sequence[Wish]:
        """Keep the wishes until they are verified; where none can be kept, they go on without."""
        if not wishes:
            return ()
        try:
            with transaction(self._db):
                return [self._numbered(wish, now=now) for wish in wishes]
        except StoreError:  # other jobs tell of it
            return wishes

    def _numbered(self, wish: Wish, *, now: datetime) -> Wish:
        if wish.number:
            return wish
        return replace(wish, number=hub_requests.add(self._db, wish.request, now=now))

    # ------------------------------------------------------------------ hearing

    def _hear(self, *, now: datetime) -> None:
        returned = self._couriers.collect()
        ended = subscribers.remove_ended(self._db, now=now)
        if returned:
            with transaction(self._db):
                for one in returned:
                    self._take(one, now=now)
        if returned or ended:
            self._door.keep(subscribers.places(self._db))

    def _take(self, returned: Returned, *, now: datetime) -> None:
        if asked := self._asked.pop(returned.key, None):
            self._door.settle(asked.wish)
            hub_requests.remove(self._db, asked.wish.number)
            if _agrees(asked, returned.answer):
                self._settle(asked.wish, now=now)
        elif sent := self._sent.pop(returned.key, None):
            self._note(sent, returned.answer, now=now)

    def _settle(self, wish: Wish, *, now: datetime) -> None:
        """Keep or end the subscription that its callback has agreed to."""
        request = wish.request
        if request.mode == "unsubscribe":
            subscribers.remove(self._db, request.callback, wish.path)
            return
        known = topics.everything(self._db).get(wish.path)
        lease = websub.lease_of(request.lease_seconds)
        one = delivering.agreed(wish, tag=known.tag if known else "", lease=lease, now=now)
        subscribers.save(self._db, one)

    def _note(self, sent: Sent, answer: Posted | Failed, *, now: datetime) -> None:
        one = subscribers.by_id(self._db, sent.subscriber.id)
        if one is None:
            return  # it has ended meanwhile
        error = _error_of(answer)
        if not isinstance(answer, Failed) and answer.status == delivering.GONE:
            subscribers.remove(self._db, one.callback, one.topic)
        elif error:
            if not one.failures:
                log.warning("delivery failed", host=one.host, topic=one.topic, error=error)
            failed = delivering.failed(one, tag=sent.tag, message=error, now=now)
            subscribers.note(self._db, failed)
        else:
            subscribers.note(self._db, delivering.delivered(one, tag=sent.tag, now=now))

    # ----------------------------------------------------------------- sending

    def _deliver(self, *, now: datetime) -> None:
        """Send the newest version to those who were not sent it, while there is room."""
        parcels: dict[str, tuple[str, Parcel] | None] = {}
        for one in subscribers.due(self._db, now=now):
            if self._couriers.out >= MOST_OUT:
                return  # each that returns wakes us
            key = ("sent", one.id)
            if self._couriers.is_out(key):
                continue
            if one.topic not in parcels:
                parcels[one.topic] = self._parcel(one.topic)
            if found := parcels[one.topic]:
                self._send(key, one, *found)

    def _send(self, key: Hashable, one: Subscriber, tag: str, parcel: Parcel) -> None:
        self._sent[key] = Sent(subscriber=one, tag=tag)
        errand = Errand(
            key=key,
            host=one.host,
            url=one.callback,
            parcel=parcel,
            secret=one.secret,
            is_doubtful=bool(one.failures),
        )
        self._couriers.send(errand)

    def _parcel(self, topic: str) -> tuple[str, Parcel] | None:
        """Return the document as it stands, with its tag; None where it cannot be sent."""
        file = Path(self._config.service.public_dir) / topic
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        if len(content) > MOST_DELIVERED_BYTES:
            return None  # subscribers poll it, as they do anyway
        parcel = Parcel(
            body=content,
            content_type=content_type_of(topic),
            topic=self._addresses[topic],
            hub=f"{self._config.service.public_url}/{OWN_HUB}",
        )
        return tag_of(content), parcel


def _question(request: HubRequest, challenge: str) -> dict[str, str]:
    """Return what a callback is asked (section 5.3)."""
    fields = {"hub.mode": request.mode, "hub.topic": request.topic, "hub.challenge": challenge}
    if request.mode == "subscribe":
        lease = websub.lease_of(request.lease_seconds)
        fields["hub.lease_seconds"] = str(int(lease.total_seconds()))
    return fields


def _agrees(asked: Asked, answer: Posted | Failed) -> bool:
    if isinstance(answer, Failed):
        return False
    return answer.status in OK and answer.text == asked.challenge


def _error_of(answer: Posted | Failed) -> str:
    if isinstance(answer, Failed):
        return answer.message
    return "" if answer.status in OK else f"its callback answered {answer.status}"
