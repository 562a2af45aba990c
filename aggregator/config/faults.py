"""What can be wrong: the words of a problem before its place in the file is known.

Nothing here may quote a value that can hold a secret; `shown` is for the others.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_CHARACTERS = 60  # a message stays one line; longer values are recognised by their start
USER_INFO = re.compile(r"//[^/@\s]*@")

Loc = tuple[str | int, ...]  # the way to a value: ("feeds", 2, "interval"), lists from 0

KINDS = (
    (bool, "true or false"),
    (str, "a text"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "a table"),
)


class Unfit(ValueError):  # noqa: N818 - a verdict on a value, which becomes a Problem
    """A value that cannot be used: what is wrong with it and how to mend it."""

    def __init__(self, *, what: str, mend: str = "") -> None:
        """Keep both halves; an empty `mend` asks for the key's example."""
        super().__init__(what)
        self.what = what
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong, placed by the way to it."""

    loc: Loc
    what: str
    mend: str


def shown(text: str) -> str:
    """Return the text in quotes for a message: short, on one line, without user or password."""
    plain = USER_INFO.sub("//…@", text)
    if len(plain) > SHOWN_CHARACTERS:
        plain = plain[: SHOWN_CHARACTERS - 1] + "…"
    escaped = plain.encode("unicode_escape").decode("ascii") if not plain.isprintable() else plain
    return f'"{escaped}"'


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or ""."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def one_of(word: str, known: Iterable[str]) -> str:
    """Return the mend for a word that is none of the known ones."""
    names = tuple(known)
    guess = nearest(word, names)
    return f'Did you mean "{guess}"?' if guess else f"Use one of: {', '.join(names)}."


def kind_of(value: object) -> str:
    """Return what sort of TOML value this is, in words."""
    for types, words in KINDS:
        if isinstance(value, types):
            return words
    return "a date or time without quotes"  # all else that TOML has


def dotted(loc: Loc) -> str:
    """Return the way as people read it: "feeds[1].tags[2]", counted from 1."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
