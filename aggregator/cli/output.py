"""Tables, JSON and progress: for a terminal, for a pipe, for a program."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PLAIN_PROGRESS_S = 5.0  # a line in a log file now and then, not one a feed
WIDEST_CELL = 60  # plain tables: an address is worth more than its tail


def print_json(value: object) -> None:
    """Print one value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


def moment(at: datetime | None) -> str:
    """Return the moment as RFC 3339 in UTC, to the second; "" for none."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def moment_or_none(at: datetime | None) -> str | None:
    """Return the moment as RFC 3339 in UTC, to the second, for JSON."""
    return moment(at) or None


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns: drawn on a terminal, plain and aligned elsewhere."""
    cells = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_drawn(columns, cells)
    else:
        _print_plain(columns, cells)


def _print_drawn(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - 60 ms that a pipe need not pay
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: a title may hold [markup]
    Console().print(table)


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(columns), *([_short(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())


def _short(cell: str) -> str:
    return cell if len(cell) <= WIDEST_CELL else cell[: WIDEST_CELL - 1] + "…"


@contextmanager
def progress(label: str, total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show how far long work is: call what is given once for each step done.

    A bar on a terminal, a line now and then elsewhere, nothing when quiet. All on standard error.
    """
    if quiet or not total:
        yield _nothing
    elif sys.stderr.isatty():
        with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
            yield lambda: bar.update(1)
    else:
        yield _Lines(label, total).step


def _nothing() -> None:
    """Show nothing."""


class _Lines:
    """Progress as plain lines, one every few seconds."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done, self._told_at = label, total, 0, monotonic()

    def step(self) -> None:
        """Count one step, and tell when the last line is a while ago."""
        self._done += 1
        if monotonic() - self._told_at >= PLAIN_PROGRESS_S or self._done == self._total:
            self._told_at = monotonic()
            click.echo(f"{self._label}: {self._done} of {self._total}", err=True)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print named values, one a line, aligned."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        click.echo(f"{name.ljust(width)}  {value}")
