"""What every command needs: the configuration, the store, the house."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.model import Config
    from aggregator.pipeline.house import House
    from aggregator.store.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """Where the configuration is, and what may be filled into it."""

    path: Path
    environ: Mapping[str, str]

    def load(self) -> Config:
        """Return the configuration; ConfigError with every problem of it."""
        if not self.path.is_file():
            message = f"There is no configuration at {self.path}. `newsfold init` writes one."
            raise UsageError(message)
        return config.load(self.path, environ=self.environ)

    @contextmanager
    def house(self) -> Iterator[House]:
        """Open the house for writing: one at a time."""
        from aggregator.pipeline.house import House  # noqa: PLC0415 - 0.3 s that --help need not pay
        from aggregator.service import utc_now  # noqa: PLC0415

        with House.open(self.load(), clock=utc_now) as house:
            yield house

    @contextmanager
    def store(self, *, read_only: bool = True) -> Iterator[Database]:
        """Open the database beside whatever else runs: readers never wait, small writes may."""
        from aggregator.pipeline.house import database_path  # noqa: PLC0415 - as above
        from aggregator.store.database import open_store  # noqa: PLC0415

        path = database_path(self.load())
        if not path.is_file():
            message = f"There is no database at {path} yet. `newsfold poll` makes it."
            raise UsageError(message)
        with closing(open_store(path, read_only=read_only)) as db:
            yield db


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
