"""The published files and the service's health over HTTP. Reads, never writes, never logs.

GET and HEAD of what the publisher wrote, and of `/healthz`; nothing else is answered with content.
Hubs that push call at `/websub/…`, subscribers of our own hub at `/hub`, where there is a door.
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
from aggregator.serve.conditions import is_unchanged, named_tags, wants_delta, wants_gzip
from aggregator.serve.delta import Deltas, Feeds
from aggregator.serve.files import find
from aggregator.serve.hub import HubAddress
from aggregator.serve.search import Search
from aggregator.serve.shelf import Shelf
from aggregator.serve.websub import Callback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from aggregator.serve.body import Body
    from aggregator.serve.delta import Delta
    from aggregator.serve.door import HubDoor, PushDoor
    from aggregator.serve.files import Found
    from aggregator.serve.search import Question, Told

IM_USED = 226  # RFC 3229 section 10.4.1
LARGEST_FILE_BYTES = 64_000_000  # 100 stories of 600 kB; packing one takes 2 s of one core


def build_app(  # noqa: PLR0913 - keyword-only, each a door of its own
    *,
    public_dir: Path,
    health: Callable[[], Mapping[str, object]],
    push: PushDoor | None = None,
    hub: HubDoor | None = None,
    feeds: Feeds = Feeds(),  # noqa: B008 - frozen: nothing is told of them
    search: Callable[[Question], Told] | None = None,
    direct_images: bool = False,
) -> Starlette:
    """Return the ASGI application over a public folder; `health` is asked for `/healthz`.

    With `push`, hubs are answered at `/websub/{token}`; with `hub`, subscribers at `/hub`;
    with `search`, readers at `/search`. With `direct_images`, pages may load any host's pictures.
    """
    callback = Callback(push).answer if push else None
    asked = HubAddress(hub).answer if hub else None
    found = Search(search).answer if search else None
    policy = headers.policy(direct_images=direct_images)
    files = PublicFiles(public_dir, feeds, Shelf(), Deltas(feeds.newest), policy)
    return Starlette(
        routes=[
            Route("/healthz", Checkup(health).answer, methods=["GET"]),
            *([Route("/websub/{token}", callback, methods=["GET", "POST"])] if callback else ()),
            *([Route("/hub", asked, methods=["GET", "POST"])] if asked else ()),
            *([Route("/search", found, methods=["GET"])] if found else ()),
            Route("/{path:path}", files.answer, methods=["GET"]),
        ],
        exception_handlers={404: _answer_unknown, 405: _answer_method},
    )


@dataclass(frozen=True, slots=True)
class PublicFiles:
    """Where published files are given out."""

    public_dir: Path
    feeds: Feeds
    shelf: Shelf
    deltas: Deltas
    policy: dict[str, str]  # what browsers may load

    async def answer(self, request: Request) -> Response:
        """Answer with the file, with word that it is unchanged, or with a page saying why not."""
        path = request.scope["path"]
        found = find(self.public_dir, path)
        if found is None:
            return pages.not_found(path)
        if found.stamp.size > LARGEST_FILE_BYTES:
            return pages.too_large(LARGEST_FILE_BYTES)
        body = await self.shelf.fetch(found)
        if body is None:
            return pages.not_found(path)
        asked = _Asked(request, datetime.now(UTC))
        if asked.has_it(body):
            return asked.answer_unchanged(found, body, self.policy)
        delta = await self._delta(asked, found, body)
        links = headers.link_of(found, self.feeds) | self.policy
        return asked.answer(found, body, delta, links=links)

    async def _delta(self, asked: _Asked, found: Found, body: Body) -> Delta | None:
        """Return what is new, for who says that this will do (RFC 3229)."""
        tags = asked.delta_tags() if found.is_current else []
        return await self.deltas.since(found, body, tags) if tags else None


class PieceResponse(Response):
    """A body sent piece by piece, so that a slow reader holds one piece and no copy of it all."""

    def __init__(
        self, pieces: Iterator[bytes], *, fields: Mapping[str, str], status_code: int = 200
    ) -> None:
        """Take the pieces and the header fields, Content-Length among them."""
        super().__init__(headers=fields, status_code=status_code)
        self._pieces = pieces

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the head; for GET, each piece as the connection takes it."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        if scope["method"] == "GET":
            for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)  # a fast reader must not keep the loop from the others
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for, at a moment."""

    request: Request
    now: datetime

    def wants_gzip(self) -> bool:
        return wants_gzip(", ".join(self.request.headers.getlist("accept-encoding")))

    def has_it(self, body: Body) -> bool:
        """Return whether the reader has this very version."""
        packed = body.is_packed and self.wants_gzip()
        return is_unchanged(
            headers.entity_tag(body, packed=packed),
            headers.last_modified(body, now=self.now),
            if_none_match=self.request.headers.getlist("if-none-match"),
            if_modified_since=self.request.headers.getlist("if-modified-since"),
            now=self.now,
        )

    def delta_tags(self) -> list[str]:
        """Return the versions that the reader has, where what is new since will do."""
        fields = self.request.headers
        if self.request.method != "GET" or not wants_delta(", ".join(fields.getlist("a-im"))):
            return []
        return named_tags(fields.getlist("if-none-match"))

    def answer_unchanged(self, found: Found, body: Body, policy: dict[str, str]) -> Response:
        packed = body.is_packed and self.wants_gzip()
        fields = headers.of_unchanged(found, body, packed=packed, now=self.now)
        return Response(status_code=304, headers=fields | policy)

    def answer(
        self, found: Found, body: Body, delta: Delta | None, *, links: dict[str, str]
    ) -> Response:
        """Answer with what is new where there is a delta, else with everything."""
        gzip = self.wants_gzip()
        if delta is not None:
            fields = headers.of_delta(found, body, delta, packed=gzip, now=self.now) | links
            pieces = delta.body.pieces(packed=delta.body.is_packed and gzip)
            return PieceResponse(pieces, fields=fields, status_code=IM_USED)
        packed = body.is_packed and gzip
        fields = headers.of_content(found, body, packed=packed, now=self.now) | links
        return PieceResponse(body.pieces(packed=packed), fields=fields)


async def _answer_unknown(request: Request, _error: Exception) -> Response:
    return pages.not_found(request.scope["path"])


async def _answer_method(_request: Request, _error: Exception) -> Response:
    return pages.not_allowed()
