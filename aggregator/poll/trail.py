"""What is asked for, and how far redirects have led. Values only: nothing is connected here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.model import Validators
from aggregator.poll import exchange
from aggregator.poll.address import AddressPolicy

if TYPE_CHECKING:
    import httpx

NO_VALIDATORS = Validators()
NOTHING_PRIVATE = AddressPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for, the same at every hop."""

    given: str  # the URL as the caller wrote it
    url: httpx.URL
    validators: Validators = NO_VALIDATORS
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str = ""
    policy: AddressPolicy = field(default=NOTHING_PRIVATE)

    def __repr__(self) -> str:
        """Name nothing: URL, headers and proxy may hold secrets."""
        return "Ask()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The answer is somewhere else."""

    target: httpx.URL
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """How far the redirects have led."""

    url: httpx.URL
    visited: tuple[httpx.URL, ...] = ()
    permanent: bool = True  # every hop so far was, and none led from https to http

    def follow(self, redirect: Redirect) -> Trail:
        """Return the trail one hop on."""
        downgrade = self.url.scheme == "https" and redirect.target.scheme != "https"
        return Trail(
            url=redirect.target,
            visited=(*self.visited, self.url),
            permanent=self.permanent and redirect.permanent and not downgrade,
        )


def moved_to(ask: Ask, trail: Trail) -> str:
    """Return where the feed has moved for good, "" unless every hop says so.

    A feed with a password in its URL stays where it is: the new URL would have to keep it.
    """
    moved = trail.visited and trail.permanent and not ask.url.userinfo
    return exchange.without_secrets(trail.url) if moved else ""


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether scheme, host and port are the same (RFC 6454 section 5)."""
    return exchange.origin_of(one) == exchange.origin_of(other)
