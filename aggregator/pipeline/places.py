"""Where things lie on disk. Loads nothing, so that commands that only look start quickly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.model import Config

DATABASE = "newsfold.db"


def database_path(config: Config) -> Path:
    """Return where the configuration's database lies."""
    return Path(config.service.data_dir) / DATABASE
