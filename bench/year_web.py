"""The outlets as a fetcher sees them: documents, validators, failures. No network, no clock.

Stands in for `poll.fetch.Fetcher`; everything behind it is the real thing. It remembers what it
gave out: that is the list of entries that must not be lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from aggregator.model import Download, Failed, FailureKind, Freshness, NotModified, Validators

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aggregator.poll.fetch import Answer
    from bench.year_world import Outlet, Telling, World

NO_VALIDATORS = Validators()
TIMEOUT = Failed(kind=FailureKind.TIMEOUT, message="no answer in time")
ERROR = Failed(kind=FailureKind.SERVER_ERROR, message="the server has an error", status=503)
Name = tuple[int, int]  # an entry's outlet and number: what it is called here, whatever its ids


@dataclass(slots=True)
class Given:
    """A document that was given out."""

    version: int
    body: bytes
    etag: str
    names: frozenset[Name]
    rewritten: frozenset[Name]


@dataclass(slots=True)
class Web:
    """Every outlet, at the moment that the clock says."""

    world: World
    clock: Callable[[], datetime]
    is_cut_off: bool = False  # this machine's own network is down
    requests: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    told: dict[Name, datetime] = field(default_factory=dict)  # entries given out, since when
    corrected: dict[Name, datetime] = field(default_factory=dict)  # rewritten ones, since when
    _given: dict[int, Given] = field(default_factory=dict)
    _by_url: dict[str, Outlet] = field(default_factory=dict)

    async def fetch(
        self, url: str, *, validators: Validators = NO_VALIDATORS, **_others: object
    ) -> Answer:
        """Answer one request, as `Fetcher.fetch` does."""
        self.requests += 1
        answer = self._answer(url, validators)
        name = type(answer).__name__
        self.answers[name] = self.answers.get(name, 0) + 1
        return answer

    def _answer(self, url: str, validators: Validators) -> Answer:
        now = self.clock()
        if not self._by_url:
            self._by_url = {outlet.url: outlet for outlet in self.world.outlets}
        outlet = self._by_url[url]
        if self.is_cut_off:
            return TIMEOUT
        if outlet.is_down(now):
            return TIMEOUT if outlet.number % 2 else ERROR
        given = self._document(outlet, now)
        for name in given.names - self.told.keys():
            self.told[name] = now
        for name in given.rewritten - self.corrected.keys():
            self.corrected[name] = now
        if outlet.is_conditional and validators.etag == given.etag:
            return NotModified(validators=validators)
        return Download(
            url=url,
            final_url=url,
            status=200,
            body=given.body,
            content_type=TYPES[outlet.number % len(FORMS)],
            content_location="",
            validators=Validators(etag=given.etag) if outlet.is_conditional else NO_VALIDATORS,
            freshness=Freshness(),
        )

    def _document(self, outlet: Outlet, now: datetime) -> Given:
        version, kept = outlet.version(now), self._given.get(outlet.number)
        if kept and kept.version == version:
            return kept
        standing = outlet.standing(now)
        body = FORMS[outlet.number % len(FORMS)](outlet, standing, now)
        given = Given(
            version=version,
            body=body,
            etag=f'"{sha256(body).hexdigest()[:16]}"',
            names=frozenset((one.outlet, one.number) for one in standing),
            rewritten=frozenset(
                (one.outlet, one.number)
                for one in standing
                if one.rewritten_at and one.rewritten_at <= now
            ),
        )
        self._given[outlet.number] = given
        return given


def guid_of(outlet: Outlet, number: int, now: datetime) -> str:
    """Return the id that an outlet gives an entry now."""
    return f"urn:outlet-{outlet.number}:v{outlet.scheme(now)}:{number}"


def link_of(outlet: Outlet, number: int, now: datetime) -> str:
    """Return the address of an entry's page now."""
    folder = f"news{outlet.scheme(now)}" if outlet.moves_links else "news"
    return f"https://outlet-{outlet.number}.example/{folder}/{number}"


def _rss(outlet: Outlet, standing: Sequence[Telling], now: datetime) -> bytes:
    items = "".join(_item(outlet, one, now) for one in standing)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>Outlet {outlet.number}</title><link>https://outlet-{outlet.number}.example/</link>"
        f"<description>Invented</description>{items}</channel></rss>"
    ).encode()


def _item(outlet: Outlet, one: Telling, now: datetime) -> str:
    words = one.words_at(now)
    date = f"<pubDate>{format_datetime(one.published_at)}</pubDate>" if one.published_at else ""
    category = "<category>quiz</category>" if one.is_quiz else ""
    return (
        f'<item><guid isPermaLink="false">{guid_of(outlet, one.number, now)}</guid>'
        f"<title>{words.title}</title><link>{link_of(outlet, one.number, now)}</link>{date}"
        f"{category}<description>{escape(words.html)}</description></item>"
    )


def _atom(outlet: Outlet, standing: Sequence[Telling], now: datetime) -> bytes:
    entries = "".join(_entry(outlet, one, now) for one in standing)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Outlet {outlet.number}</title><id>urn:outlet-{outlet.number}</id>"
        f"<updated>2026-01-01T00:00:00Z</updated>{entries}</feed>"
    ).encode()


def _entry(outlet: Outlet, one: Telling, now: datetime) -> str:
    words, at = one.words_at(now), one.published_at
    date = f"<published>{at:%Y-%m-%dT%H:%M:%SZ}</published>" if at else ""
    category = '<category term="quiz"/>' if one.is_quiz else ""
    return (
        f"<entry><id>{guid_of(outlet, one.number, now)}</id><title>{words.title}</title>"
        f'<link href="{link_of(outlet, one.number, now)}"/>{date}{category}'
        f'<content type="html">{escape(words.html)}</content></entry>'
    )


def _json(outlet: Outlet, standing: Sequence[Telling], now: datetime) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Outlet {outlet.number}",
        "items": [_json_item(outlet, one, now) for one in standing],
    }
    return json.dumps(feed).encode()


def _json_item(outlet: Outlet, one: Telling, now: datetime) -> dict[str, object]:
    words = one.words_at(now)
    item: dict[str, object] = {
        "id": guid_of(outlet, one.number, now),
        "url": link_of(outlet, one.number, now),
        "title": words.title,
        "content_html": words.html,
        "tags": ["quiz"] if one.is_quiz else [],
    }
    if one.published_at:
        item["date_published"] = f"{one.published_at:%Y-%m-%dT%H:%M:%SZ}"
    return item


FORMS = (_rss, _atom, _rss, _json)
TYPES = ("application/rss+xml", "application/atom+xml", "text/xml", "application/feed+json")
