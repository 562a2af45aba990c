"""What is bounded beyond one answer, and who may be asked at which port."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # it publishes no types
import httpx
import pytest
import zstandard

from aggregator.model import Download, Failed, FailureKind, Validators
from aggregator.poll import links
from aggregator.poll.address import FOREIGN_PORTS, AddressPolicy
from aggregator.poll.budget import Budget
from aggregator.poll.fetch import Posted

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.poll.fetch import Fetcher
    from tests.poll.conftest import MakeFetcher, Server

FEED = b"<?xml version='1.0'?><rss><channel/></rss>"
LARGE = 10_000_000
STALL_S = 0.1  # the loop never stands still for longer


# ------------------------------------------------------------------------ delta


async def test_a_226_is_a_part_and_its_etag_the_next_validator(
    server: Server, fetcher: Fetcher
) -> None:
    url = server.on("/feed", server.http(226, FEED, "IM: feed", 'ETag: "2"'))

    answer = await fetcher.fetch(url, validators=Validators(etag='"1"'))

    assert isinstance(answer, Download)
    assert answer.is_partial
    assert answer.validators.etag == '"2"'
    assert server.seen[0].fields["a-im"] == "feed"


@pytest.mark.parametrize("fields", [(), ("IM: range",)], ids=["no word of it", "another kind"])
async def test_a_226_that_is_no_delta_of_a_feed_is_a_failure(
    server: Server, fetcher: Fetcher, fields: tuple[str, ...]
) -> None:
    url = server.on("/feed", server.http(226, FEED, *fields))

    assert isinstance(await fetcher.fetch(url, validators=Validators(etag='"1"')), Failed)


async def test_a_delta_is_asked_for_only_with_an_etag(server: Server, fetcher: Fetcher) -> None:
    url = server.ok(FEED)

    await fetcher.fetch(url, validators=Validators(last_modified="Sun, 01 Mar 2026 10:00:00 GMT"))

    assert "a-im" not in server.seen[0].fields


# ------------------------------------------------------------------------- post


async def test_a_form_is_posted_and_its_answer_told_whatever_it_is(
    server: Server, fetcher: Fetcher
) -> None:
    url = server.on("/hub", server.http(402, b"Pay first"))

    assert await fetcher.post(url, form={"a": "b c"}) == Posted(status=402, text="Pay first")
    assert server.seen[0].raw.startswith(b"POST /hub ")


async def test_a_form_is_posted_to_allowed_addresses_only(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(allow_private_addresses=False)

    answer = await fetcher.post(server.url("/hub"), form={})

    assert isinstance(answer, Failed)
    assert answer.kind is FailureKind.REFUSED_ADDRESS
    assert server.seen == []


# -------------------------------------------------------------------- addresses


async def test_a_feed_may_be_allowed_an_address_of_its_own(
    server: Server, other: Server, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(allow_private_addresses=False)
    own = (f"127.0.0.1:{server.port}",)
    there = other.ok(FEED)

    allowed = await fetcher.fetch(server.ok(FEED), allow_private_addresses=own)
    elsewhere = await fetcher.fetch(there, allow_private_addresses=own)
    without = await fetcher.fetch(server.url())

    assert isinstance(allowed, Download)
    assert isinstance(elsewhere, Failed)
    assert isinstance(without, Failed), "a kept connection serves only those who may use it"
    assert len(server.seen) == 1
    assert other.seen == []


@pytest.mark.parametrize("port", [22, 25, 6379, 6667])
def test_ports_of_other_protocols_are_refused_at_public_addresses(port: int) -> None:
    policy = AddressPolicy(True)  # noqa: FBT003 - as it is configured

    assert policy.allows("93.184.215.14", port) is (port not in FOREIGN_PORTS)
    assert policy.allows("93.184.215.14", 8080)


def test_a_private_endpoint_that_is_named_may_have_any_port() -> None:
    assert AddressPolicy(("10.0.0.7:25",)).allows("10.0.0.7", 25)
    assert not AddressPolicy(("10.0.0.0/8",)).allows("10.0.0.7", 25)


# ------------------------------------------------------------------------ links


def test_hubs_and_the_own_address_are_read_from_link_headers() -> None:
    header = (
        '<https://hub.example/>; rel="hub", </feed?a=1#x>; rel="self alternate",'
        ' <https://other.example/>; rel=hub; anchor="#part", <javascript:alert(1)>; rel=hub'
    )

    found = links.hubs_and_self(header, httpx.URL("https://user:pw@site.example/old"))

    assert found == (("https://hub.example/",), "https://site.example/feed?a=1")


@pytest.mark.parametrize("header", ["", "<", "<>;rel=hub", "rel=hub", "<https://[>; rel=hub"])
def test_a_broken_link_header_says_nothing(header: str) -> None:
    assert links.hubs_and_self(header, httpx.URL("https://site.example/")) == ((), "")


def test_no_more_than_a_few_hubs_are_kept() -> None:
    header = ", ".join(f"<https://hub{number}.example/>; rel=hub" for number in range(500))

    assert len(links.hubs_and_self(header, httpx.URL("https://site.example/"))[0]) == links.MAX_HUBS


# ----------------------------------------------------------------------- budget


async def test_bodies_wait_for_room_and_the_oldest_never_does() -> None:
    budget, done = Budget(100), list[str]()

    async def take(name: str, *counts: int) -> None:
        with budget.share() as share:
            for count in counts:
                await share.grow(count)
                assert name == "old" or budget.held_bytes <= 100
                await asyncio.sleep(0)
            done.append(name)

    await asyncio.wait_for(
        asyncio.gather(take("old", 60, 60, 60), take("young", 30, 30, 30)), timeout=1
    )

    assert done == ["old", "young"], "there was no room for the young one before"
    assert budget.held_bytes == 0


async def test_one_who_waits_and_is_given_up_leaves_nothing_behind() -> None:
    budget = Budget(10)
    with budget.share() as first:
        await first.grow(10)
        with budget.share() as second, pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await second.grow(1)

    assert budget.held_bytes == 0


# ------------------------------------------------------------------------ stall


def padded() -> bytes:
    return b"<rss>" + b"<!-- words of no meaning -->" * (LARGE // 28 - 1) + b"</rss>"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", lambda body: gzip.compress(body, 1)),
        ("deflate", lambda body: zlib.compress(body, 1)),
        ("br", lambda body: brotli.compress(body, quality=1)),
        ("zstd", lambda body: zstandard.compress(body, 1)),
        ("identity", lambda body: body),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_largest_bodies_do_not_stall_the_loop(
    server: Server, make_fetcher: MakeFetcher, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    """The best of three times: what else the machine does must not count."""
    fetcher = make_fetcher(max_body_bytes=LARGE)
    url = server.ok(pack(padded()), f"Content-Encoding: {coding}")

    assert min([await stall_of(fetcher, url) for _ in range(3)]) < STALL_S


async def stall_of(fetcher: Fetcher, url: str) -> float:
    """Return the longest time in seconds that the loop stood still during a fetch."""
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            asleep_at = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - asleep_at)

    watching = asyncio.create_task(watch())
    answer = await fetcher.fetch(url)
    watching.cancel()
    assert isinstance(answer, Download), answer
    assert len(answer.body) > LARGE - 100
    return worst
