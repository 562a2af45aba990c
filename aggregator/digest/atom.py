"""A digest as an Atom feed (RFC 4287), current or archived (RFC 5005)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from aggregator.digest.dates import last_change, rfc3339
from aggregator.digest.sheet import GENERATOR, MEDIA_TYPES, is_edition
from aggregator.digest.xmlout import ATOM, HISTORY, MEDIA, add, to_bytes
from aggregator.model import Format

if TYPE_CHECKING:
    from aggregator.digest.sheet import Sheet
    from aggregator.model import Publication


def write(sheet: Sheet, *, stylesheet: str) -> bytes:
    """Return the sheet as Atom."""
    feed = ET.Element(
        "feed", {"xmlns": ATOM, "xmlns:fh": HISTORY, "xmlns:media": MEDIA} | _language(sheet)
    )
    add(feed, "id", sheet.feed_id)
    add(feed, "title", sheet.title)
    add(feed, "updated", rfc3339(last_change(sheet.publications)))
    add(feed, "generator", GENERATOR)
    if sheet.archive:
        add(feed, "fh:archive")
    for rel, href in _feed_links(sheet).items():
        form = Format.HTML if rel == "alternate" else Format.ATOM
        add(feed, "link", rel=rel, type=MEDIA_TYPES[form], href=href)
    for publication in sheet.publications:
        _add_entry(feed, publication, sheet)
    return to_bytes(feed, stylesheet=stylesheet)


def _language(sheet: Sheet) -> dict[str, str]:
    return {"xml:lang": sheet.language()} if sheet.language() else {}


def _feed_links(sheet: Sheet) -> dict[str, str]:
    links = {
        "self": sheet.address(Format.ATOM),
        "alternate": sheet.home_address(),
        "prev-archive": sheet.older_address(Format.ATOM),
        "current": sheet.current_address(Format.ATOM) if sheet.archive else "",
    }
    return {rel: href for rel, href in links.items() if href}


def _add_entry(feed: ET.Element, publication: Publication, sheet: Sheet) -> None:
    entry = add(feed, "entry", xml_lang=publication.language)
    add(entry, "id", publication.id)
    add(entry, "title", publication.title)
    add(entry, "published", rfc3339(publication.published_at))
    add(entry, "updated", rfc3339(publication.updated_at))
    _add_links(entry, publication)
    for name in publication.authors or (publication.source.outlet or sheet.title,):
        add(add(entry, "author"), "name", name)
    for term in publication.categories:
        add(entry, "category", term=term)
    if not is_edition(publication):
        _add_source(entry, publication)
    if publication.summary:
        add(entry, "summary", publication.summary)
    add(entry, "content", publication.html, type="html")
    if publication.image:
        add(entry, "media:thumbnail", url=publication.image)


def _add_links(entry: ET.Element, publication: Publication) -> None:
    """Add where to read it, where it was found, who else reports it and the files with it."""
    if publication.url:
        add(entry, "link", rel="alternate", href=publication.url)
    if publication.source.url and not is_edition(publication):
        add(entry, "link", rel="via", title=publication.source.outlet, href=publication.source.url)
    for mention in publication.mentions:
        if mention.url:
            title = ": ".join(filter(None, (mention.outlet, mention.title)))
            add(entry, "link", rel="related", title=title, href=mention.url)
    for file in publication.enclosures:
        length = str(file.length_bytes or "")
        add(entry, "link", rel="enclosure", type=file.type, length=length, href=file.url)


def _add_source(entry: ET.Element, publication: Publication) -> None:
    """Add the feed that the entry comes from (RFC 4287 section 4.2.11)."""
    mention = publication.source
    source = add(entry, "source")
    add(source, "id", mention.feed_url or mention.site_url or publication.id)
    add(source, "title", mention.outlet)
    add(source, "updated", rfc3339(publication.updated_at))
    if mention.site_url:
        add(source, "link", rel="alternate", href=mention.site_url)
    if mention.feed_url:
        add(source, "link", rel="self", href=mention.feed_url)
