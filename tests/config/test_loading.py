from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.config.filters import parse_filter
from aggregator.model import DigestKind, FeedSpec, Folding, Format, Order, Polling, Service

if TYPE_CHECKING:
    from tests.config.conftest import Desk

EVERYTHING = """
[service]
data_dir = "../kept"
public_dir = "/srv/news"
public_url = "https://news.example.org/"
listen = "[::]:8081"
contact = "https://example.org/about"

[polling]
interval = "2h"
min_interval = "10m"
max_interval = "2d"
timeout = "20s"
max_body = "512kB"
allow_private_addresses = ["10.0.0.0/8", "127.0.0.1:8099"]
proxy = "socks5://127.0.0.1:9050"
backfill = 0

[folding]
window = "48h"
coverage = false

[[feeds]]
url = "https://example.org/feed.xml"
title = " Example "
tags = ["world", "politics ", "world"]
interval = "30m"
weight = 2
full_text = true
coverage = false
include = ["climate"]
exclude = [" sponsored "]
headers = { X-Key = "k", Accept-Language = "en" }
proxy = "http://127.0.0.1:3128"

[[digests]]
name = "world"
title = "World"
tags = ["politics"]
kind = "edition"
settle = "0s"
at = ["19:00", "07:30", "19:00"]
timezone = "Europe/Vienna"
weekdays = ["fri", "Monday", "mon"]
order = "top"
limit = 7
formats = ["html", "atom"]
retention = "1w"
"""


def test_every_key_reaches_its_place(desk: Desk) -> None:
    loaded = desk.load(EVERYTHING)

    assert loaded.path == str(desk.path)
    assert loaded.service == Service(
        data_dir=str(desk.folder.parent / "kept"),
        public_dir="/srv/news",
        public_url="https://news.example.org",
        listen="[::]:8081",
        contact="https://example.org/about",
    )
    assert loaded.polling == Polling(
        interval=timedelta(hours=2),
        min_interval=timedelta(minutes=10),
        max_interval=timedelta(days=2),
        timeout=timedelta(seconds=20),
        max_body_bytes=512_000,
        allow_private_addresses=("10.0.0.0/8", "127.0.0.1:8099"),
        proxy="socks5://127.0.0.1:9050",
        backfill=0,
    )
    assert loaded.folding == Folding(window=timedelta(hours=48), coverage=False)


def test_every_key_of_a_feed_reaches_its_place(desk: Desk) -> None:
    assert desk.load(EVERYTHING).feeds == (
        FeedSpec(
            url="https://example.org/feed.xml",
            title="Example",
            tags=("world", "politics"),
            interval=timedelta(minutes=30),
            weight=2.0,
            full_text=True,
            coverage=False,
            include=(parse_filter("climate"),),
            exclude=(parse_filter("sponsored"),),
            headers=(("X-Key", "k"), ("Accept-Language", "en")),
            proxy="http://127.0.0.1:3128",
        ),
    )


def test_every_key_of_a_digest_reaches_its_place(desk: Desk) -> None:
    (digest,) = desk.load(EVERYTHING).digests

    assert (digest.name, digest.title, digest.tags) == ("world", "World", ("politics",))
    assert (digest.kind, digest.order) == (DigestKind.EDITION, Order.TOP)
    assert digest.settle == timedelta(0)
    assert digest.at == (time(7, 30), time(19))
    assert (digest.timezone, digest.weekdays) == ("Europe/Vienna", (0, 4))
    assert (digest.limit, digest.formats) == (7, (Format.HTML, Format.ATOM))
    assert digest.retention == timedelta(weeks=1)


def test_an_empty_file_stands_for_the_defaults(desk: Desk) -> None:
    loaded = desk.load("")

    assert (loaded.feeds, loaded.digests) == ((), ())
    assert loaded.service.data_dir == str(desk.folder / "data")
    assert loaded.service.public_url == "http://127.0.0.1:8080"
    assert loaded.polling.interval == timedelta(hours=1)
    assert loaded.polling.max_body_bytes == 10_000_000
    assert loaded.polling.allow_private_addresses is False
    assert loaded.folding == Folding(window=timedelta(hours=72), coverage=True)


def test_what_a_feed_and_a_digest_leave_out_is_as_the_model_says(desk: Desk) -> None:
    loaded = desk.load('[[feeds]]\nurl = "https://a.org"\n[[digests]]\nname = "d-1_x"')

    assert loaded.feeds == (FeedSpec(url="https://a.org"),)
    (digest,) = loaded.digests
    assert digest == type(digest)(name="d-1_x", title="d-1_x")


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("news.lan:8080", "http://news.lan:8080"),
    ],
)
def test_the_public_url_follows_where_the_service_listens(
    desk: Desk, listen: str, url: str
) -> None:
    assert desk.load(f'service.listen = "{listen}"').service.public_url == url


def test_paths_are_relative_to_the_file_and_not_to_where_the_command_runs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.path.write_text("", "utf-8")
    monkeypatch.chdir(desk.folder.parent)

    loaded = config.load(Path(desk.folder.name, desk.path.name), environ={})

    assert loaded.path == str(desk.path)
    assert loaded.service.public_dir == str(desk.folder / "public")


OPML = """<opml version="2.0"><body><outline text="News">
<outline type="rss" text="A" xmlUrl="https://a.org/"/>
<outline type="rss" text="B" xmlUrl="https://b.org/"/></outline></body></opml>"""


def test_listed_opml_files_bring_their_feeds_with_folders_as_tags(desk: Desk) -> None:
    (desk.folder / "feeds.opml").write_text(OPML, "utf-8")

    loaded = desk.load('opml = ["feeds.opml"]\n[[digests]]\nname = "n"\ntags = ["News"]')

    assert loaded.feeds == (
        FeedSpec(url="https://a.org/", title="A", tags=("News",)),
        FeedSpec(url="https://b.org/", title="B", tags=("News",)),
    )


def test_a_feed_of_the_file_wins_over_the_same_of_an_opml_file(desk: Desk) -> None:
    (desk.folder / "feeds.opml").write_text(OPML, "utf-8")

    loaded = desk.load(
        'opml = ["feeds.opml", "feeds.opml"]\n[[feeds]]\nurl = "https://B.org"\ntitle = "Mine"'
    )

    assert [feed.title for feed in loaded.feeds] == ["Mine", "A"]


def test_a_missing_opml_file_is_a_problem_where_it_is_named(desk: Desk) -> None:
    problems = desk.problems('opml = [\n"nix.opml",\n".", "a\\u0000b"]\nservice.listen = ""')

    assert [(problem.line, problem.key) for problem in problems] == [
        (2, "opml[1]"), (3, "opml[2]"), (3, "opml[3]"), (3, "opml[3]"), (4, "service.listen"),
    ]  # fmt: skip
    assert "No such file" in problems[0].what
    assert "is no path" in problems[2].what


def test_a_broken_opml_file_is_a_problem_in_that_file(desk: Desk) -> None:
    broken = desk.folder / "feeds.opml"
    broken.write_text(OPML.replace('"A"', '"A & B"'), "utf-8")

    problems = desk.problems('opml = ["feeds.opml"]\n[[digests]]\nname = "n"\ntags = ["News"]')

    assert [(problem.file, problem.line) for problem in problems] == [(str(broken), 2)]
    assert "no well-formed XML" in problems[0].what


def test_thousands_of_feeds_load_at_once(desk: Desk) -> None:
    text = "".join(f'[[feeds]]\nurl = "https://example.org/{number}"\n' for number in range(3000))

    assert len(desk.load(text).feeds) == 3000
