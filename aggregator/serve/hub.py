"""Our own WebSub hub over HTTP: subscribers' forms are read and handed on.

It decides nothing: the door that it is given does. A form is small, so little is ever read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aggregator.model import HubRequest
from aggregator.serve.door import HubReply
from aggregator.serve.headers import PROTECTION

if TYPE_CHECKING:
    from starlette.requests import Request

    from aggregator.serve.door import HubDoor

MAX_FORM_BYTES = 16_384  # two addresses of 2,000 characters, escaped, and a secret
MAX_FIELDS = 50
READ_S = 10.0
FORM = "application/x-www-form-urlencoded"
_TEXT = PROTECTION | {"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}
_NOT_A_FORM = HubReply(status=400, text=f"Send a form ({FORM}) of at most 16 kB.")
_ONLY_FORMS = "This is a WebSub hub. Subscribers send it forms with POST."


class HubAddress:
    """Where subscribers ask."""

    def __init__(self, door: HubDoor) -> None:
        """Take the door that answers."""
        self._door = door

    async def answer(self, request: Request) -> Response:
        """Answer a subscriber; a person who looks in with a browser is told what this is."""
        if request.method != "POST":
            fields = _TEXT | {"Allow": "POST"}
            return Response(_ONLY_FORMS, status_code=405, headers=fields)
        form = await _form(request)
        told = self._door.ask(_asked(form)) if form is not None else _NOT_A_FORM
        fields = _TEXT | ({"Retry-After": str(told.retry_after_s)} if told.retry_after_s else {})
        return Response(told.text, status_code=told.status, headers=fields)


async def _form(request: Request) -> dict[str, str] | None:
    """Return the form's fields, of each name the first; None for what is no form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM or request.headers.get("content-encoding", "identity") != "identity":
        return None
    try:
        async with asyncio.timeout(READ_S):
            content = await _read(request)
        pairs = parse_qsl(content, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (TimeoutError, ClientDisconnect, ValueError):  # a UnicodeError is a ValueError
        return None
    return {name.decode(): value.decode() for name, value in reversed(pairs)}


async def _read(request: Request) -> bytes:
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MAX_FORM_BYTES:
            raise ValueError
    return content


def _asked(form: dict[str, str]) -> HubRequest:
    return HubRequest(
        mode=form.get("hub.mode", ""),
        topic=form.get("hub.topic", ""),
        callback=form.get("hub.callback", ""),
        secret=form.get("hub.secret", ""),
        lease_seconds=form.get("hub.lease_seconds", ""),
    )
