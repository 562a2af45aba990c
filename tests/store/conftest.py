"""A store in a temporary folder, checked for soundness at the end of each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.store import database
from tests.store.houses import House, assert_sound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give an empty store."""
    path = tmp_path / "kept" / "newsfold.db"
    db = database.open_store(path)
    yield House(db=db, path=path)
    assert_sound(db)
    db.close()
