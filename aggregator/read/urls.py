"""Addresses: made absolute, http(s) only, without credentials; "" for everything else.

It must not canonicalise: an address that is fine as given stays as given, byte for byte.
"""

from __future__ import annotations

import re
from typing import Final

import can_ada

MAX_URL_CHARS = 4_000  # longer ones are tracking blobs; browsers and servers stop at 2,000-8,000
_WEB: Final = ("http:", "https:")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")  # the parser lets quotes through
_SCRIPT: Final = re.compile(r"(?:java|vb)\s*script\s*:", re.IGNORECASE)  # markup in place of a link
# A reference that names no other document than the one that it stands in (RFC 3986, section 4.4).
_NOWHERE: Final = re.compile(r"[\x00-\x20]*(?:#.*)?", re.DOTALL)
# An absolute address without a space, control, quote, bracket, invisible or direction character.
_FINE: Final = re.compile(
    r"https?://[A-Za-z0-9._-]+(?::\d{1,5})?"
    r"(?:[/?#][^\x00-\x20\"<>\\^`{|}\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\ufff0-\uffff]*)?"
)


def absolute(url: str, base: str = "") -> str:
    """Return `url` resolved against `base` (WHATWG URL Standard), or "" where it is no web page.

    A fragment alone is none: a feed's own address is no page, and may hold a key.
    """
    url = url.strip()
    if leads_nowhere(url) or len(url) > MAX_URL_CHARS:
        return ""
    try:
        parsed = can_ada.parse(base) + url if base else can_ada.parse(url)
    except (ValueError, TypeError):  # TypeError: a lone surrogate is no UTF-8
        return absolute(url) if base else ""
    if parsed.protocol not in _WEB or not _HOST.fullmatch(parsed.hostname) or _SCRIPT.search(url):
        return ""
    if _FINE.fullmatch(url):
        return url
    parsed.username = parsed.password = ""
    href = str(parsed.href)
    return href if len(href) <= MAX_URL_CHARS else ""


def leads_nowhere(url: str) -> bool:
    """Return whether a reference is empty or a fragment, and so names the document it stands in."""
    return _NOWHERE.fullmatch(url) is not None


def is_absolute(url: str) -> bool:
    """Return whether `url` is a web address by itself."""
    return url.strip()[:8].lower().startswith(("http://", "https://"))
