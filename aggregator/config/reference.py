"""The reference page of the configuration, written from the schema's own descriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aggregator.config.schema import REPEATED_TABLES, TABLES, FileTable, Table
from aggregator.config.values import SIZE_UNITS

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

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
"""


def markdown() -> str:
    """Return the whole page, ending in a line's end."""
    parts = [INTRODUCTION, _section("Top of the file", FileTable)]
    parts += [_section(_header(name), table) for name, table in TABLES.items()]
    return "\n".join(parts)


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
