"""The door at which subscribers ask our own hub: what they may ask for, how many, how often.

The server asks it in its own threads and is answered at once; the writer takes what is to be
verified. Everything that waits here is bounded, for anybody may ask. It neither stores nor logs.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.poll.websub import MAX_URL_CHARS, is_reachable
from aggregator.serve.door import HubReply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregator.model import HubRequest

MODES = frozenset({"subscribe", "unsubscribe"})
MAX_SECRET_BYTES = 199  # "less than 200 bytes" (section 5.1)
MOST_SUBSCRIPTIONS = 1_000  # a publisher of such a size wants a hub of its own
MOST_AT_A_HOST = 100  # a large reader service subscribes to each form of a digest once
MOST_WAITING = 100  # for verification
MOST_WAITING_AT_A_HOST = 10
ASKS_A_MINUTE = 300
ASKS_A_MINUTE_AT_A_HOST = 30  # so a stranger's server is called no more often for a forger
MINUTE_S = 60.0

ACCEPTED = HubReply(status=202, text="Accepted. The callback will be asked whether it agrees.")
_BUSY = HubReply(status=503, text="Too many ask at once. Try again later.", retry_after_s=60)
_HOST_BUSY = HubReply(
    status=429, text="Too many requests for this callback's host.", retry_after_s=60
)
_FULL = HubReply(
    status=503, text="This hub has as many subscriptions as it takes.", retry_after_s=86_400
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request that was accepted and is to be verified."""

    request: HubRequest
    path: str  # of the topic, below the public folder
    host: str  # of the callback
    number: int = 0  # in the store; 0 before it is kept


class OwnHubDoor:
    """Implements `serve.door.HubDoor` for the server; the other methods are the writer's."""

    def __init__(
        self, *, wake: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take nothing yet. `wake` tells the writer, in any thread; `clock` gives seconds."""
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._topics: Mapping[str, str] = {}  # paths by public address
        self._allow: bool | tuple[str, ...] = False
        self._kept: Mapping[tuple[str, str], str] = {}  # hosts by callback and path
        self._hosts: Counter[str] = Counter()  # of what is kept
        self._asked: deque[tuple[float, str]] = deque()  # when, for which host
        self._waiting: deque[Wish] = deque()
        self._under_way: Counter[str] = Counter()  # wishes by host, waiting ones included

    # ------------------------------------------------------------ the server's

    def ask(self, request: HubRequest) -> HubReply:
        """Take a well-formed request for one of our feeds, while there is room."""
        with self._lock:
            if not self._topics:
                return _BUSY  # the writer has not opened yet
            if wrong := self._fault(request):
                return HubReply(status=400, text=wrong)
            wish = self._wish(request)
            if refused := self._refusal(wish):
                return refused
            self._asked.append((self._clock(), wish.host))
            self._add(wish)
        self._wake()
        return ACCEPTED

    def _wish(self, request: HubRequest, *, number: int = 0) -> Wish:
        host = (urlsplit(request.callback).hostname or "").lower()
        path = self._topics[request.topic]
        return Wish(request=request, path=path, host=host, number=number)

    def _add(self, wish: Wish) -> None:
        self._under_way[wish.host] += 1
        self._waiting.append(wish)

    def _fault(self, request: HubRequest) -> str:
        if request.mode not in MODES:
            return "hub.mode has to be subscribe or unsubscribe."
        if request.topic not in self._topics:
            return "hub.topic is no feed of this hub's. Use the address in the feed's link self."
        callback = request.callback
        if "#" in callback or not is_reachable(callback, self._allow):
            return f"hub.callback has to be a public http or https address, {MAX_URL_CHARS} long."
        if len(request.secret.encode("utf-8", "replace")) > MAX_SECRET_BYTES:
            return "hub.secret has to be shorter than 200 bytes."
        return ""

    def _refusal(self, wish: Wish) -> HubReply | None:
        now_s = self._clock()
        while self._asked and now_s - self._asked[0][0] >= MINUTE_S:
            self._asked.popleft()
        at_host = sum(host == wish.host for _, host in self._asked)
        if self._under_way.total() >= MOST_WAITING or len(self._asked) >= ASKS_A_MINUTE:
            return _BUSY
        if (
            self._under_way[wish.host] >= MOST_WAITING_AT_A_HOST
            or at_host >= ASKS_A_MINUTE_AT_A_HOST
        ):
            return _HOST_BUSY
        return _FULL if self._adds(wish) and not self._has_room(wish) else None

    def _adds(self, wish: Wish) -> bool:
        is_kept = (wish.request.callback, wish.path) in self._kept
        return wish.request.mode == "subscribe" and not is_kept

    def _has_room(self, wish: Wish) -> bool:
        total = len(self._kept) + self._under_way.total()
        at_host = self._hosts[wish.host] + self._under_way[wish.host]
        return total < MOST_SUBSCRIPTIONS and at_host < MOST_AT_A_HOST

    # ------------------------------------------------------------ the writer's

    def open(self, topics: Mapping[str, str], *, allow: bool | tuple[str, ...]) -> None:
        """Take subscriptions to these topics (paths by address), at callbacks that may be asked."""
        with self._lock:
            self._topics = dict(topics)
            self._allow = allow

    def keep(self, kept: Mapping[tuple[str, str], str]) -> None:
        """Know what is subscribed to: hosts by callback and path."""
        with self._lock:
            self._kept = kept
            self._hosts = Counter(kept.values())

    def ask_again(self, request: HubRequest, *, number: int) -> bool:
        """Take what was accepted before a restart, where it may still be asked for; tell whether.

        It was counted then, so only faults and the room for what waits are looked at.
        """
        with self._lock:
            if self._fault(request) or self._under_way.total() >= MOST_WAITING:
                return False
            self._add(self._wish(request, number=number))
        return True

    def take(self) -> list[Wish]:
        """Return what is to be verified, once; each stays under way until `settle`."""
        with self._lock:
            wishes = list(self._waiting)
            self._waiting.clear()
        return wishes

    def settle(self, wish: Wish) -> None:
        """Take note that the wish was verified, or never will be."""
        with self._lock:
            self._under_way[wish.host] -= 1
            if self._under_way[wish.host] <= 0:
                del self._under_way[wish.host]
