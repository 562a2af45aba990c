"""The WebSub callback over HTTP: hubs' questions are answered, their deliveries handed on.

It decides nothing and keeps nothing: the door that it is given does. What is buffered stays within
a budget that all deliveries share; a body is read only for a token that is known.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aggregator.serve import pages
from aggregator.serve.door import Delivery, Verification
from aggregator.serve.headers import PROTECTION

if TYPE_CHECKING:
    from starlette.requests import Request

    from aggregator.serve.door import PushDoor

BUDGET_BYTES = 8_000_000  # of bodies that are being read, all together
READ_S = 30.0  # for one body: 2 MB at 70 kB/s
MAX_CHALLENGE_CHARS = 1_000  # hubs send some 20 to 100
MAX_FIELD_CHARS = 2_000  # a topic is a URL
_TEXT = PROTECTION | {"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}


class Callback:
    """Where hubs call: GET asks, POST delivers."""

    def __init__(self, door: PushDoor) -> None:
        """Take the door to what is subscribed to."""
        self._door = door
        self._reading_bytes = 0

    async def answer(self, request: Request) -> Response:
        """Answer a hub; whoever has no token of ours learns nothing."""
        token = request.path_params["token"]
        if request.method == "POST":
            return await self._take(request, token)
        if request.method == "GET":
            return self._verify(request, token)
        return pages.not_found(request.scope["path"])

    def _verify(self, request: Request, token: str) -> Response:
        asked = _verification(request)
        told = self._door.verify(token, asked) if asked else None
        if told is None:
            return pages.not_found(request.scope["path"])
        return Response(told, headers=_TEXT)

    async def _take(self, request: Request, token: str) -> Response:
        """Answer 202 for whatever comes to a known token, 410 for others: hubs then give it up."""
        if not self._door.is_open(token):
            return Response(status_code=410, headers=_TEXT)
        body = await self._body(request)
        if body:
            fields = request.headers
            delivery = Delivery(
                body=body,
                content_type=fields.get("content-type", "")[:MAX_FIELD_CHARS],
                signature=fields.get("x-hub-signature", "")[:MAX_FIELD_CHARS],
            )
            await run_in_threadpool(self._door.deliver, token, delivery)
        else:
            self._door.decline(token)
        return Response(status_code=202, headers=_TEXT)

    async def _body(self, request: Request) -> bytes | None:
        """Return the body, or None where it is packed, over a limit, or does not come in time."""
        declared = request.headers.get("content-length", "")
        coding = request.headers.get("content-encoding", "identity")
        too_long = declared.isdecimal() and int(declared) > self._door.limit_bytes
        if too_long or coding.lower() != "identity":
            return None
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(READ_S):
                return await self._read(request, parts)
        except (TimeoutError, ClientDisconnect):
            return None
        finally:
            self._reading_bytes -= sum(map(len, parts))

    async def _read(self, request: Request, parts: list[bytes]) -> bytes | None:
        total = 0
        async for part in request.stream():
            total += len(part)
            parts.append(part)
            self._reading_bytes += len(part)
            if total > self._door.limit_bytes or self._reading_bytes > BUDGET_BYTES:
                return None
        return b"".join(parts)


def _verification(request: Request) -> Verification | None:
    """Return what is asked, or None where a field is longer than any that we could know."""
    given = request.query_params
    if any(len(given.get(f"hub.{name}", "")) > MAX_FIELD_CHARS for name in ("mode", "topic")):
        return None
    if len(given.get("hub.challenge", "")) > MAX_CHALLENGE_CHARS:
        return None
    return Verification(
        mode=given.get("hub.mode", ""),
        topic=given.get("hub.topic", ""),
        challenge=given.get("hub.challenge", ""),
        lease_seconds=given.get("hub.lease_seconds", "")[:MAX_FIELD_CHARS],
        reason=given.get("hub.reason", "")[:MAX_FIELD_CHARS],
    )
