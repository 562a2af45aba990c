"""XML as text: elements, their attributes and their bytes.

Names carry their prefix as written. It does not clean texts, `safe` did; it escapes them. A tree
with its indentation took three times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"  # RFC 5005
MEDIA = "http://search.yahoo.com/mrss/"
_PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/css" href="{}"?>\n'
# White space other than the space would become one when it is read again (XML 1.0 section 3.3.3).
_IN_ATTRIBUTES = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}


def leaf(tag: str, text: str = "", **attributes: str) -> str:
    """Return an element without children.

    Attributes that are "" are left out, `xml_lang` stands for xml:lang.
    """
    opened = f"<{tag}{_written(attributes)}" if attributes else f"<{tag}"
    return f"{opened}>{_escaped(text)}</{tag}>" if text else f"{opened} />"


def branch(tag: str, children: Iterable[str], *, depth: int, **attributes: str) -> str:
    """Return an element with these in it, indented for its depth; the root's is 0.

    At least one child; attributes as in `leaf`.
    """
    margin = "\n" + " " * depth
    inner = f"{margin} ".join(children)
    return f"<{tag}{_written(attributes)}>{margin} {inner}{margin}</{tag}>"


def to_bytes(root: str, *, stylesheet: str) -> bytes:
    """Return the document in UTF-8 with its prolog; `stylesheet` is for browsers."""
    return f"{_PROLOG.format(stylesheet)}{root}\n".encode()


def _written(attributes: dict[str, str]) -> str:
    written = ""
    for name, value in attributes.items():
        if value:
            written += f' {name.replace("_", ":")}="{_quoted(value)}"'
    return written


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    escaped = _escaped(text)
    if '"' in text or not text.isprintable():
        for sign, written in _IN_ATTRIBUTES.items():
            escaped = escaped.replace(sign, written)
    return escaped
