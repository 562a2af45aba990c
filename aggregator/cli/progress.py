"""How far long work is: a bar on a terminal, a line now and then elsewhere, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN_EVERY_S = 5.0  # a line in a log file now and then, not one a feed


@contextmanager
def progress(label: str, total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show how far the work is: call what is given once for each step. Quiet: show nothing."""
    if quiet or not total:
        yield _nothing
    elif sys.stderr.isatty():
        with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
            yield lambda: bar.update(1)
    else:
        yield Lines(label, total).step


def _nothing() -> None:
    """Show nothing."""


class Lines:
    """Progress as plain lines, one every few seconds."""

    def __init__(self, label: str, total: int, *, clock: Callable[[], float] = monotonic) -> None:
        """Start at nothing done."""
        self._label, self._total, self._clock = label, total, clock
        self._done, self._told_at = 0, clock()

    def step(self) -> None:
        """Count one step, and tell when the last line is a while ago."""
        self._done += 1
        if self._clock() - self._told_at >= PLAIN_EVERY_S or self._done == self._total:
            self._told_at = self._clock()
            click.echo(f"{self._label}: {self._done} of {self._total}", err=True)
