"""Rows that are made here: pairs of addresses with unlike words, news of seven languages."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.fold.languages import LANGUAGES, instalments, stories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.model import Entry
    from bench.folding_data import Row

START = datetime(2012, 1, 2, 12, tzinfo=UTC)
APART = timedelta(hours=80)  # further than the window
APART_SERIES = timedelta(days=20)  # two series of a language have the same texts
SIDES = ("a", "b")
SYLLABLES = ("ka", "lo", "mi", "ter", "ran", "sel", "dor", "vi", "na", "pe", "ist", "bru", "gra")
TITLE_WORDS, SUMMARY_WORDS = 7, 20
EVENTS_AT_ONCE = 4  # kinds of event that are told in turns, each in another place


def of_addresses(pairs: Iterable[Row]) -> list[Row]:
    """Return two rows for each pair of addresses, which nothing but their addresses can fold.

    Titles and summaries are of made-up words, the two sides stand in two feeds, and no other pair
    is near in time. No feed has two pairs of one host: it would show one page for unlike entries.
    """
    draw = random.Random(5)
    seen: Counter[str] = Counter()
    rows = []
    for number, pair in enumerate(pairs):
        host = pair["a"].split("/")[2]
        published = (START + number * APART).isoformat()
        for side in SIDES:
            name = f"{number}{side}"
            rows.append(
                {
                    "id": name, "feed": f"{side}{seen[host]}.xml", "guid": f"entry {name}",
                    "url": pair[side], "published": published,
                    "title": _words(draw, TITLE_WORDS), "summary": _words(draw, SUMMARY_WORDS),
                }
            )  # fmt: skip
        seen[host] += 1
    return rows


def _words(draw: random.Random, count: int) -> str:
    return " ".join("".join(draw.choices(SYLLABLES, k=3)) for _ in range(count)).capitalize()


def of_languages() -> list[Row]:
    """Return the invented news of every language: `label` tells the story, each instalment its own.

    Of one event two outlets have the same text and a third its own words. The like of an event
    happens elsewhere, further away in time than the window.
    """
    return [row for code in sorted(LANGUAGES) for row in (*_stories(code), *_series(code))]


def _stories(code: str) -> Iterator[Row]:
    for story, tellings in enumerate(stories(code)):
        kind, place = divmod(story, EVENTS_AT_ONCE)
        turn = (place + kind) % EVENTS_AT_ONCE if kind < EVENTS_AT_ONCE else kind + place
        for outlet, entry in enumerate(tellings):
            at = START + turn * APART + timedelta(hours=outlet)
            row = _row(entry, f"{code}-{story}-{outlet}", feed=f"{code}-{outlet}.xml", at=at)
            yield {**row, "label": f"{code}-{story}", "series": False}


def _series(code: str) -> Iterator[Row]:
    for series, parts in enumerate(instalments(code)):
        for day, entry in enumerate(parts):
            name = f"{code}-series-{series}-{day}"
            at = START + series * APART_SERIES + day * timedelta(hours=20)
            row = _row(entry, name, feed=f"{code}-series-{series}.xml", at=at)
            yield {**row, "label": name, "series": True}


def _row(entry: Entry, name: str, *, feed: str, at: datetime) -> Row:
    return {
        "id": name, "guid": name, "feed": feed, "url": f"https://{feed}.example/{name}",
        "title": entry.title, "summary": entry.summary, "published": at.isoformat(),
        "language": entry.language,
    }  # fmt: skip
