"""What every command needs: the configuration, the store, the house, the common options."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.model import Config
    from aggregator.pipeline.house import House
    from aggregator.store.database import Database

PLACES = (Path("config/newsfold.toml"), Path("newsfold.toml"))
# What SQLite calls a bug of ours: its traceback is wanted. All else is the disk's or the file's.
BUGS = ("SQLITE_ERROR", "SQLITE_CONSTRAINT", "SQLITE_MISUSE", "SQLITE_MISMATCH", "SQLITE_RANGE")


def default_path() -> Path:
    """Return the first place here that holds a configuration, else the first place."""
    return next((place for place in PLACES if place.is_file()), PLACES[0])


@dataclass(frozen=True, slots=True)
class Context:
    """Where the configuration is, and what may be filled into it."""

    path: Path
    environ: Mapping[str, str]

    def load(self) -> Config:
        """Return the configuration; ConfigError with every problem of it."""
        return config.load(self.path, environ=self.environ)

    @contextmanager
    def house(self) -> Iterator[House]:
        """Open the house for writing: one at a time."""
        from aggregator.pipeline.clock import utc_now  # noqa: PLC0415 - 0.3 s that --help
        from aggregator.pipeline.house import House  # noqa: PLC0415 - need not pay

        with House.open(self.load(), clock=utc_now) as house, readable(house.desk.db):
            yield house

    @contextmanager
    def store(self, *, read_only: bool = True) -> Iterator[Database]:
        """Open the database beside whatever else runs: readers never wait, small writes may."""
        from aggregator.store.database import open_store  # noqa: PLC0415 - as above

        path = self.database_path()
        if not path.is_file():
            message = f"There is no database at {path} yet. `newsfold poll` makes it."
            raise StoreError(message)
        with closing(open_store(path, read_only=read_only)) as db, readable(db):
            yield db

    def database_path(self) -> Path:
        """Return where the database is or will be."""
        from aggregator.pipeline.places import database_path  # noqa: PLC0415 - as above

        return database_path(self.load())


@contextmanager
def readable(db: Database) -> Iterator[None]:
    """Turn a damaged or unreachable database into a StoreError; bugs pass through."""
    try:
        yield
    except db.conn.DatabaseError as error:
        if getattr(error, "sqlite_errorname", BUGS[0]).startswith(BUGS):
            raise
        message = (
            f"The database cannot be used ({error}). Check the disk; if the file is damaged, "
            "put a backup in its place."
        )
        raise StoreError(message) from error


def word(text: str) -> str:
    """Return a text that names something kept; what is no UTF-8 in it becomes U+FFFD.

    The type of a command's argument. The database takes no lone surrogates.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
