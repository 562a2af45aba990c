"""What a feed repeats around its articles: learned by its recurrence, then cut. Pure.

Pleas, "appeared first on", newsletter boxes and lists of links stand in entry after entry of one
feed, whatever the entries are about; an article's own sentence does not. No word is known here:
a piece of text is clutter when it recurs in entries that have little else in common.

X never does Y: a piece that stands in one entry alone is never cut (but for lists of links under
clutter), a short sentence within a paragraph of an article's own only where nearly every entry has
it, and nothing is learned from one feed about another.
"""

from __future__ import annotations

import itertools
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aggregator.model import Clutter
from aggregator.read import clean
from aggregator.read.pieces import cut_out, has_words, pieces_of, telling_words, weight

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Entry
    from aggregator.read.pieces import End, Piece

    _Parted = tuple[list[Piece], list[Piece]]  # the texts that stay, and all that goes

REMEMBERED_ENTRIES: Final = 40  # of a feed, the newest
MAX_MARKS: Final = 120  # remembered of one entry
MAX_EXAMPLE_CHARS: Final = 300
LEAST_ENTRIES: Final = 5  # with fewer, recurrence says nothing
LEAST_RECURRENCE: Final = 3  # entries that are not about one thing
SHARE: Final = 0.1  # of the remembered entries, for a sentence
SHORT_SHARE: Final = 0.3  # for a short one: "He did not say more." recurs by chance
SHORT_WEIGHT: Final = 20  # letters
LEAST_WEIGHT: Final = 4  # a lone "More" is worth no cut
LONG_WEIGHT: Final = 60  # letters: nobody says so much twice by chance
END_SHARE: Final = 0.6  # for the first or last words or sentences of paragraphs of an article's own
WITHIN_SHARE: Final = 0.9  # for a sentence within one
COMMON_SHARE: Final = 0.5  # a word in so many titles of a feed does not make two of them related
LEAST_SHARED: Final = 2  # words of two titles about one thing
LINKS_IN_A_LIST: Final = 2

# How far a piece is cut: where it stands apart, at the ends of a text too, or within it too. A mark
# of its own stands for each, which its fingerprint gives; the first is the fingerprint itself.
APART: Final = 1
AT_ENDS: Final = 2
WITHIN: Final = 3
_BITS: Final = {APART: 0, AT_ENDS: 0x5851_F42D_4C95_7F2D, WITHIN: 0x1405_7B7E_F767_814F}

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
    recurring = _recurring([*old, *new], texts, known)
    reaches = _reaches(known | recurring.keys())
    parted = [_parted(pieces, reaches) for pieces in read]
    ladders = [_ladders(left) for left, _ in parted]
    new = list(map(_with_ends, new, ladders))
    found = _cut_somewhere(recurring, parted) | _recurring_ends([*old, *new], ladders)
    reaches = _reaches(known | found.keys())
    return Learned(
        memory=_encode([*old, *new][-REMEMBERED_ENTRIES:]),
        found=tuple(clutter for mark, clutter in found.items() if mark not in known),
        entries=tuple(
            entry if seen.marks.isdisjoint(reaches) else _without(entry, reaches, parts)
            for entry, seen, parts in zip(entries, new, parted, strict=True)
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


def _with_ends(seen: _Seen, ladders: tuple[list[End], list[End]]) -> _Seen:
    return _Seen(seen.about, seen.marks | {end.mark for ladder in ladders for end in ladder})


def _recurring(
    seen: Sequence[_Seen], texts: Mapping[int, str], known: frozenset[int]
) -> dict[int, Clutter]:
    """Return what of `texts` is clutter, or is to be cut further than is known, by its mark."""
    reaches = _reaches(known)
    found = {}
    for mark, places in _places(seen, texts).items():
        reach = _reach_of(texts[mark], len(places) / len(seen))
        if reach > reaches.get(mark, 0):
            own = mark ^ _BITS[reach]
            found[own] = _clutter(own, texts[mark], entries=len(places))
    return found


def _reach_of(text: str, share: float) -> int:
    """Return how far a text is cut that stands in such a share of the entries, 0 for not at all."""
    heft = weight(text)
    if heft < LEAST_WEIGHT or share < (SHORT_SHARE if heft < SHORT_WEIGHT else SHARE):
        return 0
    if share < END_SHARE:
        return APART
    return AT_ENDS if share < WITHIN_SHARE else WITHIN


def _cut_somewhere(
    recurring: Mapping[int, Clutter], parted: Iterable[_Parted]
) -> dict[int, Clutter]:
    """Return what goes from some entry: a sentence that stays wherever it stands is no clutter."""
    cut = {piece.mark for left, clutter in parted if left for piece in clutter}
    return {
        mark: found
        for mark, found in recurring.items()
        if any(mark ^ bits in cut for bits in _BITS.values())
    }


def _reaches(marks: Iterable[int]) -> dict[int, int]:
    """Return how far the pieces are cut that these marks stand for, by fingerprint."""
    return {mark ^ bits: reach for reach, bits in _BITS.items() for mark in marks}


def _recurring_ends(
    seen: Sequence[_Seen], ladders: Sequence[tuple[Sequence[End], ...]]
) -> dict[int, Clutter]:
    """Return the longest beginnings and endings that most of the entries have."""
    marks = {end.mark for both in ladders for ladder in both for end in ladder}
    most = {
        mark: len(places)
        for mark, places in _places(seen, marks).items()
        if len(places) >= END_SHARE * len(seen)
    }
    longest: dict[int, Clutter] = {}
    for ladder in itertools.chain.from_iterable(ladders):
        end = next((end for end in ladder if end.mark in most), None)
        if end and end.mark not in longest:
            longest[end.mark] = _clutter(end.mark, end.text, entries=most[end.mark])
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


def _ladders(left: Sequence[Piece]) -> tuple[list[End], list[End]]:
    """Return the beginnings and the endings of what is left of an entry, the longest first."""
    return (left[0].heads(), left[-1].tails()) if left else ([], [])


# ------------------------------------------------------------------ cutting


def without(entry: Entry, marks: frozenset[int]) -> Entry:
    """Return the entry with everything that these marks stand for cut from its texts."""
    reaches = _reaches(marks)
    return _without(entry, reaches, _parted(_pieces(entry), reaches)) if marks else entry


def _without(entry: Entry, reaches: Mapping[int, int], parted: _Parted) -> Entry:
    if not entry.content:
        return replace(entry, summary=_cut(entry.summary, parted, reaches, plain=True))
    content = _cut(entry.content, parted, reaches)
    if content != entry.content and entry.summary == clean.summary_of(entry.content):
        return replace(entry, content=content, summary=clean.summary_of(content))
    told = _parted(pieces_of(entry.summary, title=entry.title, plain=True), reaches)
    summary = _cut(entry.summary, told, reaches, plain=True)
    return replace(entry, content=content, summary=summary or clean.summary_of(content))


def _cut(source: str, parted: _Parted, marks: Container[int], *, plain: bool = False) -> str:
    """Return the text without the pieces that are clutter, and without lists of links under one.

    A text of which nothing would be left stays. `plain`: it is no HTML.
    """
    left, clutter = parted
    if not left:
        return source
    spans = [(piece.start, piece.end) for piece in clutter]
    spans += _ends_to_cut(left[0], left[-1], marks)
    return cut_out(source, sorted(spans), plain=plain) if spans else source


def _parted(pieces: Sequence[Piece], reaches: Mapping[int, int]) -> _Parted:
    """Return the texts that stay, and all that goes."""
    goes = _which_go(pieces, _with_lists(pieces, [reaches.get(one.mark, 0) for one in pieces]))
    left = [piece for piece, go in zip(pieces, goes, strict=True) if not go and not piece.is_image]
    return left, list(itertools.compress(pieces, goes))


def _which_go(pieces: Sequence[Piece], reaches: Sequence[int]) -> list[bool]:
    """Return which are clutter; short words and headings only where no text needs them.

    "Continue reading" goes as a link, "Advertisement" at either end, "Conclusion" above a
    conclusion never. What shares its paragraph with an article's own text goes as it reaches.
    """
    if not any(reaches):
        return [False] * len(pieces)
    apart = _apart(pieces, reaches)
    goes = list(map(_goes_anywhere, pieces, reaches, apart))
    at_ends = [
        go or alone or reach >= AT_ENDS
        for go, alone, reach in zip(goes, apart, reaches, strict=True)
    ]
    count = len(pieces)
    for places in (range(count), range(count - 1, -1, -1)):
        for place in itertools.takewhile(at_ends.__getitem__, places):
            goes[place] = True
    for place in range(count - 2, -1, -1):
        goes[place] |= reaches[place] > 0 and pieces[place].is_heading and goes[place + 1]
    return goes


def _apart(pieces: Sequence[Piece], reaches: Sequence[int]) -> list[bool]:
    """Return which are clutter in paragraphs that hold nothing of the article's own."""
    own = {
        id(piece.block)
        for piece, reach in zip(pieces, reaches, strict=True)
        if not reach and (piece.mark or weight(piece.text))
    }
    return [
        reach > 0 and id(piece.block) not in own
        for piece, reach in zip(pieces, reaches, strict=True)
    ]


def _goes_anywhere(piece: Piece, reach: int, apart: bool) -> bool:  # noqa: FBT001 - mapped
    """Return whether it goes wherever it stands."""
    if not reach or piece.is_image or piece.is_link:
        return reach > 0
    heft = weight(piece.text)
    if piece.is_heading or heft < SHORT_WEIGHT:
        return False
    return apart or reach >= WITHIN or heft >= LONG_WEIGHT or piece.has_link


def _with_lists(pieces: Sequence[Piece], reaches: list[int]) -> list[int]:
    """Return the reaches, with those of lists of links that follow clutter."""
    place = 0
    while place < len(pieces):
        run = itertools.takewhile(lambda at: pieces[at].is_link, range(place + 1, len(pieces)))
        links = list(run) if reaches[place] and not pieces[place].is_image else []
        if len(links) >= LINKS_IN_A_LIST:
            for link in links:
                reaches[link] = reaches[link] or APART
        place += 1 + len(links)
    return reaches


def _ends_to_cut(first: Piece, last: Piece, marks: Container[int]) -> Iterator[tuple[int, int]]:
    head = next((end for end in first.heads() if end.mark in marks), None)
    tail = next((end for end in last.tails() if end.mark in marks), None)
    if head and tail and first is last:
        rest = first.text[len(head.text) : -len(tail.text)]
        tail = tail if has_words(rest) else None
    if head:
        yield first.start, head.place
    if tail:
        yield tail.place, last.end


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
