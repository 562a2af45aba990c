"""The demo's server over real connections on loopback."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from aggregator.demo import Newsroom, serve
from aggregator.demo.outlets import OUTLETS
from aggregator.demo.values import GOOD_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.demo import Running

NEWSROOM = Newsroom(datetime(2026, 11, 25, 12, tzinfo=UTC))
NAMES = {outlet.name: outlet for outlet in OUTLETS}
QUICK = [outlet for outlet in OUTLETS if not outlet.delay_s]


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(NEWSROOM) as served:
        yield served


def get(
    url: str, headers: Mapping[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """Return the answer and its body as they came, without following or decoding anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers=dict(headers or {}))
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_every_outlet_has_a_host_of_its_own_on_loopback(running: Running) -> None:
    hosts = {urlsplit(running.feed_url(outlet)).netloc for outlet in OUTLETS}

    assert len(hosts) == len(OUTLETS)
    assert all(host.startswith("127.0.0.1:") for host in hosts)


def test_a_second_poll_with_the_etag_gets_304_until_the_feed_changes(running: Running) -> None:
    for outlet in QUICK:
        if outlet.kind not in GOOD_KINDS:
            continue
        url = running.feed_url(outlet)
        first, body = get(url)
        again, nothing = get(url, {"If-None-Match": first.headers["ETag"]})
        dated, _ = get(url, {"If-Modified-Since": first.headers["Last-Modified"]})

        assert (first.status, again.status, dated.status) == (200, 304, 304)
        assert body
        assert not nothing

    url = running.feed_url(NAMES["courier"])
    first, old = get(url)
    running.advance()
    after, new = get(url, {"If-None-Match": first.headers["ETag"]})
    assert after.status == 200
    assert new != old


def test_gzip_holds_the_same_feed(running: Running) -> None:
    url = running.feed_url(NAMES["meridian"])

    plain, body = get(url)
    packed, smaller = get(url, {"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(smaller) == body
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_odd_outlets_answer_oddly(running: Running) -> None:
    statuses = {
        outlet.kind: get(running.feed_url(outlet))[0].status
        for outlet in QUICK
        if outlet.kind not in GOOD_KINDS
    }

    assert statuses == {Kind.GONE: 410, Kind.HTML: 200, Kind.HOSTILE: 200, Kind.TRUNCATED: 200}


def test_the_slow_outlet_is_slow_and_fine(running: Running) -> None:
    began = time.monotonic()

    response, body = get(running.feed_url(NAMES["gazette"]))

    assert 0.9 < time.monotonic() - began < 3
    assert response.status == 200
    assert b"</rss>" in body


def test_every_link_and_picture_of_a_feed_resolves(running: Running) -> None:
    for name in ("courier", "tidewater"):
        outlet = NAMES[name]
        agency = running.base_url(NAMES["lantern"])
        for entry in NEWSROOM.entries(outlet, round=0):
            base = running.base_url(outlet) if entry.at == name else agency
            page, text = get(base + entry.link)
            assert page.status == 200
            assert b"<h1>" in text
    picture, png = get(f"{running.base_url(NAMES['courier'])}/courier/img/comet-imker.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert png.startswith(b"\x89PNG")
    assert get(f"{running.base_url(NAMES['tidewater'])}/tidewater/pixel.png?e=1")[0].status == 200
    assert get(f"{running.base_url(NAMES['jester'])}/jester/news/hole")[0].status == 200


def test_a_front_page_names_its_feed(running: Running) -> None:
    outlet = NAMES["fieldnotes"]

    _, page = get(f"{running.base_url(outlet)}/")

    assert f'type="application/feed+json" title="Fieldnotes" href="{outlet.path}"' in page.decode()


def test_requests_are_logged_with_their_status(running: Running) -> None:
    get(running.feed_url(NAMES["farewell"]) + "?x=1", {"User-Agent": "Newsfold/0 (test)"})

    (logged,) = running.log
    assert (logged.outlet, logged.method, logged.status) == ("farewell", "GET", 410)
    assert logged.path == "/farewell/rss.xml?x=1"
    assert logged.headers["user-agent"] == "Newsfold/0 (test)"


def test_one_connection_serves_several_requests(running: Running) -> None:
    parts = urlsplit(running.feed_url(NAMES["touchline"]))
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)

    bodies = []
    for _ in range(3):
        connection.request("GET", parts.path)
        bodies.append(connection.getresponse().read())
    connection.close()

    assert bodies[0] == bodies[1] == bodies[2] != b""


def test_a_closed_server_leaves_no_thread_and_no_port() -> None:
    before = set(threading.enumerate())
    with serve(NEWSROOM) as running, ThreadPoolExecutor(1) as pool:
        idle = socket.create_connection(("127.0.0.1", urlsplit(running.base_url(OUTLETS[0])).port))
        slow = pool.submit(get, running.feed_url(NAMES["gazette"]))
        get(running.feed_url(OUTLETS[0]))
        url = running.feed_url(OUTLETS[0])
        began = time.monotonic()
        running.close()
        running.close()

        assert time.monotonic() - began < 2
        assert slow.exception() is not None or slow.result()[0].status == 200
    idle.close()

    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        get(url)


def test_a_taken_port_is_an_error_and_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(OSError, match="in use"), serve(NEWSROOM, port=taken.getsockname()[1]):
            pass

    assert set(threading.enumerate()) == before
