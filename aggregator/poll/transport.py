"""httpx clients over connection pools that are guarded and bounded.

A client keeps no cookies, follows no redirects and reads no proxy from the environment. httpx has
no public way to give its own transport a network backend, so the transport is these few lines.
"""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from http.client import HTTPResponse
    from urllib.request import Request

MAX_IDLE = 20  # measured: httpx takes 1.1 ms a request with 20 idle hosts, 3.8 ms with 100
IDLE_S = 5.0  # httpx's own; servers close idle connections after 5 to 75 s


class NoCookies(CookieJar):
    """A jar that keeps nothing."""

    def extract_cookies(self, response: HTTPResponse, request: Request) -> None:
        """Leave the cookies where they are."""


class PoolTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through an httpcore pool; its exceptions come through as they are."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        """Take the pool, which is closed with the transport."""
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with its body unread."""
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=PoolBody(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class PoolBody(httpx.AsyncByteStream):
    """An answer's body as it comes over the wire."""

    def __init__(self, answer: httpcore.Response) -> None:
        """Take the answer whose body it is."""
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come."""
        async for part in self._answer.aiter_stream():
            yield part

    async def aclose(self) -> None:
        """Give the connection back to the pool, or close it where the body was not read whole."""
        await self._answer.aclose()


def open_client(
    backend: httpcore.AsyncNetworkBackend, context: ssl.SSLContext, *, proxy: str = ""
) -> httpx.AsyncClient:
    """Return a client over the backend, through the proxy if there is one.

    ValueError where the proxy is no URL of one.
    """
    pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        proxy=proxy_of(proxy, context) if proxy else None,
        max_connections=None,
        max_keepalive_connections=MAX_IDLE,
        keepalive_expiry=IDLE_S,
        network_backend=backend,
    )
    return httpx.AsyncClient(
        transport=PoolTransport(pool),
        cookies=NoCookies(),
        follow_redirects=False,
        trust_env=False,
        timeout=None,  # noqa: S113 - one deadline stands around the whole exchange
    )


def proxy_of(text: str, context: ssl.SSLContext) -> httpcore.Proxy:
    """Return the proxy that a URL names, with its login; ValueError where it names none."""
    message = "not the URL of a proxy"
    try:
        proxy = httpx.Proxy(text)
    except httpx.InvalidURL as error:
        raise ValueError(message) from error
    if not proxy.url.host:
        raise ValueError(message)
    return httpcore.Proxy(
        httpcore.URL(
            scheme=proxy.url.raw_scheme,
            host=proxy.url.raw_host,
            port=proxy.url.port,
            target=proxy.url.raw_path,
        ),
        auth=proxy.raw_auth,
        ssl_context=context if proxy.url.scheme == "https" else None,
    )
