"""Finds the feeds that a page names in its head. Pure: a page comes in, links go out.

Only what `<link rel="alternate">` says is read; paths are never guessed and nothing is fetched.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.read.stranger import FeedLink

# In the order of preference: bare JSON comes last, as it is mostly a site's API.
FEED_TYPES = (
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
)
MAX_PAGE_BYTES = 1_000_000  # links stand in the head; the largest heads seen have some 300 kB
MAX_LINKS = 50
MAX_URL_CHARS = 2_000
MAX_TITLE_CHARS = 200
API_PATH = "/wp-json/"  # WordPress names its API and oEmbed as alternates of every page


def feed_links(body: bytes, *, base_url: str) -> tuple[FeedLink, ...]:
    """Return the feeds that an HTML page names, JSON last, else in its order, each URL once."""
    page = LexborHTMLParser(body[:MAX_PAGE_BYTES])
    base = base_of(page, base_url)
    links: dict[str, FeedLink] = {}
    for node in page.css("link[href]"):
        link = link_of(node, base)
        if link and len(links) < MAX_LINKS:
            links.setdefault(link.url, link)
    return tuple(sorted(links.values(), key=lambda link: link.type == FEED_TYPES[-1]))


def base_of(page: LexborHTMLParser, base_url: str) -> str:
    """Return what relative links resolve against: the first `<base href>`, else the page's URL."""
    node = page.css_first("base[href]")
    return absolute(node.attributes.get("href") or "", base_url) or base_url if node else base_url


def link_of(node: LexborNode, base: str) -> FeedLink | None:
    """Return the feed that a `<link>` names, or None where it names none."""
    attributes = node.attributes
    relations = (attributes.get("rel") or "").lower().split()
    kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
    if "alternate" not in relations or kind not in FEED_TYPES:
        return None
    url = absolute(attributes.get("href") or "", base)
    if not url or (kind == FEED_TYPES[-1] and API_PATH in url):
        return None
    title = " ".join((attributes.get("title") or "").split())[:MAX_TITLE_CHARS]
    return FeedLink(url=url, title=title, type=kind)


def absolute(href: str, base: str) -> str:
    """Return the link as an absolute http(s) URL without fragment, "" where it is none."""
    if not href.strip() or len(href) > MAX_URL_CHARS:
        return ""
    try:
        url = urldefrag(urljoin(base, href.strip())).url
        parts = urlsplit(url)
    except ValueError:
        return ""
    usable = parts.scheme in {"http", "https"} and parts.hostname and len(url) <= MAX_URL_CHARS
    return url if usable else ""
