"""Configurations written to a folder of their own and loaded from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.model import Config, Problem


@dataclass(frozen=True)
class Desk:
    """A folder with a configuration file that a test writes and loads."""

    folder: Path

    @property
    def path(self) -> Path:
        """Return where the file lies."""
        return self.folder / "newsfold.toml"

    def load(self, text: str, **environ: str) -> Config:
        """Write the text and load it."""
        self.path.write_text(text, "utf-8")
        return config.load(self.path, environ=environ)

    def problems(self, text: str, **environ: str) -> tuple[Problem, ...]:
        """Write the text, load it and return what is wrong with it."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, **environ)
        return caught.value.problems


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
