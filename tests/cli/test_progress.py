from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.cli.progress import Lines, progress

if TYPE_CHECKING:
    import pytest


def test_elsewhere_than_on_a_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A step takes a second here; a line comes every five, and at the end."""
    now = iter(range(100))
    lines = Lines("polling", 7, clock=lambda: float(next(now)))

    for _ in range(7):
        lines.step()

    told = capsys.readouterr()
    assert told.err == "polling: 5 of 7\npolling: 7 of 7\n"
    assert told.out == ""


def test_quiet_and_empty_work_show_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("polling", 3, quiet=True) as step:
        step()
    with progress("polling", 0, quiet=False):
        pass

    assert capsys.readouterr() == ("", "")
