from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.cli.upkeep import hint
from aggregator.model import FeedState
from aggregator.store.health import FeedHealth
from aggregator.store.lock import hold

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Web

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_status_tells_trouble_with_what_to_do(polled: Desk, web: Web) -> None:
    text = polled.run("status").stdout

    assert "2 ok, 2 failing, 1 gone, 0 never polled" in text
    assert "2 (1 copy and 0 coverage folded)" in text
    assert "digest news  2 published, newest " in text
    assert f"Take it off the list: newsfold remove {web.url('/gone.xml')}" in text
    assert "Failed 1 time in a row." in text


def test_status_tells_of_feeds_whose_ids_are_unreliable(polled: Desk) -> None:
    assert "told apart by" not in polled.run("status").stdout
    db = sqlite3.connect(polled.folder / "data" / "newsfold.db")
    with db:
        db.execute("UPDATE feeds SET id_scheme = 'link', id_reason = 'Its ids change' WHERE id = 1")
    db.close()

    text = polled.run("status").stdout
    assert "told apart by" in text
    assert "Its ids change." in text
    (told,) = polled.json("status")
    assert [feed["id_reason"] for feed in told["feeds"] if feed["id_scheme"] == "link"] == [
        "Its ids change"
    ]


def test_status_as_json_has_every_feed_and_digest(polled: Desk) -> None:
    (told,) = polled.json("status")

    assert len(told["feeds"]) == 5
    assert (told["entries"], told["stories"], told["copies"]) == (3, 2, 1)
    assert told["digests"][0]["name"] == "news"
    gone = next(feed for feed in told["feeds"] if feed["condition"] == "gone")
    assert "newsfold remove" in gone["hint"]
    assert (gone["redirect_to"], gone["rhythm_s"]) == ("", None)


def test_a_digest_that_has_published_nothing_is_told(polled: Desk) -> None:
    with polled.path.open("a", encoding="utf-8") as file:
        file.write('[[digests]]\nname = "new"\n')

    assert "digest new   nothing published yet" in polled.run("status").stdout


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FeedState(feed_id=1, url="u", last_polled_at=None), ""),
        (FeedState(feed_id=1, url="u", gone=True, error="Gone."), "newsfold remove u"),
        (FeedState(feed_id=1, url="u", hint="Do this.", last_polled_at=NOON), "Do this."),
        (
            FeedState(
                feed_id=1, url="u", hint="Do this.", error="Bad", failures=2, last_polled_at=NOON
            ),
            "Bad. Failed 2 times in a row. Do this.",
        ),
    ],
    ids=["well", "gone", "hinted", "failing and hinted"],
)
def test_a_hint_says_what_to_do(state: FeedState, words: str) -> None:
    told = hint(FeedHealth(state=state, entries=0, newest_entry_at=None))

    assert words in told
    assert bool(told) == bool(words)


def test_backup_is_a_whole_database_also_while_the_service_runs(polled: Desk) -> None:
    target = polled.folder / "copy.db"

    with hold(polled.folder / "data"):
        (told,) = polled.json("backup", str(target))

    assert told == {"file": str(target), "bytes": target.stat().st_size}
    db = sqlite3.connect(target)
    assert db.execute("SELECT count(*) FROM entries").fetchone() == (3,)
    db.close()


def test_backup_replaces_a_file_only_on_request(polled: Desk) -> None:
    target = polled.folder / "copy.db"
    target.write_text("mine")

    refused = polled.run("backup", str(target))

    assert (refused.exit_code, target.read_text()) == (1, "mine")
    assert polled.run("backup", str(target), "--overwrite").exit_code == 0
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_backup_into_a_missing_folder_says_so(polled: Desk) -> None:
    result = polled.run("backup", str(polled.folder / "nix" / "copy.db"))

    assert result.exit_code == 1
    assert "could not be written" in result.stderr


def test_prune_tells_how_much_went(polled: Desk) -> None:
    assert polled.json("prune") == [{"entries": 0, "stories": 0, "leads": 0}]
    assert polled.run("prune").stdout == "Pruned 0 entries and 0 stories.\n"
    assert polled.run("prune", "--quiet").output == ""


@pytest.mark.parametrize("command", ["poll", "publish", "prune"])
def test_beside_another_instance_the_writers_are_refused(polled: Desk, command: str) -> None:
    with hold(polled.folder / "data"):
        result = polled.run(command)

    assert result.exit_code == 1
    assert "Newsfold is already running on" in result.stderr
    assert "Let it finish or stop it, then try again." in result.stderr
