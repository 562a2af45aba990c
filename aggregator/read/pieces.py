"""An entry's text as pieces: sentences, lines and images, each with a fingerprint and its place.

Only what the sanitiser wrote comes in, or plain text. Nothing here judges what a piece is worth.
"""

from __future__ import annotations

import html
import itertools
import re
from bisect import bisect_right
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_PIECES: Final = 1_000  # of one text; the rest of a longer one is left alone
LEAST_TITLE_CHARS: Final = 8  # a shorter one stands in a sentence by chance
MARK_BYTES: Final = 8
LEAST_WORDS: Final = 3  # of a sentence: an abbreviation's full stop ends none
END_TOKENS: Final = (14, 12, 10, 8, 7, 6, 5, 4, 3, 2)  # so many words of an end may recur
LEAST_LINK_CHARS: Final = 8
LEAST_END_WEIGHT: Final = 20  # letters: "percent." ends many a sentence by chance
LEAST_WORDS_LEFT: Final = 3  # where an end is cut
LEAST_WORD_CHARS: Final = 4  # of a title's word that says something
TITLE_MARK: Final = "\ue000"  # stands for the entry's own title
URL_MARK: Final = "\ue001"

# Scripts written without spaces between words: a letter says as much as a word's half.
_DENSE: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_SPACED_CLAUSES: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_IS_DENSE: Final = re.compile(f"[{_DENSE}]")
_WORD: Final = re.compile(f"[{_DENSE}]|(?:(?![{_DENSE}])\\w)+|[^\\w\\s]+")
_TITLE_WORD: Final = re.compile(f"[{_DENSE}]+|(?:(?![{_DENSE}])\\w){{{LEAST_WORD_CHARS},}}")
_NUMBER_FIRST: Final = re.compile(r"\W*\d")
_NUMBER_LAST: Final = re.compile("\\d[^\\w.!?\u2026\u3002\uff01\uff1f]*$")  # "10 %", no "10."
_CLOSING: Final = frozenset(".,;:!?\u2026)]\u00bb\u201d\u3002\uff0c")
_URL: Final = re.compile(r"https?://\S+")
# The last ones are Arabic, Urdu, Hindi; Chinese and Japanese.
_STOP: Final = re.compile(
    "([.!?\u2026\u061f\u06d4\u0964\u3002\uff01\uff1f]+)"
    "[\"'\u201d\u2019\u00bb)\\]\u300d\u300f\uff09]*(\\s*)"
)
_FULL_STOP: Final = re.compile(
    "[.!?\u061f\u06d4\u0964\u3002\uff01\uff1f][\"'\u201d\u2019\u00bb)\\]\u300d\u300f\uff09]*$"
)
_DENSE_STOPS: Final = frozenset("\u061f\u06d4\u0964\u3002\uff01\uff1f")
_SPACE: Final = re.compile(r"\s+")
_ATTRIBUTES: Final = r'(?: [a-z-]+(?:="[^"]*")?)*'
_TOKEN: Final = re.compile(rf"<(/?)([a-z][a-z0-9]*)({_ATTRIBUTES})\s*/?>|[^<]+|<")
_SOURCE: Final = re.compile(r' src="([^"]*)"')
_BLOCKS: Final = frozenset(
    {"blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOID: Final = frozenset({"br", "hr", "img", "wbr"})
_EMPTY: Final = re.compile(rf"<([a-z][a-z0-9]*){_ATTRIBUTES}>(?:\s|&nbsp;|\u00a0|<br>)*</\1>")
_LAST_BREAKS: Final = re.compile(r"(?:\s*<br>)+\s*(?=</(?:p|div|li|td|blockquote)>|$)")
MAX_EMPTY_DEPTH: Final = 8  # of elements within elements that a cut leaves empty


class _Block(NamedTuple):
    """The text between two ends of a paragraph, and where its runs stand in the source."""

    text: str
    offsets: tuple[int, ...]  # of each run in `text`, ascending
    places: tuple[int, ...]  # of each run in the source
    linked: tuple[bool, ...]  # whether a run stands in a link
    is_heading: bool = False

    def start_at(self, offset: int) -> int:
        """Return where the character stands in the source."""
        run = bisect_right(self.offsets, offset) - 1
        return self.places[run] + offset - self.offsets[run]

    def end_at(self, offset: int) -> int:
        """Return where the source stands after the character before `offset`."""
        return self.start_at(offset - 1) + 1

    def is_linked(self, start: int, end: int) -> bool:
        """Return whether all of the text from `start` to `end` stands in links."""
        first, last = (bisect_right(self.offsets, at) for at in (start, end - 1))
        return all(
            self.linked[run] or not self.text[self.offsets[run] : self._run_end(run)].strip()
            for run in range(first - 1, last)
        )

    def _run_end(self, run: int) -> int:
        return self.offsets[run + 1] if run + 1 < len(self.offsets) else len(self.text)


class End(NamedTuple):
    """The first or the last few words of a piece."""

    mark: int
    text: str
    place: int  # where a head ends, or what stands before a tail, in the source


class Piece(NamedTuple):
    """A sentence, a line or an image."""

    text: str
    mark: int  # 0: it says nothing but the entry's title
    block: _Block
    offset: int  # of the text in its block
    is_image: bool = False

    @property
    def start(self) -> int:
        """Return where it begins in the source."""
        return self.block.start_at(self.offset)

    @property
    def end(self) -> int:
        """Return where it ends in the source."""
        return self.block.end_at(self.offset + len(self.text))

    @property
    def is_link(self) -> bool:
        """Return whether all of it stands in links."""
        return not self.is_image and self.block.is_linked(self.offset, self.offset + len(self.text))

    @property
    def is_heading(self) -> bool:
        """Return whether it is a heading."""
        return self.block.is_heading

    @property
    def has_link(self) -> bool:
        """Return whether any of it stands in a link, or is an address."""
        first = bisect_right(self.block.offsets, self.offset) - 1
        last = bisect_right(self.block.offsets, self.offset + len(self.text) - 1)
        return "://" in self.text or any(self.block.linked[first:last])

    def heads(self) -> list[End]:
        """Return its beginnings that may be cut, the longest first."""
        text = self.text
        words = [match.span() for match in _WORD.finditer(text)]
        ends = (words[count - 1][1] for count in END_TOKENS if count < len(words))
        return [
            End(mark_of(f"^{text[:end]}"), text[:end], self._after(end))
            for end in ends
            if self._is_link(0, end) or _is_parted_head(text[:end], text[end:])
        ]

    def tails(self) -> list[End]:
        """Return its endings that may be cut, the longest first."""
        text = self.text
        words = [match.span() for match in _WORD.finditer(text)]
        starts = (
            (words[-count - 1][1], words[-count][0]) for count in END_TOKENS if count < len(words)
        )
        return [
            End(mark_of(f"${text[start:]}"), text[start:], self._after(end_before))
            for end_before, start in starts
            if text[start] not in _CLOSING
            and (
                self._is_link(start, len(text)) or _is_parted_tail(text[:end_before], text[start:])
            )
        ]

    def _is_link(self, start: int, end: int) -> bool:
        if True not in self.block.linked or end - start < LEAST_LINK_CHARS:
            return False
        return self.block.is_linked(self.offset + start, self.offset + end)

    def _after(self, offset: int) -> int:
        return self.block.end_at(self.offset + offset)


def pieces_of(source: str, *, title: str, plain: bool = False) -> list[Piece]:
    """Return the pieces of sanitised HTML, or of plain text, in their order."""
    own = title if plain else html.escape(title, quote=False)
    own = own if len(own) >= LEAST_TITLE_CHARS else ""
    found: list[Piece] = []
    for part in _lines(source) if plain else _parts(source):
        if isinstance(part, Piece):
            found.append(part)
        else:
            found += _sentences(part, own)
        if len(found) > MAX_PIECES:
            break
    return found[:MAX_PIECES]


def _lines(source: str) -> Iterator[_Block]:
    place = 0
    for line in source.splitlines(keepends=True):
        yield _Block(line, (0,), (place,), (False,))
        place += len(line)


def _parts(source: str) -> Iterator[_Block | Piece]:
    runs: list[tuple[int, str, bool]] = []
    links = 0
    for match in _TOKEN.finditer(source):
        closing, name, attributes = match.groups()
        if not name:
            runs.append((match.start(), match[0], links > 0))
        elif name == "a":
            links = max(0, links - 1) if closing else links + 1
        elif name == "img":
            yield _image(match, attributes)
        elif name in _BLOCKS and runs:
            yield _block(runs, is_heading=bool(closing) and name in _HEADINGS)
            runs = []
    if runs:
        yield _block(runs)


def _image(match: re.Match[str], attributes: str) -> Piece:
    found = _SOURCE.search(attributes)
    address = found[1] if found else ""
    block = _Block(match[0], (0,), (match.start(),), (False,))
    return Piece(match[0], mark_of(address.partition("://")[2]), block, 0, is_image=True)


def _block(runs: Sequence[tuple[int, str, bool]], *, is_heading: bool = False) -> _Block:
    places, texts, linked = zip(*runs, strict=True)
    offsets = (0, *itertools.accumulate(map(len, texts[:-1])))
    return _Block("".join(texts), offsets, places, linked, is_heading)


def _sentences(block: _Block, title: str) -> Iterator[Piece]:
    start = 0
    for stop in (*_stops(block.text, title), len(block.text)):
        text = block.text[start:stop]
        bare = text.strip()
        if bare:
            at = start + len(text) - len(text.lstrip())
            yield Piece(bare, _sentence_mark(bare, title), block, at)
        start = stop


def _stops(text: str, title: str) -> Iterator[int]:
    """Yield where a sentence ends, never inside the title, which may hold a question mark."""
    at = text.find(title) if title else -1
    inside = range(at + 1, at + len(title)) if at >= 0 else ()
    last = 0
    for stop in _possible_stops(text):
        few = text.count(" ", last, stop) < LEAST_WORDS - 1
        if stop in inside or (few and not _IS_DENSE.search(text, last, stop)):
            continue
        last = stop
        yield stop


def _possible_stops(text: str) -> Iterator[int]:
    if _SPACED_CLAUSES.search(text):
        yield from (match.end() for match in _SPACE.finditer(text))
        return
    for match in _STOP.finditer(text):
        start, stop = match.span()
        if text[start] in _DENSE_STOPS:
            yield stop
        elif text[max(start - 3, 0) : start].isalnum():  # no "U.S.", no "Dr."
            following = text[stop : stop + 1]
            if (match[2] and not following.islower()) or _IS_DENSE.match(following):
                yield stop


def _sentence_mark(text: str, title: str) -> int:
    if title and title in text:
        text = text.replace(title, TITLE_MARK)
    told = masked(text)
    return _fingerprint(told) if any(map(str.isalnum, told)) else 0


def mark_of(text: str) -> int:
    """Return a text's fingerprint of 63 bits, never 0."""
    return _fingerprint(masked(text))


def masked(text: str) -> str:
    """Return a text as it is told apart from others: no case, single spaces, no address."""
    if "://" in text:
        text = _URL.sub(URL_MARK, text)
    return " ".join(html.unescape(text).casefold().split())


def _fingerprint(told: str) -> int:
    digest = blake2b(told.encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES).digest()
    return (int.from_bytes(digest) >> 1) or 1


def weight(text: str) -> int:
    """Return how much a text says: its letters, those of a dense script twice."""
    letters = sum(map(str.isalnum, html.unescape(text)))
    return letters + len(_IS_DENSE.findall(text))


def _is_parted_head(head: str, rest: str) -> bool:
    """Return whether a beginning is no part of the statement that follows it."""
    if weight(head) < LEAST_END_WEIGHT or head[-1].isdigit() or _NUMBER_FIRST.match(rest):
        return False
    return has_words(rest) and not (head[-1].isalnum() and rest.lstrip()[:1].islower())


def _is_parted_tail(rest: str, tail: str) -> bool:
    """Return whether an ending is no part of the statement before it, nor takes its full stop."""
    if weight(tail) < LEAST_END_WEIGHT or tail[0].islower() or tail[0].isdigit():
        return False
    if _NUMBER_LAST.search(rest) or (rest[-1].isalnum() and _FULL_STOP.search(tail)):
        return False
    return has_words(rest)


def has_words(text: str) -> bool:
    """Return whether a text has words enough to stand alone."""
    words = (word for word in _WORD.findall(text) if word[0].isalnum())
    return len(list(itertools.islice(words, LEAST_WORDS_LEFT))) == LEAST_WORDS_LEFT


def telling_words(text: str) -> frozenset[int]:
    """Return the words that tell what a title is about: long ones, pairs in a dense script."""
    words: set[str] = set()
    for match in _TITLE_WORD.finditer(text.casefold()):
        word = match[0]
        dense = _IS_DENSE.match(word)
        words |= {word[at : at + 2] for at in range(len(word) - 1)} if dense else {word}
    return frozenset(mark_of(word) & 0xFFFF_FFFF for word in words)


def cut_out(source: str, spans: Iterable[tuple[int, int]], *, plain: bool = False) -> str:
    """Return the source without these places; of tags, those whose other half stays are kept."""
    kept: list[str] = []
    place = 0
    for start, end in spans:
        if start > place:
            kept.append(source[place:start])
        if end > place and not plain:
            kept += _halves(source[max(start, place) : end])
        place = max(place, end)
    kept.append(source[place:])
    if plain:
        return " ".join("".join(kept).split())
    return _without_empty("".join(kept))


def _halves(source: str) -> list[str]:
    """Return the tags whose other half is not in this part of a document."""
    opened: list[re.Match[str]] = []
    alone: list[str] = []
    for match in _TOKEN.finditer(source):
        closing, name, _ = match.groups()
        if not name or name in _VOID:
            continue
        if not closing:
            opened.append(match)
        elif opened and opened[-1][2] == name:
            opened.pop()
        else:
            alone.append(match[0])
    return alone + [match[0] for match in opened]


def _without_empty(source: str) -> str:
    source = _LAST_BREAKS.sub("", source)
    for _ in range(MAX_EMPTY_DEPTH):
        shorter = _EMPTY.sub("", source)
        if shorter == source:
            break
        source = shorter
    return source.strip()
