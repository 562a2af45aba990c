"""The door that hubs call at: what is subscribed to, in memory, between the server and the writer.

The server asks in its own threads and is answered at once; the writer says what is expected and
takes what came. Everything that waits here is bounded. It neither stores nor logs.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.poll.websub import is_signed
from aggregator.store.subscriptions import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from aggregator.serve.door import Delivery, Verification
    from aggregator.store.subscriptions import Subscription

# A larger one is fetched by a worker instead, so that this process stays small. Of feeds captured
# from real sites, one in a hundred is larger, and most hubs send only what is new.
MAX_PUSH_BYTES = 2_000_000
WAITING_BYTES = 8_000_000  # of deliveries that wait for the writer, all together
MOST_WAITING = 200
PUSHES_A_MINUTE = 10  # of one feed; a live blog makes one or two
MINUTE_S = 60.0
REMEMBERED = 8  # bodies of a feed, to know a repeated one by


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a hub said of a subscription."""

    mode: str  # "subscribe", "unsubscribe" or "denied"
    lease_seconds: str = ""
    reason: str = ""


@dataclass(slots=True)
class News:
    """What came to the door since the writer last asked, by token."""

    answers: dict[str, Answered] = field(default_factory=dict)
    declined: set[str] = field(default_factory=set)  # their feeds are to be asked instead
    ignored: Counter[str] = field(default_factory=Counter)  # deliveries without right signature


@dataclass(slots=True)
class Expected:
    """What is expected at one token."""

    topic: str
    secret: str = field(repr=False)
    mode: str  # that the hub may verify now; "" for none
    is_open: bool  # for deliveries
    seen: deque[bytes] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    taken_s: deque[float] = field(default_factory=lambda: deque(maxlen=PUSHES_A_MINUTE))


class Door:
    """Implements `serve.door.PushDoor` for the server; the other methods are the writer's."""

    def __init__(
        self,
        *,
        wake: Callable[[], None],
        limit_bytes: int = MAX_PUSH_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Expect nothing yet. `wake` tells the writer, in any thread; `clock` gives seconds."""
        self._wake = wake
        self._limit_bytes = min(limit_bytes, MAX_PUSH_BYTES)
        self._clock = clock
        self._lock = threading.Lock()
        self._expected: dict[str, Expected] = {}
        self._news = News()
        self._waiting: deque[tuple[str, Delivery]] = deque()

    # ------------------------------------------------------------ the server's

    @property
    def limit_bytes(self) -> int:
        """Return the largest body that is taken."""
        return self._limit_bytes

    def is_open(self, token: str) -> bool:
        """Return whether deliveries are expected at this token."""
        with self._lock:
            expected = self._expected.get(token)
            return expected is not None and expected.is_open

    def verify(self, token: str, asked: Verification) -> str | None:
        """Return the challenge for what was asked for and is not verified yet; "" for a denial."""
        with self._lock:
            expected = self._expected.get(token)
            if expected is None or asked.topic != expected.topic:
                return None
            if asked.mode == "denied":
                answer, told = Answered(mode="denied", reason=asked.reason), ""
            elif asked.challenge and expected.mode and asked.mode == expected.mode:
                answer = Answered(mode=asked.mode, lease_seconds=asked.lease_seconds)
                told = asked.challenge
            else:
                return None
            self._news.answers[token] = answer
        self._wake()
        return told

    def deliver(self, token: str, delivery: Delivery) -> None:
        """Let a delivery with the right signature wait for the writer, in its turn."""
        with self._lock:
            expected = self._expected.get(token)
        if expected is None or not expected.is_open:
            return
        if is_signed(delivery.body, delivery.signature, secret=expected.secret):
            self._admit(token, expected, delivery)
            self._wake()
        else:
            with self._lock:
                self._news.ignored[token] += 1

    def decline(self, token: str) -> None:
        """Take note that the feed is to be asked instead."""
        with self._lock:
            if token in self._expected:
                self._news.declined.add(token)
        self._wake()

    def _admit(self, token: str, expected: Expected, delivery: Delivery) -> None:
        mark = hashlib.blake2b(delivery.body, digest_size=16).digest()
        with self._lock:
            if expected.seen and expected.seen[-1] == mark:
                return  # the hub was not sure that we had it
            if mark in expected.seen or self._is_flood(expected) or not self._has_room(delivery):
                self._news.declined.add(token)
                return
            expected.seen.append(mark)
            expected.taken_s.append(self._clock())
            self._waiting.append((token, delivery))

    def _is_flood(self, expected: Expected) -> bool:
        taken = expected.taken_s
        return len(taken) == taken.maxlen and self._clock() - taken[0] < MINUTE_S

    def _has_room(self, delivery: Delivery) -> bool:
        waiting_bytes = sum(len(one.body) for _, one in self._waiting)
        fits = waiting_bytes + len(delivery.body) <= WAITING_BYTES
        return fits and len(self._waiting) < MOST_WAITING

    # ------------------------------------------------------------ the writer's

    def expect_only(self, subscriptions: Iterable[Subscription]) -> None:
        """Expect what belongs to these subscriptions and nothing else."""
        known = {one.token: one for one in subscriptions}
        with self._lock:
            for token in self._expected.keys() - known.keys():
                del self._expected[token]
        for one in known.values():
            self.expect(one)

    def expect(self, one: Subscription) -> None:
        """Expect what belongs to the subscription as it stands now."""
        is_left = one.standing is Standing.LEAVING
        asked_for = "unsubscribe" if is_left else "subscribe"
        mode = asked_for if one.pending else ""
        with self._lock:
            found = self._expected.get(one.token)
            if found is None:
                self._expected[one.token] = Expected(one.topic, one.secret, mode, not is_left)
            else:
                found.mode, found.is_open = mode, not is_left

    def forget(self, token: str) -> None:
        """Expect nothing at this token any more."""
        with self._lock:
            self._expected.pop(token, None)

    def news(self) -> News:
        """Return what came since the last call, once."""
        with self._lock:
            news, self._news = self._news, News()
        return news

    def next_delivery(self, *, busy: Collection[str]) -> tuple[str, Delivery] | None:
        """Return the oldest delivery whose token is not busy: those of a feed keep their order."""
        with self._lock:
            for place, (token, delivery) in enumerate(self._waiting):
                if token not in busy:
                    del self._waiting[place]
                    return token, delivery
        return None
