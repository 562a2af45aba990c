"""Tells when it is this machine's own network that is down, so that no feed is blamed for it. Pure.

Outcomes go in as they come, and come out again: an answer at once, a failure that may be ours when
it is known whose it is, at the latest at the end of the pass or a minute after it came in. Nothing
here knows the time or the store.

Failures of so many hosts that were well before, with no answer of any host since the first of them,
are our own network's; so is a single one that only a local fault explains. A host is forgiven once:
when others answer and it fails again, it is to blame.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Deferred, Failed, FailureKind
from aggregator.poll.hosts import asked_url, host_of, is_public
from aggregator.poll.waits import share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import FeedState, Outcome

    Held = tuple[FeedState, Outcome]
    Released = list[tuple[str, Outcome]]  # (feed URL as configured, what came of it)

ENOUGH_HOSTS = 3  # two may share a provider
HELD_AT_MOST = timedelta(minutes=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=10)
MESSAGE = "this machine's network seems to be down; no feed is blamed, all are tried again soon"
# No answer at all. A broken one, a refusal, even a bad certificate show that the network works.
UNANSWERED = frozenset(
    {FailureKind.NETWORK, FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT}
)
SAYS_NOTHING = frozenset({FailureKind.INTERNAL, FailureKind.REFUSED_ADDRESS})


class Watch:
    """Watches the outcomes of all passes; one for a house, used by one thread."""

    def __init__(self) -> None:
        """Begin without any evidence."""
        self._held: list[Held] = []
        self._held_since: datetime | None = None
        self._failed: set[str] = set()  # hosts that were well before, since the last answer
        self._is_local = False  # a failure since the last answer that only a local fault explains
        self._answers = 0
        self._forgiven: dict[str, int] = {}  # by host: how many answers there were then
        self._down_since: datetime | None = None

    def put(self, outcomes: Iterable[Held], *, now: datetime) -> Released:
        """Take in outcomes with their feeds' states from before; return those that are clear."""
        released: Released = []
        for state, outcome in outcomes:
            released += self._put_one(state, outcome, now)
        if self._held_since and now - self._held_since >= HELD_AT_MOST:
            released += self.settle(now=now)
        return released

    def settle(self, *, now: datetime) -> Released:
        """Return all that is held: deferred where the network is down, as it was where not.

        To be called at the end of each pass.
        """
        held, self._held, self._held_since = self._held, [], None
        if not held:
            return []
        if not self._is_down():
            return [(state.url, outcome) for state, outcome in held]
        self._down_since = self._down_since or now
        return [(state.url, self._judged(state, outcome, now)) for state, outcome in held]

    def _put_one(self, state: FeedState, outcome: Outcome, now: datetime) -> Released:
        url = asked_url(state)
        if not is_public(url) or not _tells(outcome):
            return [(state.url, outcome)]
        if not _is_unanswered(outcome):
            return [*self._answered(host_of(url)), (state.url, outcome)]
        self._note(host_of(url), state, outcome)
        self._held.append((state, outcome))
        self._held_since = self._held_since or now
        return []

    def _answered(self, host: str) -> Released:
        """Take note that the network works: what is held was the hosts' own trouble."""
        self._answers += 1
        self._forgiven.pop(host, None)
        self._failed.clear()
        self._is_local, self._down_since = False, None
        held, self._held, self._held_since = self._held, [], None
        return [(state.url, outcome) for state, outcome in held]

    def _note(self, host: str, state: FeedState, outcome: Outcome) -> None:
        if state.failures or self._is_to_blame(host):
            return  # it was in trouble before: that says nothing of our network
        self._failed.add(host)
        self._is_local |= isinstance(outcome, Failed) and outcome.kind is FailureKind.NETWORK

    def _is_down(self) -> bool:
        return self._is_local or len(self._failed) >= ENOUGH_HOSTS

    def _is_to_blame(self, host: str) -> bool:
        return self._answers > self._forgiven.get(host, self._answers)

    def _judged(self, state: FeedState, outcome: Outcome, now: datetime) -> Outcome:
        host = host_of(asked_url(state))
        if self._is_to_blame(host):
            return outcome
        self._forgiven.setdefault(host, self._answers)
        return Deferred(until_at=now + self._pause(state, now), message=MESSAGE)

    def _pause(self, state: FeedState, now: datetime) -> timedelta:
        """Return a pause that grows with the outage, not the same for all."""
        lasted = now - (self._down_since or now)
        pause = min(max(lasted, FIRST_PAUSE), LONGEST_PAUSE)
        return pause * (1 + share(f"outage {state.url}")) / 2


def _tells(outcome: Outcome) -> bool:
    if isinstance(outcome, Failed):
        return outcome.kind not in SAYS_NOTHING
    return not isinstance(outcome, Deferred)


def _is_unanswered(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.kind in UNANSWERED
