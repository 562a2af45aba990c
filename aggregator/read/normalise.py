"""Makes `Entry` values of raw ones: safe, absolute, in UTC, every field bounded.

Keys are not settled here: that needs all entries of a document (`identity.settle`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aggregator.model import Enclosure, Entry
from aggregator.read import clean, dates
from aggregator.read.identity import bounded, content_hash
from aggregator.read.urls import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.read.raw import RawChannel, RawEnclosure, RawEntry, RawText

MAX_AUTHORS = 10  # of an entry; a paper with hundreds is cut
MAX_CATEGORIES = 20
MAX_ENCLOSURES = 10
MAX_WORD_CHARS = 100  # of an author's name, a category, a media type
MAX_GUID_CHARS = 4_000  # as kept for people to find; keys are shorter still
MAX_LENGTH_BYTES = 2**63 - 1  # what the database can hold
MAX_TTL: Final = timedelta(days=365)  # a typing error, not a wish; the poll plan caps lower

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")  # BCP 47, roughly
_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_PERIODS: Final = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}  # RSS 1.0 syndication module


class Normaliser:
    """Turns the raw entries of one document into entries without keys."""

    def __init__(self, *, base_url: str, language: str, now: datetime) -> None:
        """Take what entries inherit: the document's address and language; `now` judges dates."""
        self._base_url = base_url
        self._language = language
        self._now = now
        self._sanitiser = clean.Sanitiser(base_url)

    def entry(self, raw: RawEntry) -> Entry:
        """Return the entry, made safe; its key is still empty."""
        url = next(filter(None, (absolute(link, self._base_url) for link in raw.links)), "")
        content, summary = self._texts(raw, url)
        title = clean.line(raw.title.value, plain=raw.title.plain) if raw.title else ""
        entry = Entry(
            key="",
            guid=bounded_guid(raw.guid),
            url=url,
            title=title,
            content=content,
            summary=summary,
            published_at=dates.plausible(raw.published, now=self._now),
            updated_at=dates.plausible(raw.updated, now=self._now),
            authors=_names(raw.authors),
            categories=_words(raw.categories, MAX_CATEGORIES),
            language=language_tag(raw.language) or self._language,
            image=self._image(raw.images, content),
            enclosures=self._enclosures(raw.enclosures),
            slice_hash=raw.slice_hash,
        )
        return replace(entry, content_hash=content_hash(entry))

    def _texts(self, raw: RawEntry, page: str) -> tuple[str, str]:
        """Return the content (the longest text given) and the summary (the feed's own first)."""
        candidates = [*raw.contents, *([raw.summary] if raw.summary else [])]
        longest = max(candidates, key=lambda text: len(text.value), default=None)
        content = self._html(longest, page) if longest else ""
        summary = ""
        if raw.summary and raw.summary is not longest and raw.summary.value.strip():
            summary = clean.summary_of(self._html(raw.summary, page))
        return content, summary or clean.summary_of(content)

    def _html(self, text: RawText, page: str) -> str:
        if text.plain and not clean.looks_like_html(text.value):
            return clean.escape_text(text.value)
        return self._sanitiser.clean(text.value, base=text.base, page=page)

    def _image(self, candidates: Iterable[str], content: str) -> str:
        given = (absolute(url, self._base_url) for url in candidates)
        return next(filter(None, given), "") or absolute(clean.first_image(content))

    def _enclosures(self, files: Iterable[RawEnclosure]) -> tuple[Enclosure, ...]:
        found: dict[str, Enclosure] = {}
        for file in files:
            url = absolute(file.url, self._base_url)
            if not url or len(found) >= MAX_ENCLOSURES:
                continue
            kind = clean.line(file.type, limit=MAX_WORD_CHARS)
            size = _size(file.length)
            found.setdefault(url, Enclosure(url=url, type=kind, length_bytes=size))
        return tuple(found.values())


def bounded_guid(guid: str) -> str:
    """Return a guid as the feed gave it, on one line, bounded."""
    return bounded(clean.folded(guid)) if len(guid) > MAX_GUID_CHARS else clean.folded(guid)


def channel_title(channel: RawChannel) -> str:
    """Return what the feed calls itself, as plain text."""
    return clean.line(channel.title.value, plain=channel.title.plain) if channel.title else ""


def channel_site(channel: RawChannel, base_url: str) -> str:
    """Return the address of the site that the feed belongs to."""
    return absolute(channel.site_url, absolute(channel.base, base_url) or base_url)


def language_tag(text: str) -> str:
    """Return a language tag, "" where the text is none."""
    text = text.strip().replace("_", "-")
    return text if _LANGUAGE.fullmatch(text) else ""


def ttl_of(channel: RawChannel) -> timedelta | None:
    """Return how long the document asks to be left alone, the longer of its two words."""
    spans = [span for span in (_minutes(channel.ttl_minutes), _period(channel)) if span]
    return min(max(spans), MAX_TTL) if spans else None


def _minutes(text: str) -> timedelta | None:
    number = _count(text)
    return timedelta(minutes=number) if number else None


def _period(channel: RawChannel) -> timedelta | None:
    period = _PERIODS.get(channel.update_period.strip().lower())
    return period / (_count(channel.update_frequency) or 1) if period else None


def _count(text: str) -> int:
    """Return a whole number of at most six digits, 0 where the text is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0  # noqa: PLR2004


def _size(text: str) -> int:
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 2**63 has 19
    return min(int(text), MAX_LENGTH_BYTES) if is_number else 0


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return people's names; an e-mail address is nobody's name and is not spread."""
    return _words(
        (_MAIL.sub("", clean.line(text)).strip(' ()<>,;"') for text in texts), MAX_AUTHORS
    )


def _words(texts: Iterable[str], limit: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        word = clean.line(text, limit=MAX_WORD_CHARS)
        if word and len(found) < limit:
            found.setdefault(word)
    return tuple(found)
