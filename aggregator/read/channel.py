"""Reads a feed's own words (title, site, language, pace) without its items.

Of an ill-formed document it gives what stands before the fault. It parses no entry.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from xml.parsers import expat

from aggregator.read.raw import RawChannel, RawText

_ITEMS: Final = frozenset({"item", "entry"})
_OWNERS: Final = frozenset({"channel", "feed"})
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_ANY_NAMESPACE: Final = frozenset({"updateperiod", "updatefrequency"})
_WANTED: Final = frozenset({"title", "link", "language", "ttl"}) | _ANY_NAMESPACE
_DC: Final = "http://purl.org/dc/elements/1.1/"
MAX_WORD_CHARS = 10_000  # of one of these words; the longest real title seen has 300


class _Listener:
    """Collects the words of `channel` and `feed` while expat walks through the document."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.plain_title = False
        self.base = ""
        self._path: list[tuple[str, str]] = []  # (namespace, local name)
        self._inside = 0  # depth within an item, 0 outside
        self._text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        local = local.lower()
        owner = self._path[-1] if self._path else ("", "")
        self._path.append((namespace, local))
        if self._inside or local in _ITEMS:
            self._inside += 1
        elif local in _OWNERS or len(self._path) == 1:
            self._inherit(attributes)
        elif local in _WANTED and owner[1] in _OWNERS and self._is_own(owner[0], namespace, local):
            self._begin(local, attributes)

    def _inherit(self, attributes: dict[str, str]) -> None:
        self.base = attributes.get(f"{_XML} base", self.base)
        if language := attributes.get(f"{_XML} lang"):
            self.words.setdefault("language", language)

    def _is_own(self, owner: str, namespace: str, local: str) -> bool:
        if local == "language":
            return namespace in {owner, "", _DC}
        return namespace in {owner, ""} or local in _ANY_NAMESPACE

    def _begin(self, local: str, attributes: dict[str, str]) -> None:
        if local == "link" and "href" in attributes:
            if attributes.get("rel", "alternate") == "alternate":
                self.words.setdefault(local, attributes["href"])
            return
        if local == "title" and local not in self.words:
            is_atom = self._path[-2][1] == "feed"
            self.plain_title = is_atom and attributes.get("type", "text") in {"text", "text/plain"}
        self._text = []

    def end(self, _name: str) -> None:
        _, local = self._path.pop()
        if self._inside:
            self._inside -= 1
        elif self._text is not None and local in _WANTED:
            text, self._text = "".join(self._text).strip(), None
            if text:
                self.words.setdefault(local, text[:MAX_WORD_CHARS])

    def data(self, text: str) -> None:
        if self._text is not None and not self._inside:
            self._text.append(text)


def read_channel(document: bytes) -> RawChannel:
    """Return what the feed says of itself; each word "" where it is missing."""
    listener = _Listener()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = listener.start
    parser.EndElementHandler = listener.end
    parser.CharacterDataHandler = listener.data
    with suppress(expat.ExpatError):  # the words before the fault are kept
        parser.Parse(document, True)  # noqa: FBT003 positional in expat
    words = listener.words
    title = words.get("title")
    return RawChannel(
        title=RawText(value=title, plain=listener.plain_title) if title else None,
        site_url=words.get("link", ""),
        base=listener.base,
        language=words.get("language", ""),
        ttl_minutes=words.get("ttl", ""),
        update_period=words.get("updateperiod", ""),
        update_frequency=words.get("updatefrequency", ""),
    )
