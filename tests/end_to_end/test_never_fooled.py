"""What stands in a feed's place fools nobody: an error with a reason, and the feed stays as it was.

Each answer comes twice: to a feed that was read before, and to one that never was. Each brings
validators of its own: had they been kept, the next request would show it.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.newsrooms import Clock, Plan, load, store_of, take_round, write
from tests.end_to_end.soundness import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.model import PollReport

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENTRIES = [invented(n, published_at=NOON - n * HOUR) for n in range(1, 4)]
FEED = rss(ENTRIES)
LONGER = rss([invented(9, published_at=NOON + HOUR), *ENTRIES])
PAGE = b"<!doctype html><html><head><title>%s</title></head><body><form></form></body></html>"
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Tide",
        "items": [{"id": "urn:1", "content_text": "High at noon"}],
    }
).encode()


def answer(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "application/rss+xml",
    extra: str = "",
    tag: str = "fooled",
) -> bytes:
    """Return a whole answer, byte for byte; its length is declared where `extra` is empty."""
    extra = extra or length(len(body))
    head = (
        f'HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nETag: "{tag}"\r\n'
        f"Last-Modified: Wed, 25 Nov 2026 11:00:00 GMT\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode() + body


def length(count: int) -> str:
    return f"Content-Length: {count}\r\n"


HALF = FEED[: FEED.index(b"<title>", FEED.rindex(b"<item>")) + 9]  # within the last entry's title
TWO_ENTRIES = FEED[: FEED.rindex(b"<item>")]
NO_LENGTH = "X-Length: unknown\r\n"
GZIP = "Content-Encoding: gzip\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"

# name -> the answer, a part of the reason that the operator is told
CASES: dict[str, tuple[bytes, str]] = {
    "login page": (answer(PAGE % b"Sign in", kind="text/html"), "titled 'Sign in'"),
    "login page as rss": (answer(PAGE % b"Sign in"), "an HTML page"),
    "error page": (answer(b"<html><body><h1>503 backend</h1><br>try again</body></html>"), "HTML"),
    "challenge page": (answer(PAGE % b"Just a moment...", kind="text/html"), "challenge page"),
    "page with the feed in it": (answer(PAGE % b"x" + FEED), "an HTML page"),
    "plain text": (answer(b"Database error\n"), "plain text"),
    "path of a file": (answer(b"/etc/hostname"), "plain text"),
    "image": (answer(b"\x89PNG\r\n\x1a\n" + bytes(3_000), kind="image/png"), "an image (PNG)"),
    "svg": (answer(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"), "svg"),
    "sitemap": (answer(b"<?xml version='1.0'?><urlset></urlset>"), "urlset"),
    "list of feeds": (answer(b"<opml version='2.0'><body/></opml>"), "a list of feeds (OPML)"),
    "json error": (answer(b'{"error":"rate limited"}', kind="application/json"), "JSON"),
    "json null": (answer(b"null", kind="application/json"), "plain text"),
    "empty body": (answer(b""), "empty"),
    "blank body": (answer(b" \r\n\r\n"), "empty"),
    "no content": (answer(b"", status="204 No Content", extra=NO_LENGTH), "204"),
    "404 with a feed": (answer(FEED, status="404 Not Found"), "404"),
    "403 with a feed": (answer(FEED, status="403 Forbidden"), "403"),
    "500 with a feed": (answer(FEED, status="500 Oops"), "500"),
    "part of a range": (
        answer(FEED, status="206 Partial Content", extra="Content-Range: bytes 0-9/99\r\n"),
        "206",
    ),
    "cut within an entry": (answer(HALF, extra=NO_LENGTH), "truncated"),
    "cut between entries": (answer(TWO_ENTRIES, extra=NO_LENGTH), "truncated"),
    "cut in the closing tag": (answer(FEED[:-3], extra=NO_LENGTH), "truncated"),
    "cut json": (answer(JSON_FEED[:-20], extra=NO_LENGTH), "broken or truncated"),
    "length too short": (answer(FEED, extra=length(len(HALF))), "truncated"),
    "length too long": (answer(FEED, extra=length(len(FEED) + 100)), "broke off"),
    "chunks without an end": (
        answer(b"%x\r\n%b\r\n" % (len(FEED), FEED), extra=CHUNKED),
        "broke off",
    ),
    "cut gzip": (answer(gzip.compress(FEED)[:-30], extra=GZIP), "cut short"),
    "gzip that is none": (answer(PAGE % b"x", extra=GZIP), "HTML page"),
    "an empty root": (answer(b"<rss>The backend failed</rss>"), "neither entries nor words"),
    "ill-formed to the core": (answer(b"<rss><channel><<<>>&&</rss"), "truncated"),
}  # fmt: skip


@dataclass
class Stage:
    """What the server answers in each round, and what it was asked."""

    round: int = 0
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by path

    def answer(self, path: str) -> bytes:
        """Return what the path answers in this round."""
        group, _, number = path.strip("/").partition("/")
        fooling = list(CASES.values())[int(number)][0]
        acts = {
            "read": (answer(FEED, tag="good"), fooling, answer(LONGER, tag="longer")),
            "new": (fooling, answer(FEED, tag="good"), answer(LONGER, tag="longer")),
        }
        return acts[group][self.round]


@contextmanager
def serving(stage: Stage) -> Iterator[int]:
    """Serve the stage on loopback and give the port."""

    class Talk(StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split()[1].decode()
            head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
            stage.asked[path].append(head.lower())
            self.wfile.write(stage.answer(path))

    server = ThreadingTCPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of three rounds: reports and kept entries by path, and the requests."""

    reports: list[dict[str, PollReport]]
    kept: list[dict[str, list[tuple[str, str | None]]]]  # (guid, left_at), after each round
    asked: dict[str, list[str]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Poll all feeds three times, once for all tests here."""
    folder, stage, clock = tmp_path_factory.mktemp("fooled"), Stage(), Clock(NOON)
    result = Seen([], [], stage.asked)
    with serving(stage) as port:
        base = f"http://127.0.0.1:{port}"
        urls = [f"{base}/{group}/{n}" for group in ("read", "new") for n in range(len(CASES))]
        configuration = load(write(folder, Plan(feeds=urls, polling={"backfill": "500"})))
        with House.open(configuration, clock=clock) as house:
            for stage.round in range(3):
                reports = take_round(house)
                result.reports.append({each.feed.removeprefix(base): each for each in reports})
                result.kept.append(kept(store_of(configuration), base))
                clock.move(2 * HOUR)
    return result


def kept(store: Path, base: str) -> dict[str, list[tuple[str, str | None]]]:
    """Return the entries of each feed with the moment at which they left it."""
    found = defaultdict(list)
    rows = ask(
        store,
        "SELECT f.url, w.guid, e.left_at FROM entries AS e JOIN feeds AS f ON f.id = e.feed_id"
        " JOIN words AS w ON w.entry_id = e.id ORDER BY w.guid",
    )
    for url, guid, left_at in rows:
        found[url.removeprefix(base)].append((guid, left_at))
    return found


WHOLE = [("a-1", None), ("a-2", None), ("a-3", None)]
NUMBERS = pytest.mark.parametrize(
    ("number", "reason"),
    [pytest.param(at, reason, id=name) for at, (name, (_, reason)) in enumerate(CASES.items())],
)


@NUMBERS
def test_it_is_an_error_with_a_reason_and_a_mend(seen: Seen, number: int, reason: str) -> None:
    for path, turn in ((f"/read/{number}", 1), (f"/new/{number}", 0)):
        report = seen.reports[turn][path]

        assert report.outcome == "failed"
        assert reason in report.error
        assert "fault of Newsfold" not in report.error
        assert len(report.error.split()) > 5


@NUMBERS
def test_nothing_is_stored_and_nothing_leaves(seen: Seen, number: int, reason: str) -> None:
    assert f"/new/{number}" not in seen.kept[0]
    assert seen.kept[0][f"/read/{number}"] == WHOLE
    assert seen.kept[1][f"/read/{number}"] == WHOLE


@NUMBERS
def test_its_validators_are_not_kept(seen: Seen, number: int, reason: str) -> None:
    """The feed is asked with what it gave itself, or with nothing where it never gave anything."""
    read, new = seen.asked[f"/read/{number}"], seen.asked[f"/new/{number}"]

    assert "if-none-match" not in new[0] + new[1]
    assert "if-modified-since" not in new[0] + new[1]
    assert 'if-none-match: "good"' in read[1]
    assert 'if-none-match: "good"' in read[2]


@NUMBERS
def test_the_feed_goes_on_as_if_nothing_had_been(seen: Seen, number: int, reason: str) -> None:
    read, new = f"/read/{number}", f"/new/{number}"

    assert (seen.reports[2][read].new, seen.reports[2][read].updated) == (1, 0)
    assert (seen.reports[1][new].new, seen.reports[1][new].outcome) == (3, "fetched")
    assert seen.kept[2][read] == seen.kept[2][new] == [*WHOLE, ("a-9", None)]
