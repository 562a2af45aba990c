"""Invented news with the statistics of real news, for the costs of folding. Seeded.

Words come by Zipf's law from a fixed vocabulary, names by Simon's process: a name is a new one ever
more seldom, else one that was used before, the often used the likelier. So the vocabulary grows
without end (Heaps' law), as that of captured news does: 4,000 stems in 500 entries, 14,000 in
6,000, 27 stems and 52 words an entry. A third of the entries tell of events that others tell too,
at most events of a few outlets; one in twelve is a copy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SYLLABLES = """
    ka lo mi ter ran sel dor vi na pe qu ist el ar on fo bru che sta pli gra mor len fis hau
    wen bir zo tam ul gar nes kop dra vel
""".split()  # noqa: SIM905 - one line
PHRASES_OF_GRAMMAR = (
    "the", "of the", "in the", "and", "a", "to", "for the", "on the", "at", "by", "with a", "from",
    "of", "that", "to the", "has been", "is", "said", "was", "it", "will be", "as", "he", "she",
    "they", "who", "have", "not", "an", "after", "over", "more than", "in", "for", "on", "said the",
)  # fmt: skip
WORDS = 14_000
RANK_SHIFT, EXPONENT = 30, 1.05  # of Zipf's law, as Mandelbrot has it
GROWTH, HEAPS = 3.3, 0.74  # names after n uses: GROWTH * n ** HEAPS
SHARE_ALONE = 0.55  # of the events are told by one outlet
COPIES = 1 / 12
MOST_OUTLETS = 60
UNDER_WAY = 400  # events that are told at a time: outlets follow each other within the hour
GRAMMAR = 0.42  # of the words of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one outlet says of an event."""

    event: int
    title: str
    summary: str


@dataclass(slots=True)
class Event:
    """What is told of it: names, words, and how often yet."""

    number: int
    names: list[str]
    words: list[str]
    left: int
    told: list[Told] = field(default_factory=list)


class Newsroom:
    """Invents entry after entry."""

    def __init__(self, *, seed: int) -> None:
        """Begin with a vocabulary, and no name yet."""
        self._draw = random.Random(seed)
        self._words = [self._word() for _ in range(WORDS)]
        self._weights = list(accumulate((rank + RANK_SHIFT) ** -EXPONENT for rank in range(WORDS)))
        self._used: list[str] = [self._word().capitalize()]
        self._events = 0

    def told(self, count: int) -> Iterator[Told]:
        """Yield so many entries, in the order of the world."""
        under_way = [self._event() for _ in range(UNDER_WAY)]
        for _ in range(count):
            place = self._draw.randrange(UNDER_WAY)
            event = under_way[place]
            yield self._tell(event)
            event.left -= 1
            if not event.left:
                under_way[place] = self._event()

    def _tell(self, event: Event) -> Told:
        draw = self._draw
        if event.told and draw.random() < COPIES * 2:
            first = event.told[0]
            kept = first.summary.split(" ")
            told = Told(
                event=event.number,
                title=first.title,
                summary=" ".join(kept[: max(12, len(kept) - draw.randrange(12))]),
            )
        else:
            told = self._new(event)
        event.told.append(told)
        return told

    def _new(self, event: Event) -> Told:
        draw = self._draw
        title = [*draw.sample(event.names, 2), *draw.sample(event.words, 3), *self._drawn(2)]
        draw.shuffle(title)
        text = [
            *draw.sample(event.names, 3), *draw.sample(event.words, 6),
            self._name(), self._name(), *self._drawn(draw.randint(6, 18)),
        ]  # fmt: skip
        draw.shuffle(text)
        return Told(
            event=event.number,
            title=self._sentence(title, draw.choices(PHRASES_OF_GRAMMAR, k=2)),
            summary=self._text(text),
        )

    def _text(self, content: Sequence[str]) -> str:
        half = len(content) // 2
        grammar = self._draw.choices(PHRASES_OF_GRAMMAR, k=int(len(content) * GRAMMAR * 1.4))
        parts = (content[:half], grammar[::2]), (content[half:], grammar[1::2])
        return ". ".join(self._sentence(list(some), few) for some, few in parts) + "."

    def _sentence(self, content: list[str], grammar: Sequence[str]) -> str:
        for word in grammar:
            content.insert(self._draw.randrange(len(content)), word)
        text = " ".join(content)
        return text[:1].upper() + text[1:]

    def _event(self) -> Event:
        draw = self._draw
        self._events += 1
        alone = draw.random() < SHARE_ALONE
        return Event(
            number=self._events,
            names=[self._name() for _ in range(5)],
            words=self._drawn(14),
            left=1 if alone else min(MOST_OUTLETS, 2 + int(draw.paretovariate(1.6) - 1)),
        )

    def _drawn(self, count: int) -> list[str]:
        return self._draw.choices(self._words, cum_weights=self._weights, k=count)

    def _name(self) -> str:
        used, draw = self._used, self._draw
        if draw.random() < GROWTH * HEAPS * len(used) ** (HEAPS - 1):
            name = self._word().capitalize()
        else:
            name = used[draw.randrange(len(used))]
        used.append(name)
        return name

    def _word(self) -> str:
        return "".join(self._draw.choices(SYLLABLES, k=self._draw.randint(2, 4)))
