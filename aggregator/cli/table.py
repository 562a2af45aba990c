"""Tables: fitted to a terminal with long texts below their rows; plain and aligned elsewhere.

A row may have a note, such as an error. On a terminal it stands wrapped below its row; elsewhere it
is the row's last column, whole and on the same line, so that `grep` finds both.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import click

from aggregator.cli.output import on_terminal, printable, say, say_indented, terminal_width

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
NARROWEST = 8  # a column is cut no further
WIDEST_PLAIN = 60  # plain columns are aligned up to here; a longer cell pushes its row along
NOTE_INDENT = 4


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    notes: Sequence[str] = (),
    note: str = "error",
) -> None:
    """Print rows under their columns, each with its note if there are notes; `note` heads those."""
    cells = [[_one_line(cell) for cell in row] for row in rows]
    texts = [_one_line(text) for text in notes]
    columns_of_rows = list(zip(*cells, strict=True)) or [("",)] * len(columns)
    rights = [all(map(_is_number, column)) for column in columns_of_rows]
    if on_terminal():
        _print_fitted(columns, cells, texts, rights)
    else:
        titles = [*columns, note] if texts else columns
        whole = [[*row, text] for row, text in zip(cells, texts, strict=True)] if texts else cells
        _print_plain(titles, whole, [*rights, False])


def _print_fitted(
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    notes: Sequence[str],
    rights: Sequence[bool],
) -> None:
    widths = fitted(
        _widths([columns, *cells]), room=terminal_width() - len(GAP) * (len(columns) - 1)
    )
    click.echo(click.style(_line(columns, widths, rights), bold=True))
    for number, row in enumerate(cells):
        click.echo(_line(row, widths, rights))
        if notes and notes[number]:
            say_indented(notes[number], indent=NOTE_INDENT)


def _print_plain(
    columns: Sequence[str], cells: Sequence[Sequence[str]], rights: Sequence[bool]
) -> None:
    widths = [min(width, WIDEST_PLAIN) for width in _widths([columns, *cells])]
    for row in (columns, *cells):
        say(GAP.join(map(_padded, row, widths, rights)).rstrip())


def _one_line(cell: object) -> str:
    return printable(" ".join(str(cell).split()))


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width_of, column)) for column in zip(*lines, strict=True)]


def fitted(widths: Sequence[int], *, room: int) -> list[int]:
    """Return widths that fit the room: the widest columns give way, down to a readable rest."""
    fitting = list(widths)
    while sum(fitting) > room and max(fitting) > NARROWEST:
        fitting[fitting.index(max(fitting))] -= 1
    return fitting


def _line(cells: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> str:
    short = [cut(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return GAP.join(map(_padded, short, widths, rights)).rstrip()


def _padded(cell: str, width: int, right: bool) -> str:  # noqa: FBT001 - for map alone
    space = " " * (width - width_of(cell))
    return space + cell if right else cell + space


def cut(text: str, width: int) -> str:
    """Return the text in this width: an address loses its scheme and middle, others their end."""
    if width_of(text) <= width:
        return text
    _, is_address, address = text.partition("://")
    if not is_address:
        return f"{_head(text, width - 1)}…"
    if width_of(address) <= width:
        return address
    tail = address[-(width // 2) :]  # both the host and the path tell feeds apart
    return f"{_head(address, width - 1 - width_of(tail))}…{tail}"


def _head(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[:-1]
    return text


def width_of(text: str) -> int:
    """Return how many columns a terminal takes for the text (Unicode Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )
