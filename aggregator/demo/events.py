"""Reads the bundled events. Every name, place and figure in them is invented.

A file holds events that begin with `@ label | category | place`; below it stand the wordings, a
blank line between them: the headline in one line, then a paragraph a line.
"""

from __future__ import annotations

from importlib.resources import files

from aggregator.demo.values import Event, Wording

LANGUAGES = ("en", "de")


def load(language: str) -> tuple[Event, ...]:
    """Return the events told in a language, in the file's order."""
    folder = files("aggregator.demo") / "data"
    text = (folder / f"events.{language}.txt").read_text("utf-8")
    return tuple(_event(block, language) for block in text.split("@ ") if block.strip())


def _event(block: str, language: str) -> Event:
    first, _, rest = block.partition("\n")
    label, category, place = (part.strip() for part in first.split("|"))
    wordings = tuple(_wording(part) for part in rest.strip().split("\n\n"))
    return Event(label=label, category=category, place=place, language=language, wordings=wordings)


def _wording(text: str) -> Wording:
    headline, *paragraphs = text.strip().splitlines()
    return Wording(headline=headline, paragraphs=tuple(paragraphs))
