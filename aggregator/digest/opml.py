"""A digest's sources as an OPML 2.0 document (http://opml.org/spec2.opml). Pure.

It lists what it is given: which feeds anyone may see is decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from aggregator.digest import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Source


def path(name: str) -> str:
    """Return where a digest's list of sources lies, below the public folder."""
    return f"{name}.opml"


def write(title: str, sources: Iterable[Source]) -> bytes:
    """Return the list, by title; the same sources give the same bytes."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = safe.line(title)
    body = ET.SubElement(root, "body")
    for source in sorted(sources, key=lambda one: (one.title.casefold(), one.feed_url)):
        if attributes := _attributes(source):
            ET.SubElement(body, "outline", attributes)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _attributes(source: Source) -> dict[str, str]:
    address = safe.url(source.feed_url)
    if not address:
        return {}
    title = safe.line(source.title) or address
    given = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": address,
        "htmlUrl": safe.url(source.site_url),
        "category": ",".join(map(safe.line, source.tags)),
    }
    return {name: value for name, value in given.items() if value}
