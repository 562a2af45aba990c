"""What WebSub's two addresses ask of whoever keeps the subscriptions. Values, protocols, no code.

This room may only read the store, so it hands on what hubs bring and answers what it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from aggregator.model import HubRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a hub asks at the callback (WebSub section 5.3), each field bounded, "" where absent."""

    mode: str
    topic: str
    challenge: str
    lease_seconds: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a hub brings (WebSub section 7); whether it may be believed is not known yet."""

    body: bytes
    content_type: str
    signature: str


class PushDoor(Protocol):
    """Answers from memory, at once, in any thread: a hub may call while it is being asked."""

    @property
    def limit_bytes(self) -> int:
        """Return the largest body that is taken."""
        ...

    def verify(self, token: str, asked: Verification) -> str | None:
        """Return what to answer a hub's question with, or None where there is nothing to say."""
        ...

    def is_open(self, token: str) -> bool:
        """Return whether deliveries are expected at this token."""
        ...

    def deliver(self, token: str, delivery: Delivery) -> None:
        """Take a delivery, or leave it: the hub is not told which."""
        ...

    def decline(self, token: str) -> None:
        """Take note of a delivery that could not be taken: the feed is to be asked instead."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReply:
    """What to answer a subscriber with."""

    status: int
    text: str
    retry_after_s: int = 0


class HubDoor(Protocol):
    """Answers from memory, at once, in any thread; what it takes is verified later."""

    def ask(self, request: HubRequest) -> HubReply:
        """Take what is asked, or say why not."""
        ...
