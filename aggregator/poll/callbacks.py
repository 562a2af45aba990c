"""WebSub, the hub's side of the wire (W3C Recommendation, sections 5.3 and 7): calls at callbacks.

Through the same guard, bounds and deadline as polls, for a callback is a stranger's word. No
redirect is followed. Trouble from outside is a value. Nothing here keeps or decides anything.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from aggregator.model import Failed
from aggregator.poll import body
from aggregator.poll.fetch import Fetcher, Posted
from aggregator.poll.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHALLENGE_BYTES = 1_000  # of an echo that is read: ours are 43


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What a subscriber is sent: the whole document, with where it comes from."""

    body: bytes = field(repr=False)
    content_type: str
    topic: str  # its public address
    hub: str

    def fields(self, *, agent: str, secret: str) -> list[tuple[bytes, bytes]]:
        """Return the header fields, signed where the subscriber gave a secret (section 7.1)."""
        links = f'<{self.hub}>; rel="hub", <{self.topic}>; rel="self"'
        fields = {
            "User-Agent": agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            "Link": links,
        }
        if secret:
            fields["X-Hub-Signature"] = signature(self.body, secret)
        return [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]


def signature(content: bytes, secret: str) -> str:
    """Return an X-Hub-Signature for the content."""
    return f"sha256={hmac.new(secret.encode(), content, 'sha256').hexdigest()}"


def with_query(callback: str, fields: Mapping[str, str]) -> str:
    """Return the callback with the fields added to its query, which is kept (section 5.3)."""
    parts = urlsplit(callback)
    query = "&".join(filter(None, (parts.query, urlencode(fields))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


class Caller(Fetcher):
    """Calls subscribers; an async context manager, as the fetcher that it is."""

    async def question(self, url: str) -> Posted | Failed:
        """Return what comes in answer to a GET, whatever its status."""
        fields = [
            (b"User-Agent", self._agent.encode("latin-1")),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"identity"),
        ]
        return await self._call("GET", url, fields, b"")

    async def deliver(self, url: str, parcel: Parcel, *, secret: str) -> Posted | Failed:
        """Return what comes in answer to a delivery, whatever its status."""
        fields = parcel.fields(agent=self._agent, secret=secret)
        return await self._call("POST", url, fields, parcel.body)

    async def _call(
        self, method: str, url: str, fields: list[tuple[bytes, bytes]], content: bytes
    ) -> Posted | Failed:
        ask = self._asked(url, proxy="", allow=False)
        if isinstance(ask, Failed):
            return ask
        if refused := self._refusal(ask, Trail(url=ask.url)):
            return refused
        request = httpx.Request(method, ask.url, headers=fields, content=content)
        return await self._in_time(ask, self._send(ask, request, _told))


async def _told(response: httpx.Response) -> Posted:
    start = await body.read_start(response, MAX_CHALLENGE_BYTES)
    return Posted(status=response.status_code, text=start.decode("utf-8", "replace"))
