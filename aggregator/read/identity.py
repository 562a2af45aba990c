"""What makes an entry the same entry at the next poll.

Guids lie: they repeat, they say "N/A", they count positions, they flip between http and https. A
key never depends on where an entry stands in its document, and never on the time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from aggregator.model import Entry, IdScheme

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_KEY_CHARS = 500  # longer ones are cut and hashed; a guid of 1 MB was seen from a hostile feed
_HASH_BYTES = 16

_SAYS_NOTHING: Final = frozenset(
    {"", "n/a", "na", "none", "null", "nil", "undefined", "false", "true", "unknown", "guid", "id"}
    | {"-", "#", "?", "/", "(none)", "no guid", "http://", "https://"}
)
_POSITION: Final = re.compile(r"\d{1,3}")  # "1", "2", "3": a place in the list, likely reused
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_HOME: Final = re.compile(r"https?://[^/?#]*/?", re.IGNORECASE)


def folded_guid(guid: str) -> str:
    """Return a guid as it is compared: white space folded, http and https the same, bounded.

    "" where it says nothing, such as "N/A".
    """
    guid = " ".join(guid.split())
    if guid.casefold() in _SAYS_NOTHING:
        return ""
    return bounded(_same_scheme(guid))


def entry_key(scheme: IdScheme, *, guid: str, url: str, title: str, content: str) -> str:
    """Return an entry's identity within its feed, never empty, at most 500 characters.

    A link to a bare home page tells as little as no link; without guid and link the text decides.
    """
    link = "" if _HOME.fullmatch(url) else _same_scheme(url)
    guid = "" if scheme is IdScheme.LINK else folded_guid(guid)
    if guid and (scheme is IdScheme.GUID_AND_LINK or _POSITION.fullmatch(guid)):
        return bounded(f"{guid}\n{link or title}")
    return bounded(guid or link) or _text_key(title, content)


def settle(entries: Sequence[Entry], scheme: IdScheme) -> tuple[IdScheme, tuple[Entry, ...]]:
    """Return the scheme that tells these entries apart and each entry once, with its key.

    A scheme given is never moved back up: keys already stored were made with it.
    """
    keyed = _keyed(entries, scheme)
    if scheme is IdScheme.GUID and _repeats_a_guid(keyed):
        scheme = IdScheme.GUID_AND_LINK
        keyed = _keyed(entries, scheme)
    return scheme, _first_of_each(_told_apart(keyed))


def _keyed(entries: Iterable[Entry], scheme: IdScheme) -> list[Entry]:
    return [replace(entry, key=_key_of(entry, scheme)) for entry in entries]


def _key_of(entry: Entry, scheme: IdScheme) -> str:
    return entry_key(
        scheme, guid=entry.guid, url=entry.url, title=entry.title, content=entry.content
    )


def _repeats_a_guid(entries: Iterable[Entry]) -> bool:
    """Return whether one guid stands at entries that differ in link or words."""
    looks: dict[str, tuple[str, str]] = {}
    for entry in entries:
        guid = _same_scheme(" ".join(entry.guid.split()))
        look = (_same_scheme(entry.url), _words(entry))
        if guid and looks.setdefault(guid, look) != look:
            return True
    return False


def _told_apart(entries: list[Entry]) -> list[Entry]:
    """Return the entries, those of one key and different words with the words in their key."""
    words: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        words[entry.key].add(_words(entry))
    return [
        replace(entry, key=bounded(f"{entry.key}\n{_words(entry)}"))
        if len(words[entry.key]) > 1
        else entry
        for entry in entries
    ]


def _words(entry: Entry) -> str:
    """Return what an entry says in short: its title, the hash of its text where it has none."""
    return entry.title or _text_key("", entry.content)


def _first_of_each(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.key, entry)
    return tuple(found.values())


def bounded(key: str) -> str:
    """Return `key` itself, or its beginning and its hash where it is too long."""
    if len(key) <= MAX_KEY_CHARS:
        return key
    mark = _hash(key)
    return f"{key[: MAX_KEY_CHARS - len(mark) - 1]}#{mark}"


def _same_scheme(url: str) -> str:
    return _SCHEME.sub("https://", url, count=1) if _SCHEME.match(url) else url


def _text_key(title: str, content: str) -> str:
    return f"text:{_hash(title, content)}"


def _hash(*texts: str) -> str:
    return digest(*texts).hex()


def digest(*texts: str) -> bytes:
    """Return 16 bytes that stand for these texts, in this order."""
    framed = "".join(f"{len(text)}:{text}" for text in texts)
    return blake2b(framed.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
