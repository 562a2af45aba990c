"""Seeded chance, so that the same words give the same newsroom. Keeps no state."""

from __future__ import annotations

from random import Random


def seeded(*parts: object) -> Random:
    """Return a generator that depends on the parts alone."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - invention, no secret
