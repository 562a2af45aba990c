"""`newsfold move`: the file, the store and a running service keep step."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.store.lock import hold

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Web


def ask(desk: Desk, question: str) -> list[Any]:
    with closing(sqlite3.connect(desk.folder / "data" / "newsfold.db")) as db:
        return db.execute(question).fetchall()


def entries_of(desk: Desk) -> list[Any]:
    return ask(
        desk,
        "SELECT f.url, e.key, e.story_id FROM entries e JOIN feeds f ON f.id = e.feed_id"
        " WHERE f.listed = 1 ORDER BY e.key",
    )


@pytest.fixture
def moved(web: Web) -> str:
    """Return the address at which the feed of /herald.xml is now."""
    web.serve("/herald-new.xml", HERALD)
    return web.url("/herald-new.xml")


HERALD = (
    "<rss version='2.0'><channel><title>Herald</title><item><guid isPermaLink='false'>Herald-bridge"
    "</guid><title>Bridge opens</title><link>https://herald.example/bridge</link></item>"
    "</channel></rss>"
)


def test_a_moved_feed_keeps_its_entries_and_brings_none_twice(
    polled: Desk, web: Web, moved: str
) -> None:
    old = web.url("/herald.xml")
    before = entries_of(polled)

    assert polled.json("move", old, moved) == [{"moved": old, "url": moved}]

    renamed = [(moved if url == old else url, key, story) for url, key, story in before]
    assert sorted(entries_of(polled)) == sorted(renamed)
    reports = {line["feed"]: line for line in polled.json("poll")}
    assert (reports[moved]["outcome"], reports[moved]["new"]) == ("fetched", 0)
    assert len(entries_of(polled)) == len(before)
    assert f'url = "{moved}"\ntags = ["all"]' in polled.path.read_text("utf-8")
    assert old not in polled.path.read_text("utf-8")


def test_beside_a_running_service_the_row_follows_at_its_next_reading(
    polled: Desk, web: Web, moved: str
) -> None:
    old = web.url("/herald.xml")
    with hold(polled.folder / "data"):
        told = polled.run("move", old, moved)
        assert (old, moved) in ask(polled, "SELECT url, moved_to FROM feeds")

    assert told.exit_code == 0
    assert "systemctl reload newsfold" in told.stderr
    assert polled.run("poll", "--quiet").exit_code == 0  # reads the configuration
    assert (moved, "", 1) in ask(polled, "SELECT url, moved_to, listed FROM feeds")
    assert (old,) not in ask(polled, "SELECT url FROM feeds")


def test_a_feed_never_polled_moves_in_the_file_alone(desk: Desk, web: Web, moved: str) -> None:
    old = web.url("/herald.xml")
    desk.write(old)

    assert desk.run("move", old, moved).stdout == f"Moved {old} to {moved}.\n"
    assert not (desk.folder / "data").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://x.example/", "https://y.example/", "is not in"),
        ("/post.xml", "/herald.xml", "is another feed of yours"),
        ("/post.xml", "ftp://y.example/", "is no http or https address"),
    ],
    ids=["unknown", "listed already", "no web address"],
)
def test_a_bad_move_says_why_and_changes_nothing(
    polled: Desk, web: Web, old: str, new: str, words: str
) -> None:
    urls = [web.url(url) if url.startswith("/") else url for url in (old, new)]
    before = polled.path.read_text("utf-8"), entries_of(polled)

    result = polled.run("move", *urls)

    assert result.exit_code == 1
    assert words in result.stderr
    assert (polled.path.read_text("utf-8"), entries_of(polled)) == before
    assert not ask(polled, "SELECT 1 FROM feeds WHERE moved_to <> ''")


def test_a_feed_of_an_opml_file_is_moved_there(desk: Desk) -> None:
    (desk.folder / "list.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://o.example/feed"/></body></opml>'
    )
    desk.path.write_text('opml = ["list.opml"]\n[[digests]]\nname = "d"\n', "utf-8")

    result = desk.run("move", "https://o.example/feed", "https://n.example/feed")

    assert result.exit_code == 1
    assert "is listed in an OPML file" in result.stderr
