"""Opens the database and gives out its write transaction. It knows no table of ours.

Readers never wait for the writer and the writer never for readers (write-ahead log). Commits are
not forced to the disk one by one (`synchronous = NORMAL`): a killed process loses nothing, a power
cut may lose the newest commits, whole and from the end; `make_durable` closes that gap where
something outside is about to rely on them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database as Database  # noqa: PLC0414 - its name for the other rooms

from aggregator.errors import NewerSchemaError, StoreError
from aggregator.store.schema.migrations import all_migrations, known_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BUSY_TIMEOUT_S = 30.0  # longer than the longest transaction measured, a prune step included
WAL_KEPT_BYTES = 64_000_000  # a larger log, left by a rare big transaction, is cut back
CACHE_KIB = 16_384  # the indexes of some 100,000 entries; a Raspberry Pi can spare it
OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables

_MENDS = {
    sqlite3.SQLITE_BUSY: "Another process keeps it busy: try again, or stop that process.",
    sqlite3.SQLITE_LOCKED: "Another process keeps it busy: try again, or stop that process.",
    sqlite3.SQLITE_FULL: "The disk is full: free some space. Nothing of this step was kept.",
    sqlite3.SQLITE_IOERR: "The disk reports an error: check it, then restore a backup if needed.",
    sqlite3.SQLITE_READONLY: "Make the file and its folder writable for this user.",
    sqlite3.SQLITE_CANTOPEN: "Check that the file exists and that this user may open it.",
    sqlite3.SQLITE_PERM: "Check that this user may open the file.",
    sqlite3.SQLITE_CORRUPT: "It is damaged: put a backup in its place.",
    sqlite3.SQLITE_NOTADB: "It is no Newsfold database: set data_dir to another folder.",
}


def open_store(path: Path, *, read_only: bool = False) -> Database:
    """Return the database at `path`, brought to this version's shape; made where it is missing.

    A read-only one sees what is committed and changes nothing, so it must exist and be up to date.
    Raises NewerSchemaError for a newer version's database, StoreError for one that cannot be used.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        message = f"SQLite {sqlite3.sqlite_version} is too old: Newsfold needs {wanted} or newer."
        raise StoreError(message)
    with _explained(path):
        db = Database(
            _connect_reader(path) if read_only else _connect_writer(path), execute_plugins=False
        )
    try:
        with _explained(path):
            _prepare(db, path, read_only=read_only)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Hold the write lock from the start; commit at the end, or roll back on any error.

    Raises StoreError with the mend where the disk or another process is in the way, and
    RuntimeError when a transaction is open already, which is a bug.
    """
    if db.conn.in_transaction:
        message = "a transaction is open already"
        raise RuntimeError(message)
    with _explained():
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.conn.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise


class _RehearsedError(Exception):
    """Ends a rehearsal: what was written is undone."""


@contextmanager
def rehearsal(db: Database) -> Iterator[None]:
    """Hold a write transaction that is undone at its end."""
    with suppress(_RehearsedError), transaction(db):
        yield
        raise _RehearsedError


@contextmanager
def in_transaction(db: Database) -> Iterator[None]:
    """Join the transaction that is open, or hold one of our own."""
    if db.conn.in_transaction:
        yield
        return
    with transaction(db):
        yield


def make_durable(db: Database) -> None:
    """Force every commit to the disk, so that a power cut cannot undo them, and shorten the log."""
    with _explained():
        db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def rows(
    db: Database, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[dict[str, Any]]:
    """Return every row as a dict. The cursor is exhausted, so no reader holds back the log."""
    cursor = db.conn.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def schema_version(db: Database) -> int:
    """Return how many steps of ours were applied."""
    return len(all_migrations().applied(db))


@contextmanager
def _explained(path: Path | None = None) -> Iterator[None]:
    """Turn what a person can mend into a StoreError; bugs pass through."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        mend = None if code is None else _MENDS.get(code & 0xFF)  # the low byte: the primary code
        if mend is None:
            raise
        place = f"The database {path}" if path else "The database"
        message = f"{place} cannot be used ({error}). {mend}"
        raise StoreError(message) from error


def _connect_writer(path: Path) -> sqlite3.Connection:
    """Connect, with a new file readable by its owner alone; the log takes over its mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        message = (
            f"The database {path} cannot be opened ({error.strerror}). "
            "Make its folder writable for this user, or set data_dir to another one."
        )
        raise StoreError(message) from error
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def _connect_reader(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        message = f"There is no database at {path} yet. `newsfold poll` makes it."
        raise StoreError(message)
    address = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def _prepare(db: Database, path: Path, *, read_only: bool) -> None:
    db.conn.execute("PRAGMA foreign_keys = ON")
    db.conn.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.conn.execute("PRAGMA temp_store = MEMORY")
    _refuse_newer(db, path)
    pending = bool(all_migrations().pending(db))
    if read_only:
        _refuse_older(path, pending=pending)
        return
    _enable_log(db, path)
    if pending:
        with transaction(db):  # two processes at once: the second finds nothing pending
            all_migrations().apply(db)


def _enable_log(db: Database, path: Path) -> None:
    (mode,) = db.conn.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        message = (
            f"The folder of {path} cannot hold a write-ahead log. "
            "Set data_dir to a folder on a local disk."
        )
        raise StoreError(message)
    db.conn.execute("PRAGMA synchronous = NORMAL")
    db.conn.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}").fetchall()


def _refuse_newer(db: Database, path: Path) -> None:
    applied = {step.name for step in all_migrations().applied(db)}
    if unknown := sorted(applied - known_names()):
        message = (
            f"The database {path} was written by a newer Newsfold (it has {', '.join(unknown)}). "
            "Install that version again, or put a backup from before the upgrade in its place."
        )
        raise NewerSchemaError(message)


def _refuse_older(path: Path, *, pending: bool) -> None:
    if pending:
        message = (
            f"The database {path} was written by an older Newsfold. "
            "`newsfold poll` brings it up to date."
        )
        raise StoreError(message)
