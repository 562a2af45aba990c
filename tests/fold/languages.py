"""Invented news in seven languages: five kinds of event in four places, each told by two outlets.

The texts stand in languages.json. The same kind of event elsewhere is another story, which makes
it a hard test: only the names and the numbers tell them apart.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aggregator.model import Entry

# By code: `places` and `people`, the two tellings of each of `events` with {place}, {person} and
# {n} to be filled in; the `dateline` that a copy puts first; names of `series` with a {topic} of
# `topics`, and the `filler` that stands under every instalment.
LANGUAGES: dict[str, Any] = json.loads(
    Path(__file__).with_name("languages.json").read_text(encoding="utf-8")
)


def stories(code: str) -> list[tuple[Entry, ...]]:
    """Return 20 stories: one outlet's entry, another's copy of it, and a third's own words."""
    language = LANGUAGES[code]
    found = []
    for kind, (one, other) in enumerate(language["events"]):
        for place, (where, who) in enumerate(
            zip(language["places"], language["people"], strict=True)
        ):
            number = 21 + 17 * kind + 101 * place
            ours, theirs = (
                (telling["title"].format(place=where, person=who, n=number),
                 telling["text"].format(place=where, person=who, n=number))
                for telling in (one, other)
            )  # fmt: skip
            copied = ours[0], language["dateline"] + ours[1]
            found.append(tuple(_entry(*each, code=code) for each in (ours, copied, theirs)))
    return found


def instalments(code: str) -> list[list[Entry]]:
    """Return series of one outlet, each with an instalment for every topic."""
    language = LANGUAGES[code]
    return [
        [
            _entry(name.format(topic=topic), f"{topic}. {language['filler']}", code=code)
            for topic in language["topics"]
        ]
        for name in language["series"]
    ]


def _entry(title: str, text: str, *, code: str) -> Entry:
    return Entry(key="k", title=title, summary=text, language=code)
