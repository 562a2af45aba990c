"""Tables as they come out on real terminals of several widths, and elsewhere."""

from __future__ import annotations

import os
import re
import threading
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli.app import newsfold
from aggregator.cli.table import NARROWEST, cut, fitted, print_table, width_of

if TYPE_CHECKING:
    from tests.cli.conftest import Desk

STYLE = re.compile(r"\x1b\[[01]m")


def on_terminal(columns: int, *args: str) -> list[str]:
    """Return what `newsfold` prints on a terminal with so many columns, line by line."""
    controller, terminal = os.openpty()
    os.environ["COLUMNS"] = str(columns)
    printed: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(controller, printed))
    reader.start()
    try:
        with os.fdopen(terminal, "w") as screen, redirect_stdout(screen):
            newsfold(args, standalone_mode=False)
    finally:
        del os.environ["COLUMNS"]
        reader.join()
        os.close(controller)
    return STYLE.sub("", b"".join(printed).decode()).splitlines()


def read_all(descriptor: int, pieces: list[bytes]) -> None:
    with suppress(OSError):  # so Linux tells that nobody has the terminal any more
        while piece := os.read(descriptor, 65536):
            pieces.append(piece)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(
    "args", [("feeds",), ("status",), ("search", "bridge"), ("stories",)], ids=lambda args: args[0]
)
def test_no_line_is_wider_than_the_terminal(
    polled: Desk, columns: int, args: tuple[str, ...]
) -> None:
    lines = on_terminal(columns, "--config", str(polled.path), *args)

    assert len(lines) > 2
    assert max(map(width_of, lines)) <= columns


def test_a_long_error_stands_wrapped_below_its_row(polled: Desk) -> None:
    lines = on_terminal(80, "--config", str(polled.path), "feeds")

    row = next(number for number, line in enumerate(lines) if line.startswith("gone"))
    assert "gone.xml" in lines[row]
    assert lines[row + 1].startswith("    127.0.0.1 says that the feed is gone for good (410).")


def test_elsewhere_a_row_is_one_line_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://example.org/" + "x" * 80

    print_table(("new", "feed"), [(7, "a"), (12, address)], notes=["", "broken\nfor good"])

    assert capsys.readouterr().out == (
        f"new  feed{' ' * 56}  error\n  7  a\n 12  {address}  broken for good\n"
    )


def test_cells_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("title",), [("\x1b]0;owned\x07",)])

    assert "\x1b" not in capsys.readouterr().out


def test_no_rows_are_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "b"), [])

    assert capsys.readouterr().out == "a  b\n"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 10, "short"),
        ("a long title", 8, "a long …"),
        ("https://example.org/feed.xml", 20, "example.org/feed.xml"),
        ("https://example.org/world/feed.xml", 16, "example…feed.xml"),
        ("東京東京", 5, "東京…"),
    ],
)
def test_a_cell_is_cut_where_it_says_least(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


@given(st.text(), st.integers(NARROWEST, 40))
def test_no_cell_is_wider_than_its_column(text: str, width: int) -> None:
    assert width_of(cut(text, width)) <= width


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(0, 300))
def test_columns_fit_the_room_or_are_as_narrow_as_can_be(widths: list[int], room: int) -> None:
    fitting = fitted(widths, room=room)

    assert sum(fitting) <= max(room, sum(min(width, NARROWEST) for width in widths))
    assert all(now <= then for now, then in zip(fitting, widths, strict=True))
