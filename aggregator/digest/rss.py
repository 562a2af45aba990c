"""A digest as RSS 2.0, after the RSS Advisory Board's profile; archives after RFC 5005."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from aggregator.digest.dates import last_change, rfc822
from aggregator.digest.sheet import GENERATOR, MEDIA_TYPES, is_edition
from aggregator.digest.xmlout import ATOM, HISTORY, MEDIA, branch, leaf, to_bytes
from aggregator.model import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.digest.sheet import Sheet
    from aggregator.model import Enclosure, Publication

_NAMESPACES = {
    "xmlns:atom": ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:fh": HISTORY,
    "xmlns:media": MEDIA,
}
_TAG_OPENS = re.compile(r"<[A-Za-z/!?]")
_UNKNOWN_TYPE = "application/octet-stream"  # RSS asks for a type (RFC 2046 section 4.5.1)


def write(sheet: Sheet, *, stylesheet: str) -> bytes:
    """Return the sheet as RSS."""
    channel = branch("channel", _channel(sheet), depth=1)
    rss = branch("rss", (channel,), depth=0, version="2.0", **_NAMESPACES)
    return to_bytes(rss, stylesheet=stylesheet)


def _channel(sheet: Sheet) -> Iterator[str]:
    yield leaf("title", sheet.title)
    yield leaf("link", sheet.home_address())
    yield leaf("description", f"{sheet.title}: every story once")
    if sheet.language():
        yield leaf("language", sheet.language())
    yield leaf("lastBuildDate", rfc822(last_change(sheet.publications)))
    yield leaf("generator", GENERATOR)
    if sheet.archive:
        yield leaf("fh:archive")
    yield from _links(sheet)
    for publication in sheet.publications:
        yield branch("item", _item(publication, sheet), depth=2)


def _links(sheet: Sheet) -> Iterator[str]:
    links = {
        "self": sheet.address(Format.RSS),
        "prev-archive": sheet.older_address(Format.RSS),
        "current": sheet.current_address(Format.RSS) if sheet.archive else "",
    }
    for rel, href in links.items():
        if href:
            yield leaf("atom:link", rel=rel, type=MEDIA_TYPES[Format.RSS], href=href)
    for hub in sheet.hubs:
        yield leaf("atom:link", rel="hub", href=hub)


def _item(publication: Publication, sheet: Sheet) -> Iterator[str]:
    yield leaf("title", _plain(publication.title))
    if publication.url:
        yield leaf("link", publication.url)
    yield leaf("guid", publication.id, isPermaLink="false")
    yield leaf("pubDate", rfc822(publication.published_at))
    for name in publication.authors or (publication.source.outlet or sheet.title,):
        yield leaf("dc:creator", _plain(name))
    if publication.language:
        yield leaf("dc:language", publication.language)
    for term in publication.categories:
        yield leaf("category", _plain(term))
    if publication.source.feed_url and not is_edition(publication):
        source = publication.source
        yield leaf("source", _plain(source.outlet), url=source.feed_url)
    yield from _file(publication.enclosures)
    yield leaf("description", escape(publication.summary, quote=False))  # RSS wants HTML here
    yield leaf("content:encoded", publication.html)
    if publication.image:
        yield leaf("media:thumbnail", url=publication.image)


def _plain(text: str) -> str:
    """Return a plain text so that it stays one in readers that take it for HTML.

    RSS does not say which of the two a title is; only what would be a tag is escaped, since
    other readers show the escapes.
    """
    return escape(text, quote=False) if _TAG_OPENS.search(text) else text


def _file(enclosures: tuple[Enclosure, ...]) -> Iterator[str]:
    """Yield the first enclosure: the profile allows one to an item."""
    for file in enclosures[:1]:
        kind, length = file.type or _UNKNOWN_TYPE, str(file.length_bytes)
        yield leaf("enclosure", url=file.url, type=kind, length=length)
