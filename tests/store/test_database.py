from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import NewerSchemaError, StoreError
from aggregator.store import database, entries, feeds
from aggregator.store.entries import NewEntry
from aggregator.store.schema import migrations
from tests.store.houses import NOON, House, assert_sound

if TYPE_CHECKING:
    from sqlite_utils import Database

PROJECT = Path(__file__).parents[2]


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "newsfold.db"
    with database.open_store(path):
        modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}

    assert modes == {"newsfold.db": 0o600, "newsfold.db-wal": 0o600, "newsfold.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 1), ("busy_timeout", 30_000)],
)
def test_the_connection_is_set_up(house: House, pragma: str, expected: object) -> None:
    assert house.db.execute(f"PRAGMA {pragma}").fetchone() == (expected,)


def test_a_transaction_commits_as_a_whole(house: House) -> None:
    with database.transaction(house.db):
        feeds.pause_host(house.db, "a.example:443", NOON)

    with database.open_store(house.path, read_only=True) as other:
        assert pauses(other) == ["a.example:443"]


def test_a_transaction_rolls_back_on_any_error(house: House) -> None:
    with pytest.raises(KeyboardInterrupt):
        pause_and_be_stopped(house.db)

    assert pauses(house.db) == []
    assert not house.db.conn.in_transaction


def pause_and_be_stopped(db: Database) -> None:
    with database.transaction(db):
        feeds.pause_host(db, "a.example:443", NOON)
        raise KeyboardInterrupt


def test_an_entry_without_a_story_cannot_be_committed(house: House) -> None:
    feed_id = house.feed("a")

    new = NewEntry(entry_id=1, read=house.read("k"))

    with pytest.raises(sqlite3.IntegrityError):
        entries.add(house.db, feed_id, [new], now=NOON)

    assert house.db.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    assert not house.db.conn.in_transaction


def test_a_nested_transaction_is_a_bug(house: House) -> None:
    nested = database.transaction(house.db)

    with database.transaction(house.db), pytest.raises(RuntimeError, match="open already"):
        nested.__enter__()


def test_a_second_writer_waits_and_then_is_told_why(house: House) -> None:
    with database.open_store(house.path) as other, database.transaction(house.db):
        other.execute("PRAGMA busy_timeout = 10")
        second = database.transaction(other)
        with pytest.raises(StoreError, match="Another process keeps it busy"):
            second.__enter__()


def test_a_full_disk_is_told_and_nothing_is_kept(house: House) -> None:
    (pages,) = house.db.execute("PRAGMA page_count").fetchone()
    house.db.execute(f"PRAGMA max_page_count = {pages}")
    feed_id = house.feed("a")

    with pytest.raises(StoreError, match="free some space"):
        house.add(feed_id, house.read("large", content="x" * 3_000_000))

    assert not house.db.conn.in_transaction


def test_a_reader_sees_the_log_while_the_writer_writes(house: House) -> None:
    feeds.pause_host(house.db, "a.example:443", NOON)
    with (
        database.open_store(house.path, read_only=True) as reader,
        database.transaction(house.db),
    ):
        feeds.pause_host(house.db, "b.example:443", NOON)

        assert (house.path.parent / "newsfold.db-wal").stat().st_size > 0
        assert pauses(reader) == ["a.example:443"]


def test_a_reader_cannot_write(house: House) -> None:
    with (
        database.open_store(house.path, read_only=True) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("DELETE FROM host_pauses")


def test_a_reader_opens_a_database_at_an_odd_path(tmp_path: Path) -> None:
    path = tmp_path / "a b?c%20#d" / "newsfold.db"
    database.open_store(path).close()

    with database.open_store(path, read_only=True) as reader:
        assert database.schema_version(reader) == len(migrations.known_names())


def test_a_missing_database_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no database"):
        database.open_store(tmp_path / "none.db", read_only=True)

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newsfold.db"
    path.write_bytes(b"no database at all, only words " * 200)

    with pytest.raises(StoreError, match="no Newsfold database"):
        database.open_store(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError, match="set data_dir to another one"):
        database.open_store(tmp_path / "file" / "newsfold.db")


def test_the_log_stays_small_while_a_reader_comes_and_goes(house: House) -> None:
    feed_id = house.feed("a")
    with database.open_store(house.path, read_only=True) as reader:
        for number in range(60):
            house.add(feed_id, house.read(str(number), content="x" * 100_000))
            assert list(entries.arrivals(reader, since=NOON))

    log_bytes = (house.path.parent / "newsfold.db-wal").stat().st_size
    assert log_bytes < 5_500_000  # the automatic checkpoint comes at 1,000 pages of 4 kB


def test_a_killed_writer_loses_nothing_that_it_committed(tmp_path: Path) -> None:
    """Killed at an odd moment, the database is whole and every acknowledged entry is there."""
    path = tmp_path / "newsfold.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as writer:  # noqa: S603 (our own words)
        assert writer.stdout
        seen = [writer.stdout.readline() for _ in range(1 + os.getpid() % 100)]
        writer.send_signal(signal.SIGKILL)
        acknowledged = len(seen) + len(writer.stdout.read().splitlines())

    with database.open_store(path) as db:
        assert_sound(db)
        (kept,) = db.execute("SELECT count(*) FROM entries").fetchone()
    assert acknowledged <= kept <= acknowledged + 1


WRITER = """
import os, sys
from pathlib import Path
from tests.store.houses import House
from aggregator.store import database
path = Path(sys.argv[1])
house = House(db=database.open_store(path), path=path)
feed_id = house.feed("a")
first = house.add(feed_id, house.read("first"))
for number in range(100_000):
    os.write(1, b"kept\\n")
    joined = {"story_id": house.story_id(first)} if number % 3 == 0 else {}
    house.add(feed_id, house.read(str(number), content="words " * 500), **joined)
"""


def pauses(db: Database) -> list[str]:
    return [row["host"] for row in database.rows(db, "SELECT host FROM host_pauses ORDER BY host")]


def test_a_newer_database_is_refused_with_the_mend(house: House) -> None:
    house.db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('newsfold', '0999_from_the_future', '')"
    )

    with pytest.raises(NewerSchemaError, match=r"0999_from_the_future.*Install that version"):
        database.open_store(house.path)


def test_a_reader_refuses_a_database_that_wants_migrating(tmp_path: Path) -> None:
    path = tmp_path / "newsfold.db"
    path.write_bytes(b"")

    with pytest.raises(StoreError, match="brings it up to date"):
        database.open_store(path, read_only=True)


def test_an_opening_that_was_cut_short_is_made_good(tmp_path: Path) -> None:
    """A process killed right after the file was made leaves an empty one."""
    path = tmp_path / "newsfold.db"
    path.write_bytes(b"")

    with database.open_store(path) as db:
        assert database.schema_version(db) == len(migrations.known_names())


def test_opening_again_changes_nothing(house: House) -> None:
    before = house.db.execute("PRAGMA schema_version").fetchone()

    database.open_store(house.path).close()

    assert house.db.execute("PRAGMA schema_version").fetchone() == before
