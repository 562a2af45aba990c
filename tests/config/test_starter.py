from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.config import edit, starter
from aggregator.config.schema import REPEATED_TABLES, TABLES, FileTable
from aggregator.errors import UsageError
from aggregator.model import DigestKind, FeedSpec

if TYPE_CHECKING:
    from tests.config.conftest import Desk

SHIPPED = Path(__file__).parents[2] / "config" / "newsfold.toml"


def test_the_starting_file_loads_with_one_digest_of_all_feeds(desk: Desk) -> None:
    loaded = desk.load(starter.text())

    assert [digest.name for digest in loaded.digests] == ["news"]
    assert loaded.digests[0].tags == ()
    assert loaded.service.public_url == "http://127.0.0.1:8080"


def test_the_public_url_given_is_written(desk: Desk) -> None:
    loaded = desk.load(starter.text(public_url='https://news.example.org/"{x}/'))

    assert loaded.service.public_url == 'https://news.example.org/"{x}'


def test_a_bad_public_url_is_not_written() -> None:
    with pytest.raises(UsageError, match="no http or https address"):
        starter.text(public_url="news.example.org")


def test_what_the_starting_file_only_shows_loads_too(desk: Desk) -> None:
    """The examples behind "# " are meant to be uncommented."""
    shown = re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", starter.text(), flags=re.MULTILINE)

    loaded = desk.load(shown)

    assert [digest.name for digest in loaded.digests] == ["news", "morning"]
    assert len(loaded.feeds) == 1


def test_feeds_can_be_added_to_the_starting_file(desk: Desk) -> None:
    desk.path.write_text(starter.text(), "utf-8")

    edit.add_feed(desk.path, FeedSpec(url="https://a.org/"))

    assert len(desk.load(desk.path.read_text("utf-8")).feeds) == 1


def test_the_shipped_file_loads_with_feeds_for_each_digest() -> None:
    loaded = config.load(SHIPPED, environ={})

    assert [(digest.name, digest.kind) for digest in loaded.digests] == [
        ("news", DigestKind.LIVE),
        ("morning", DigestKind.EDITION),
    ]
    assert len(loaded.feeds) >= 20
    assert {tag for feed in loaded.feeds for tag in feed.tags} >= set(loaded.digests[1].tags)


@pytest.mark.parametrize("table", ["", *TABLES])
def test_the_shipped_file_shows_every_key(table: str) -> None:
    keys = (TABLES[table] if table else FileTable).model_fields.keys() - TABLES.keys()
    text = SHIPPED.read_text("utf-8")
    opened = f"[[{table}]]" if table in REPEATED_TABLES else f"[{table}]"
    parts = re.split(rf"^(?:# )?{re.escape(opened)}$" if table else "$", text, flags=re.MULTILINE)
    shown = {
        key for part in parts for key in re.findall(r"^(?:# )?([a-z_]+) = ", part, re.MULTILINE)
    }

    assert table == "" or len(parts) > 1
    assert keys <= shown


def test_the_values_of_single_tables_in_the_shipped_file_are_the_defaults(desk: Desk) -> None:
    shipped, empty = config.load(SHIPPED, environ={}), desk.load("")

    assert (shipped.polling, shipped.folding) == (empty.polling, empty.folding)
    assert shipped.service.listen == empty.service.listen
