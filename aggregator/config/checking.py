"""The document against the schema: every complaint, in Newsfold's words.

It never quotes a value of its own accord: pydantic's errors carry the input, which may be a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aggregator.config.faults import Fault, Loc, Unfit, kind_of, nearest
from aggregator.config.schema import (
    REPEATED_TABLES,
    SINGLE_TABLES,
    TABLES,
    FileTable,
    example_of,
    table_of,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

EXPECTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in [ ]",
    "dict_type": "a table in { }",
}


def check(document: dict[str, Any]) -> tuple[FileTable | None, list[Fault]]:
    """Return the checked file, or None and every fault that one key alone shows."""
    try:
        return FileTable.model_validate(document), []
    except ValidationError as error:
        return None, [_fault(details) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails) -> Fault:
    loc: Loc = tuple(details["loc"])
    if details["type"] == "extra_forbidden":
        return _unknown(loc)
    if details["type"] == "missing":
        return Fault(loc=loc, what=f'"{loc[-1]}" is missing', mend=f"Add {example_of(loc)}.")
    error = details.get("ctx", {}).get("error")
    if isinstance(error, Unfit):
        return Fault(loc=loc, what=error.what, mend=error.mend or _write(loc))
    return _mistyped(loc, details)


def _write(loc: Loc) -> str:
    return f"Write it like this: {example_of(loc)}."


def _mistyped(loc: Loc, details: ErrorDetails) -> Fault:
    table = str(loc[0])
    if len(loc) == 1 and table in REPEATED_TABLES:
        expected, mend = "tables", f"Write [[{table}]], with double brackets, above each of them."
    elif len(loc) == 1 and table in SINGLE_TABLES:
        expected, mend = "one table", f"Write [{table}], with single brackets, once."
    elif isinstance(loc[-1], int) and table in REPEATED_TABLES and loc[:-1] == (table,):
        expected, mend = "a table", f"Write [[{table}]], with double brackets, above each of them."
    else:
        expected, mend = EXPECTED.get(details["type"], "another type"), _write(loc)
    return Fault(loc=loc, what=f"expected {expected}, got {kind_of(details['input'])}", mend=mend)


def _unknown(loc: Loc) -> Fault:
    """Return the fault of a key that the schema does not know, with what was meant."""
    word = str(loc[-1])
    known = table_of(loc).model_fields
    owners = [name for name, table in TABLES.items() if word in table.model_fields]
    if guess := nearest(word, known):
        mend = f'Did you mean "{guess}"?'
    elif owners:
        mend = f"It belongs in {' or '.join(_header(name) for name in owners)}."
    else:
        mend = f"Known here: {', '.join(known)}."
    return Fault(loc=loc, what=f'unknown key "{word}"', mend=mend)


def _header(table: str) -> str:
    return f"[[{table}]]" if table in REPEATED_TABLES else f"[{table}]"
