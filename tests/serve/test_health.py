from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import StoreError
from aggregator.serve.health import report
from aggregator.store import feeds
from aggregator.store.database import open_store, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlite_utils import Database

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URLS = [f"https://outlet{number}.test/feed?key=secret" for number in range(4)]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_store(tmp_path / "newsfold.db")
    yield db
    db.close()


def test_a_new_store_is_well(db: Database, tmp_path: Path) -> None:
    told = report(tmp_path / "newsfold.db")

    assert told["status"] == "ok"
    assert told["feeds"] == {"ok": 0, "failing": 0, "gone": 0, "never_polled": 0}
    assert told["entries"] == 0
    assert told["digests"] == {}


def test_feeds_are_counted_by_condition_and_never_named(db: Database, tmp_path: Path) -> None:
    """A failing feed is no reason to restart the service: the status stays."""
    with transaction(db):
        feeds.list_feeds(db, URLS, now=NOW)
        polled = [replace(state, last_polled_at=NOW) for state in feeds.states(db)]
        feeds.save(db, polled[0])
        feeds.save(db, replace(polled[1], failures=3, error="401 for key=secret"))
        feeds.save(db, replace(polled[2], gone=True))

    told = report(tmp_path / "newsfold.db")

    assert told["status"] == "ok"
    assert told["feeds"] == {"ok": 1, "failing": 1, "gone": 1, "never_polled": 1}
    assert "secret" not in json.dumps(told, default=str)


def test_it_reads_while_the_writer_writes(db: Database, tmp_path: Path) -> None:
    with transaction(db):
        feeds.list_feeds(db, URLS, now=NOW)

        told = report(tmp_path / "newsfold.db")

    assert told["feeds"] == {"ok": 0, "failing": 0, "gone": 0, "never_polled": 0}


def test_a_missing_store_is_said_so_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        report(tmp_path / "newsfold.db")

    assert list(tmp_path.iterdir()) == []
