"""A digest as RSS 2.0, after the RSS Advisory Board's profile; archives after RFC 5005."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from aggregator.digest.dates import last_change, rfc822
from aggregator.digest.sheet import GENERATOR, MEDIA_TYPES, is_edition
from aggregator.digest.xmlout import ATOM, HISTORY, MEDIA, add, to_bytes
from aggregator.model import Format

if TYPE_CHECKING:
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
    root = ET.Element("rss", {"version": "2.0"} | _NAMESPACES)
    channel = add(root, "channel")
    add(channel, "title", sheet.title)
    add(channel, "link", sheet.home_address())
    add(channel, "description", f"{sheet.title}: every story once")
    if sheet.language():
        add(channel, "language", sheet.language())
    add(channel, "lastBuildDate", rfc822(last_change(sheet.publications)))
    add(channel, "generator", GENERATOR)
    if sheet.archive:
        add(channel, "fh:archive")
    _add_links(channel, sheet)
    for publication in sheet.publications:
        _add_item(channel, publication, sheet)
    return to_bytes(root, stylesheet=stylesheet)


def _add_links(channel: ET.Element, sheet: Sheet) -> None:
    links = {
        "self": sheet.address(Format.RSS),
        "prev-archive": sheet.older_address(Format.RSS),
        "current": sheet.current_address(Format.RSS) if sheet.archive else "",
    }
    for rel, href in links.items():
        if href:
            add(channel, "atom:link", rel=rel, type=MEDIA_TYPES[Format.RSS], href=href)


def _add_item(channel: ET.Element, publication: Publication, sheet: Sheet) -> None:
    item = add(channel, "item")
    add(item, "title", _plain(publication.title))
    if publication.url:
        add(item, "link", publication.url)
    add(item, "guid", publication.id, isPermaLink="false")
    add(item, "pubDate", rfc822(publication.published_at))
    for name in publication.authors or (publication.source.outlet or sheet.title,):
        add(item, "dc:creator", _plain(name))
    if publication.language:
        add(item, "dc:language", publication.language)
    for term in publication.categories:
        add(item, "category", _plain(term))
    if publication.source.feed_url and not is_edition(publication):
        source = publication.source
        add(item, "source", _plain(source.outlet), url=source.feed_url)
    _add_file(item, publication.enclosures)
    add(item, "description", escape(publication.summary, quote=False))  # RSS wants HTML here
    add(item, "content:encoded", publication.html)
    if publication.image:
        add(item, "media:thumbnail", url=publication.image)


def _plain(text: str) -> str:
    """Return a plain text so that it stays one in readers that take it for HTML.

    RSS does not say which of the two a title is; only what would be a tag is escaped, since
    other readers show the escapes.
    """
    return escape(text, quote=False) if _TAG_OPENS.search(text) else text


def _add_file(item: ET.Element, enclosures: tuple[Enclosure, ...]) -> None:
    """Add the first enclosure: the profile allows one to an item."""
    for file in enclosures[:1]:
        kind, length = file.type or _UNKNOWN_TYPE, str(file.length_bytes)
        add(item, "enclosure", url=file.url, type=kind, length=length)
