from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.errors import StoreError, UsageError
from aggregator.store import backup, database, stories
from tests.store.houses import House, assert_sound

if TYPE_CHECKING:
    from pathlib import Path


def test_a_copy_is_whole_while_another_process_writes(house: House, tmp_path: Path) -> None:
    entry_id = house.add(house.feed("a"), house.read("k"))
    target = tmp_path / "copy.db"

    with (
        database.open_store(house.path, read_only=True) as reader,
        database.transaction(house.db),
    ):
        house.db.execute("UPDATE stories SET changed_at = 'half done'")
        backup.copy(reader, target)

    with database.open_store(target) as copied:
        assert_sound(copied)
        assert stories.find(copied, house.story_id(entry_id)).lead.entry_id == entry_id
        assert copied.execute("SELECT changed_at FROM stories").fetchone() != ("half done",)


def test_a_copy_is_one_file_of_its_owners_alone(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()

    backup.copy(house.db, folder / "copy.db")

    assert [(one.name, one.stat().st_mode & 0o777) for one in folder.iterdir()] == [
        ("copy.db", 0o600)
    ]


def test_an_existing_file_is_kept_unless_asked(house: House, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"precious")

    with pytest.raises(UsageError, match="exists already"):
        backup.copy(house.db, target)
    assert target.read_bytes() == b"precious"

    backup.copy(house.db, target, overwrite=True)
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_the_database_is_never_its_own_copy(house: House) -> None:
    with pytest.raises(UsageError, match="the database itself"):
        backup.copy(house.db, house.path, overwrite=True)


def test_a_missing_folder_is_told(house: House, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        backup.copy(house.db, tmp_path / "none" / "copy.db")
