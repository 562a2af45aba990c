"""What of an address is a token of the moment: a session, a signature, a code made for one fetch.

It decides nothing about entries: two addresses with the same skeleton may well be two entries.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

SKELETONS_KEPT = 2_000  # a document repeats its addresses; 2,000 of them are some 400 kB
MAX_KEPT_CHARS = 1_000  # what "https://" begins in a hostile text may be megabytes long
MIN_TOKEN_CHARS = 8  # "a8f3c2d9"; shorter ones are numbers, years, short names
MIN_LETTERS_CHARS = 16  # mixed case without a digit, as base64 may come out
MIN_MOMENT_DIGITS = 10  # seconds since 1970, as cache breakers have them

_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_PARTS: Final = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_LONG: Final = re.compile(rf"[A-Za-z0-9]{{{MIN_TOKEN_CHARS}}}")  # most slugs have no word so long
_WORDS: Final = re.compile(r"[-_.,~+%]+")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAMES: Final = frozenset(
    {"_", "cachebuster", "cb", "expires", "hash", "itok", "jsessionid", "nocache", "nonce", "osid"}
    | {"phpsessid", "rand", "random", "rnd", "s_id", "sess", "session", "session_id", "sessionid"}
    | {"sid", "sig", "signature", "timestamp", "tok", "token", "ts", "zenid", "oc", "access_token"}
)


def tokenless(text: str) -> str:
    """Return a text, HTML or not, with the skeleton of each address in the address's place."""
    return _ADDRESS.sub(_skeleton_of_match, text) if "://" in text else text


def skeleton(url: str) -> str:
    """Return an address as it stays when only tokens, the fragment or http(s) change; "" for ""."""
    return _kept_skeleton(url) if len(url) <= MAX_KEPT_CHARS else _made_skeleton(url)


def _made_skeleton(url: str) -> str:
    match = _PARTS.match(url)
    if not match:
        return url
    path = "/".join(map(_fixed, match[2].split("/")))
    pairs = (match[3] or "").replace("&amp;", "&").split("&")
    query = "&".join(filter(_is_fixed, pairs))
    return f"{match[1].lower()}{path}{'?' if query else ''}{query}"


_kept_skeleton: Final = lru_cache(maxsize=SKELETONS_KEPT)(_made_skeleton)


def is_token(text: str) -> bool:
    """Return whether a text looks drawn by chance: no word, no number, no words in a row."""
    if not _LONG.search(text):
        return False
    if _UUID.fullmatch(text):
        return True
    return any(map(_is_drawn, _WORDS.split(text)))


def _skeleton_of_match(match: re.Match[str]) -> str:
    return skeleton(match[0])


def _fixed(segment: str) -> str:
    """Return a segment of a path without what follows a semicolon, "*" for a token."""
    name = segment.partition(";")[0]
    return "*" if is_token(name) else name


def _is_fixed(pair: str) -> bool:
    """Return whether a parameter of a query is part of the address and no token."""
    name, _, value = pair.partition("=")
    if not name or name.lower() in _NAMES:
        return False
    is_moment = value.isdecimal() and len(value) >= MIN_MOMENT_DIGITS
    return not is_moment and not is_token(value)


def _is_drawn(part: str) -> bool:
    if len(part) < MIN_TOKEN_CHARS or not part.isascii() or not part.isalnum():
        return False
    if not part.isalpha():
        return not part.isdigit() and _changes(part) > 1
    is_mixed = not (part.islower() or part.isupper() or part.istitle())
    return is_mixed and len(part) >= MIN_LETTERS_CHARS


def _changes(part: str) -> int:
    """Return how often letters and digits take turns: once in "covid19" and "2024election"."""
    kinds = list(map(str.isdigit, part))
    return sum(one is not other for one, other in pairwise(kinds))
