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
from typing import TYPE_CHECKING, Self

import httpx

from aggregator.model import Download, Failed, Gone, NotModified, Polling, Validators
from aggregator.poll import decode, exchange, failures
from aggregator.poll.address import LOOPBACK, AddressPolicy, is_loopback_name, literal_address
from aggregator.poll.connect import (
    HEAD_LIMIT_BYTES,
    BoundedStream,
    GuardedBackend,
    OpenBackend,
    Resolve,
    Resolver,
    StaleConnectionError,
)
from aggregator.poll.exchange import user_agent
from aggregator.poll.transport import open_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Fetcher", "user_agent"]

NO_VALIDATORS = Validators()
MAX_HOPS = 5  # browsers stop at 20; a feed that needs more than two is rare
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
WITH_BODY = frozenset({200, 203})
NOT_MODIFIED = 304
GONE = 410

Answer = Download | NotModified | Failed | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for, the same at every hop."""

    given: str  # the URL as the caller wrote it
    url: httpx.URL
    validators: Validators
    headers: tuple[tuple[str, str], ...]
    proxy: str

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
    ) -> None:
        """Take the bounds; `resolve` looks names up, `clock` stands in for a missing Date."""
        self._polling = polling
        self._agent = user_agent
        self._clock = clock
        self._resolver = Resolver()
        self._policy = AddressPolicy(polling.allow_private_addresses)
        self._tls = httpx.create_ssl_context()
        look_up = resolve or self._resolver
        self._guarded = GuardedBackend(self._policy, look_up)
        self._open = OpenBackend(look_up)
        self._clients = {"": open_client(self._guarded, self._tls)}  # by proxy, "" for none

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
        for client in self._clients.values():
            await client.aclose()
        self._resolver.close()

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        headers: tuple[tuple[str, str], ...] = (),
        proxy: str = "",
    ) -> Answer:
        """Return what one GET with its redirects comes to, within `Polling.timeout`.

        `validators` make the request conditional; `headers` go to the URL's own origin alone;
        `proxy` stands before `Polling.proxy`. Trouble from outside is a Failed, never raised.
        """
        started = time.perf_counter()
        answer = await self._answer(url, validators, headers, proxy=proxy or self._polling.proxy)
        if isinstance(answer, Download):
            return answer
        return replace(answer, seconds=time.perf_counter() - started)

    async def _answer(
        self, url: str, validators: Validators, headers: tuple[tuple[str, str], ...], *, proxy: str
    ) -> Answer:
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            return failures.unusable_url()
        ask = Ask(given=url, url=parsed, validators=validators, headers=headers, proxy=proxy)
        try:
            async with asyncio.timeout(self._polling.timeout.total_seconds()):
                return await self._travel(ask)
        except TimeoutError:
            return failures.timed_out(exchange.host_name(parsed), self._polling.timeout)

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
        url, host = trail.url, exchange.host_name(trail.url)
        if trail.url in trail.visited:
            return failures.bad_redirect(host, "in a circle")
        if len(trail.visited) > MAX_HOPS:
            return failures.bad_redirect(exchange.host_name(ask.url), f"more than {MAX_HOPS} times")
        port = exchange.port_of(url)
        if not exchange.is_askable(url):
            return _unusable(trail)
        # Behind a proxy the guard sees the proxy alone, so what the spelling tells is judged here.
        literal = literal_address(host) or (LOOPBACK if is_loopback_name(host) else None)
        if ask.proxy and literal and not self._policy.allows(literal, port):
            return failures.refused_address(host=host, address=str(literal), port=port)
        return None

    async def _hop(self, ask: Ask, trail: Trail) -> Answer | Redirect:
        """Ask one URL, anew where a kept connection proves closed."""
        custom = ask.headers if same_origin(ask.url, trail.url) else ()
        fields = exchange.request_fields(self._agent, ask.validators, custom)
        try:
            client = self._client(ask.proxy)
        except ValueError:
            return failures.unusable_proxy()
        try:
            while True:  # each turn uses up a kept connection, and a fresh one is never stale
                with suppress(StaleConnectionError):
                    return await self._exchange(client, ask, trail, fields=fields)
        except failures.TROUBLE as error:
            host = exchange.host_name(trail.url)
            return failures.of_trouble(error, host=host, proxied=bool(ask.proxy))

    def _client(self, proxy: str) -> httpx.AsyncClient:
        if proxy not in self._clients:
            self._clients[proxy] = open_client(self._open, self._tls, proxy=proxy)
        return self._clients[proxy]

    async def _exchange(
        self,
        client: httpx.AsyncClient,
        ask: Ask,
        trail: Trail,
        *,
        fields: list[tuple[bytes, bytes]],
    ) -> Answer | Redirect:
        request = httpx.Request("GET", trail.url, headers=fields)
        response = await client.send(request, stream=True)
        try:
            self._admit(response)
            return await self._judge(ask, trail, response)
        finally:
            await response.aclose()

    def _admit(self, response: httpx.Response) -> None:
        """Let the body be read, now that the head is."""
        stream = response.extensions.get("network_stream")
        if isinstance(stream, BoundedStream):
            # Twice the body: chunks have heads too.
            stream.allow(2 * self._polling.max_body_bytes + HEAD_LIMIT_BYTES)

    async def _judge(self, ask: Ask, trail: Trail, response: httpx.Response) -> Answer | Redirect:
        fields = exchange.fields_of(response.headers.raw)
        status, host = response.status_code, exchange.host_name(trail.url)
        if status in WITH_BODY:
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
        await drain(response)
        sent = exchange.clean_validators(ask.validators.etag, ask.validators.last_modified)
        if sent == NO_VALIDATORS:
            return failures.unasked_not_modified(exchange.host_name(trail.url))
        given = exchange.validators_of(fields)
        return NotModified(
            validators=Validators(
                etag=given.etag or sent.etag,
                last_modified=given.last_modified or sent.last_modified,
            ),
            freshness=exchange.freshness_of(fields, now=self._clock()),
        )

    async def _download(
        self, ask: Ask, trail: Trail, response: httpx.Response, *, fields: exchange.Fields
    ) -> Download | Failed:
        limit = self._polling.max_body_bytes
        wire = await read_wire(response, fields, limit)
        if isinstance(wire, Failed):
            return wire
        body = decode.decode(wire, fields.get("content-encoding", ""), limit_bytes=limit)
        if isinstance(body, Failed):
            return replace(body, status=response.status_code)
        return Download(
            url=ask.given,
            final_url=exchange.without_secrets(trail.url),
            status=response.status_code,
            body=body,
            content_type=fields.get("content-type", "")[: exchange.MAX_FIELD_CHARS],
            content_location=exchange.content_location_of(fields, trail.url),
            validators=exchange.validators_of(fields),
            freshness=exchange.freshness_of(fields, now=self._clock()),
            moved_to=moved_to(ask, trail),
        )


def moved_to(ask: Ask, trail: Trail) -> str:
    """Return where the feed has moved for good, "" unless every hop says so.

    A feed with a password in its URL stays where it is: the new URL would have to keep it.
    """
    moved = trail.visited and trail.permanent and not ask.url.userinfo
    return exchange.without_secrets(trail.url) if moved else ""


async def read_wire(
    response: httpx.Response, fields: exchange.Fields, limit_bytes: int
) -> bytes | Failed:
    """Return the body as it came over the wire, or the failure of one over the limit."""
    declared = fields.get("content-length", "")  # h11 has checked that it is a number
    if declared.isdecimal() and int(declared) > limit_bytes:
        return decode.too_large(limit_bytes)
    parts: list[bytes] = []
    total = 0
    async for part in response.aiter_raw():
        parts.append(part)
        total += len(part)
        if total > limit_bytes:
            return decode.too_large(limit_bytes)
    return b"".join(parts)


async def drain(response: httpx.Response) -> None:
    """Read to the end of an answer that has no body, so that its connection can be kept."""
    _ = [part async for part in response.aiter_raw()]


async def _redirect(
    trail: Trail, response: httpx.Response, fields: exchange.Fields
) -> Redirect | Failed:
    location = fields.get("location", "").strip()
    if not location:
        return failures.bad_redirect(exchange.host_name(trail.url), "to nowhere (no Location)")
    target = exchange.redirect_target(trail.url, location)
    if fields.get("content-length") == "0":
        await drain(response)
    return Redirect(target=target, permanent=response.status_code in PERMANENT)


def _unusable(trail: Trail) -> Failed:
    if not trail.visited:
        return failures.unusable_url()
    host = exchange.host_name(trail.visited[-1])
    return failures.bad_redirect(host, "to what is no http or https URL")


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether scheme, host and port are the same (RFC 6454 section 5)."""
    return exchange.origin_of(one) == exchange.origin_of(other)
