"""The text of an entry's own page, cut out of the page and made safe. Pure.

A page that answered is not yet the entry's: it may be a login, a consent or an error page, or a
teaser. Where it does not plainly tell the entry's story at greater length than the feed does, the
feed's own text stays. trafilatura is an extra and is loaded when the first page is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from aggregator.model import Page
from aggregator.read import clean
from aggregator.read.decode import codec_name, to_utf8
from aggregator.read.urls import absolute

if TYPE_CHECKING:
    from aggregator.model import Entry

MAX_PAGE_CHARS: Final = 3_000_000  # the largest honest pages seen have 2 MB, scripts for the most
HEAD_BYTES: Final = 4_096  # the HTML standard looks for a charset in the first 1,024
MIN_LETTERS: Final = 150  # a paragraph; less is a notice
WIDE_LETTER: Final = 3  # a Chinese character says as much as three letters
GAIN: Final = 1.1  # so much more text than the feed's own makes the page worth showing
TITLE_SHARE: Final = 1 / 3  # of the title's words, on the page: outlets reword their headlines
MIN_WORD: Final = 4  # letters; "the" and "und" stand on every page

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_VAGUE_TYPES: Final = frozenset({"", "text/plain", "application/octet-stream", "text/xml"})
_HTML_SIGNS: Final = (b"<!doctype html", b"<html", b"<head")
_NO_HTML: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{")
_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9._:-]{1,40})", re.IGNORECASE
)
# Where sites send whoever has not agreed or paid: a whole label of the host or part of the path.
_GATES: Final = frozenset(
    {"login", "logon", "signin", "signup", "register", "auth", "authenticate", "oauth", "oauth2"}
    | {"sso", "account", "accounts", "myaccount", "consent", "cookiewall", "privacygate"}
    | {"captcha", "challenge", "paywall", "subscribe", "subscription", "agegate", "agecheck"}
)
_UNSEEN: Final = ["script", "style", "noscript", "template", "svg"]
_WORD: Final = re.compile(r"[^\W\d_]+")
# Scripts that put no spaces between words: Thai, Lao, Khmer; Chinese and Japanese.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_GAP: Final = re.compile(r">\s*\n\s*<")
_DOUBLE_PRE: Final = re.compile(r"<pre>\s*<pre>(.*?)</pre>\s*</pre>", re.DOTALL)
_HEADING: Final = re.compile(r"<h[1-3]>(.*?)</h[1-3]>\s*", re.DOTALL)


def is_available() -> bool:
    """Return whether the extra that cuts texts out of pages is installed."""
    return find_spec("trafilatura") is not None


def read_page(body: bytes, *, url: str, content_type: str, entry: Entry) -> Page:
    """Return the page's text, or why the feed's own stays.

    `url` is where the page was met. The Page's own `url` is the canonical one that the page names
    on its site, else `url`; "" where the page is not the entry's, so that it says nothing of it.
    """
    if not is_html(body, content_type):
        return Page(url=url, error="the page is no HTML")
    if is_gate(url, asked=entry.url):
        return Page(url="", error="the link leads to a login or consent page")
    source = text_of(body, content_type)
    if clean.is_too_deep(source):
        return Page(url=url, error="the page nests its elements too deep")
    page = LexborHTMLParser(source)
    page.strip_tags(_UNSEEN)
    text = page.body.text(separator=" ") if page.body else ""
    heads = " ".join(node.text() for node in page.css("title, h1"))
    if not tells_title(entry.title, f"{heads} {text}"):
        return Page(url="", error="the page does not tell what the entry's title says")
    return _cut(page, source, url=url, entry=entry)


def _cut(page: LexborHTMLParser, source: str, *, url: str, entry: Entry) -> Page:
    met = canonical_of(page, url)
    content = extract(source, url=url)
    found, own = letters(content), letters(entry.content or entry.summary)
    if found < MIN_LETTERS:
        return Page(url=met, error="no text was found in the page")
    if found < GAIN * own:
        return Page(url=met, error="the page says no more than the feed")
    return Page(url=met, content=without_heading(content, entry.title))


def as_read(entry: Entry, content: str) -> Entry:
    """Return the entry as its page tells it: what folding compares."""
    return replace(entry, content=content, summary=clean.summary_of(content))


def completed(entry: Entry, content: str) -> Entry:
    """Return the entry with a summary and an image of its page where the feed gives none.

    Its content stays the feed's own, by which later changes are told.
    """
    return replace(
        entry,
        summary=entry.summary or clean.summary_of(content),
        image=entry.image or clean.first_image(content),
    )


def is_html(body: bytes, content_type: str) -> bool:
    """Return whether the body is an HTML page, by the server's word and by its beginning."""
    kind = content_type.partition(";")[0].strip().lower()
    start = body[:HEAD_BYTES].lstrip().lower()
    if kind in _HTML_TYPES:
        return not body.lstrip()[:8].startswith(_NO_HTML)
    return kind in _VAGUE_TYPES and any(sign in start for sign in _HTML_SIGNS)


def is_gate(url: str, *, asked: str) -> bool:
    """Return whether redirects led to an address that speaks of a login or of consent."""
    return bool((_parts(url) - _parts(asked)) & _GATES)


def _parts(url: str) -> frozenset[str]:
    """Return the labels of the host and the parts of the path, without endings and hyphens.

    Not of the query, which may name a login that comes later.
    """
    parts = urlsplit(url.lower())
    labels = (parts.hostname or "").split(".")
    steps = (step.partition(".")[0] for step in parts.path.split("/"))
    return frozenset(one.replace("-", "").replace("_", "") for one in (*labels, *steps))


def text_of(body: bytes, content_type: str) -> str:
    """Return the page as text: the server's charset, the page's own, else what the bytes show."""
    declared = _META_CHARSET.search(body[:HEAD_BYTES])
    if "charset" not in content_type.lower() and declared:
        label = declared[1].decode("ascii")
        content_type = f"text/html; charset={codec_name(label) or label}"
    return to_utf8(body, content_type=content_type).decode("utf-8", "replace")[:MAX_PAGE_CHARS]


def tells_title(title: str, text: str) -> bool:
    """Return whether enough of the title's words stand in the text; True where it has none."""
    wanted = _title_words(title)
    if not wanted:
        return True
    told = text.casefold()
    return sum(word in told for word in wanted) >= TITLE_SHARE * len(wanted)


def _title_words(title: str) -> frozenset[str]:
    """Return the words with meaning; of scripts without spaces, every two characters."""
    words: set[str] = set()
    for word in _WORD.findall(title.casefold()):
        if _UNSPACED.search(word):
            words |= {word[at : at + 2] for at in range(len(word) - 1)}
        elif len(word) >= MIN_WORD:
            words.add(word)
    return frozenset(words)


def canonical_of(page: LexborHTMLParser, url: str) -> str:
    """Return the address that the page calls its own, where that is on the same site, else `url`.

    A home page is nobody's own address: careless templates name it on every page.
    """
    node = page.css_first('link[rel="canonical" i][href]')
    named = absolute((node.attributes.get("href") or "") if node else "", url)
    parts = urlsplit(named)
    is_place = bool(parts.path.strip("/") or parts.query)
    return named if is_place and _site(named) == _site(url) else url


def _site(url: str) -> str:
    host = (urlsplit(url).hostname or "").lower()
    for label in ("www.", "m.", "mobile.", "amp."):
        host = host.removeprefix(label)
    return host


def extract(source: str, *, url: str) -> str:
    """Return the main text of a page as safe HTML, "" where there is none."""
    from trafilatura import extract as find_text  # noqa: PLC0415 - an extra; 0.2 s and 30 MB

    found = find_text(
        source,
        url=url,
        output_format="html",
        fast=True,  # F1 0.920 instead of 0.926 on 990 pages, in half the time
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    return clean.Sanitiser(url).clean(tidied(found)) if found else ""


def tidied(found: str) -> str:
    """Return trafilatura's HTML without its indentation and its doubled `pre`."""
    return _DOUBLE_PRE.sub(r"<pre>\1</pre>", _GAP.sub(">\n<", found))


def letters(content: str) -> int:
    """Return how much HTML or plain text says, in letters and digits."""
    text = clean.flat_text(content)
    wide = len(_UNSPACED.findall(text))
    return sum(map(str.isalnum, text)) + (WIDE_LETTER - 1) * wide


def without_heading(content: str, title: str) -> str:
    """Return the content without a heading at its top that is the entry's title over again."""
    found = _HEADING.match(content)
    if found and _bare(clean.flat_text(found[1])) == _bare(title):
        return content[found.end() :]
    return content


def _bare(text: str) -> str:
    return "".join(_WORD.findall(text.casefold()))
