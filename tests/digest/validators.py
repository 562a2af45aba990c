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
PROLOG = b'<?xml version="1.0" encoding="utf-8"?>\n'
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47
# In a tag: a text may well speak of markup. White space around an address counts for nothing.
RELATIVE = re.compile(
    r"""<[a-z][^<>]*\s(?:href|src)=["'](?!\s*(?:[a-z][a-z0-9+.-]*:|#))""", re.IGNORECASE
)
# Registered relations that a feed of ours may use (IANA; RFC 4287, RFC 5005, WebSub).
RELATIONS = frozenset(
    {"alternate", "self", "related", "via", "enclosure", "hub", "current", "prev-archive"}
)
# RSS 2.0's own elements; any other has to be in a namespace.
CHANNEL = frozenset(
    {
        "title", "link", "description", "language", "copyright", "managingEditor", "webMaster",
        "pubDate", "lastBuildDate", "category", "generator", "docs", "cloud", "ttl", "image",
        "textInput", "skipHours", "skipDays", "item",
    }
)  # fmt: skip
ITEM = frozenset(
    {
        "title", "link", "description", "author", "category", "comments", "enclosure", "guid",
        "pubDate", "source",
    }
)  # fmt: skip
# JSON Feed's own members; any other begins with an underscore.
JSON_FEED = frozenset(
    {
        "version", "title", "home_page_url", "feed_url", "description", "user_comment",
        "next_url", "icon", "favicon", "authors", "language", "expired", "hubs", "items",
    }
)  # fmt: skip
JSON_ITEM = frozenset(
    {
        "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
        "banner_image", "date_published", "date_modified", "authors", "tags", "language",
        "attachments",
    }
)  # fmt: skip
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


def _xml(body: bytes) -> list[str]:
    """Check what holds for both: UTF-8 said in the prolog, no document type."""
    wrong = [] if body.startswith(PROLOG) else ["prolog"]
    return wrong + (["document type"] if b"<!DOCTYPE" in body or b"<!ENTITY" in body else [])


def _languages(texts: list[str | None]) -> list[str]:
    return [f"language {text}" for text in texts if not LANGUAGE.fullmatch(text or "")]


def _html(texts: list[str | None]) -> list[str]:
    """Check that HTML that a feed carries names whole addresses."""
    return [f"relative address in {text}" for text in texts if RELATIVE.search(text or "")]


def _is_moment(text: str) -> bool:
    if not RFC3339.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def atom(body: bytes) -> list[str]:
    """Check a document against RFC 4287 (and RFC 5005's links)."""
    feed = ET.fromstring(body)  # noqa: S314 - our own output
    updates = [entry.findtext(f"{ATOM}updated") or "" for entry in feed.findall(f"{ATOM}entry")]
    wrong = atom_delta(body)
    if updates and feed.findtext(f"{ATOM}updated") != max(updates):
        wrong.append("updated is not the greatest of the entries")
    return wrong


def atom_delta(body: bytes) -> list[str]:
    """Check a document that holds only what is new: its own `updated` is the whole's."""
    feed = ET.fromstring(body)  # noqa: S314 - our own output
    if feed.tag != f"{ATOM}feed":
        return ["no feed element"]
    wrong = _xml(body)
    wrong += _count(feed, dict.fromkeys((f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated"), (1, 1)))
    once = ("generator", "icon", "logo", "rights", "subtitle")
    wrong += _count(feed, {f"{ATOM}{name}": (0, 1) for name in once})
    wrong += _count(feed, {f"{HISTORY}archive": (0, 1)})
    wrong += _links(feed, feed_level=True)
    entries = feed.findall(f"{ATOM}entry")
    wrong += [fault for entry in entries for fault in _atom_entry(entry)]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    ids.append(feed.findtext(f"{ATOM}id"))
    if len(set(ids)) < len(ids):
        wrong.append("an id stands twice")
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
    wrong += [
        f"link length {link.attrib}" for link in links if not link.get("length", "0").isdigit()
    ]
    rels = Counter(link.get("rel", "alternate") for link in links)
    wrong += [f"relation {rel}" for rel in rels.keys() - RELATIONS]
    single = ["alternate", "self", "via", "current", "prev-archive"]
    wrong += [f"{rels[rel]} links {rel}" for rel in single if rels[rel] > 1]
    if feed_level and rels["self"] != 1:
        wrong.append("no link self")
    if element.find(f"{HISTORY}archive") is not None and rels["current"] != 1:
        wrong.append("an archive without link current")
    if element.find(f"{HISTORY}archive") is not None and rels["hub"]:
        wrong.append("an archive, which never changes, names a hub")
    if element.find(f"{HISTORY}archive") is None and rels["current"]:
        wrong.append("link current outside an archive")
    return wrong


def _atom_values(feed: ET.Element) -> list[str]:
    """Check the values that may stand anywhere: ids, dates, persons, categories, languages."""
    wrong = [f"id {e.text}" for e in feed.iter(f"{ATOM}id") if not is_iri(e.text)]
    dates = [e for e in feed.iter() if e.tag in {f"{ATOM}updated", f"{ATOM}published"}]
    wrong += [f"{e.tag} {e.text}" for e in dates if not _is_moment(e.text or "")]
    names = [e.findall(f"{ATOM}name") for e in feed.iter(f"{ATOM}author")]
    wrong += ["author" for found in names if len(found) != 1 or not found[0].text]
    wrong += ["category without term" for e in feed.iter(f"{ATOM}category") if not e.get("term")]
    wrong += [f"type {e.attrib}" for e in feed.iter(f"{ATOM}content") if e.get("type") != "html"]
    contents = list(feed.iter(f"{ATOM}content"))
    wrong += ["elements in HTML, which has to be escaped" for e in contents if len(e)]
    wrong += _languages([e.get(XML_LANG) for e in feed.iter() if XML_LANG in e.attrib])
    return wrong + _html([e.text for e in contents])


def rss(body: bytes) -> list[str]:
    """Check a document against RSS 2.0 and the RSS Advisory Board's profile."""
    root = ET.fromstring(body)  # noqa: S314 - our own output
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None or len(root) != 1:
        return ["no rss 2.0 with one channel"]
    once = ("title", "link", "description", "lastBuildDate", "generator")
    wrong = _xml(body) + _count(channel, dict.fromkeys(once, (1, 1)))
    most = ("language", "copyright", "ttl", "image", "pubDate", "docs", "managingEditor")
    wrong += _count(channel, dict.fromkeys(most, (0, 1)))
    wrong += _own(channel, CHANNEL) + _links(channel, feed_level=True)
    wrong += _languages([e.text for e in root.iter() if e.tag in {"language", f"{DC}language"}])
    wrong += _html([e.text for e in root.iter() if e.tag in {"description", f"{CONTENT}encoded"}])
    wrong += [] if is_web(channel.findtext("link")) else ["channel link"]
    items = channel.findall("item")
    guids = [item.findtext("guid") for item in items]
    wrong += ["a guid stands twice"] if len(set(guids)) < len(guids) else []
    dates = [e.text or "" for e in root.iter() if e.tag in {"pubDate", "lastBuildDate"}]
    wrong += [f"date {text}" for text in dates if not _is_rfc822(text)]
    return wrong + [fault for item in items for fault in _rss_item(item)]


def _own(element: ET.Element, known: frozenset[str]) -> list[str]:
    """Check that elements without a namespace are RSS's."""
    names = [child.tag for child in element if not child.tag.startswith("{")]
    return [f"{name} is no element of RSS" for name in names if name not in known]


def _is_rfc822(text: str) -> bool:
    if not RFC822.fullmatch(text):
        return False
    try:
        return parsedate_to_datetime(text).strftime("%a") == text[:3]
    except ValueError:
        return False


def _rss_item(item: ET.Element) -> list[str]:
    once = ("title", "guid", "pubDate", "description", f"{CONTENT}encoded")
    wrong = _count(item, dict.fromkeys(once, (1, 1)))
    wrong += _count(item, {"link": (0, 1), "source": (0, 1), "enclosure": (0, 1)})
    wrong += _count(item, {f"{DC}creator": (1, 99), "author": (0, 0)})
    wrong += _own(item, ITEM)
    wrong += ["category" for e in item.findall("category") if not e.text]
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
    wrong += ["a byte order mark"] if body.startswith(b"\xef\xbb\xbf") else []
    wrong += _members(feed, JSON_FEED) + _languages([feed.get("language", "en")])
    wrong += ["next_url is feed_url"] if feed.get("next_url") == feed["feed_url"] else []
    hubs = feed.get("hubs", [])
    wrong += [f"hub {hub}" for hub in hubs if not (hub.get("type") and is_web(hub.get("url")))]
    ids = [item["id"] for item in feed["items"]]
    wrong += ["an id stands twice"] if len(set(ids)) < len(ids) else []
    return wrong + [fault for item in feed["items"] for fault in _json_item(item)]


def _members(held: dict[str, object], known: frozenset[str]) -> list[str]:
    strays = [name for name in held if name not in known and not name.startswith("_")]
    empty = [name for name, value in held.items() if value in ("", None) and name in known]
    return [f"{name} is no member of JSON Feed" for name in strays] + [
        f"{name} is empty" for name in empty if name not in {"content_html", "content_text"}
    ]


def _json_item(item: dict[str, object]) -> list[str]:
    wrong = [] if isinstance(item["id"], str) and item["id"] else ["id"]
    wrong += [] if isinstance(item["content_html"], str) else ["content_html"]
    wrong += [name for name in ("url", "image") if name in item and not is_web(str(item[name]))]
    for name in ("date_published", "date_modified"):
        text = str(item[name])
        if not _is_moment(text):
            wrong.append(f"{name} {text}")
    authors, files = item.get("authors"), item.get("attachments", [])
    assert isinstance(authors, list)
    assert isinstance(files, list)
    wrong += ["author" for author in authors if not author.get("name")]
    wrong += ["attachment" for file in files if not (is_web(file["url"]) and file["mime_type"])]
    sizes = [file.get("size_in_bytes", 0) for file in files]
    wrong += ["size_in_bytes" for size in sizes if not isinstance(size, int) or size < 0]
    tags = item.get("tags", [])
    assert isinstance(tags, list)
    wrong += ["tag" for tag in tags if not isinstance(tag, str) or not tag]
    wrong += _members(item, JSON_ITEM) + _languages([str(item.get("language", "en"))])
    wrong += _html([str(item["content_html"])])
    extension = item["_newsfold"]
    assert isinstance(extension, dict)
    return wrong + ([] if is_web(extension["about"]) else ["about"])
