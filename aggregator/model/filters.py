"""The rules by which entries reach a digest or do not, as configured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryField(StrEnum):
    """What of an entry or its story a term looks at; the value is its name in the file."""

    ANY = "any"  # title, summary and categories
    TITLE = "title"
    TEXT = "text"  # title, summary and content
    AUTHOR = "author"
    TAG = "tag"  # of the entry's categories or its feed's tags, the whole of one
    FEED = "feed"  # the outlet's name, or the feed's address
    LANG = "lang"
    URL = "url"
    AGE = "age"  # how long it was published before it was first seen, in seconds
    COVERAGE = "coverage"  # how many outlets tell its story


class Comparison(StrEnum):
    """How a number stands to the one that is asked for."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition: words, a pattern or a number, in one field."""

    field: EntryField = EntryField.ANY
    words: str = ""  # as written; compared by their normal form
    pattern: str = ""  # a regular expression, in place of words
    comparison: Comparison | None = None  # with `number`, in place of words
    number: float = 0.0
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A rule of `include` or `exclude`: it fits where all of its terms do."""

    text: str  # as the person wrote it
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """Return the rule as written."""
        return self.text
