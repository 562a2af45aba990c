"""The reference page of the configuration, written from the schema's own descriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aggregator.config.schema import REPEATED_TABLES, TABLES, FileTable
from aggregator.config.values import SIZE_UNITS

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from aggregator.config.table import Table

INTRODUCTION = f"""\
<!-- Written by `aggregator.config.reference`. Change aggregator/config/schema.py instead. -->
# Configuration

Newsfold reads one TOML 1.0 file, `config/newsfold.toml` unless `--config` names another.
`newsfold check` names everything that is wrong with it at once: file, line, key, and what to write
instead. Unknown keys are errors. Lists are counted from 1 there: `feeds[2]` is the second feed.

## How values are written

| Type | Written as |
|---|---|
| span of time | whole numbers with units, the longest first: `"90s"`, `"10m"`, `"1h30m"`, `"3d"`, \
`"2w"` (seconds, minutes, hours, days, weeks) |
| size | a whole number with a unit: `"10MB"`, `"512kB"`, `"1GiB"` \
(units: {", ".join(reversed(SIZE_UNITS))}; `kB` is 1000 bytes, `KiB` 1024) |
| time of day | hours and minutes on the 24-hour clock: `"07:00"` |
| time zone | an IANA name: `"Europe/Vienna"` |
| path | relative to the file's own folder, or absolute |
| secret | `${{NAME}}` in header values and proxies stands for an environment variable; \
no message ever shows its value |
| filter | see [Filters](#filters) |
"""

FILTERS = """\
## Filters

`include` and `exclude` of feeds and digests are lists of filters. One that fits is enough, and
`exclude` wins. `newsfold check --preview DIGEST` shows what would be in and out, and why, before
anything is published.

| Written | Fits an entry |
|---|---|
| `climate`, `renewable energy` | with the word or phrase in its title, summary or categories |
| `"a: b"` | the same; in quotes nothing has a meaning of its own |
| `title: …` | with the words in its title |
| `text: …` | with the words in title, summary or content |
| `author: …` | with the words in an author's name |
| `tag: sport` | with this category, or of a feed with this tag |
| `feed: Example` | of an outlet with these words in its name, or of the feed at this address |
| `lang: de`, `url: …` | in this language; at this address |
| `/pattern/`, `title: /^live:/` | in which the regular expression is found; it may take 50 ms |
| `age > 3d` | published so long before it was first seen; also `>=`, `<`, `<=` |
| `coverage >= 3` | whose story is told by so many outlets; in digests only |
| `!term` | that the term does not fit |
| `term && term` | that both terms fit |

Letters count the same in either case. A word is a whole word where the script parts words.
"""


def markdown() -> str:
    """Return the whole page, ending in a line's end."""
    parts = [INTRODUCTION, _section("Top of the file", FileTable)]
    parts += [_section(_header(name), table) for name, table in TABLES.items()]
    return "\n".join([*parts, FILTERS])


def _header(name: str) -> str:
    return f"`[[{name}]]`" if name in REPEATED_TABLES else f"`[{name}]`"


def _section(title: str, table: type[Table]) -> str:
    rows = [_row(name, field) for name, field in table.model_fields.items() if name not in TABLES]
    return "\n".join(
        [
            f"## {title}",
            "",
            (table.__doc__ or "").strip(),
            "",
            "| Key | Type | Default | Meaning | Example |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = f" of {extra['unit']}" if extra["unit"] else ""
    example = f"`{name} = {(field.examples or [''])[0]}`"
    cells = (
        f"`{name}`", f"{extra['kind']}{unit}", _default(field), field.description or "", example
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    return f"`{json.dumps(field.default)}`"
