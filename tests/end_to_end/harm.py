"""What a browser would still run, or be led astray by, in published HTML; a parser's view of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import html5lib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NEVER_PUBLISHED = (
    "script iframe object embed base style frame frameset applet form input button textarea select "
    "svg math noscript template dialog marquee"
)
OWN = {"input", "svg", "path"}  # in the box to subscribe by
FORBIDDEN = frozenset(NEVER_PUBLISHED.split())
PAGE_ONLY = frozenset({"link", "meta"})  # a page has its own; a fragment has none
HARMLESS_SCHEMES = ("http:", "https:", "mailto:", "tel:", "feed:http", "#", "/", "tag:")
HOLD_ADDRESSES = (
    "href src action formaction poster background data cite longdesc usemap srcset ping "
    "xlink:href lowsrc dynsrc classid codebase profile manifest"
)
URL_NAMES = frozenset(HOLD_ADDRESSES.split())
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def in_fragment(html: str) -> list[str]:
    """Return what is harmful in HTML that a reader puts into a page of its own."""
    tree = html5lib.parseFragment(html, container="div", namespaceHTMLElements=False)
    return [fault for element in tree.iter() for fault in _faults(element, PAGE_ONLY)]


def in_page(html: str) -> list[str]:
    """Return what is harmful in a whole page of ours."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    told = _without_own(tree)
    faults = [fault for element in told for fault in _faults(element, frozenset())]
    refreshing = [m for m in tree.iter("meta") if m.get("http-equiv", "").lower() == "refresh"]
    sheets = [link.get("href", "") for link in tree.iter("link") if link.get("rel") == "stylesheet"]
    return [
        *faults,
        *("meta refresh" for _ in refreshing),
        *(f"stylesheet {href}" for href in sheets if ":" in href or href.startswith("//")),
    ]


def _without_own(element: ET.Element) -> Iterator[ET.Element]:
    """Yield all elements but the fields and the code of our own box to subscribe by.

    Within a story nothing is ours, whatever it calls itself.
    """
    tag, name = element.tag, element.get("class")
    if tag == "article":
        yield from element.iter()
    elif (tag, name) == ("details", "subscribe"):
        yield from (one for one in element.iter() if _name(one) not in OWN)
    else:
        yield element
        for child in element:
            yield from _without_own(child)


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _faults(element: ET.Element, page_only: frozenset[str]) -> Iterator[str]:
    if not isinstance(element.tag, str):
        return  # a comment
    tag = _name(element)
    if tag in FORBIDDEN | page_only:
        yield f"<{tag}>"
    is_icon = tag == "link" and element.get("rel") == "icon"  # ours, drawn in a data: address
    for name, value in element.attrib.items():
        lower = str(name).lower()
        if lower.startswith("on") or lower in {"style", "srcdoc", "autofocus", "contenteditable"}:
            yield f"<{tag} {lower}>"
        if lower in URL_NAMES and not is_icon and not _is_harmless(value):
            yield f"<{tag} {lower}={value[:40]!r}>"


def _is_harmless(url: str) -> bool:
    """Return whether an address leads to the web, or to a place on our own site."""
    flat = re.sub(r"[\x00-\x20]", "", url).lower()
    return flat.startswith(HARMLESS_SCHEMES) or ":" not in flat


def fragments(public: Path, digest: str) -> list[str]:
    """Return every piece of HTML that stands inside the digest's feeds."""
    atom = ET.fromstring((public / f"{digest}.atom").read_bytes())  # noqa: S314 - our own output
    rss = ET.fromstring((public / f"{digest}.rss").read_bytes())  # noqa: S314 - our own output
    items = json.loads((public / f"{digest}.json").read_bytes())["items"]
    return [
        *(element.text or "" for element in atom.iter(f"{ATOM}content")),
        *(element.text or "" for item in rss.iter("item") for element in item.iter(CONTENT)),
        *(item["content_html"] for item in items),
    ]


def addresses(public: Path, digest: str) -> list[str]:
    """Return every address that stands in the digest's feeds outside of HTML."""
    atom = ET.fromstring((public / f"{digest}.atom").read_bytes())  # noqa: S314 - our own output
    rss = ET.fromstring((public / f"{digest}.rss").read_bytes())  # noqa: S314 - our own output
    items = json.loads((public / f"{digest}.json").read_bytes())["items"]
    return [
        *(link.get("href", "") for link in atom.iter(f"{ATOM}link")),
        *(element.text or "" for element in rss.iter("link")),
        *(element.get("url", "") for name in ("enclosure", "source") for element in rss.iter(name)),
        *(str(item[name]) for item in items for name in ("url", "image") if name in item),
    ]


def assert_harmless(public: Path, digest: str, *, live: Callable[[str], list[str]]) -> None:
    """Check every published form of a digest; `live` is another judge of HTML fragments."""
    for path in sorted(public.rglob("*")):
        if path.suffix in {".atom", ".rss", ".json", ".html"}:
            text = path.read_text("utf-8")
            assert not CONTROLS.search(text), path
            faults = in_page(text) if path.suffix == ".html" else []
            assert (path.name, faults) == (path.name, [])
    for html in fragments(public, digest):
        assert (html, in_fragment(html), live(html)) == (html, [], [])
    assert [url for url in addresses(public, digest) if not _is_harmless(url)] == []
