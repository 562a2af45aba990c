"""Checks a folder of published files as a stranger would: what is in it, and whether it is sound.

    python tools/check_published.py PUBLIC_DIR [--digest all] [--at-least 40]

Every Atom, RSS, JSON, HTML and OPML file must be well-formed and not empty, hold no script, no
script address and no control character; in no feed an id twice; the digest at least so many
stories.
It reads files and changes nothing. Exit code 1 and a reason for each fault.
"""  # noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
HARM = re.compile(
    r"<\s*script|<\s*iframe|(?:href|src)\s*=\s*[\"']?\s*(?:java|vb)script:", re.IGNORECASE
)
# Elements without an end tag, and those that may leave it out (HTML Living Standard, 13.1.2)
WITHOUT_END = "area base br col embed hr img input link meta param source track wbr"
WITH_OPTIONAL_END = "p li dt dd option tr td th thead tbody tfoot colgroup"
VOID = frozenset(WITHOUT_END.split())
MAY_STAY_OPEN = frozenset(WITH_OPTIONAL_END.split())


def main(arguments: Sequence[str]) -> int:
    """Check the folder, print what was checked, return the exit code."""
    asked = parsed(arguments)
    faults = []
    counts: Counter[str] = Counter()
    for path in sorted(asked.folder.rglob("*")):
        if check := CHECKS.get(path.suffix):
            counts[path.suffix] += 1
            faults += [
                f"{path.relative_to(asked.folder)}: {fault}" for fault in file_faults(path, check)
            ]
    stories = story_count(asked.folder / f"{asked.digest}.atom")
    if stories < asked.at_least:
        faults.append(f"{asked.digest}.atom: {stories} stories, fewer than {asked.at_least}")
    faults += [f"no {suffix} file at all" for suffix in CHECKS if not counts[suffix]]
    files = ", ".join(f"{counts[suffix]} {suffix[1:]}" for suffix in CHECKS)
    write(f"Checked {files}; {stories} stories in {asked.digest}: {len(faults)} faults.")
    for fault in faults:
        write(f"  {fault}")
    return 1 if faults else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description="Check a folder of published files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--digest", default="all", help="whose stories are counted")
    parser.add_argument("--at-least", type=int, default=40, help="stories in that digest")
    return parser.parse_args(arguments)


def write(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def file_faults(path: Path, check: Callable[[str], Iterator[str]]) -> list[str]:
    """Return what is wrong with one file."""
    body = path.read_bytes()
    if not body.strip():
        return ["empty"]
    try:
        text = body.decode("utf-8")
        faults = list(check(text))
    except (UnicodeDecodeError, ET.ParseError, json.JSONDecodeError, KeyError) as error:
        return [f"not well-formed: {error}"]
    return faults + [f"control character {found!r}" for found in set(CONTROLS.findall(text))]


def atom_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with an Atom document."""
    feed = ET.fromstring(text)  # noqa: S314 - our own output
    if feed.tag != f"{ATOM}feed":
        yield "no Atom feed"
    entries = feed.findall(f"{ATOM}entry")
    yield from repeated(entry.findtext(f"{ATOM}id", "") for entry in entries)
    for entry in entries:
        yield from harm(entry.findtext(f"{ATOM}content", ""))
        yield from bad_links(link.get("href", "") for link in entry.iter(f"{ATOM}link"))


def rss_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with an RSS document."""
    root = ET.fromstring(text)  # noqa: S314 - our own output
    if root.tag != "rss" or root.find("channel") is None:
        yield "no RSS channel"
    items = list(root.iter("item"))
    yield from repeated(item.findtext("guid", "") for item in items)
    for item in items:
        yield from harm(item.findtext(ENCODED, "") + item.findtext("description", ""))
        yield from bad_links(item.findtext(name, "") for name in ("link", "comments"))


def json_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a JSON Feed."""
    feed = json.loads(text)
    if not str(feed["version"]).startswith("https://jsonfeed.org/version/"):
        yield "no JSON Feed"
    yield from repeated(item["id"] for item in feed["items"])
    for item in feed["items"]:
        yield from harm(item.get("content_html", ""))
        yield from bad_links(str(item.get(name, "")) for name in ("url", "external_url", "image"))


def opml_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a list of sources."""
    root = ET.fromstring(text)  # noqa: S314 - our own output
    if root.tag != "opml":
        yield "no OPML"
    outlines = list(root.iter("outline"))
    if not outlines:
        yield "no source is listed"
    for outline in outlines:
        yield from bad_links(outline.get(name, "") for name in ("xmlUrl", "htmlUrl"))


def html_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a page."""
    page = Page()
    page.feed(text)
    page.close()
    if "html" not in page.seen or "title" not in page.seen:
        yield "no HTML page"
    yield from page.faults
    yield from (f"<{tag}> is not closed" for tag in page.open if tag not in MAY_STAY_OPEN)
    yield from harm(text)


class Page(HTMLParser):
    """Notes tags that do not match, and attributes that run something."""

    def __init__(self) -> None:
        """Begin with nothing open."""
        super().__init__(convert_charrefs=True)
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that begins."""
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.faults.append(f"<{tag} {name}>")
            if name in {"href", "src"}:
                self.faults += bad_links([value or ""])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that ends where it begins, as those of SVG may."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and those within it whose end may be left out."""
        while self.open and self.open[-1] != tag and self.open[-1] in MAY_STAY_OPEN:
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> closes nothing")


def harm(html: str) -> Iterator[str]:
    """Yield what a browser would run in HTML."""
    yield from (f"harmful: {found!r}" for found in sorted(set(HARM.findall(html))))


def bad_links(addresses: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """Yield the addresses that run something instead of leading somewhere."""
    for address in addresses:
        if re.sub(r"[\x00-\x20]", "", address).lower().startswith(("javascript:", "vbscript:")):
            yield f"harmful address {address[:60]!r}"


def repeated(ids: Iterator[str]) -> Iterator[str]:
    """Yield the ids that stand twice, and those that are missing."""
    for name, count in Counter(ids).items():
        if not name:
            yield f"{count} entries without id"
        elif count > 1:
            yield f"id {name} stands {count} times"


def story_count(path: Path) -> int:
    """Return how many entries an Atom document has; 0 where there is none to read."""
    try:
        return len(ET.fromstring(path.read_bytes()).findall(f"{ATOM}entry"))  # noqa: S314 - ours
    except (OSError, ET.ParseError):
        return 0


CHECKS: dict[str, Callable[[str], Iterator[str]]] = {
    ".atom": atom_faults,
    ".rss": rss_faults,
    ".json": json_faults,
    ".html": html_faults,
    ".opml": opml_faults,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
