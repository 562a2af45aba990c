"""Asks for a feed over HTTP: the only place that opens a connection to the outside.

Trouble from outside is a value, never an exception. Nothing here reads what a body means, decides
when to ask again, or keeps anything but idle connections between two fetches.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode

import httpx

from aggregator.model import Download, Failed, Gone, NotModified, Polling, Validators
from aggregator.poll import body, exchange, failures
from aggregator.poll.address import (
    FOREIGN_PORTS,
    LOOPBACK,
    Allowance,
    is_loopback_name,
    literal_address,
)
from aggregator.poll.budget import Budget
from aggregator.poll.clients import Clients
from aggregator.poll.connect import BoundedStream, Resolve, StaleConnectionError
from aggregator.poll.exchange import user_agent
from aggregator.poll.links import hubs_and_self
from aggregator.poll.trail import NO_VALIDATORS, Ask, Redirect, Trail, moved_to, same_origin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

__all__ = ["Answer", "Fetcher", "Posted", "user_agent"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
WITH_BODY = frozenset({200, 203})
PARTIAL = 226  # only what is new, to who said that this will do (RFC 3229)
NOT_MODIFIED = 304
GONE = 410
MAX_TOLD_BYTES = 1_000  # of what a hub says in answer to a form
AROUND_BODY_BYTES = 64 * 1024  # what may stand around the shortest body: heads of chunks, trailers

Answer = Download | NotModified | Failed | Gone
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What came in answer to a form."""

    status: int
    text: str  # at most 1 kB


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Fetcher:
    """Fetches feeds, many at once, within one event loop; an async context manager.

    How many run at once is the caller's to limit: under 200 is measured to go well.
    """

    def __init__(
        self,
        polling: Polling,
        *,
        user_agent: str,
        resolve: Resolve | None = None,
        clock: Callable[[], datetime] = utc_now,
        budget: Budget | None = None,
    ) -> None:
        """Take the bounds; `resolve` looks names up, `clock` stands in for a missing Date.

        `budget` bounds the bodies under way together with those that others hold.
        """
        self._polling = polling
        self._agent = user_agent
        self._clock = clock
        self._budget = budget or Budget()
        self._clients = Clients(polling, resolve=resolve)

    async def __aenter__(self) -> Self:
        """Return the fetcher itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._clients.aclose()

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        headers: tuple[tuple[str, str], ...] = (),
        proxy: str = "",
        allow_private_addresses: Allowance = False,
    ) -> Answer:
        """Return what one GET with its redirects comes to, within `Polling.timeout`.

        `validators` make the request conditional; `headers` go to the URL's own origin alone;
        `proxy` stands before `Polling.proxy`; `allow_private_addresses` beside `Polling`'s own.
        Trouble from outside is a Failed, never raised.
        """
        started = time.perf_counter()
        ask = self._asked(url, proxy=proxy, allow=allow_private_addresses)
        if isinstance(ask, Failed):
            return replace(ask, seconds=time.perf_counter() - started)
        ask = replace(ask, validators=validators, headers=headers)
        answer = await self._in_time(ask, self._travel(ask))
        if isinstance(answer, Download):
            return answer
        return replace(answer, seconds=time.perf_counter() - started)

    async def post(
        self,
        url: str,
        *,
        form: Mapping[str, str],
        proxy: str = "",
        allow_private_addresses: Allowance = False,
    ) -> Posted | Failed:
        """Return what comes in answer to a form, whatever its status; no redirect is followed.

        The same guard, bounds and deadline as for a feed.
        """
        started = time.perf_counter()
        ask = self._asked(url, proxy=proxy, allow=allow_private_addresses)
        if isinstance(ask, Failed):
            return ask
        answer = await self._in_time(ask, self._send_form(ask, urlencode(form).encode("ascii")))
        if isinstance(answer, Posted):
            return answer
        return replace(answer, seconds=time.perf_counter() - started)

    # ------------------------------------------------------------ before asking

    def _asked(self, url: str, *, proxy: str, allow: Allowance) -> Ask | Failed:
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            return failures.unusable_url()
        policy = self._clients.policy(allow)
        return Ask(given=url, url=parsed, proxy=proxy or self._polling.proxy, policy=policy)

    async def _in_time(self, ask: Ask, work: Awaitable[T]) -> T | Failed:
        try:
            async with asyncio.timeout(self._polling.timeout.total_seconds()):
                return await work
        except TimeoutError:
            return failures.timed_out(exchange.host_name(ask.url), self._polling.timeout)

    async def _travel(self, ask: Ask) -> Answer:
        """Follow the redirects, each checked like the first URL."""
        trail = Trail(url=ask.url)
        while True:
            step = self._refusal(ask, trail) or await self._hop(ask, trail)
            if not isinstance(step, Redirect):
                return step
            trail = trail.follow(step)

    def _refusal(self, ask: Ask, trail: Trail) -> Failed | None:
        """Return why the next URL is not asked at all, or None."""
        host, most = exchange.host_name(trail.url), self._polling.max_redirects
        if trail.url in trail.visited:
            return failures.bad_redirect(host, "in a circle")
        if len(trail.visited) > most:
            return failures.too_many_redirects(exchange.host_name(ask.url), most)
        if not exchange.is_askable(trail.url):
            return _unusable(trail)
        return self._refused_address(ask, host, exchange.port_of(trail.url))

    def _refused_address(self, ask: Ask, host: str, port: int) -> Failed | None:
        """Judge what the spelling alone tells: behind a proxy, the guard sees the proxy only."""
        literal = literal_address(host) or (LOOPBACK if is_loopback_name(host) else None)
        if ask.proxy and literal and not ask.policy.allows(literal, port):
            return failures.refused_address(host=host, address=str(literal), port=port)
        if ask.proxy and not literal and port in FOREIGN_PORTS:
            return failures.refused_port(host=host, port=port)
        return None

    # ------------------------------------------------------------------- asking

    async def _hop(self, ask: Ask, trail: Trail) -> Answer | Redirect:
        """Ask one URL of the trail."""
        custom = ask.headers if same_origin(ask.url, trail.url) else ()
        fields = exchange.request_fields(self._agent, ask.validators, custom)
        request = httpx.Request("GET", trail.url, headers=fields)

        async def judge(response: httpx.Response) -> Answer | Redirect:
            return await self._judge(ask, trail, response)

        return await self._send(ask, request, judge)

    async def _send_form(self, ask: Ask, form: bytes) -> Posted | Failed:
        if refused := self._refusal(ask, Trail(url=ask.url)):
            return refused
        fields = [*exchange.form_fields(self._agent), (b"Content-Length", b"%d" % len(form))]
        return await self._send(
            ask, httpx.Request("POST", ask.url, headers=fields, content=form), _told
        )

    async def _send(
        self, ask: Ask, request: httpx.Request, judge: Callable[[httpx.Response], Awaitable[T]]
    ) -> T | Failed:
        """Send a request, anew where a kept connection proves closed, and judge the answer."""
        try:
            client = self._clients.client(ask.policy, proxy=ask.proxy)
        except ValueError:
            return failures.unusable_proxy()
        try:
            while True:  # each turn uses up a kept connection, and a fresh one is never stale
                with suppress(StaleConnectionError):
                    return await self._exchange(client, request, judge)
        except failures.TROUBLE as error:
            host = exchange.host_name(request.url)
            return failures.of_trouble(error, host=host, proxied=bool(ask.proxy))

    async def _exchange(
        self,
        client: httpx.AsyncClient,
        request: httpx.Request,
        judge: Callable[[httpx.Response], Awaitable[T]],
    ) -> T:
        response = await client.send(request, stream=True)
        try:
            stream = response.extensions.get("network_stream")
            if isinstance(stream, BoundedStream):
                # Twice the body: chunks have heads too.
                stream.allow(2 * self._polling.max_body_bytes + AROUND_BODY_BYTES)
            return await judge(response)
        finally:
            await response.aclose()

    # --------------------------------------------------------------- the answer

    async def _judge(self, ask: Ask, trail: Trail, response: httpx.Response) -> Answer | Redirect:
        fields = exchange.fields_of(response.headers.raw)
        status, host = response.status_code, exchange.host_name(trail.url)
        is_partial = status == PARTIAL and exchange.is_delta(fields, ask.validators)
        if status in WITH_BODY or is_partial:
            return await self._download(ask, trail, response, fields=fields)
        if status == NOT_MODIFIED:
            return await self._not_modified(ask, trail, response, fields=fields)
        if status in REDIRECTS:
            return await _redirect(trail, response, fields)
        if status == GONE and trail.permanent:
            return Gone(message=f"{host} says that the feed is gone for good (410). Remove it.")
        freshness = exchange.freshness_of(fields, now=self._clock())
        return failures.of_status(status, host=host, freshness=freshness)

    async def _not_modified(
        self, ask: Ask, trail: Trail, response: httpx.Response, *, fields: exchange.Fields
    ) -> NotModified | Failed:
        await body.drain(response)
        freshness = exchange.freshness_of(fields, now=self._clock())
        sent = exchange.clean_validators(ask.validators.etag, ask.validators.last_modified)
        if sent == NO_VALIDATORS:
            failed = failures.unasked_not_modified(exchange.host_name(trail.url))
            return replace(failed, freshness=freshness)
        given = exchange.validators_of(fields)
        return NotModified(
            validators=Validators(
                etag=given.etag or sent.etag,
                last_modified=given.last_modified or sent.last_modified,
            ),
            freshness=freshness,
        )

    async def _download(
        self, ask: Ask, trail: Trail, response: httpx.Response, *, fields: exchange.Fields
    ) -> Download | Failed:
        limit_bytes = self._polling.max_body_bytes
        freshness = exchange.freshness_of(fields, now=self._clock())
        found = await body.read_body(response, fields, limit_bytes=limit_bytes, budget=self._budget)
        if isinstance(found, Failed):
            return replace(found, status=response.status_code, freshness=freshness)
        hubs, self_url = hubs_and_self(fields.get("link", ""), trail.url)
        return Download(
            url=ask.given,
            final_url=exchange.without_secrets(trail.url),
            status=response.status_code,
            body=found,
            content_type=exchange.content_type_of(fields),
            content_location=exchange.content_location_of(fields, trail.url),
            validators=exchange.validators_of(fields),
            freshness=freshness,
            moved_to=moved_to(ask, trail),
            is_partial=response.status_code == PARTIAL,
            hubs=hubs,
            self_url=self_url,
        )


async def _told(response: httpx.Response) -> Posted:
    start = await body.read_start(response, MAX_TOLD_BYTES)
    return Posted(status=response.status_code, text=start.decode("utf-8", "replace"))


async def _redirect(
    trail: Trail, response: httpx.Response, fields: exchange.Fields
) -> Redirect | Failed:
    location = fields.get("location", "").strip()
    host = exchange.host_name(trail.url)
    if not location:
        return failures.bad_redirect(host, "to nowhere (no Location)")
    target = exchange.redirect_target(trail.url, location)
    if len(str(target)) > exchange.MAX_URL_CHARS:
        return failures.bad_redirect(host, f"to over {exchange.MAX_URL_CHARS:,} characters")
    if fields.get("content-length") == "0":
        await body.drain(response)
    return Redirect(target=target, permanent=response.status_code in PERMANENT)


def _unusable(trail: Trail) -> Failed:
    if not trail.visited:
        return failures.unusable_url()
    host = exchange.host_name(trail.visited[-1])
    return failures.bad_redirect(host, "to what is no http or https URL")
