from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Download, Failed, FailureKind
from aggregator.poll.connect import LookupFailedError, Resolver, is_readable, look_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aggregator.poll.fetch import Fetcher
    from tests.poll.conftest import MakeFetcher, Server

FEED = b"<rss/>"


class Names:
    """A name server whose answers change with each question; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        """Take the answers in turn."""
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Answer and note what was asked."""
        assert 0 < port < 65_536
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def failure(fetcher: Fetcher, url: str, *, proxy: str = "") -> Failed:
    answer = await fetcher.fetch(url, proxy=proxy)
    assert isinstance(answer, Failed), answer
    return answer


# ------------------------------------------------------------------- the guard


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "0.0.0.0", "[::1]",
        "0", "127.0.0.1.",
    ],
)  # fmt: skip
async def test_no_spelling_of_this_machine_is_asked(
    server: Server, make_fetcher: MakeFetcher, host: str
) -> None:
    server.ok(FEED)

    failed = await failure(make_fetcher(allow_private_addresses=False), server.url(host=host))

    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert "polling.allow_private_addresses" in failed.message
    assert server.connections == 0


async def test_an_octal_address_is_no_url(server: Server, make_fetcher: MakeFetcher) -> None:
    """Httpx refuses this spelling before the guard sees it."""
    fetcher = make_fetcher(allow_private_addresses=False)

    failed = await failure(fetcher, server.url(host="0177.0.0.1"))

    assert failed.kind is FailureKind.PROTOCOL
    assert server.connections == 0


async def test_a_refusal_names_host_address_and_what_to_allow(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(resolve=Names(["10.1.2.3"]), allow_private_addresses=False)

    message = (await failure(fetcher, server.url(host="inside.example"))).message

    assert message.startswith("inside.example is at 10.1.2.3, which is no public address")
    assert f'"10.1.2.3:{server.port}"' in message


async def test_a_name_that_changes_its_mind_gains_nothing(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    """DNS rebinding: the address that was checked is the one connected to."""
    server.ok(FEED)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    fetcher = make_fetcher(resolve=names, allow_private_addresses=(f"127.0.0.1:{server.port}",))

    answer = await fetcher.fetch(server.url(host="rebind.example"))

    assert isinstance(answer, Download)
    assert names.asked == ["rebind.example"]
    assert server.seen[0].fields["host"] == f"rebind.example:{server.port}"


async def test_each_new_connection_is_checked_anew(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    server.on("/feed", server.http(200, FEED, "Connection: close"))
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    fetcher = make_fetcher(resolve=names, allow_private_addresses=("127.0.0.1",))
    url = server.url(host="rebind.example")

    assert isinstance(await fetcher.fetch(url), Download)
    assert (await failure(fetcher, url)).kind is FailureKind.REFUSED_ADDRESS


async def test_each_hop_is_checked(
    server: Server, other: Server, make_fetcher: MakeFetcher
) -> None:
    other.ok(FEED)
    fetcher = make_fetcher(allow_private_addresses=(f"127.0.0.1:{server.port}",))

    for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
        url = server.status(302, f"Location: {other.url(host=host)}")
        assert (await failure(fetcher, url)).kind is FailureKind.REFUSED_ADDRESS

    assert other.connections == 0


async def test_only_the_allowed_of_several_addresses_are_used(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    server.ok(FEED)
    fetcher = make_fetcher(
        resolve=Names(["10.0.0.1", "127.0.0.1"]), allow_private_addresses=("127.0.0.1",)
    )

    assert isinstance(await fetcher.fetch(server.url(host="two.example")), Download)


# ---------------------------------------------------------------- connecting


async def test_a_dead_address_is_passed_over(server: Server, make_fetcher: MakeFetcher) -> None:
    server.ok(FEED)
    fetcher = make_fetcher(resolve=Names(["127.0.0.3", "127.0.0.1"]))

    assert isinstance(await fetcher.fetch(server.url(host="two.example")), Download)


async def test_a_closed_port_is_a_connection_failure(make_fetcher: MakeFetcher) -> None:
    failed = await failure(make_fetcher(), "http://127.0.0.3:8/")

    assert failed.kind is FailureKind.CONNECT
    assert "127.0.0.3" in failed.message


@pytest.mark.parametrize("names", [Names([]), look_up], ids=["no address", "a label too long"])
async def test_a_name_without_address_is_a_dns_failure(
    make_fetcher: MakeFetcher, names: object
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return await names(host, port) if isinstance(names, Names) else look_up(host, port)

    failed = await failure(make_fetcher(resolve=resolve), f"http://{'x' * 80}.example/")

    assert failed.kind is FailureKind.DNS
    assert "name" in failed.message


async def test_a_name_server_that_hangs_is_within_the_deadline(make_fetcher: MakeFetcher) -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return [host, str(port)]

    fetcher = make_fetcher(resolve=hang, timeout=timedelta(milliseconds=50))

    assert (await failure(fetcher, "http://slow.example/")).kind is FailureKind.TIMEOUT


async def test_the_resolver_gives_each_address_once() -> None:
    resolver = Resolver()

    assert await resolver("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(LookupFailedError):
        await resolver("x" * 80, 80)
    resolver.close()


def test_a_closed_socket_counts_as_readable() -> None:
    """The pool drops a connection that is readable while idle."""
    assert is_readable(-1)


async def test_what_speaks_no_tls_is_a_tls_failure_and_gets_the_name(
    make_fetcher: MakeFetcher,
) -> None:
    hello = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.extend(await reader.read(4096))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    fetcher = make_fetcher(resolve=Names(["127.0.0.1"]))

    failed = await failure(fetcher, f"https://named.example:{port}/")

    listening.close()
    assert failed.kind is FailureKind.TLS
    assert b"named.example" in hello


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return a server's context for named.example, which fetchers trust."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    pem = tmp_path / "both.pem"
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=DNS:named.example", "-keyout", str(pem), "-out", str(pem)]
    made = subprocess.run(  # noqa: S603 - a fixed command
        [openssl, *command.split(), *names], capture_output=True, check=False
    )
    certificate = tmp_path / "certificate.pem"
    done = subprocess.run(  # noqa: S603 - a fixed command
        [openssl, "x509", "-in", str(pem), "-out", str(certificate)], check=False
    )
    assert (made.returncode, done.returncode) == (0, 0)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_the_certificate_is_checked_against_the_name(
    server: Server, certificate: ssl.SSLContext, make_fetcher: MakeFetcher
) -> None:
    server.ok(FEED)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=certificate)
    port = listening.sockets[0].getsockname()[1]
    fetcher = make_fetcher(resolve=Names(["127.0.0.1"]))

    for _ in range(2):
        answer = await fetcher.fetch(f"https://named.example:{port}/feed")
        assert isinstance(answer, Download)
    failed = await failure(fetcher, f"https://other.example:{port}/feed")

    listening.close()
    assert server.connections == 1
    assert failed.kind is FailureKind.TLS
    assert "other.example" in failed.message


# --------------------------------------------------------------------- proxies


async def test_a_proxy_is_asked_though_its_address_is_private(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    server.on("http://feeds.example/feed", server.http(200, FEED))
    fetcher = make_fetcher(allow_private_addresses=False)

    for _ in range(2):
        answer = await fetcher.fetch(
            "http://feeds.example/feed", proxy=f"http://me:pw@127.0.0.1:{server.port}"
        )
        assert isinstance(answer, Download)

    assert server.connections == 1
    assert server.seen[0].fields["host"] == "feeds.example"
    assert "proxy-authorization" in server.seen[0].fields


@pytest.mark.parametrize("host", ["10.0.0.1", "2130706433", "[::1]", "localhost", "a.localhost"])
async def test_a_proxy_is_not_asked_for_a_private_address(
    server: Server, make_fetcher: MakeFetcher, host: str
) -> None:
    fetcher = make_fetcher(allow_private_addresses=False, proxy=f"http://127.0.0.1:{server.port}")

    assert (await failure(fetcher, f"http://{host}/feed")).kind is FailureKind.REFUSED_ADDRESS
    assert not server.seen


async def test_a_tunnel_that_is_refused_is_a_connection_failure(
    server: Server, make_fetcher: MakeFetcher
) -> None:
    server.on("feeds.example:443", server.http(407))
    proxy = f"http://127.0.0.1:{server.port}"

    failed = await failure(make_fetcher(), "https://feeds.example/feed", proxy=proxy)

    assert failed.kind is FailureKind.CONNECT
    assert "proxy" in failed.message
    assert server.seen[0].raw.startswith(b"CONNECT feeds.example:443")


@pytest.mark.parametrize(
    "proxy",
    [
        "http://127.0.0.3:9", "socks5://127.0.0.3:9", "ftp://127.0.0.1:9", "http://", "nonsense",
        "http://secret:secret@no:port/", "socks5://no-such-proxy.invalid:1",
    ],
)  # fmt: skip
async def test_a_proxy_that_does_not_work_is_a_connection_failure(
    make_fetcher: MakeFetcher, proxy: str
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise LookupFailedError(host)

    failed = await failure(make_fetcher(resolve=resolve), "http://feeds.example/", proxy=proxy)

    assert failed.kind is FailureKind.CONNECT
    assert "proxy" in failed.message
    assert "secret" not in failed.message


async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(3)
    writer.write(b"\x05\x00")
    head = await reader.readexactly(5)
    name = await reader.readexactly(head[4] + 2)
    writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")
    await reader.readuntil(b"\r\n\r\n")
    body = b"<rss>" + name[:-2] + b"</rss>"
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"\x05\xff\x00\x00rubbish")
    writer.close()


async def test_a_socks_proxy_resolves_the_name(make_fetcher: MakeFetcher) -> None:
    listening = await asyncio.start_server(socks, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    fetcher = make_fetcher(resolve=Names([]), proxy=f"socks5://127.0.0.1:{port}")

    answer = await fetcher.fetch("http://feeds.example/feed")

    listening.close()
    assert isinstance(answer, Download)
    assert answer.body == b"<rss>feeds.example</rss>"


async def test_a_socks_proxy_that_speaks_rubbish_is_a_failure(make_fetcher: MakeFetcher) -> None:
    listening = await asyncio.start_server(garbage, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]

    failed = await failure(
        make_fetcher(), "http://feeds.example/feed", proxy=f"socks5://127.0.0.1:{port}"
    )

    listening.close()
    assert failed.kind is FailureKind.CONNECT
