"""Feeds written for tests: entries in, RSS out. The words are invented and differ by number."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from random import Random
from typing import TYPE_CHECKING

from tests.end_to_end.web import Page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SYLLABLES = tuple(start + vowel for start in "bdfgklmnprstvz" for vowel in "aeiou")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry as its feed gives it."""

    guid: str
    title: str
    text: str  # HTML
    link: str = ""
    published_at: datetime | None = None


def invented(number: int, *, published_at: datetime | None = None, site: str = "a") -> Item:
    """Return an entry in words of its own: about nothing that another site or number is about."""
    draw = Random(f"{site} {number}")  # noqa: S311 - invention, no secret
    sentences = [_sentence(draw) for _ in range(5)]
    return Item(
        guid=f"{site}-{number}",
        title=_sentence(draw).removesuffix("."),
        text=f"<p>{' '.join(sentences)}</p>",
        link=f"https://{site}.example/{number}",
        published_at=published_at,
    )


def _sentence(draw: Random) -> str:
    words = ["".join(draw.choices(SYLLABLES, k=3)) for _ in range(8)]
    return " ".join(words).capitalize() + "."


def rss(items: Iterable[Item], *, title: str = "Harbour News") -> bytes:
    """Return the entries as RSS 2.0."""
    told = "".join(_item(item) for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>https://{title.split(maxsplit=1)[0].lower()}.example/</link>"
        f"<description>Invented</description>{told}</channel></rss>"
    ).encode()


def page(items: Iterable[Item], *, title: str = "Harbour News", delay_s: float = 0.0) -> Page:
    """Return the entries as a page of the test's web."""
    return Page(body=rss(items, title=title), delay_s=delay_s)


def _item(item: Item) -> str:
    date = f"<pubDate>{format_datetime(item.published_at)}</pubDate>" if item.published_at else ""
    link = f"<link>{escape(item.link)}</link>" if item.link else ""
    return (
        f'<item><guid isPermaLink="false">{escape(item.guid)}</guid>'
        f"<title>{escape(item.title)}</title>{link}{date}"
        f"<description>{escape(item.text)}</description></item>"
    )
