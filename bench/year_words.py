"""Invented events and the words in which outlets tell them. Seeded; nobody's text.

Each event has names and matters of its own; every telling says them in other sentences, among
words that all events share. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SYLLABLES = tuple(start + vowel for start in "bdfgklmnprstvz" for vowel in "aeiou")
COMMON = 500  # words that every event shares
NAMES, MATTERS = 5, 14  # of an event
SENTENCES, IN_A_SENTENCE = 8, 11
TITLE_COMMON = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A headline and sentences."""

    title: str
    sentences: tuple[str, ...]

    @property
    def html(self) -> str:
        """Return the sentences as a paragraph."""
        return f"<p>{' '.join(self.sentences)}</p>"


def _word(draw: Random, length: int = 3) -> str:
    return "".join(draw.choices(SYLLABLES, k=length))


_SHARED = tuple(_word(Random(f"common {n}"), 2) for n in range(COMMON))


def told(event: int, *, voice: int) -> Words:
    """Return the words of one voice on an event; the same voice says the same."""
    own = Random(f"event {event}")
    names = [_word(own).capitalize() for _ in range(NAMES)]
    matters = [_word(own) for _ in range(MATTERS)]
    draw = Random(f"voice {event} {voice}")
    title = [*draw.sample(names, 3), *draw.sample(matters, 3), *draw.choices(_SHARED, k=3)]
    draw.shuffle(title)
    sentences = tuple(_sentence(draw, names, matters) for _ in range(SENTENCES))
    return Words(title=" ".join(title), sentences=sentences)


def rewritten(words: Words, *, seed: str) -> Words:
    """Return the words as a real correction leaves them: another headline, two new sentences."""
    draw = Random(f"correction {seed}")
    kept = words.title.split()[:-2]
    new = tuple(" ".join(_word(draw) for _ in range(IN_A_SENTENCE)) + "." for _ in range(2))
    title = " ".join([*kept, _word(draw), _word(draw)])
    return Words(title=title, sentences=(*words.sentences[:-2], *new))


def touched(words: Words, *, seed: str) -> Words:
    """Return the words with one of them spelt better: no correction that a reader has to see."""
    first, _, rest = words.sentences[0].partition(" ")
    better = _word(Random(f"touch {seed}"))
    sentence = f"{better if first.istitle() else first} {rest}".replace(rest.split()[0], better, 1)
    return Words(title=words.title, sentences=(sentence, *words.sentences[1:]))


def _sentence(draw: Random, names: list[str], matters: list[str]) -> str:
    common = IN_A_SENTENCE - 4
    words = [draw.choice(names), *draw.sample(matters, 3), *draw.choices(_SHARED, k=common)]
    draw.shuffle(words)
    return " ".join(words) + "."
