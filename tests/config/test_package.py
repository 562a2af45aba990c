"""The room's door: what it offers, and what it costs to open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aggregator import config


def test_the_parts_are_reached_through_the_package() -> None:
    assert callable(config.edit.add_feed)
    assert callable(config.opml.read)
    assert config.starter.text()
    assert config.reference.markdown()


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nix'"):
        getattr(config, "nix")  # noqa: B009 - the attribute is unknown to mypy


def test_opening_the_door_imports_no_library() -> None:
    """`newsfold --help` must not wait for pydantic."""
    code = (
        "import sys; from aggregator import config;"
        "print(*({'pydantic', 'tomlkit', 'toml_rs'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603 - our own code

    assert done.stdout.strip() == ""
