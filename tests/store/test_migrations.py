from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database

from aggregator.store import database, search
from aggregator.store.schema.migrations import all_migrations
from tests.store.houses import assert_sound

if TYPE_CHECKING:
    from pathlib import Path

STORED = """
INSERT INTO feeds (id, url) VALUES (1, 'https://a.example/feed');
INSERT INTO entries (id, feed_id, key, content_hash, slice_hash, held, first_seen_at, at, story_id)
VALUES
    (1, 1, '1', x'01', x'01', 0, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00Z', 's1'),
    (2, 1, '2', x'02', x'02', 0, '2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00Z', 's2');
INSERT INTO stories (id, first_seen_at, changed_at, lead_id)
VALUES ('s1', '', '', 1), ('s2', '', '', 2);
INSERT INTO words (entry_id, features, guid, url, title, summary, authors, categories, enclosures,
    language, image, content)
VALUES
    (1, x'', '', '', '政府宣布新的铁路建设计划', 'railway', '[]', '[]', '[]', '', '', ''),
    (2, x'', '', '', 'A new railway', 'Crème', '[]', '[]', '[]', '', '', '');
INSERT INTO words_search (rowid, title, summary) SELECT entry_id, title, summary FROM words;
"""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Give a database from before signs stood apart in the search index."""
    path = tmp_path / "newsfold.db"
    db = Database(path)
    all_migrations().apply(db, stop_before="0012_unspaced")
    db.executescript(STORED)
    db.close()
    return path


@pytest.mark.parametrize(
    ("words", "expected"), [("铁路", [1]), ("railway", [2, 1]), ("creme", [2]), ("a rail", [2])]
)
def test_what_an_older_version_kept_is_found(older: Path, words: str, expected: list[int]) -> None:
    with database.open_store(older) as db:
        assert [hit.entry_id for hit in search.search(db, words, limit=9)] == expected
        assert_sound(db)


def test_a_text_with_spaces_is_not_kept_twice(older: Path) -> None:
    with database.open_store(older) as db:
        assert database.rows(db, "SELECT entry_id FROM cut_words") == [{"entry_id": 1}]
