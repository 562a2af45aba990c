"""What is asked for and not installed is told with its place, and only where it is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from aggregator import config

if TYPE_CHECKING:
    from pathlib import Path

TWO = """\
[[feeds]]
url = "https://a.example/feed"
[[feeds]]
url = "https://b.example/feed"
full_text = true
[[feeds]]
url = "https://c.example/feed"
full_text = true
"""


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library seem not to be installed."""
    monkeypatch.setitem(sys.modules, "trafilatura", None)


def written(folder: Path, text: str) -> Path:
    path = folder / "newsfold.toml"
    path.write_text(text, "utf-8")
    return path


def test_it_is_told_once_at_the_first_feed_that_wants_it(tmp_path: Path, without: None) -> None:
    path = written(tmp_path, TWO)

    (problem,) = config.extras.missing_extras(path)

    assert str(problem) == (
        f"{path}:5: feeds[2].full_text: pages cannot be read without the library trafilatura, so "
        "feeds keep their texts. Install it with: pip install 'newsfold[fulltext]'."
    )


def test_where_no_feed_wants_it_nothing_is_missing(tmp_path: Path, without: None) -> None:
    path = written(tmp_path, TWO.replace("true", "false"))

    assert config.extras.missing_extras(path) == []


def test_where_it_is_installed_nothing_is_missing(tmp_path: Path) -> None:
    assert config.extras.missing_extras(written(tmp_path, TWO)) == []
