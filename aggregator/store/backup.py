"""A consistent copy of the database while it is in use. It never touches the original."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import StoreError, UsageError

if TYPE_CHECKING:
    from sqlite_utils import Database


def copy(db: Database, target: Path, *, overwrite: bool = False) -> None:
    """Write a whole copy to `target` in one stroke, readable by its owner alone.

    Raises UsageError where `target` exists (unless `overwrite`) or is the database itself.
    """
    _refuse(db, target, overwrite=overwrite)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
        os.close(descriptor)
        part = Path(name)
        try:
            _fill(db, part)
            part.replace(target)
            _sync(target.parent)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:
        message = f"The copy {target} could not be written ({error}). Check its folder and disk."
        raise StoreError(message) from error


def _refuse(db: Database, target: Path, *, overwrite: bool) -> None:
    if not target.exists():
        return
    (name,) = db.conn.execute(
        "SELECT file FROM pragma_database_list WHERE name = 'main'"
    ).fetchone()
    if target.samefile(name):
        message = f"{target} is the database itself. Name another file for the copy."
        raise UsageError(message)
    if not overwrite:
        message = f"{target} exists already. Name another file, or remove it first."
        raise UsageError(message)


def _fill(db: Database, part: Path) -> None:
    """Copy every page in one step: stepwise, a busy writer would make it start over and over."""
    with closing(sqlite3.connect(part)) as copied:
        db.conn.backup(copied)
        copied.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, no log beside it
    _sync(part)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
