"""Reads a feed's own words (title, site, language, pace, where it leads) without its items.

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
_ATOM: Final = "http://www.w3.org/2005/Atom"
_ANY_NAMESPACE: Final = frozenset({"updateperiod", "updatefrequency"})
_WANTED: Final = frozenset({"title", "link", "language", "ttl"}) | _ANY_NAMESPACE
_LISTS: Final = {"hour": "skiphours", "day": "skipdays"}  # by what stands in them
_RELATIONS: Final = frozenset({"hub", "self", "prev-archive", "next"})
_REGISTERED: Final = "http://www.iana.org/assignments/relation/"  # RFC 4287 section 4.2.7.2
_PAGE: Final = "text/html"
_DC: Final = "http://purl.org/dc/elements/1.1/"
MAX_WORD_CHARS = 10_000  # of one of these words; the longest real title seen has 300
MAX_LISTED = 50  # hours, days, hubs; a day has 24 hours

_Name = tuple[str, str]  # namespace, local name in lower case


class _Listener:
    """Collects the words of `channel` and `feed` while expat walks through the document."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {"hour": [], "day": []}
        self.relations: dict[str, list[str]] = {relation: [] for relation in _RELATIONS}
        self.plain_title = False
        self.base = ""
        self._path: list[_Name] = []
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
        elif owner[1] in _OWNERS:
            self._word(owner[0], attributes)
        elif _LISTS.get(local) == owner[1]:
            self._text = []

    def _inherit(self, attributes: dict[str, str]) -> None:
        self.base = attributes.get(f"{_XML} base", self.base)
        if language := attributes.get(f"{_XML} lang"):
            self.words.setdefault("language", language)

    def _word(self, owner: str, attributes: dict[str, str]) -> None:
        namespace, local = self._path[-1]
        is_own = self._is_own(owner, namespace, local)
        if local == "link" and "href" in attributes:
            if is_own and attributes.get("rel", "alternate") == "alternate":
                self.words.setdefault(local, attributes["href"])
            elif is_own or namespace == _ATOM:
                self._relate(attributes)
        elif local in _WANTED and is_own:
            self._begin(local, attributes)

    def _is_own(self, owner: str, namespace: str, local: str) -> bool:
        if local == "language":
            return namespace in {owner, "", _DC}
        return namespace in {owner, ""} or local in _ANY_NAMESPACE

    def _relate(self, attributes: dict[str, str]) -> None:
        """Remember where a link leads; a page for people is no document to go on with."""
        relation = attributes.get("rel", "").strip().lower().removeprefix(_REGISTERED)
        found = self.relations.get(relation)
        is_page = attributes.get("type", "").strip().lower().startswith(_PAGE)
        if found is not None and len(found) < MAX_LISTED and not is_page:
            found.append(attributes["href"][:MAX_WORD_CHARS])

    def _begin(self, local: str, attributes: dict[str, str]) -> None:
        if local == "title" and local not in self.words:
            is_atom = self._path[-2][1] == "feed"
            self.plain_title = is_atom and attributes.get("type", "text") in {"text", "text/plain"}
        self._text = []

    def end(self, _name: str) -> None:
        _, local = self._path.pop()
        if self._inside:
            self._inside -= 1
        elif self._text is not None and local in _WANTED | self.lists.keys():
            text, self._text = "".join(self._text).strip(), None
            self._keep(local, text[:MAX_WORD_CHARS])

    def _keep(self, local: str, text: str) -> None:
        listed = self.lists.get(local)
        if listed is None and text:
            self.words.setdefault(local, text)
        elif listed is not None and len(listed) < MAX_LISTED:
            listed.append(text)

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
    return _channel(listener)


def _channel(listener: _Listener) -> RawChannel:
    words, relations = listener.words, listener.relations
    title = words.get("title")
    return RawChannel(
        title=RawText(value=title, plain=listener.plain_title) if title else None,
        site_url=words.get("link", ""),
        base=listener.base,
        language=words.get("language", ""),
        ttl_minutes=words.get("ttl", ""),
        update_period=words.get("updateperiod", ""),
        update_frequency=words.get("updatefrequency", ""),
        skip_hours=tuple(listener.lists["hour"]),
        skip_days=tuple(listener.lists["day"]),
        hubs=tuple(relations["hub"]),
        self_url=_first(relations["self"]),
        prev_archive=_first(relations["prev-archive"]),
        next_url=_first(relations["next"]),
    )


def _first(found: list[str]) -> str:
    return found[0] if found else ""
