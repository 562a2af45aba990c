"""What must hold of the database whatever happened before, asked in plain SQL from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def ask(path: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a question, read beside whoever has the database open."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(question, values).fetchall()


def assert_sound(path: Path) -> None:
    """Check the file, its references, and that every entry stands in exactly one story.

    An entry has one story by its column; what can go wrong is a story that is not there or was
    merged away, one without a lead of its own, and an entry kept twice.
    """
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert strays(path) == []
    assert ask(path, "SELECT feed_id, key FROM entries GROUP BY 1, 2 HAVING count(*) > 1") == []
    assert ask(path, "SELECT digest, id FROM publications GROUP BY 1, 2 HAVING count(*) > 1") == []


def strays(path: Path) -> list[tuple[Any, ...]]:
    """Return entries whose story is missing, merged away, or led by none of its own."""
    return ask(
        path,
        "SELECT e.id, e.story_id FROM entries AS e LEFT JOIN stories AS s ON s.id = e.story_id "
        "LEFT JOIN entries AS l ON l.id = s.lead_id "
        "WHERE s.id IS NULL OR s.merged_into IS NOT NULL OR l.story_id IS NOT e.story_id",
    )


def count(path: Path, table: str) -> int:
    """Return how many rows a table has."""
    return int(ask(path, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a test's own word


def story_of(path: Path, *, by: str = "guid") -> dict[tuple[str, str], str]:
    """Return the story of every kept entry, by feed address and guid (or key)."""
    name = {"guid": "w.guid", "key": "e.key"}[by]
    rows = ask(
        path,
        f"SELECT f.url, {name}, e.story_id FROM entries AS e "  # noqa: S608 - one of two names
        "JOIN feeds AS f ON f.id = e.feed_id JOIN words AS w ON w.entry_id = e.id",
    )
    return {(url, guid): story for url, guid, story in rows}


def tell(path: Path, statement: str, *values: object) -> None:
    """Change the database from outside, as no program of ours would."""
    with closing(sqlite3.connect(path, timeout=30)) as db, db:
        db.execute(statement, values)
