"""What every table of the configuration has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """One table of the file: no unknown keys, no guessing of types, no values in messages."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
