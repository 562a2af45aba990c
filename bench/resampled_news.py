"""Captured entries, told again under other words until there are as many as asked for. Seeded.

Each round changes places among words that are as frequent as each other, and half of the words that
occur once get a new ending, so that two rounds have no event and few names in common, the lengths
and frequencies of the texts are real, and the vocabulary grows. Other people's texts: they are read
where they lie and never copied into the project.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from bench.invented_news import SYLLABLES, Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+")
UNCHANGED = 150  # the commonest words: those of grammar
BAND = 50  # words of neighbouring frequency that change places
STEP = 7  # places a round; no divisor of BAND


def told(path: Path, count: int) -> Iterator[Told]:
    """Yield so many entries of a JSONL file with `title`, `summary` and, where known, `story`.

    The rounds run beside each other, each begun at another place of the file.
    """
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rounds = -(-count // len(rows))
    ranked = _ranked([f"{row['title']} {row['summary']}" for row in rows])
    events = _numbered([row["story"] or row["id"] for row in rows])
    tables = [_table(ranked, number) for number in range(rounds)]
    for place in range(count):
        number = place % rounds
        at = (place // rounds + number * len(rows) // rounds) % len(rows)
        yield Told(
            event=number * len(rows) + events[at],
            title=_under_other_words(rows[at]["title"], tables[number]),
            summary=_under_other_words(rows[at]["summary"], tables[number]),
        )


def _ranked(texts: Sequence[str]) -> list[tuple[str, int]]:
    counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    return counts.most_common()


def _numbered(names: Sequence[str]) -> list[int]:
    numbers: dict[str, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in names]


def _table(ranked: Sequence[tuple[str, int]], number: int) -> dict[str, str]:
    """Return what each word is in a round; in the first, itself."""
    if not number:
        return {}
    ending = SYLLABLES[number % len(SYLLABLES)] * (1 + number // len(SYLLABLES))
    changed = ranked[UNCHANGED:]
    table = {}
    for place, (word, uses) in enumerate(changed):
        first = place - place % BAND
        band = min(BAND, len(changed) - first)
        other = changed[first + (place + number * STEP) % band][0]
        table[word] = word + ending if uses == 1 and place % 2 else other
    return table


def _under_other_words(text: str, table: dict[str, str]) -> str:
    def other(match: re.Match[str]) -> str:
        word = match.group()
        found = table.get(word.lower(), word)
        return found.capitalize() if word[:1].isupper() else found

    return _WORD.sub(other, text)
