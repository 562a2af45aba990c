"""What RFC 4287, RFC 5005, the RSS profile and JSON Feed 1.1 ask of a document, as checks.

Each check returns what is wrong, in words; an empty list means valid.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def is_web(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc) and " " not in str(url)


def is_iri(text: str | None) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", text or "", re.IGNORECASE))


def _count(element: ET.Element, limits: dict[str, tuple[int, int]]) -> list[str]:
    """Return which children stand too seldom or too often."""
    seen = Counter(child.tag for child in element)
    return [
        f"{element.tag}: {seen[tag]} of {tag}"
        for tag, (least, most) in limits.items()
        if not least <= seen[tag] <= most
    ]


def atom(body: bytes) -> list[str]:
    """Check a document against RFC 4287 (and RFC 5005's links)."""
    feed = ET.fromstring(body)  # noqa: S314 - our own output
    if feed.tag != f"{ATOM}feed":
        return ["no feed element"]
    wrong = _count(feed, dict.fromkeys((f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated"), (1, 1)))
    wrong += _count(feed, {f"{ATOM}generator": (0, 1), f"{HISTORY}archive": (0, 1)})
    wrong += _links(feed, feed_level=True)
    entries = feed.findall(f"{ATOM}entry")
    wrong += [fault for entry in entries for fault in _atom_entry(entry)]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    updates = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    if len(set(ids)) < len(ids):
        wrong.append("an id stands twice")
    if entries and feed.findtext(f"{ATOM}updated") != max(updates):
        wrong.append("updated is not the greatest of the entries")
    return wrong + _atom_values(feed)


def _atom_entry(entry: ET.Element) -> list[str]:
    once = (f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated")
    at_most_once = ("content", "published", "source", "summary", "rights")
    wrong = _count(entry, dict.fromkeys(once, (1, 1)))
    wrong += _count(entry, {f"{ATOM}{name}": (0, 1) for name in at_most_once})
    wrong += _count(entry, {f"{ATOM}author": (1, 99)})
    if entry.find(f"{ATOM}content") is None:
        rels = [link.get("rel", "alternate") for link in entry.findall(f"{ATOM}link")]
        wrong += [] if "alternate" in rels else ["neither content nor alternate"]
    source = entry.find(f"{ATOM}source")
    if source is not None:
        wrong += _count(source, dict.fromkeys(once, (1, 1)))
    return wrong + _links(entry, feed_level=False)


def _links(element: ET.Element, *, feed_level: bool) -> list[str]:
    links = element.findall(f"{ATOM}link")
    wrong = [f"link {link.attrib}" for link in links if not is_web(link.get("href"))]
    wrong += [
        f"link type {link.attrib}"
        for link in links
        if "type" in link.attrib and not MEDIA_TYPE.fullmatch(link.attrib["type"])
    ]
    rels = Counter(link.get("rel", "alternate") for link in links)
    single = ["alternate", "self", "via", "current", "prev-archive"]
    wrong += [f"{rels[rel]} links {rel}" for rel in single if rels[rel] > 1]
    if feed_level and rels["self"] != 1:
        wrong.append("no link self")
    if element.find(f"{HISTORY}archive") is not None and rels["current"] != 1:
        wrong.append("an archive without link current")
    return wrong


def _atom_values(feed: ET.Element) -> list[str]:
    """Check the values that may stand anywhere: ids, dates, persons, categories, languages."""
    wrong = [f"id {e.text}" for e in feed.iter(f"{ATOM}id") if not is_iri(e.text)]
    dates = [e for e in feed.iter() if e.tag in {f"{ATOM}updated", f"{ATOM}published"}]
    wrong += [f"{e.tag} {e.text}" for e in dates if not RFC3339.fullmatch(e.text or "")]
    wrong += ["author without name" for e in feed.iter(f"{ATOM}name") if not e.text]
    wrong += ["category without term" for e in feed.iter(f"{ATOM}category") if not e.get("term")]
    wrong += [f"type {e.attrib}" for e in feed.iter(f"{ATOM}content") if e.get("type") != "html"]
    wrong += [f"lang {e.attrib}" for e in feed.iter() if e.get(XML_LANG) == ""]
    return wrong


def rss(body: bytes) -> list[str]:
    """Check a document against RSS 2.0 and the RSS Advisory Board's profile."""
    root = ET.fromstring(body)  # noqa: S314 - our own output
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None or len(root) != 1:
        return ["no rss 2.0 with one channel"]
    once = ("title", "link", "description", "lastBuildDate", "generator")
    wrong = _count(channel, dict.fromkeys(once, (1, 1)))
    wrong += _links(channel, feed_level=True)
    wrong += [] if is_web(channel.findtext("link")) else ["channel link"]
    items = channel.findall("item")
    guids = [item.findtext("guid") for item in items]
    wrong += ["a guid stands twice"] if len(set(guids)) < len(guids) else []
    dates = [e.text or "" for e in root.iter() if e.tag in {"pubDate", "lastBuildDate"}]
    wrong += [f"date {text}" for text in dates if not _is_rfc822(text)]
    return wrong + [fault for item in items for fault in _rss_item(item)]


def _is_rfc822(text: str) -> bool:
    if not RFC822.fullmatch(text):
        return False
    parsed = parsedate_to_datetime(text)
    return parsed.strftime("%a") == text[:3]


def _rss_item(item: ET.Element) -> list[str]:
    once = ("title", "guid", "pubDate", "description", f"{CONTENT}encoded")
    wrong = _count(item, dict.fromkeys(once, (1, 1)))
    wrong += _count(item, {"link": (0, 1), "source": (0, 1), "enclosure": (0, 1)})
    wrong += _count(item, {f"{DC}creator": (1, 99), "author": (0, 0)})
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false" or not guid.text:
        wrong.append("guid")
    link, source, file = item.find("link"), item.find("source"), item.find("enclosure")
    wrong += ["link"] if link is not None and not is_web(link.text) else []
    wrong += ["source"] if source is not None and not is_web(source.get("url")) else []
    if file is not None and not _is_file(file):
        wrong.append(f"enclosure {file.attrib}")
    return wrong


def _is_file(file: ET.Element) -> bool:
    return (
        is_web(file.get("url"))
        and file.get("length", "").isdigit()
        and bool(MEDIA_TYPE.fullmatch(file.get("type", "")))
    )


def json_feed(body: bytes) -> list[str]:
    """Check a document against JSON Feed 1.1."""
    feed = json.loads(body)
    wrong = [] if feed["version"] == "https://jsonfeed.org/version/1.1" else ["version"]
    wrong += [] if feed["title"] and isinstance(feed["items"], list) else ["title or items"]
    urls = [feed[name] for name in ("home_page_url", "feed_url", "next_url") if name in feed]
    wrong += [f"url {url}" for url in urls if not is_web(url)]
    ids = [item["id"] for item in feed["items"]]
    wrong += ["an id stands twice"] if len(set(ids)) < len(ids) else []
    return wrong + [fault for item in feed["items"] for fault in _json_item(item)]


def _json_item(item: dict[str, object]) -> list[str]:
    wrong = [] if isinstance(item["id"], str) and item["id"] else ["id"]
    wrong += [] if isinstance(item["content_html"], str) else ["content_html"]
    wrong += [name for name in ("url", "image") if name in item and not is_web(str(item[name]))]
    for name in ("date_published", "date_modified"):
        text = str(item[name])
        if not RFC3339.fullmatch(text) or datetime.fromisoformat(text).tzinfo is None:
            wrong.append(f"{name} {text}")
    authors, files = item.get("authors"), item.get("attachments", [])
    assert isinstance(authors, list)
    assert isinstance(files, list)
    wrong += ["author" for author in authors if not author.get("name")]
    wrong += ["attachment" for file in files if not (is_web(file["url"]) and file["mime_type"])]
    extension = item["_newsfold"]
    assert isinstance(extension, dict)
    return wrong + ([] if is_web(extension["about"]) else ["about"])
