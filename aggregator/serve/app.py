"""The published files and the service's health over HTTP. Reads, never writes, never logs.

GET and HEAD of what the publisher wrote, and of `/healthz`; nothing else is answered with content.
Hubs that push call at `/websub/…`, where there is a door for them.
The event loop only looks files up and sends pieces; reading, packing and the health report run in
threads.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from aggregator.serve import headers, pages
from aggregator.serve.checkup import Checkup
from aggregator.serve.conditions import is_unchanged, wants_gzip
from aggregator.serve.files import find
from aggregator.serve.shelf import Shelf
from aggregator.serve.websub import Callback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from aggregator.serve.body import Body
    from aggregator.serve.door import PushDoor
    from aggregator.serve.files import Found

LARGEST_FILE_BYTES = 64_000_000  # 100 stories of 600 kB; packing one takes 2 s of one core


def build_app(
    *,
    public_dir: Path,
    health: Callable[[], Mapping[str, object]],
    push: PushDoor | None = None,
) -> Starlette:
    """Return the ASGI application over a public folder; `health` is asked for `/healthz`.

    With `push`, hubs are answered at `/websub/{token}`.
    """
    callback = Callback(push).answer if push else None
    return Starlette(
        routes=[
            Route("/healthz", Checkup(health).answer, methods=["GET"]),
            *([Route("/websub/{token}", callback, methods=["GET", "POST"])] if callback else ()),
            Route("/{path:path}", PublicFiles(public_dir, Shelf()).answer, methods=["GET"]),
        ],
        exception_handlers={404: _answer_unknown, 405: _answer_method},
    )


@dataclass(frozen=True, slots=True)
class PublicFiles:
    """Where published files are given out."""

    public_dir: Path
    shelf: Shelf

    async def answer(self, request: Request) -> Response:
        """Answer with the file, with word that it is unchanged, or with a page saying why not."""
        path = request.scope["path"]
        found = find(self.public_dir, path)
        if found is None:
            return pages.not_found(path)
        if found.stamp.size > LARGEST_FILE_BYTES:
            return pages.too_large(LARGEST_FILE_BYTES)
        body = await self.shelf.fetch(found)
        return pages.not_found(path) if body is None else _represent(request, found, body)


class PieceResponse(Response):
    """A body sent piece by piece, so that a slow reader holds one piece and no copy of it all."""

    def __init__(self, pieces: Iterator[bytes], *, fields: Mapping[str, str]) -> None:
        """Take the pieces and the header fields, Content-Length among them."""
        super().__init__(headers=fields)
        self._pieces = pieces

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the head; for GET, each piece as the connection takes it."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["method"] == "GET":
            for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)  # a fast reader must not keep the loop from the others
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _represent(request: Request, found: Found, body: Body) -> Response:
    asked = request.headers
    now = datetime.now(UTC)
    packed = body.is_packed and wants_gzip(", ".join(asked.getlist("accept-encoding")))
    if is_unchanged(
        headers.entity_tag(body, packed=packed),
        headers.last_modified(body, now=now),
        if_none_match=asked.getlist("if-none-match"),
        if_modified_since=asked.getlist("if-modified-since"),
        now=now,
    ):
        fields = headers.of_unchanged(found, body, packed=packed, now=now)
        return Response(status_code=304, headers=fields)
    fields = headers.of_content(found, body, packed=packed, now=now)
    return PieceResponse(body.pieces(packed=packed), fields=fields)


async def _answer_unknown(request: Request, _error: Exception) -> Response:
    return pages.not_found(request.scope["path"])


async def _answer_method(_request: Request, _error: Exception) -> Response:
    return pages.not_allowed()
