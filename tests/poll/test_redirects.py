from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.model import Download, Failed, FailureKind, Gone, Validators
from aggregator.poll.trail import Ask, Redirect, Trail, moved_to

if TYPE_CHECKING:
    from aggregator.poll.fetch import Fetcher
    from tests.poll.conftest import Server

import httpx

FEED = b"<rss/>"


def lead(server: Server, *statuses: int) -> str:
    """Set up hops with these statuses from /0 to /feed and return where they begin."""
    server.ok(FEED)
    for number, status in enumerate(statuses):
        last = number + 1 == len(statuses)
        place = "/feed" if last else f"/{number + 1}"
        server.on(f"/{number}", server.http(status, b"", f"Location: {place}"))
    return server.url("/0")


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        pytest.param([301], True, id="301"),
        pytest.param([308], True, id="308"),
        pytest.param([301, 308, 301], True, id="permanent throughout"),
        pytest.param([302], False, id="302"),
        pytest.param([303], False, id="303"),
        pytest.param([307], False, id="307"),
        pytest.param([301, 302, 301], False, id="one temporary hop"),
        pytest.param([301] * 5, True, id="as many as are followed"),
    ],
)
async def test_permanent_and_temporary_redirects_are_told_apart(
    server: Server, fetcher: Fetcher, statuses: list[int], *, moved: bool
) -> None:
    url = lead(server, *statuses)

    answer = await fetcher.fetch(url)

    assert isinstance(answer, Download)
    assert (answer.url, answer.final_url) == (url, server.url())
    assert answer.moved_to == (server.url() if moved else "")


async def test_no_redirect_moves_nothing(server: Server, fetcher: Fetcher) -> None:
    answer = await fetcher.fetch(server.ok(FEED))

    assert isinstance(answer, Download)
    assert answer.moved_to == ""


@pytest.mark.parametrize(
    ("start", "target", "expected"),
    [
        ("http://a.example/", "https://a.example/", "https://a.example/"),
        ("https://a.example/", "http://a.example/", ""),
        ("https://me:pw@a.example/", "https://a.example/new", ""),
    ],
    ids=["to https", "from https to http", "with a password"],
)
def test_a_move_is_trusted_only_where_nothing_is_lost(
    start: str, target: str, expected: str
) -> None:
    ask = Ask(given=start, url=httpx.URL(start), validators=Validators(), headers=(), proxy="")
    hop = Redirect(target=httpx.URL(target), permanent=True)

    assert moved_to(ask, Trail(url=ask.url).follow(hop)) == expected
    assert repr(ask) == "Ask()"


def test_a_trail_that_was_downgraded_stays_untrusted() -> None:
    trail = Trail(url=httpx.URL("https://a.example/"))
    for target in ("http://b.example/", "https://c.example/"):
        trail = trail.follow(Redirect(target=httpx.URL(target), permanent=True))

    assert not trail.permanent


async def failure(fetcher: Fetcher, url: str) -> Failed:
    answer = await fetcher.fetch(url)
    assert isinstance(answer, Failed), answer
    return answer


async def test_a_sixth_hop_is_not_followed(server: Server, fetcher: Fetcher) -> None:
    failed = await failure(fetcher, lead(server, *[302] * 6))

    assert failed.kind is FailureKind.REDIRECT
    assert len(server.seen) == 6


async def test_a_circle_is_seen_at_once(server: Server, fetcher: Fetcher) -> None:
    url = server.on("/feed", server.http(302, b"", "Location: /feed"))

    assert (await failure(fetcher, url)).kind is FailureKind.REDIRECT
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="no Location"),
        pytest.param(["Location: "], id="empty Location"),
        pytest.param(["Location: file:///etc/passwd"], id="file"),
        pytest.param(["Location: gopher://127.0.0.1/"], id="gopher"),
        pytest.param(["Location: javascript:alert(1)"], id="script"),
        pytest.param(["Location: http://a:b:c/"], id="no URL"),
        pytest.param(["Location: http://a.example:99999/"], id="no port"),
        pytest.param(["Location: http://[bad"], id="half a bracket"),
        pytest.param(["Location: http://xn--zz99999999/"], id="no international name"),
    ],
)
async def test_a_redirect_to_no_web_address_is_a_failure(
    server: Server, fetcher: Fetcher, fields: list[str]
) -> None:
    failed = await failure(fetcher, server.status(301, *fields))

    assert failed.kind is FailureKind.REDIRECT
    assert "127.0.0.1 redirects" in failed.message


async def test_a_persons_headers_stay_with_their_origin(
    server: Server, other: Server, fetcher: Fetcher
) -> None:
    server.on("/0", server.http(307, b"", "Location: /1"))
    server.on("/1", server.http(307, b"", f"Location: {other.ok(FEED)}"))
    secrets = (("X-Api-Key", "k"), ("Authorization", "Bearer t"), ("Cookie", "c=1"))

    answer = await fetcher.fetch(server.url("/0"), headers=secrets)

    assert isinstance(answer, Download)
    assert [request.fields.get("x-api-key") for request in server.seen] == ["k", "k"]
    names = {"x-api-key", "authorization", "cookie", "referer"}
    assert not other.seen[0].fields.keys() & names


async def test_a_password_stays_with_its_origin(
    server: Server, other: Server, fetcher: Fetcher
) -> None:
    server.on("/0", server.http(302, b"", "Location: /1"))
    server.on("/1", server.http(302, b"", f"Location: {other.ok(FEED)}"))

    await fetcher.fetch(f"http://me:pw@127.0.0.1:{server.port}/0")

    assert ["authorization" in request.fields for request in server.seen] == [True, True]
    assert "authorization" not in other.seen[0].fields


async def test_a_redirect_with_an_empty_body_keeps_its_connection(
    server: Server, fetcher: Fetcher
) -> None:
    await fetcher.fetch(lead(server, 301, 302))

    assert server.connections == 1


@pytest.mark.parametrize(
    ("status", "expected"), [(301, Gone), (302, Failed)], ids=["permanent", "temporary"]
)
async def test_a_410_counts_where_the_feed_is_for_good(
    server: Server, fetcher: Fetcher, status: int, expected: type
) -> None:
    url = lead(server, status)
    server.status(410)

    assert isinstance(await fetcher.fetch(url), expected)
