"""XML elements and their bytes, on the standard library's tree.

Names carry their prefix as written, so no registry of namespaces is touched. It does not clean
texts; `safe` did.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"  # RFC 5005
MEDIA = "http://search.yahoo.com/mrss/"
_PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/css" href="{}"?>\n'


def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Append an element; attributes that are "" are left out, `xml_lang` stands for xml:lang."""
    kept = {name.replace("_", ":"): value for name, value in attributes.items() if value}
    element = ET.SubElement(parent, tag, kept)
    element.text = text or None
    return element


def to_bytes(root: ET.Element, *, stylesheet: str) -> bytes:
    """Return the document in UTF-8 with its prolog; `stylesheet` is for browsers."""
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    return f"{_PROLOG.format(stylesheet)}{body}\n".encode()
