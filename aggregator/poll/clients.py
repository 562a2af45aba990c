"""The clients of one fetcher: one for each address policy, one for each proxy.

So a connection that one feed's policy allowed is never used for a feed that may not go there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from aggregator.poll.address import AddressPolicy, Allowance
from aggregator.poll.connect import GuardedBackend, OpenBackend, Resolve, Resolver
from aggregator.poll.transport import open_client

if TYPE_CHECKING:
    from aggregator.model import Polling


class Clients:
    """Opens clients as they are needed and closes them all at the end."""

    def __init__(self, polling: Polling, *, resolve: Resolve | None) -> None:
        """Take the bounds; `resolve` looks names up instead of the system."""
        self._allowed = polling.allow_private_addresses
        self._head_limit_bytes = polling.max_headers_bytes
        self._resolver = Resolver()
        self._resolve = resolve or self._resolver
        self._tls = httpx.create_ssl_context()
        self._policies: dict[Allowance, AddressPolicy] = {}
        self._direct: dict[AddressPolicy, httpx.AsyncClient] = {}
        self._proxied: dict[str, httpx.AsyncClient] = {}

    def policy(self, allow: Allowance) -> AddressPolicy:
        """Return the policy of a feed that is allowed this, beside what the service is.

        ValueError where a part of it is no address.
        """
        found = self._policies.get(allow)
        if found is None:
            found = self._policies[allow] = AddressPolicy(self._allowed, allow)
        return found

    def client(self, policy: AddressPolicy, *, proxy: str) -> httpx.AsyncClient:
        """Return the client for a policy, or for a proxy; ValueError where it names none.

        A proxy's own address is the operator's choice, so the policy does not look at it; and what
        is asked for through it was judged before.
        """
        if proxy:
            return self._through(proxy)
        found = self._direct.get(policy)
        if found is None:
            limit_bytes = self._head_limit_bytes
            guarded = GuardedBackend(policy, self._resolve, head_limit_bytes=limit_bytes)
            found = self._direct[policy] = open_client(guarded, self._tls)
        return found

    def _through(self, proxy: str) -> httpx.AsyncClient:
        found = self._proxied.get(proxy)
        if found is None:
            way = OpenBackend(self._resolve, head_limit_bytes=self._head_limit_bytes)
            found = self._proxied[proxy] = open_client(way, self._tls, proxy=proxy)
        return found

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (*self._direct.values(), *self._proxied.values()):
            await client.aclose()
        self._resolver.close()
