"""Writes an outlet's entries as RSS 2.0, Atom, RSS 1.0 or JSON Feed, each in its outlet's manner.

Pure: same entries, same bytes. This is how the outside world writes feeds, on purpose with its
habits (tracking, clutter, missing ids); it is no example of how Newsfold publishes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from aggregator.demo.values import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.demo.values import Outlet, Telling

CONTENT_TYPES = {
    Kind.RSS: "application/rss+xml",
    Kind.ATOM: "application/atom+xml",
    Kind.RDF: "application/rdf+xml",
    Kind.JSON: "application/feed+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the outlet and the agency are reached (no slash at the end)."""

    base_url: str
    agency_url: str

    def of(self, entry: Telling) -> str:
        """Return the address of the entry's page, as its outlet links it."""
        base = self.base_url if entry.at == entry.outlet else self.agency_url
        return base + entry.link

    def picture(self, entry: Telling) -> str:
        """Return the address of the entry's picture on its own outlet."""
        return f"{self.base_url}/{entry.outlet}/img/{entry.picture}.png"


def render(outlet: Outlet, entries: Sequence[Telling], places: Places) -> bytes:
    """Return the outlet's feed document in its own format and encoding."""
    writers = {Kind.ATOM: _atom, Kind.RDF: _rdf, Kind.JSON: _json}
    text = writers.get(outlet.kind, _rss)(outlet, entries, places)
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def content_html(outlet: Outlet, entry: Telling, places: Places) -> str:
    """Return the entry's body as its outlet sends it."""
    picture = (
        f'<p><img src="{places.picture(entry)}" alt="" width="480" height="270"></p>'
        if entry.picture
        else ""
    )
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in entry.wording.paragraphs)
    clutter = _clutter(outlet, entry, places) if outlet.is_cluttered else ""
    return picture + paragraphs + clutter


def _clutter(outlet: Outlet, entry: Telling, places: Places) -> str:
    base = places.base_url
    return (
        '<div class="newsletter"><h4>Never miss a tide</h4><p>Sign up for our newsletter and get '
        f'the best of {outlet.title} every evening. <a href="{base}/?subscribe">Subscribe</a></p>'
        f'</div><h4>Related</h4><ul><li><a href="{base}/?from=related">Ten walks along the '
        f'harbour</a></li><li><a href="{base}/?from=popular">What our readers loved last week'
        f'</a></li></ul><p>The post <a href="{places.of(entry)}">{escape(entry.wording.headline)}'
        f'</a> appeared first on <a href="{base}/">{outlet.title}</a>.</p>'
        f'<img src="{base}/{outlet.name}/pixel.png?e={escape(entry.label)}" width="1" height="1" '
        'alt="">'
    )


def _rss(outlet: Outlet, entries: Sequence[Telling], places: Places) -> str:
    items = "\n".join(_rss_item(outlet, entry, places) for entry in entries)
    return (
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">\n'
        f"<channel>\n<title>{escape(outlet.title)}</title>\n<link>{places.base_url}/</link>\n"
        f"<description>News from {escape(outlet.title)}</description>\n"
        f"<language>{outlet.language}</language>\n{items}\n</channel>\n</rss>\n"
    )


def _rss_item(outlet: Outlet, entry: Telling, places: Places) -> str:
    guid = f'<guid isPermaLink="false">{escape(entry.guid)}</guid>' if entry.guid else ""
    date = entry.published_at
    media = (
        f'<media:content url="{places.picture(entry)}" type="image/png" medium="image"/>'
        if entry.picture
        else ""
    )
    body = content_html(outlet, entry, places)
    return (
        f"<item>\n<title>{escape(entry.wording.headline)}</title>\n"
        f"<link>{escape(places.of(entry))}</link>{guid}\n"
        + (f"<pubDate>{format_datetime(date)}</pubDate>\n" if date else "")
        + f"<dc:creator>{escape(entry.author)}</dc:creator>{_categories(entry)}\n"
        f"<description>{escape(entry.summary)}</description>{media}\n"
        f"<content:encoded>{escape(body)}</content:encoded>\n</item>"
    )


def _categories(entry: Telling) -> str:
    return "".join(f"<category>{escape(name)}</category>" for name in entry.categories)


def _atom(outlet: Outlet, entries: Sequence[Telling], places: Places) -> str:
    moments = [moment for entry in entries if (moment := entry.updated_at or entry.published_at)]
    items = "\n".join(_atom_entry(outlet, entry, places) for entry in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">\n'
        f"<title>{escape(outlet.title)}</title>\n<id>http://{outlet.name}.example/feed</id>\n"
        f'<link rel="self" href="{places.base_url}{outlet.path}"/>\n'
        f'<link rel="alternate" type="text/html" href="{places.base_url}/"/>\n'
        f"<updated>{_rfc3339(max(moments))}</updated>\n{items}\n</feed>\n"
    )


def _atom_entry(outlet: Outlet, entry: Telling, places: Places) -> str:
    published = entry.published_at
    updated = entry.updated_at or published
    picture = (
        f'<link rel="enclosure" type="image/png" href="{places.picture(entry)}"/>'
        if entry.picture
        else ""
    )
    categories = "".join(f'<category term="{escape(name)}"/>' for name in entry.categories)
    return (
        f"<entry>\n<id>{escape(entry.guid)}</id>\n<title>{escape(entry.wording.headline)}</title>\n"
        f'<link rel="alternate" href="{escape(places.of(entry))}"/>{picture}\n'
        + (f"<published>{_rfc3339(published)}</published>\n" if published else "")
        + (f"<updated>{_rfc3339(updated)}</updated>\n" if updated else "")
        + f"<author><name>{escape(entry.author)}</name></author>{categories}\n"
        f"<summary>{escape(entry.summary)}</summary>\n"
        f'<content type="html">{escape(content_html(outlet, entry, places))}</content>\n</entry>'
    )


def _rdf(outlet: Outlet, entries: Sequence[Telling], places: Places) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(entry.guid)}"/>' for entry in entries)
    items = "\n".join(_rdf_item(outlet, entry, places) for entry in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f'<channel rdf:about="{places.base_url}{outlet.path}">\n'
        f"<title>{escape(outlet.title)}</title>\n<link>{places.base_url}/</link>\n"
        f"<description>The wire of {escape(outlet.title)}</description>\n"
        f"<dc:language>{outlet.language}</dc:language>\n"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items>\n</channel>\n{items}\n</rdf:RDF>\n"
    )


def _rdf_item(outlet: Outlet, entry: Telling, places: Places) -> str:
    date = entry.published_at
    subjects = "".join(f"<dc:subject>{escape(name)}</dc:subject>" for name in entry.categories)
    return (
        f'<item rdf:about="{escape(entry.guid)}">\n'
        f"<title>{escape(entry.wording.headline)}</title>\n"
        f"<link>{escape(places.of(entry))}</link>\n"
        f"<description>{escape(entry.summary)}</description>\n"
        + (f"<dc:date>{_rfc3339(date)}</dc:date>\n" if date else "")
        + f"<dc:creator>{escape(entry.author)}</dc:creator>{subjects}\n"
        f"<content:encoded>{escape(content_html(outlet, entry, places))}</content:encoded>\n</item>"
    )


def _json(outlet: Outlet, entries: Sequence[Telling], places: Places) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{places.base_url}/",
        "feed_url": places.base_url + outlet.path,
        "language": outlet.language,
        "items": [_json_item(outlet, entry, places) for entry in entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _json_item(outlet: Outlet, entry: Telling, places: Places) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.guid,
        "url": places.of(entry),
        "title": entry.wording.headline,
        "summary": entry.summary,
        "content_html": content_html(outlet, entry, places),
        "authors": [{"name": entry.author}],
        "tags": list(entry.categories),
    }
    if entry.published_at:
        item["date_published"] = _rfc3339(entry.published_at)
    if entry.picture:
        item["image"] = places.picture(entry)
    return item


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
