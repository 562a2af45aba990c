"""Makes rounds of feeds, as ../shared/folding has them: roundNN/FEED.xml and manifest.jsonl.

A round's file holds all that its feed has brought so far, the newest first.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bench.folding_data import Row

ROUNDS = 4
NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)


def moment_of(row: Row) -> datetime:
    """Return when an entry was published; a fixed moment where it does not say."""
    text = str(row["published"] or "")
    if not text:
        return NOON
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00+00:00")


def shown(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that a feed shows: of one guid in one round, the last."""
    return list({(row["feed"], row["guid"], row["round"]): row for row in rows}.values())


def by_time(rows: Sequence[Row], *, rounds: int = ROUNDS) -> list[Row]:
    """Return rows with their `round`: equal parts, in order of publication."""
    return _in_rounds(sorted(rows, key=lambda row: (moment_of(row), row["id"])), rounds)


def shuffled(rows: Sequence[Row], *, rounds: int = ROUNDS, seed: int = 3) -> list[Row]:
    """Return rows with their `round`, in an order that has nothing to do with time."""
    ordered = sorted(rows, key=lambda row: row["id"])
    random.Random(seed).shuffle(ordered)
    return _in_rounds(ordered, rounds)


def _in_rounds(ordered: Sequence[Row], rounds: int) -> list[Row]:
    return [{**row, "round": place * rounds // len(ordered)} for place, row in enumerate(ordered)]


def write_feeds(rows: Sequence[Row], folder: Path) -> None:
    """Write a file for each `round` and `feed` of the rows, and the manifest."""
    for number in range(1 + max(row["round"] for row in rows)):
        round_folder = folder / f"round{number:02d}"
        round_folder.mkdir(parents=True)
        so_far = sorted((row for row in rows if row["round"] <= number), key=_feed)
        for feed, items in groupby(so_far, _feed):
            latest = {row["guid"]: row for row in items}
            document = _document(feed, list(latest.values())[::-1])
            (round_folder / feed).write_text(document, "utf-8")
    told = (
        {
            "link": row["url"],
            **{name: row[name] for name in ("id", "feed", "round", "guid", "title")},
        }
        for row in rows
    )
    (folder / "manifest.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in told), "utf-8")


def _feed(row: Row) -> str:
    return str(row["feed"])


def _document(feed: str, rows: Sequence[Row]) -> str:
    language = rows[0].get("language", "en")
    items = "".join(_item(row) for row in rows)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(feed)}</title><link>https://{escape(feed)}/</link>"
        f"<description/><language>{language}</language>{items}</channel></rss>"
    )


def _item(row: Row) -> str:
    permanent = str(row["guid"] == row["url"]).lower()
    return (
        f"<item><title>{escape(row['title'])}</title><link>{escape(row['url'])}</link>"
        f'<guid isPermaLink="{permanent}">{escape(row["guid"])}</guid>'
        f"<pubDate>{format_datetime(moment_of(row))}</pubDate>"
        f"<description>{escape(row['summary'])}</description></item>"
    )
