"""OPML 2.0 subscription lists: read with folders as tags, and written.

Read with expat itself, which names the line of broken XML, knows every encoding and takes linear
time; a DOCTYPE with declarations is refused, so nothing expands. Sizes are bounded. Lists that an
OPML file includes are not followed: nothing is fetched here.
"""

from __future__ import annotations

import re
from itertools import chain
from xml.etree import ElementTree as ET
from xml.parsers import expat

from aggregator.config.addresses import parse_web_url, same_url
from aggregator.config.faults import Unfit
from aggregator.config.values import MAX_TAG_CHARACTERS, parse_tag
from aggregator.model import FeedSpec, Problem

MAX_OPML_BYTES = 5_000_000  # 20,000 feeds; the largest list met in the wild has some 3,000
MAX_DEPTH = 50  # outlines in each other; readers show two or three levels
MAX_TAGS = 50  # of one feed
MAX_LABEL_CHARACTERS = 300  # of a title or folder; more is no name
MAX_CATEGORY_CHARACTERS = MAX_TAGS * MAX_TAG_CHARACTERS
MAX_PROBLEMS = 100  # more help nobody, and each takes memory

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAG_PARTS = re.compile(r"[,/]")  # they part categories (OPML 2.0, "category")


class _Refusal(Exception):  # noqa: N818 - ends the reading, becomes a Problem
    """The file is not to be read any further; says what is wrong and how to mend it."""

    def __init__(self, *, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class _Outlines:
    """Gathers feeds from expat's events. One for each file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.feeds: dict[str, FeedSpec] = {}
        self.problems: list[Problem] = []
        self._folders: list[list[str]] = []  # tags of each open element, none but of a folder
        self._parser = expat.ParserCreate(namespace_separator=None)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse_declarations

    def read(self, content: bytes) -> bool:
        """Take everything in and return whether that went to the end."""
        try:
            self._parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            self._add_problem(
                error.lineno,
                f"this is no well-formed XML: {reason}",
                'Export the list again, or mend the line: "&" is written "&amp;" there.',
            )
        except _Refusal as error:
            self._add_problem(self._parser.CurrentLineNumber, error.what, error.mend)
        else:
            return True
        return False

    def _report(self, what: str, mend: str) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Refusal(what="there are many more problems", mend="Mend these first.")
        self._add_problem(self._parser.CurrentLineNumber, what, mend)

    def _add_problem(self, line: int, what: str, mend: str) -> None:
        self.problems.append(Problem(file=self.name, line=line, key="", what=what, mend=mend))

    def _refuse_declarations(self, *doctype: object) -> None:
        if doctype[-1]:  # an internal subset: entities, default attributes
            raise _Refusal(
                what="the file declares XML entities or the like", mend="Remove its DOCTYPE."
            )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._folders and tag.lower() != "opml":
            raise _Refusal(
                what=f'the file is no OPML: it begins with "{tag[:20]}"', mend="Export OPML."
            )
        if len(self._folders) >= MAX_DEPTH:
            raise _Refusal(what=f"over {MAX_DEPTH} folders in each other", mend="Flatten the list.")
        lower = {name.lower(): value.strip() for name, value in attributes.items()}
        is_outline = tag.lower() == "outline"
        is_folder = is_outline and "xmlurl" not in lower
        self._folders.append(_tags(_label(lower)) if is_folder else [])
        if is_outline and not is_folder:
            self._take_feed(lower)
        elif is_folder and lower.get("type", "").lower() in {"rss", "include", "link"}:
            self._report_other(lower["type"].lower())

    def _end(self, _tag: str) -> None:
        self._folders.pop()

    def _take_feed(self, attributes: dict[str, str]) -> None:
        try:
            url = parse_web_url(attributes["xmlurl"])
        except Unfit as error:
            self._report(error.what, error.mend)
            return
        label = _label(attributes)
        tags = _tags(attributes.get("category", "")[:MAX_CATEGORY_CHARACTERS])
        known = self.feeds.get(same_url(url))
        self.feeds[same_url(url)] = FeedSpec(
            url=known.url if known else url,
            title=known.title if known else "" if label == url else label,
            tags=tuple(
                dict.fromkeys((*(known.tags if known else ()), *tags, *chain(*self._folders)))
            )[:MAX_TAGS],
        )

    def _report_other(self, kind: str) -> None:
        what, mend = {
            "rss": ("a feed without xmlUrl", "Add its xmlUrl, or remove the outline."),
        }.get(kind, ("another list is included", "Name its file in `opml` instead."))
        self._report(what, mend)


def _label(attributes: dict[str, str]) -> str:
    """Return an outline's name: OPML 2.0 wants `text`, some writers give `title` alone."""
    label = attributes.get("text") or attributes.get("title") or ""
    return " ".join(label[:MAX_LABEL_CHARACTERS].split())


def _tags(text: str) -> list[str]:
    """Return the tags in a folder's name or in categories, each cut to a tag's length."""
    tags = []
    for part in TAG_PARTS.split(text):
        try:
            tags.append(parse_tag(part.strip()[:MAX_TAG_CHARACTERS]))
        except Unfit:
            continue  # nothing between two commas, or signs that cannot be seen
    return list(dict.fromkeys(tags))[:MAX_TAGS]


def read(data: bytes, *, name: str) -> tuple[tuple[FeedSpec, ...], tuple[Problem, ...]]:
    """Return the feeds of an OPML file with their folders as tags, and what is wrong with it.

    `name` is the file's, for the problems. Of a file that is no sound XML, no feed is returned:
    half a list would look like a whole one. One bad outline costs only its own feed.
    """
    if len(data) > MAX_OPML_BYTES:
        what = f"the file is larger than {MAX_OPML_BYTES // 10**6} MB"
        return (), (Problem(file=name, line=0, key="", what=what, mend="Split it."),)
    outlines = _Outlines(name)
    if not outlines.read(data):
        return (), tuple(outlines.problems)
    return tuple(outlines.feeds.values()), tuple(outlines.problems)


def write(feeds: tuple[FeedSpec, ...], *, title: str) -> str:
    """Return an OPML 2.0 document: a folder for each first tag, every tag as category.

    Header values and proxies are not in it, so it can be given away.
    """
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = NOT_XML.sub("", title)
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {}
    for feed in feeds:
        place = body
        if feed.tags:
            label = NOT_XML.sub("", feed.tags[0])
            if label not in folders:
                folders[label] = ET.SubElement(body, "outline", text=label)
            place = folders[label]
        ET.SubElement(place, "outline", _attributes(feed))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _attributes(feed: FeedSpec) -> dict[str, str]:
    attributes = {"type": "rss", "text": feed.title or feed.url, "xmlUrl": feed.url}
    if feed.tags:
        attributes["category"] = ",".join(feed.tags)
    return {name: NOT_XML.sub("", value) for name, value in attributes.items()}
