"""What makes an entry the same entry at the next poll.

Guids lie: they repeat, they say "N/A", they count positions, they flip between http and https. A
key never depends on where an entry stands in its document, and never on the time. What a feed's
history says of its ids is judged in `renamed`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from aggregator.model import Entry, IdScheme
from aggregator.read.tokens import skeleton, tokenless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_KEY_CHARS = 500  # longer ones are cut and hashed; a guid of 1 MB was seen from a hostile feed
_HASH_BYTES = 16
LITTLE_TEXT_CHARS = 80  # of a caption, "Listen now": says not which picture, which episode
WORDS_BYTES = 8  # the first of a content hash: what the entry says, told apart within one feed

_SAYS_NOTHING: Final = frozenset(
    {"", "n/a", "na", "none", "null", "nil", "undefined", "false", "true", "unknown", "guid", "id"}
    | {"-", "#", "?", "/", "(none)", "no guid", "http://", "https://"}
)
_POSITION: Final = re.compile(r"\d{1,3}")  # "1", "2", "3": a place in the list, likely reused
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_HOME: Final = re.compile(r"https?://[^/?#]*/?", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_PICTURE: Final = re.compile(r"<img\b[^>]*?\bsrc=\"([^\"]*)\"")
_DOWNWARDS: Final = tuple(IdScheme)


def folded_guid(guid: str) -> str:
    """Return a guid as it is compared: white space folded, http and https the same, bounded.

    "" where it says nothing, such as "N/A".
    """
    guid = " ".join(guid.split())
    if guid.casefold() in _SAYS_NOTHING:
        return ""
    return bounded(_same_scheme(guid))


def telling_guid(guid: str) -> str:
    """Return a guid as it is compared, "" where it says nothing or counts positions."""
    guid = folded_guid(guid)
    return "" if _POSITION.fullmatch(guid) else guid


def plain_link(url: str) -> str:
    """Return a link as it is compared: http and https the same; "" for a bare home page."""
    return "" if _HOME.fullmatch(url) else _same_scheme(url)


def entry_key(scheme: IdScheme, entry: Entry) -> str:
    """Return an entry's identity within its feed, never empty, at most 500 characters.

    A link to a bare home page tells as little as no link; without guid and link the words decide.
    """
    if scheme is IdScheme.TEXT:
        return _words_key(entry)
    link = plain_link(entry.url)
    guid = "" if scheme is IdScheme.LINK else folded_guid(entry.guid)
    if guid and (scheme is IdScheme.GUID_AND_LINK or _POSITION.fullmatch(guid)):
        return bounded(f"{guid}\n{link or entry.title}")
    return bounded(guid or link) or _words_key(entry)


def words_of(entry: Entry) -> bytes:
    """Return the mark of an entry's words as its feed told them, whatever its page told since."""
    return entry.content_hash[:WORDS_BYTES] or words_mark(entry)


def words_mark(entry: Entry) -> bytes:
    """Return 8 bytes that stand for what an entry says: its title and its text without markup.

    Tokens in addresses count for nothing. Where there is little text, its pictures and files tell
    as well; without any of these, its link.
    """
    return _mark(entry, tokenless(entry.content))


def _mark(entry: Entry, content: str) -> bytes:
    title, text = _flat(entry.title), _flat(_TAG.sub(" ", content))
    files: list[str] = []
    if len(text) < LITTLE_TEXT_CHARS:
        urls = [*_PICTURE.findall(entry.content), *(file.url for file in entry.enclosures)]
        files = list(map(skeleton, urls))
    if not (title or text or files):
        files = [skeleton(entry.url)]
    return digest(title, text, *files)[:WORDS_BYTES]


def content_hash(entry: Entry) -> bytes:
    """Return 16 bytes that stand for what a reader sees: the words' mark, then all the rest.

    A link or a picture whose address changes in a token alone is no other content.
    """
    content = tokenless(entry.content)
    files = (f"{file.type} {_same_scheme(file.url).partition('?')[0]}" for file in entry.enclosures)
    rest = digest(content, skeleton(entry.url), *files)
    return _mark(entry, content) + rest[: _HASH_BYTES - WORDS_BYTES]


def lower(first: IdScheme, second: IdScheme) -> IdScheme:
    """Return the scheme of the two that relies on less."""
    return max(first, second, key=_DOWNWARDS.index)


def settle(entries: Sequence[Entry], scheme: IdScheme) -> tuple[IdScheme, tuple[Entry, ...]]:
    """Return the scheme that tells these entries apart and each entry once, with its key.

    A scheme given is never moved back up: keys already stored were made with it.
    """
    if scheme is IdScheme.GUID and _repeats_a_guid(entries):
        scheme = IdScheme.GUID_AND_LINK
    return scheme, _first_of_each(keyed(entries, scheme))


def keyed(entries: Iterable[Entry], scheme: IdScheme) -> list[Entry]:
    """Return every entry of a document with its key under this scheme, equal ones too."""
    return _told_apart(_keyed(entries, scheme))


def _keyed(entries: Iterable[Entry], scheme: IdScheme) -> list[Entry]:
    return [replace(entry, key=entry_key(scheme, entry)) for entry in entries]


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
    """Return what an entry says in short: its title, the mark of its text where it has none."""
    return entry.title or _words_key(entry)


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


def _words_key(entry: Entry) -> str:
    return f"text:{words_of(entry).hex()}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _hash(*texts: str) -> str:
    return digest(*texts).hex()


def digest(*texts: str) -> bytes:
    """Return 16 bytes that stand for these texts, in this order."""
    framed = "".join(f"{len(text)}:{text}" for text in texts)
    return blake2b(framed.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
