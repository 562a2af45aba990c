"""What a feed repeats around its articles: learned by its recurrence, then cut. Pure.

Pleas, "appeared first on", newsletter boxes and lists of links stand in entry after entry of one
feed, whatever the entries are about; an article's own sentence does not. No word is known here:
a piece of text is clutter when it recurs in entries that have little else in common.

X never does Y: a piece that stands in one entry alone is never cut (but for lists of links under
clutter), and nothing is learned from one feed about another.
"""

from __future__ import annotations

import itertools
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aggregator.model import Clutter
from aggregator.read import clean
from aggregator.read.pieces import cut_out, pieces_of, telling_words, weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Entry
    from aggregator.read.pieces import End, Piece

REMEMBERED_ENTRIES: Final = 40  # of a feed, the newest
MAX_MARKS: Final = 120  # remembered of one entry
MAX_EXAMPLE_CHARS: Final = 300
LEAST_ENTRIES: Final = 5  # with fewer, recurrence says nothing
LEAST_RECURRENCE: Final = 3  # entries that are not about one thing
SHARE: Final = 0.1  # of the remembered entries, for a sentence
SHORT_SHARE: Final = 0.3  # for a short one: "He did not say more." recurs by chance
SHORT_WEIGHT: Final = 20  # letters
LEAST_WEIGHT: Final = 4  # a lone "More" is worth no cut
END_SHARE: Final = 0.6  # for the first or last few words of the entries
COMMON_SHARE: Final = 0.5  # a word in so many titles of a feed does not make two of them related
LEAST_SHARED: Final = 2  # words of two titles about one thing
LINKS_IN_A_LIST: Final = 2

_COUNTS: Final = struct.Struct("<HH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What the newest entries of a feed consist of, what is clutter, and the entries without."""

    memory: bytes
    found: tuple[Clutter, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """An entry as it is remembered."""

    about: frozenset[int]
    marks: frozenset[int]


def learn(memory: bytes, entries: Sequence[Entry], *, known: frozenset[int]) -> Learned:
    """Return the memory with these entries in it, what is newly found, and the entries without it.

    `memory` is b"" for a feed that was never read; what is `known` to be clutter is cut too.
    """
    read = [_pieces(entry) for entry in entries]
    old = _decode(memory)
    new = [_seen(entry, pieces) for entry, pieces in zip(entries, read, strict=True)]
    texts = {piece.mark: piece.text for pieces in read for piece in pieces if piece.mark}
    recurring = _recurring([*old, *new], texts)
    ladders = list(_ladders(read, known | recurring.keys()))
    new = [
        _Seen(seen.about, seen.marks | {end.mark for ladder in both for end in ladder})
        for seen, both in zip(new, ladders, strict=True)
    ]
    recurring |= _recurring_ends([*old, *new], ladders)
    texts |= {end.mark: end.text for both in ladders for ladder in both for end in ladder}
    marks = known | recurring.keys()
    return Learned(
        memory=_encode([*old, *new][-REMEMBERED_ENTRIES:]),
        found=tuple(
            _clutter(mark, texts[mark], entries=count)
            for mark, count in recurring.items()
            if mark not in known
        ),
        entries=tuple(
            entry if marks.isdisjoint(seen.marks) else _without(entry, marks, pieces)
            for entry, seen, pieces in zip(entries, new, read, strict=True)
        ),
    )


def _clutter(mark: int, text: str, *, entries: int) -> Clutter:
    return Clutter(mark=mark, text=clean.line(text, limit=MAX_EXAMPLE_CHARS), entries=entries)


def _pieces(entry: Entry) -> list[Piece]:
    plain = not entry.content
    return pieces_of(entry.content or entry.summary, title=entry.title, plain=plain)


def _seen(entry: Entry, pieces: Sequence[Piece]) -> _Seen:
    longest = max((piece.text for piece in pieces), key=len, default="")
    marks = [piece.mark for piece in pieces if piece.mark]
    ends = {*marks[: MAX_MARKS // 2], *marks[-MAX_MARKS // 2 :]}
    return _Seen(telling_words(entry.title) or telling_words(longest), frozenset(ends))


def _recurring(seen: Sequence[_Seen], texts: Mapping[int, str]) -> dict[int, int]:
    """Return the marks of `texts` that are clutter, each with how many entries it stands in."""
    found = {}
    for mark, places in _places(seen, texts).items():
        heft = weight(texts[mark])
        share = SHORT_SHARE if heft < SHORT_WEIGHT else SHARE
        if heft >= LEAST_WEIGHT and len(places) >= share * len(seen):
            found[mark] = len(places)
    return found


def _recurring_ends(
    seen: Sequence[_Seen], ladders: Sequence[tuple[Sequence[End], ...]]
) -> dict[int, int]:
    """Return the longest beginnings and endings that most of the entries have."""
    marks = {end.mark for both in ladders for ladder in both for end in ladder}
    most = {
        mark: len(places)
        for mark, places in _places(seen, marks).items()
        if len(places) >= END_SHARE * len(seen)
    }
    longest: dict[int, int] = {}
    for both in ladders:
        for ladder in both:
            mark = next((end.mark for end in ladder if end.mark in most), 0)
            if mark:
                longest[mark] = most[mark]
    return longest


def _places(seen: Sequence[_Seen], marks: Iterable[int]) -> dict[int, list[_Seen]]:
    """Return the entries that each mark stands in, where they are not about one thing."""
    wanted = set(marks)
    places: defaultdict[int, list[_Seen]] = defaultdict(list)
    for entry in seen if len(seen) >= LEAST_ENTRIES else ():
        for mark in entry.marks & wanted:
            places[mark].append(entry)
    often = Counter(word for entry in seen for word in entry.about)
    common = {word for word, count in often.items() if count > COMMON_SHARE * len(seen)}
    return {
        mark: entries
        for mark, entries in places.items()
        if len(entries) >= LEAST_RECURRENCE and _are_about_different_things(entries, common)
    }


def _are_about_different_things(entries: Sequence[_Seen], common: set[int]) -> bool:
    apart: list[frozenset[int]] = []
    for entry in entries:
        about = entry.about - common
        if not any(_are_related(about, other) for other in apart):
            apart.append(about)
        if len(apart) >= LEAST_RECURRENCE:
            return True
    return False


def _are_related(one: frozenset[int], other: frozenset[int]) -> bool:
    """Return whether two titles may be about one thing; one that tells nothing may be."""
    shared, shorter = len(one & other), min(len(one), len(other))
    return shared >= LEAST_SHARED or shared * 2 >= shorter


def _ladders(
    read: Sequence[Sequence[Piece]], marks: frozenset[int]
) -> Iterator[tuple[list[End], list[End]]]:
    """Yield the beginnings and the endings of what is left of each entry, the longest first."""
    for pieces in read:
        left = [piece for piece in pieces if piece.mark not in marks and not piece.is_image]
        yield (left[0].heads(), left[-1].tails()) if left else ([], [])


# ------------------------------------------------------------------ cutting


def without(entry: Entry, marks: frozenset[int]) -> Entry:
    """Return the entry with everything that these marks stand for cut from its texts."""
    return _without(entry, marks, _pieces(entry)) if marks else entry


def _without(entry: Entry, marks: frozenset[int], pieces: Sequence[Piece]) -> Entry:
    if not entry.content:
        return replace(entry, summary=_cut(entry.summary, pieces, marks, plain=True))
    content = _cut(entry.content, pieces, marks)
    if content != entry.content and entry.summary == clean.summary_of(entry.content):
        return replace(entry, content=content, summary=clean.summary_of(content))
    told = pieces_of(entry.summary, title=entry.title, plain=True)
    summary = _cut(entry.summary, told, marks, plain=True)
    return replace(entry, content=content, summary=summary or clean.summary_of(content))


def _cut(
    source: str, pieces: Sequence[Piece], marks: frozenset[int], *, plain: bool = False
) -> str:
    """Return the text without the pieces that are clutter, and without lists of links under one.

    A text of which nothing would be left stays. `plain`: it is no HTML.
    """
    clutter = _pieces_to_cut(pieces, marks)
    spans = [(piece.start, piece.end) for piece in clutter]
    places = {start for start, _ in spans}
    left = [piece for piece in pieces if piece.start not in places and not piece.is_image]
    if not left:
        return source
    spans += _ends_to_cut(left[0], left[-1], marks)
    return cut_out(source, sorted(spans), plain=plain) if spans else source


def _pieces_to_cut(pieces: Sequence[Piece], marks: frozenset[int]) -> list[Piece]:
    """Return the clutter; short words and headings only where no text of the entry needs them.

    "Continue reading" goes as a link, "Advertisement" at either end, "Conclusion" above a
    conclusion never.
    """
    marked = _with_lists(pieces, [piece.mark in marks for piece in pieces])
    goes = [mark and _goes_anywhere(piece) for piece, mark in zip(pieces, marked, strict=True)]
    count = len(pieces)
    for places in (range(count), range(count - 1, -1, -1)):
        for place in itertools.takewhile(marked.__getitem__, places):
            goes[place] = True
    for place in range(count - 2, -1, -1):
        goes[place] |= marked[place] and pieces[place].is_heading and goes[place + 1]
    return [piece for piece, going in zip(pieces, goes, strict=True) if going]


def _goes_anywhere(piece: Piece) -> bool:
    if piece.is_image or piece.is_link:
        return True
    return not piece.is_heading and weight(piece.text) >= SHORT_WEIGHT


def _with_lists(pieces: Sequence[Piece], marked: list[bool]) -> list[bool]:
    """Return the marks, with those of lists of links that follow something marked."""
    place = 0
    while place < len(pieces):
        run = itertools.takewhile(lambda at: pieces[at].is_link, range(place + 1, len(pieces)))
        links = list(run) if marked[place] and not pieces[place].is_image else []
        if len(links) >= LINKS_IN_A_LIST:
            for link in links:
                marked[link] = True
        place += 1 + len(links)
    return marked


def _ends_to_cut(first: Piece, last: Piece, marks: frozenset[int]) -> Iterator[tuple[int, int]]:
    head = next((end.place for end in first.heads() if end.mark in marks), None)
    tail = next((end.place for end in last.tails() if end.mark in marks), None)
    if head is not None:
        yield first.start, head
    if tail is not None and (head is None or tail >= head):
        yield tail, last.end


# ------------------------------------------------------------------- memory


def _encode(seen: Sequence[_Seen]) -> bytes:
    parts: list[bytes] = []
    for entry in seen:
        about, marks = sorted(entry.about), sorted(entry.marks)
        parts.append(_COUNTS.pack(len(about), len(marks)))
        parts.append(struct.pack(f"<{len(about)}I{len(marks)}Q", *about, *marks))
    return b"".join(parts)


def _decode(memory: bytes) -> list[_Seen]:
    seen: list[_Seen] = []
    at = 0
    while at < len(memory):
        words, marks = _COUNTS.unpack_from(memory, at)
        layout = struct.Struct(f"<{words}I{marks}Q")
        values = layout.unpack_from(memory, at + _COUNTS.size)
        seen.append(_Seen(frozenset(values[:words]), frozenset(values[words:])))
        at += _COUNTS.size + layout.size
    return seen
