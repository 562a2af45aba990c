"""Texts and JSON on the way to a person, a pipe or a program.

What feeds and servers said is shown without its control characters: none of it steers a terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STEERING = (
    *range(0x20),  # C0: escape sequences begin here
    *range(0x7F, 0xA0),  # delete, C1
    *range(0x202A, 0x202F),  # marks that turn the direction of what follows
    *range(0x2066, 0x206A),
)
SHOWN = dict.fromkeys(STEERING, "\ufffd") | {ord("\n"): "\n", ord("\t"): " "}


def printable(text: str) -> str:
    """Return the text with a mark in place of each character that would steer a terminal."""
    return text.translate(SHOWN)


def say(text: str = "", *, err: bool = False) -> None:
    """Print a text for a person."""
    click.echo(printable(text), err=err)


def say_indented(text: str, *, indent: int) -> None:
    """Print a text further in; on a terminal, wrapped to its width."""
    prefix = " " * indent
    for line in wrapped(text, width=terminal_width() - indent) if on_terminal() else (text,):
        say(prefix + line)


def wrapped(text: str, *, width: int) -> list[str]:
    """Return the text in lines of this width; an address stays whole, also where it is longer."""
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)


def on_terminal() -> bool:
    """Return whether a person sees the output as it comes."""
    return sys.stdout.isatty()


def terminal_width() -> int:
    """Return how many columns the terminal has."""
    return shutil.get_terminal_size().columns


def print_json(value: object) -> None:
    """Print one value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


def print_json_lines(values: Iterable[object]) -> None:
    """Print each value as a line of JSON."""
    for value in values:
        print_json(value)


def moment(at: datetime) -> str:
    """Return the moment as RFC 3339 in UTC, to the second: for programs."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_or_none(at: datetime | None) -> str | None:
    """Return the moment as RFC 3339 in UTC, to the second, None for none: for programs."""
    return moment(at) if at else None


def local(at: datetime | None) -> str:
    """Return the moment by this machine's clock, to the minute, "" for none: for people."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def counted(count: int, noun: str) -> str:
    """Return "1 feed", "2 feeds", "2 stories"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def sentence(text: str) -> str:
    """Return the text with a full stop at its end, so that another sentence may follow."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def print_fields(fields: Mapping[str, object]) -> None:
    """Print named values, one a line, aligned."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        say(f"{name.ljust(width)}  {value}")
