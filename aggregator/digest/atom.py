"""A digest as an Atom feed (RFC 4287), current or archived (RFC 5005)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.digest.dates import last_change, rfc3339
from aggregator.digest.sheet import GENERATOR, MEDIA_TYPES, is_edition
from aggregator.digest.xmlout import ATOM, HISTORY, MEDIA, branch, leaf, to_bytes
from aggregator.model import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.digest.sheet import Sheet
    from aggregator.model import Publication

_NAMESPACES = {"xmlns": ATOM, "xmlns:fh": HISTORY, "xmlns:media": MEDIA}


def write(sheet: Sheet, *, stylesheet: str) -> bytes:
    """Return the sheet as Atom."""
    feed = branch("feed", _feed(sheet), depth=0, **_NAMESPACES, xml_lang=sheet.language())
    return to_bytes(feed, stylesheet=stylesheet)


def _feed(sheet: Sheet) -> Iterator[str]:
    yield leaf("id", sheet.feed_id)
    yield leaf("title", sheet.title)
    yield leaf("updated", rfc3339(last_change(sheet.publications)))
    yield leaf("generator", GENERATOR)
    if sheet.archive:
        yield leaf("fh:archive")
    for rel, href in _feed_links(sheet).items():
        form = Format.HTML if rel == "alternate" else Format.ATOM
        yield leaf("link", rel=rel, type=MEDIA_TYPES[form], href=href)
    for hub in sheet.hubs:
        yield leaf("link", rel="hub", href=hub)
    for publication in sheet.publications:
        entry = _entry(publication, sheet)
        yield branch("entry", entry, depth=1, xml_lang=publication.language)


def _feed_links(sheet: Sheet) -> dict[str, str]:
    links = {
        "self": sheet.address(Format.ATOM),
        "alternate": sheet.home_address(),
        "prev-archive": sheet.older_address(Format.ATOM),
        "current": sheet.current_address(Format.ATOM) if sheet.archive else "",
    }
    return {rel: href for rel, href in links.items() if href}


def _entry(publication: Publication, sheet: Sheet) -> Iterator[str]:
    updated = rfc3339(publication.updated_at)
    yield leaf("id", publication.id)
    yield leaf("title", publication.title)
    yield leaf("published", rfc3339(publication.published_at))
    yield leaf("updated", updated)
    yield from _links(publication)
    for name in publication.authors or (publication.source.outlet or sheet.title,):
        yield branch("author", (leaf("name", name),), depth=2)
    for term in publication.categories:
        yield leaf("category", term=term)
    if not is_edition(publication):
        yield branch("source", _source(publication, updated), depth=2)
    if publication.summary:
        yield leaf("summary", publication.summary)
    yield leaf("content", publication.html, type="html")
    if publication.image:
        yield leaf("media:thumbnail", url=publication.image)


def _links(publication: Publication) -> Iterator[str]:
    """Yield where to read it, where it was found, who else reports it and the files with it."""
    if publication.url:
        yield leaf("link", rel="alternate", href=publication.url)
    if publication.source.url and not is_edition(publication):
        source = publication.source
        yield leaf("link", rel="via", title=source.outlet, href=source.url)
    for mention in publication.mentions:
        if mention.url:
            title = ": ".join(filter(None, (mention.outlet, mention.title)))
            yield leaf("link", rel="related", title=title, href=mention.url)
    for file in publication.enclosures:
        length = str(file.length_bytes or "")
        yield leaf("link", rel="enclosure", type=file.type, length=length, href=file.url)


def _source(publication: Publication, updated: str) -> Iterator[str]:
    """Yield what tells the feed that the entry comes from (RFC 4287 section 4.2.11)."""
    mention = publication.source
    yield leaf("id", mention.feed_url or mention.site_url or publication.id)
    yield leaf("title", mention.outlet)
    yield leaf("updated", updated)
    if mention.site_url:
        yield leaf("link", rel="alternate", href=mention.site_url)
    if mention.feed_url:
        yield leaf("link", rel="self", href=mention.feed_url)
