from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.config import reference
from aggregator.config.schema import REPEATED_TABLES, TABLES, FileTable

if TYPE_CHECKING:
    from aggregator.config.table import Table
    from tests.config.conftest import Desk

PAGE = Path(__file__).parents[2] / "docs" / "CONFIGURATION.md"
ENVIRON = {"EXAMPLE_TOKEN": "t", "PROXY_PASSWORD": "p"}  # what the examples refer to
MODELS: dict[str, type[Table]] = {"": FileTable, **TABLES}
KEYS = [
    (table, key)
    for table, model in MODELS.items()
    for key in model.model_fields
    if key not in TABLES
]


def cells(table: str, key: str) -> list[str]:
    """Return the row of the key on the page: key, type, default, meaning, example."""
    title = f"`[[{table}]]`" if table in REPEATED_TABLES else f"`[{table}]`"
    part = PAGE.read_text("utf-8").split(f"## {title if table else 'Top of the file'}\n")[1]
    row = re.search(rf"^\| `{key}` \|.*\|$", part.split("\n## ")[0], re.MULTILINE)
    assert row, f"{table}.{key} is not documented"
    return [cell.strip() for cell in row[0].strip("| ").split(" | ")]


def test_the_page_is_what_the_schema_says() -> None:
    """Write it again with: python -c '…reference.markdown()' > docs/CONFIGURATION.md."""
    assert PAGE.read_text("utf-8") == reference.markdown()


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_key_is_documented_with_all_it_needs(table: str, key: str) -> None:
    row = cells(table, key)

    assert len(row) == 5
    assert all(row)


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_example_on_the_page_loads(desk: Desk, table: str, key: str) -> None:
    example = cells(table, key)[4].strip("`")
    required = {"feeds": 'url = "https://a.org/"', "digests": 'name = "d"'}.get(table, "")
    lines = [line for line in (required, example) if not line.startswith(f"{key} = ")]
    lines += [example, *(['kind = "edition"'] if key in {"at", "weekdays"} else [])]
    lines += ['at = ["07:00"]'] if key in {"kind", "weekdays"} else []
    header = f"[[{table}]]" if table in REPEATED_TABLES else f"[{table}]" if table else ""
    tagged = '[[feeds]]\nurl = "https://t.org"\ntags = ["world"]' if table == "digests" else ""
    (desk.folder / "feeds.opml").write_text("<opml><body/></opml>", "utf-8")

    text = "\n".join([header, *lines, tagged])

    loaded = desk.load(text, **ENVIRON)

    assert loaded.path


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_default_on_the_page_is_the_one_in_use(desk: Desk, table: str, key: str) -> None:
    default = cells(table, key)[2].strip("`")
    required = {"feeds": 'url = "https://a.org/"', "digests": 'name = "d"'}.get(table, "")
    header = f"[[{table}]]" if table in REPEATED_TABLES else f"[{table}]" if table else ""
    edition = '\nkind = "edition"\nat = ["07:00"]' if key == "weekdays" else ""
    plain = f"{header}\n{required}{edition}\n"
    written = plain if default in {"required", "none"} else f"{plain}{key} = {default}"

    assert desk.load(written) == desk.load(plain)
