from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import (
    Download,
    Failed,
    FailureKind,
    Freshness,
    Gone,
    NotModified,
    Validators,
)
from aggregator.poll.fetch import Fetcher, user_agent

if TYPE_CHECKING:
    from aggregator.model import Polling
    from tests.poll.conftest import MakeFetcher, Server

FEED = b"<?xml version='1.0'?><rss><channel/></rss>"
BOTH = Validators(etag='W/"v 1"', last_modified="Sun, 01 Mar 2026 10:00:00 GMT")
DATE = "Date: Sun, 01 Mar 2026 10:00:00 GMT"


async def failure(fetcher: Fetcher, url: str, **options: object) -> Failed:
    answer = await fetcher.fetch(url, **options)  # type: ignore[arg-type]  # options of the test
    assert isinstance(answer, Failed), answer
    assert len(answer.message) > 30
    assert answer.seconds > 0
    return answer


# ------------------------------------------------------------------ the request


async def test_a_first_request_is_polite_and_unconditional(
    server: Server, fetcher: Fetcher
) -> None:
    await fetcher.fetch(server.ok(FEED) + "?page=1")

    request = server.seen[0]
    assert request.raw.startswith(b"GET /feed?page=1 HTTP/1.1\r\n")
    assert request.fields["accept-encoding"] == "gzip, deflate, br, zstd"
    assert request.fields["user-agent"] == "Newsfold/test (+about)"
    assert "application/atom+xml" in request.fields["accept"]
    assert request.fields.keys() == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize(
    "validators",
    [
        pytest.param(BOTH, id="both"),
        pytest.param(Validators(etag="no-quotes"), id="an ETag without quotes"),
        pytest.param(Validators(etag='"caf\xe9"', last_modified="garbage; x"), id="odd"),
    ],
)
async def test_validators_go_back_byte_for_byte(
    server: Server, fetcher: Fetcher, validators: Validators
) -> None:
    url = server.status(304)

    answer = await fetcher.fetch(url, validators=validators)

    assert isinstance(answer, NotModified)
    assert answer.validators == validators
    assert server.seen[0].fields.get("if-none-match", "") == validators.etag
    assert server.seen[0].fields.get("if-modified-since", "") == validators.last_modified


async def test_cookies_are_neither_kept_nor_sent(server: Server, fetcher: Fetcher) -> None:
    url = server.ok(FEED, *(f"Set-Cookie: c{n}={'v' * 1_000}; Path=/" for n in range(20)))

    for _ in range(2):
        assert isinstance(await fetcher.fetch(url), Download)

    assert all("cookie" not in request.fields for request in server.seen)


async def test_a_kept_connection_is_used_again(server: Server, fetcher: Fetcher) -> None:
    url = server.on("/feed", server.http(200, FEED), server.http(304))

    for _ in range(4):
        await fetcher.fetch(url, validators=BOTH)

    assert server.connections == 1


@pytest.mark.parametrize("reset", [False, True])
async def test_a_kept_connection_that_closes_under_us_is_replaced(
    server: Server, fetcher: Fetcher, *, reset: bool
) -> None:
    end = server.reset(b"") if reset else server.cut(b"")
    url = server.on("/feed", server.http(200, FEED), end, server.http(200, FEED))
    await fetcher.fetch(url)

    assert isinstance(await fetcher.fetch(url), Download)
    assert [request.connection for request in server.seen] == [1, 1, 2]


# ------------------------------------------------------------------- the answer


async def test_a_download_says_what_is_to_be_remembered(server: Server, fetcher: Fetcher) -> None:
    url = server.ok(
        FEED,
        'ETag: "caf\xe9"',
        "Last-Modified: yesterday-ish",
        "Content-Type: application/rss+xml; charset=utf-8",
        "Content-Location: /real.xml",
        "Cache-Control: max-age=600",
    )

    assert await fetcher.fetch(url, validators=BOTH) == Download(
        url=url,
        final_url=url,
        status=200,
        body=FEED,
        content_type="application/rss+xml; charset=utf-8",
        content_location=server.url("/real.xml"),
        validators=Validators(etag='"caf\xe9"', last_modified="yesterday-ish"),
        freshness=Freshness(max_age=timedelta(minutes=10)),
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param([], Validators(), id="the new 200 has none"),
        pytest.param(['ETag: "n"'], Validators(etag='"n"'), id="one is gone"),
        pytest.param([f'ETag: "{"e" * 60_000}"'], Validators(), id="huge"),
        pytest.param(["ETag: a\tb"], Validators(), id="control character"),
    ],
)
async def test_validators_are_those_of_the_new_answer(
    server: Server, fetcher: Fetcher, fields: list[str], expected: Validators
) -> None:
    answer = await fetcher.fetch(server.ok(FEED, *fields), validators=BOTH)

    assert isinstance(answer, Download)
    assert answer.validators == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param([], BOTH, id="as sent"),
        pytest.param(['ETag: "n"'], replace(BOTH, etag='"n"'), id="a new ETag"),
    ],
)
async def test_a_304_renews_what_it_names(
    server: Server, fetcher: Fetcher, fields: list[str], expected: Validators
) -> None:
    url = server.status(304, *fields, "Expires: Sun, 01 Mar 2026 11:00:00 GMT", DATE)

    answer = await fetcher.fetch(url, validators=BOTH)

    assert isinstance(answer, NotModified)
    assert answer.validators == expected
    assert answer.freshness == Freshness(max_age=timedelta(hours=1))
    assert answer.seconds > 0


@pytest.mark.parametrize("validators", [Validators(), Validators(etag="bad\n")])
async def test_a_304_to_an_unconditional_request_is_a_failure(
    server: Server, fetcher: Fetcher, validators: Validators
) -> None:
    failed = await failure(fetcher, server.status(304), validators=validators)

    assert failed.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize(
    ("fields", "retry_after"),
    [
        pytest.param(["Retry-After: 120"], timedelta(minutes=2), id="seconds"),
        pytest.param(
            ["Retry-After: Sun, 01 Mar 2026 11:00:00 GMT", DATE], timedelta(hours=1), id="date"
        ),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_rate_limit_says_how_long(
    server: Server, fetcher: Fetcher, *, status: int, fields: list[str], retry_after: timedelta
) -> None:
    failed = await failure(fetcher, server.status(status, *fields))

    assert failed.kind is FailureKind.RATE_LIMITED
    assert failed.freshness.retry_after == retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, FailureKind.RATE_LIMITED),
        (503, FailureKind.SERVER_ERROR),
        (500, FailureKind.SERVER_ERROR),
        (401, FailureKind.CLIENT_ERROR),
        (403, FailureKind.CLIENT_ERROR),
        (404, FailureKind.CLIENT_ERROR),
        (412, FailureKind.CLIENT_ERROR),
        (204, FailureKind.EMPTY),
        (202, FailureKind.PROTOCOL),
        (206, FailureKind.PROTOCOL),
        (300, FailureKind.PROTOCOL),
        (700, FailureKind.PROTOCOL),
    ],
)
async def test_statuses_are_told_apart(
    server: Server, fetcher: Fetcher, status: int, kind: FailureKind
) -> None:
    failed = await failure(fetcher, server.status(status, "Retry-After: soon"))

    assert (failed.kind, failed.status) == (kind, status)
    assert failed.freshness.retry_after is None
    assert str(status) in failed.message


async def test_a_feed_in_an_error_is_no_feed(server: Server, fetcher: Fetcher) -> None:
    failed = await failure(fetcher, server.on("/feed", server.http(404, FEED)))

    assert failed.kind is FailureKind.CLIENT_ERROR


async def test_410_is_gone(server: Server, fetcher: Fetcher) -> None:
    answer = await fetcher.fetch(server.status(410))

    assert isinstance(answer, Gone)
    assert "410" in answer.message
    assert answer.seconds > 0


async def test_a_packed_body_is_unpacked(server: Server, fetcher: Fetcher) -> None:
    answer = await fetcher.fetch(server.ok(gzip.compress(FEED), "Content-Encoding: gzip"))

    assert isinstance(answer, Download)
    assert answer.body == FEED


async def test_a_broken_packing_is_a_failure(server: Server, fetcher: Fetcher) -> None:
    failed = await failure(fetcher, server.ok(gzip.compress(FEED)[:-3], "Content-Encoding: gzip"))

    assert (failed.kind, failed.status) == (FailureKind.PROTOCOL, 200)


# ---------------------------------------------------------------- bad behaviour

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", id="short body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="half a head"),
        pytest.param(CHUNKED + b"5\r\n<rss>\r\n", id="no last chunk"),
        pytest.param(CHUNKED + b"zz\r\n<rss>\r\n", id="no chunk size"),
        pytest.param(b"HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", id="upgrade"),
    ],
)
async def test_broken_http_is_a_failure(server: Server, fetcher: Fetcher, data: bytes) -> None:
    failed = await failure(fetcher, server.on("/feed", server.cut(data)))

    assert failed.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"])
async def test_a_connection_that_is_reset_is_a_failure(
    server: Server, fetcher: Fetcher, data: bytes
) -> None:
    failed = await failure(fetcher, server.on("/feed", server.reset(data)))

    assert failed.kind is FailureKind.PROTOCOL
    assert len(server.seen) == 1


async def test_a_body_without_length_ends_with_the_connection(
    server: Server, fetcher: Fetcher
) -> None:
    answer = await fetcher.fetch(server.on("/feed", server.cut(b"HTTP/1.1 200 OK\r\n\r\n" + FEED)))

    assert isinstance(answer, Download)
    assert answer.body == FEED


@pytest.mark.parametrize(
    ("data", "part"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-Pad: " + b"a" * 500 + b"\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Pad: ", b"a" * 5_000, id="one header"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50, id="103s"),
        pytest.param(CHUNKED, b"1f4\r\n" + b"x" * 500 + b"\r\n", id="body"),
        pytest.param(CHUNKED, b"1;" + b"x" * 9_000 + b"\r\n<\r\n", id="padding between chunks"),
        pytest.param(CHUNKED + b"0\r\n", b"X-Pad: " + b"a" * 500 + b"\r\n", id="trailers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 5_000, id="body without length"),
    ],
)
async def test_what_never_ends_is_cut_off_long_before_the_deadline(
    server: Server, fetcher: Fetcher, data: bytes, part: bytes
) -> None:
    failed = await failure(fetcher, server.on("/feed", server.drip(data, part=part)))

    assert failed.kind in {FailureKind.TOO_LARGE, FailureKind.PROTOCOL}
    assert failed.seconds < 1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["X-Big: " + "a" * 64_000], id="one header"),
        pytest.param([f"X-{n}: {'a' * 4_000}" for n in range(16)], id="many headers"),
        pytest.param([f"Set-Cookie: {'v' * 4_000}" for _ in range(32)], id="twice in cookies"),
        pytest.param(["X-Big: " + "a" * 1_000_000], id="a megabyte"),
    ],
)
async def test_headers_are_bounded(server: Server, fetcher: Fetcher, fields: list[str]) -> None:
    failed = await failure(fetcher, server.ok(FEED, *fields))

    assert failed.kind is FailureKind.TOO_LARGE
    assert "64,000" in failed.message
    assert "polling.max_headers" in failed.message
    assert failed.seconds < 1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([f"X-{n}: {'a' * 4_000}" for n in range(15)], id="under the limit"),
        pytest.param([f"Set-Cookie: {'v' * 4_000}" for _ in range(20)], id="80 kB of cookies"),
    ],
)
async def test_many_headers_are_read(server: Server, fetcher: Fetcher, fields: list[str]) -> None:
    answer = await fetcher.fetch(server.ok(FEED, *fields))

    assert isinstance(answer, Download)
    assert answer.body == FEED


async def test_the_limit_of_headers_is_configured(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    url = server.ok(FEED, "X-Big: " + "a" * 200_000)

    wide = await make_fetcher(max_headers_bytes=300_000).fetch(url)
    narrow = await failure(make_fetcher(max_headers_bytes=1_000), url)

    assert isinstance(wide, Download)
    assert "1,000 bytes" in narrow.message


@pytest.mark.parametrize(("count", "expected"), [(10, Download), (11, Failed)])
async def test_heads_before_the_head_are_counted(
    server: Server, fetcher: Fetcher, *, count: int, expected: type
) -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    answer = await fetcher.fetch(server.on("/feed", hint * count + server.http(200, FEED)))

    assert isinstance(answer, expected)


async def test_a_declared_length_over_the_limit_is_not_read(
    server: Server, fetcher: Fetcher
) -> None:
    reply = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", part=b"", pause_s=9)

    failed = await failure(fetcher, server.on("/feed", reply))

    assert failed.kind is FailureKind.TOO_LARGE
    assert "polling.max_body" in failed.message


@pytest.mark.parametrize(
    ("data", "part"),
    [
        pytest.param(b"", b"", id="nothing comes"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Pad: ", b"a", id="slow headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"<", id="slow body"),
        pytest.param(CHUNKED, b"1\r\n<\r\n", id="slow chunks"),
    ],
)
async def test_one_deadline_covers_everything(
    server: Server, make_fetcher: MakeFetcher, data: bytes, part: bytes
) -> None:
    fetcher = make_fetcher(timeout=timedelta(milliseconds=150))

    failed = await failure(fetcher, server.on("/feed", server.drip(data, part=part, pause_s=0.02)))

    assert failed.kind is FailureKind.TIMEOUT
    assert "polling.timeout" in failed.message
    assert 0.1 < failed.seconds < 1


async def test_a_slow_but_honest_server_is_waited_for(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(timeout=timedelta(seconds=1), max_body_bytes=20)
    reply = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", part=b"x", pause_s=0.01)

    answer = await fetcher.fetch(server.on("/feed", reply))

    assert isinstance(answer, Download)
    assert answer.body == b"x" * 20


# -------------------------------------------------------- what cannot be asked


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://127.0.0.1/", "http:///feed", "http://x:99999/", "http://x:0/",
        "http://x:-2/", "http://[bad", "http://xn--zz99999999/",
        "nonsense", "", "http://\u0661\u0662\u0667.1/", "http://x\x00y/",
        "http://127.0.0.1:port/", "x" * 70_000,
    ],
)  # fmt: skip
async def test_what_is_no_feed_url_is_a_failure(fetcher: Fetcher, url: str) -> None:
    failed = await failure(fetcher, url)

    assert failed.kind is FailureKind.PROTOCOL
    assert "URL" in failed.message


@pytest.mark.parametrize("value", ["secret\r\nX-Evil: 1", "secret\x00"])
async def test_a_header_that_cannot_be_sent_is_named_without_its_value(
    server: Server, fetcher: Fetcher, value: str
) -> None:
    failed = await failure(fetcher, server.ok(FEED), headers=(("X-Key", value),))

    assert failed.kind is FailureKind.PROTOCOL
    assert "headers" in failed.message
    assert "secret" not in failed.message
    assert not server.seen


async def test_a_fetcher_runs_on_its_own_clock_and_resolver(
    server: Server, polling: Polling
) -> None:
    url = server.status(429, "Retry-After: Sun, 01 Mar 2126 11:00:00 GMT")

    async with Fetcher(polling, user_agent=user_agent("")) as fetcher:
        failed = await failure(fetcher, url.replace("127.0.0.1", "localhost"))

    assert failed.freshness.retry_after == timedelta(days=3650)


async def test_a_password_in_the_url_is_used_and_never_shown(
    server: Server, fetcher: Fetcher
) -> None:
    server.ok(FEED)
    url = f"http://me:hidden@127.0.0.1:{server.port}/feed"

    answer = await fetcher.fetch(url)

    assert isinstance(answer, Download)
    assert server.seen[0].fields["authorization"].startswith("Basic ")
    assert answer.final_url == server.url()
    server.status(404)
    assert "hidden" not in (await failure(fetcher, url)).message
