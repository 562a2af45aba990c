"""The exception tree: misuse and broken ground, never trouble from outside.

A feed that fails is a value (`model.Failed`); what is raised here ends a command.

    NewsfoldError
    ├── ConfigError      the configuration cannot be used (every problem at once)
    ├── StoreError       the database cannot be used
    │   ├── LockedError      another instance holds the data directory
    │   └── NewerSchemaError the database was written by a newer Newsfold
    ├── NotFoundError    the entry, story, feed or digest named by a person is unknown
    └── UsageError       what was asked makes no sense here, with the mend
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Problem


class NewsfoldError(Exception):
    """Whatever ends a command with a message for a person."""


class ConfigError(NewsfoldError):
    """The configuration has problems; `problems` holds all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep every problem, so that a person mends them in one go."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class StoreError(NewsfoldError):
    """The database cannot be used; the message says why and what to do."""


class LockedError(StoreError):
    """Another instance holds the data directory."""


class NewerSchemaError(StoreError):
    """The database was written by a newer Newsfold than this one."""


class NotFoundError(NewsfoldError):
    """What a person named is not known; the message says where to look."""


class UsageError(NewsfoldError):
    """What was asked cannot be done; the message says what to do instead."""
