"""What a rewritten lead says that it did not say before, as a reader is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.digest.rewrite import is_retitled
from aggregator.digest.sentences import sentences
from aggregator.digest.words import shorten, title_words
from aggregator.model import Correction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import Entry, Publication

MOST_ADDED = 3
_LONGEST = 300  # characters of a sentence that is quoted
_SAME = 0.8  # of a sentence's words stand in one from before: touched up, not new


def correction(previous: Publication, entry: Entry, title: str, *, at: datetime) -> Correction:
    """Return what the lead says now against what was published of it; `title` as its outlet wrote.

    Sentences count as said before when four fifths of their words and all their numbers stand in
    one that was.
    """
    start, end = previous.lead_span
    before = _texts(previous.html[start:end] or previous.summary)
    now = _texts(entry.content or entry.summary)
    added = [text for text, words in now.items() if not _stands_in(words, before.values())]
    removed = [text for text, words in before.items() if not _stands_in(words, now.values())]
    return Correction(
        at=at,
        former_title=previous.title if is_retitled(previous, title) else "",
        added=tuple(shorten(text, _LONGEST) for text in added[:MOST_ADDED]),
        removed=len(removed),
    )


def _texts(markup: str) -> dict[str, frozenset[str]]:
    found = ((text, frozenset(title_words(text))) for text in sentences(markup))
    return {text: words for text, words in found if words}


def _stands_in(words: frozenset[str], others: Iterable[frozenset[str]]) -> bool:
    numbers = set(filter(str.isnumeric, words))
    return any(numbers <= other and len(words & other) >= _SAME * len(words) for other in others)
