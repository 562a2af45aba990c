"""The configuration: TOML and OPML in, a checked `Config` out, or every problem at once.

This room alone knows the files' form. It opens no connection, and imports its libraries only when
a function of it is asked for, so that `newsfold --help` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    from aggregator.config import edit, extras, opml, reach, reference, starter
    from aggregator.model import Config

__all__ = ["edit", "extras", "load", "opml", "reach", "reference", "starter"]


def load(path: Path, *, environ: Mapping[str, str]) -> Config:
    """Return the configuration at `path`; raise ConfigError with all that is wrong with it.

    `environ` fills `${NAME}` in header values and proxies. Paths come back absolute.
    """
    from aggregator.config.loading import load  # noqa: PLC0415 - pydantic costs 0.2 s

    return load(path, environ=environ)


def __getattr__(name: str) -> ModuleType:
    """Import `config.edit` and its like when first used (PEP 562)."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return import_module(f"{__name__}.{name}")
