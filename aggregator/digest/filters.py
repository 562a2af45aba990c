"""Whether a rule of `include` or `exclude` fits an entry. Words, patterns and numbers are compared.

A pattern may be written so that it takes ages on some texts: each look has a time limit, and one
that takes longer counts as not found.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import regex

from aggregator.digest.words import holds, normalise, plain
from aggregator.model import Comparison, EntryField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aggregator.model import Entry, FeedSpec, Filter, Member, Term

PATTERN_TIME_S: Final = 0.05  # of one pattern in one text; a sound one takes microseconds
MAX_SEARCHED_CHARS: Final = 100_000  # of one text
_COMPARE: Final = {
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.MORE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An entry as rules see it: with its feed, and how many outlets tell its story."""

    member: Member
    spec: FeedSpec
    outlets: int = 1

    @property
    def entry(self) -> Entry:
        """Return the entry itself."""
        return self.member.entry


def first_fit(filters: Iterable[Filter], subject: Subject) -> Filter | None:
    """Return the first of the rules that fits the entry, None where none does."""
    return next((rule for rule in filters if fits(rule, subject)), None)


def fits(rule: Filter, subject: Subject) -> bool:
    """Tell whether all of a rule's terms hold for the entry.

    Words and phrases are looked for whatever their case, as whole words where the script has word
    boundaries; a tag, an address and a language are compared whole.
    """
    return all(_holds(term, subject) is not term.negated for term in rule.terms)


def _holds(term: Term, subject: Subject) -> bool:
    if term.comparison:
        return bool(_COMPARE[term.comparison](_number(term.field, subject), term.number))
    texts = _TEXTS[term.field](subject)
    if term.pattern:
        return any(_finds(term.pattern, text) for text in texts)
    sought = normalise(term.words)
    found = [normalise(text) for text in texts]
    match term.field:
        case EntryField.TAG | EntryField.URL:
            return sought in found
        case EntryField.LANG:
            return any(text == sought or text.startswith(f"{sought}-") for text in found)
        case EntryField.FEED:
            return sought in found or any(holds(text, sought) for text in found)
        case _:
            return bool(sought) and any(holds(text, sought) for text in found)


def _number(field: EntryField, subject: Subject) -> float:
    if field is EntryField.COVERAGE:
        return subject.outlets
    member = subject.member
    published_at = member.entry.published_at or member.first_seen_at
    return max(0.0, (member.first_seen_at - published_at).total_seconds())


_TEXTS: Final[Mapping[EntryField, Callable[[Subject], Sequence[str]]]] = {
    EntryField.ANY: lambda s: (s.entry.title, s.entry.summary, *s.entry.categories),
    EntryField.TITLE: lambda s: (s.entry.title,),
    EntryField.TEXT: lambda s: (s.entry.title, s.entry.summary, plain(s.entry.content)),
    EntryField.AUTHOR: lambda s: s.entry.authors,
    EntryField.TAG: lambda s: (*s.entry.categories, *s.spec.tags),
    EntryField.FEED: lambda s: (s.member.outlet, s.member.feed_url),
    EntryField.LANG: lambda s: (s.entry.language,),
    EntryField.URL: lambda s: (s.entry.url,),
}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)


def _finds(pattern: str, text: str) -> bool:
    try:
        found = _compiled(pattern).search(text[:MAX_SEARCHED_CHARS], timeout=PATTERN_TIME_S)
    except TimeoutError:
        return False
    return found is not None
