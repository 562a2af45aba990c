"""A desk on a store in a temporary folder, checked for soundness at the end of each test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.places import database_path
from aggregator.pipeline.take_in import Desk
from aggregator.store.database import open_store
from tests.end_to_end.hub import serve_hub
from tests.end_to_end.newsrooms import Clock
from tests.end_to_end.soundness import assert_sound
from tests.pipeline.makers import NOON, configured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.hub import Hub


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at noon."""
    return Clock(NOON)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Give a hub that hears what it is told and asks nothing back."""
    with serve_hub() as made:
        made.manners.verifies = "never"
        yield made


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """Give a desk over two feeds that were never polled."""
    config = configured(tmp_path)
    path = Path(database_path(config))
    db = open_store(path)
    yield Desk.open(config, db, clock=clock)
    db.close()
    assert_sound(path)
