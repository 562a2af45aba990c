"""What must hold of anything that was read, and of every document made of it. Changes nothing."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from aggregator.digest import compose
from aggregator.digest.render import documents
from aggregator.fold.features import decode, describe
from aggregator.model import (
    Digest,
    DigestKind,
    Edition,
    Entry,
    Failed,
    FeedSpec,
    IdScheme,
    Member,
    Publication,
    ReadFeed,
    Relation,
    Service,
    Story,
)
from aggregator.read.feed import read
from tests.end_to_end import harm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BASE_URL = "https://feeds.example/news/feed.xml"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOT_IN_ADDRESS = re.compile('[\x00-\x20\x7f"<>]')
LONGEST_KEY, LONGEST_LINE, LONGEST_GUID, LONGEST_ADDRESS = 500, 600, 4_000, 4_000
REMEMBERED = 20_000  # verdicts: most entries of a bent document are as they were
TOLD = 4  # of a document's entries, so many are composed and rendered
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"

SERVICE = Service(
    data_dir="data",
    public_dir="public",
    public_url="https://news.example",
    listen="127.0.0.1:8080",
    contact="",
)
LIVE = Digest(name="all", title="All", limit=1_000)
ISSUE = Digest(name="issue", title="Issue", kind=DigestKind.EDITION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a document reads as: "feed" or the kind of failure; and what is wrong with that."""

    outcome: str
    entries: int = 0
    faults: tuple[str, ...] = ()


class Checker:
    """Checks documents; remembers its verdicts on HTML, which cost more than reading does."""

    def __init__(self, live: Callable[[str], list[str]] | None = None) -> None:
        """Judge HTML by `harm`, and by another judge where there is one."""
        self._live = live or _nothing
        self.judged = functools.lru_cache(maxsize=REMEMBERED)(self._judged)

    def _judged(self, html: str) -> tuple[str, ...]:
        return (*harm.in_fragment(html), *self._live(html))

    def check(self, body: bytes, *, rendered: bool) -> Verdict:
        """Return what the document reads as and what is wrong with it; exceptions pass."""
        found = read_as(body)
        if isinstance(found, Failed):
            return Verdict(outcome=found.kind.value, faults=tuple(_failure_faults(found)))
        faults = [*_feed_faults(found), *self._entry_faults(found.entries)]
        if rendered:
            faults += self._document_faults(found)
            faults += _repetition_faults(body, found)
        return Verdict(outcome="feed", entries=len(found.entries), faults=tuple(faults))

    def _entry_faults(self, entries: Sequence[Entry]) -> Iterator[str]:
        keys = [entry.key for entry in entries]
        if len(set(keys)) < len(keys):
            yield "key: two entries have one key"
        for entry in entries:
            yield from _faults_of(entry)
            yield from (f"content: {fault}" for fault in self.judged(entry.content))
            decode(describe(entry))

    def _document_faults(self, feed: ReadFeed) -> Iterator[str]:
        stories = [_story(feed, entry, number) for number, entry in enumerate(feed.entries[:TOLD])]
        told = [
            compose.story(story, LIVE, number=number, authority="news.example", specs={}, now=NOW)
            for number, story in enumerate(stories, 1)
        ]
        yield from self._form_faults(LIVE, told)
        if told:
            yield from self._form_faults(ISSUE, [_edition(told)])

    def _form_faults(self, digest: Digest, told: Sequence[Publication]) -> Iterator[str]:
        for made in documents(
            digest, service=SERVICE, publications=told, archive_count=0, archives=()
        ):
            form = made.path.rpartition(".")[2]
            text = made.body.decode("utf-8")
            yield from (f"{form}: character {bad!r}" for bad in NOT_XML.findall(text)[:1])
            for fault in FORMS[form](text, self.judged):
                yield f"{form}: {fault}"


def _nothing(_html: str) -> list[str]:
    return []


def read_as(body: bytes) -> ReadFeed | Failed:
    """Return what the reading room makes of the document, of a feed never seen."""
    return read(
        body,
        base_url=BASE_URL,
        content_type="",
        known=frozenset(),
        id_scheme=IdScheme.GUID,
        now=NOW,
    )


def _failure_faults(failed: Failed) -> Iterator[str]:
    if not failed.message:
        yield "message: none"
    yield from _text_faults("message", failed.message)


def _feed_faults(feed: ReadFeed) -> Iterator[str]:
    yield from _text_faults("feed title", feed.title, longest=LONGEST_LINE)
    yield from _text_faults("feed language", feed.language, longest=50)
    addresses = (feed.site_url, feed.self_url, feed.prev_archive, feed.next_url, *feed.hubs)
    yield from _address_faults("feed address", *filter(None, addresses))
    if feed.ttl is not None and not timedelta(0) < feed.ttl <= timedelta(days=366):
        yield f"ttl: {feed.ttl}"


def _faults_of(entry: Entry) -> Iterator[str]:
    if not entry.key:
        yield "key: empty"
    yield from _text_faults("key", entry.key, longest=LONGEST_KEY)
    yield from _text_faults("guid", entry.guid, longest=LONGEST_GUID)
    yield from _text_faults("title", entry.title, longest=LONGEST_LINE)
    yield from _text_faults("summary", entry.summary, longest=LONGEST_LINE + 100)
    yield from _text_faults("content", entry.content)
    for name in ("authors", "categories"):
        for word in getattr(entry, name):
            yield from _text_faults(name, word, longest=LONGEST_LINE)
    files = [file.url for file in entry.enclosures]
    yield from _address_faults("address", *filter(None, (entry.url, entry.image)), *files)
    for at in (entry.published_at, entry.updated_at):
        if at is not None and at.utcoffset() != timedelta(0):
            yield f"moment: {at!r} is not in UTC"


def _text_faults(name: str, text: str, *, longest: int = 10_000_000) -> Iterator[str]:
    if bad := NOT_XML.search(text):
        yield f"{name}: character {bad[0]!r}"
    if len(text) > longest:
        yield f"{name}: {len(text)} characters"


def _address_faults(name: str, *urls: str) -> Iterator[str]:
    for url in urls:
        try:
            parts = urlsplit(url)
            is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            is_web = False
        if not is_web or NOT_IN_ADDRESS.search(url) or len(url) > LONGEST_ADDRESS:
            yield f"{name}: {url[:200]!r}"


def _repetition_faults(body: bytes, feed: ReadFeed) -> Iterator[str]:
    """Return where reading again gives anything else, or what is known comes again."""
    again = read_as(body)
    if again != feed:
        yield "reading: the same bytes were read in two ways"
    known = read(
        body,
        base_url=BASE_URL,
        content_type="",
        known=feed.known,
        id_scheme=feed.id_scheme,
        now=NOW,
    )
    keys = {entry.key for entry in feed.entries}
    if isinstance(known, Failed):
        yield f"reading: what was a feed is none once it is known: {known.message}"
    elif not {entry.key for entry in known.entries} <= keys:
        yield "reading: an entry has another key once its like are known"


def _story(feed: ReadFeed, entry: Entry, number: int) -> Story:
    member = Member(
        entry_id=number,
        feed_id=1,
        feed_url=BASE_URL,
        outlet=feed.title,
        site_url=feed.site_url,
        entry=entry,
        first_seen_at=NOW,
        last_seen_at=NOW,
        relation=Relation.LEAD,
        reason="",
        score=1.0,
    )
    others = tuple(_other(feed, other, number) for other in feed.entries[:2] if other != entry)
    return Story(id=f"s{number}", first_seen_at=NOW, members=(member, *others))


def _other(feed: ReadFeed, entry: Entry, number: int) -> Member:
    return Member(
        entry_id=100 + number,
        feed_id=2,
        feed_url=BASE_URL,
        outlet=f"{feed.title} {entry.title}"[:200],
        site_url=entry.url,
        entry=entry,
        first_seen_at=NOW,
        last_seen_at=NOW,
        relation=Relation.COVERAGE,
        reason="a test",
        score=0.5,
    )


def _edition(told: Sequence[Publication]) -> Publication:
    issue = Edition(digest=ISSUE.name, due_at=NOW, since_at=None, until_at=NOW)
    specs = {BASE_URL: FeedSpec(url=BASE_URL, tags=("world",))}
    return compose.edition(
        issue, told, ISSUE, number=1, authority="news.example", service=SERVICE, specs=specs
    )


def _atom_faults(text: str, judged: Callable[[str], Sequence[str]]) -> Iterator[str]:
    feed = ET.fromstring(text)  # noqa: S314 - our own output
    for entry in feed.iter(f"{harm.ATOM}entry"):
        for element in entry.iter():
            kind = element.get("type", "text")
            if kind == "html":
                yield from judged(element.text or "")
    links = (element.get("href", "") for element in feed.iter(f"{harm.ATOM}link"))
    yield from _address_faults("address", *links)


def _rss_faults(text: str, judged: Callable[[str], Sequence[str]]) -> Iterator[str]:
    feed = ET.fromstring(text)  # noqa: S314 - our own output
    for item in feed.iter("item"):
        for name in (ENCODED, "description"):
            for element in item.iter(name):
                yield from judged(element.text or "")
    links = [element.text or "" for element in feed.iter("link")]
    files = [file.get("url", "") for name in ("enclosure", "source") for file in feed.iter(name)]
    yield from _address_faults("address", *filter(None, links), *files)


def _json_faults(text: str, judged: Callable[[str], Sequence[str]]) -> Iterator[str]:
    feed = json.loads(text)
    for item in feed["items"]:
        yield from judged(item.get("content_html", ""))
        urls = (item.get(name, "") for name in ("url", "image", "external_url", "banner_image"))
        yield from _address_faults("address", *filter(None, urls))


def _page_faults(text: str, _judged: Callable[[str], Sequence[str]]) -> Iterator[str]:
    yield from harm.in_page(text)


def _opml_faults(text: str, _judged: Callable[[str], Sequence[str]]) -> Iterator[str]:
    listed = ET.fromstring(text).iter("outline")  # noqa: S314 - our own output
    links = [each.get(name, "") for each in listed for name in ("xmlUrl", "htmlUrl")]
    yield from _address_faults("address", *filter(None, links))


FORMS = {
    "opml": _opml_faults,
    "atom": _atom_faults,
    "rss": _rss_faults,
    "json": _json_faults,
    "html": _page_faults,
}
