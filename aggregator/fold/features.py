"""What folding compares of an entry, as compact bytes: made where it is read, decoded where folded.

The bytes depend on the entry alone, so that two processes agree on them. The layout carries a
version. Those of an older one are still read: what they lack speaks neither for nor against. Bytes
of an unknown version decode to features that match nothing.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from aggregator.fold import words
from aggregator.fold.identity import canonical_url, guid_identity
from aggregator.fold.sentences import sample

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from aggregator.model import Entry

VERSION = 2
OLDEST_VERSION = 1  # it has no sentences
# Bounds on what one entry may cost. Longer texts gain nothing: a copy shows in its first 150 words.
MAX_TITLE_CHARACTERS = 400
MAX_TEXT_CHARACTERS = 900
MAX_STEMS = 64
MAX_SHINGLES = 96  # word pairs; of more, the 96 smallest hashes stand for all (a bottom-k sketch)
MAX_FEW = 24  # names, numbers
MAX_WORDS = 24  # readable ones, for reasons
# Which language a feed that declares none is in: enough of its entries say so, nearly all alike.
MIN_SPEAKING = 3
MIN_AGREEING = 0.9
MAX_HEARD = 40  # entries

# version, language, counts: title stems, stems, names, title numbers, numbers, shingles, title
# words; shingles truncated or not; identity keys of url and guid; masked title and its values
_HEADER = struct.Struct("<B2s7B?QQQQ")
# From version 2 the count of sentences follows in a byte of its own.
_LISTS_AT = {OLDEST_VERSION: _HEADER.size, VERSION: _HEADER.size + 1}
_TAG = re.compile(r"<[^>]{0,2000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The decoded features of an entry. Words and stems are 32-bit hashes."""

    language: str = ""
    url_key: int = 0  # of the canonical URL; 0: it identifies nothing
    guid_key: int = 0  # of a globally unique guid
    mask_key: int = 0  # of the title with numbers and dates masked; 0: nothing was masked
    mask_values: int = 0  # of what was masked
    title_length: int = 0  # words
    title: frozenset[int] = frozenset()  # stems with meaning
    stems: frozenset[int] = frozenset()  # of title and text
    names: frozenset[int] = frozenset()
    title_numbers: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    shingles: tuple[int, ...] = ()  # ascending
    truncated: bool = False  # the shingles are the smallest of more
    title_order: tuple[int, ...] = ()  # its stems as they come
    sentences: tuple[int, ...] = ()  # of the content; ascending, the smallest of all

    @property
    def sketch(self) -> tuple[tuple[int, ...], bool]:
        """Return the shingles, and whether they are the smallest of more."""
        return self.shingles, self.truncated


NOTHING = Features()


def describe(entry: Entry) -> bytes:
    """Return everything that folding needs of an entry, at most about 1 kB."""
    title = words.normalise(entry.title[:MAX_TITLE_CHARACTERS])
    text = words.normalise(_text(entry)[:MAX_TEXT_CHARACTERS])
    raw_title = words.tokens(title)
    parts = words.sentences(text)
    title_words = words.fold(raw_title)
    text_words = words.fold(chain.from_iterable(parts))
    both = title_words + text_words
    when = words.dates(both)
    language = words.language_of(both, title + text, declared=entry.language)
    title_stems, stems, readable = _stems(both, len(title_words), language, when=when)
    named = set(words.stems(words.names(raw_title, parts), language=language))
    shingles = _shingles(title_words, text_words)
    masked, values = words.mask(title_words)
    lists = (
        [words.hash_word(stem) for stem in stems],
        [words.hash_word(stem) for stem in stems if stem in named][:MAX_FEW],
        _hashes(words.numbers(title_words, when=words.dates(title_words))),
        _hashes(words.numbers(both, when=when)),
        shingles[:MAX_SHINGLES],
    )
    beyond = sample(entry.content) if entry.content else []
    header = _HEADER.pack(
        VERSION, language.encode("ascii", "replace")[:2], title_stems, *map(len, lists),
        min(len(title_words), 255), len(shingles) > MAX_SHINGLES,
        key_of(canonical_url(entry.url)), key_of(guid_identity(entry.guid)),
        key_of(masked) if values else 0, key_of(values),
    )  # fmt: skip
    flat = [*chain.from_iterable(lists), *beyond]
    numbers = struct.pack(f"<{len(flat)}I", *flat)
    return header + bytes((len(beyond),)) + numbers + "\n".join(readable).encode("utf-8")


def usual_language(entries: Sequence[Entry]) -> str:
    """Return the language that nearly all of a feed's entries tell by their texts, or ""."""
    heard = Counter(filter(None, map(told_language, entries[:MAX_HEARD])))
    if heard.total() < MIN_SPEAKING:
        return ""
    language, count = heard.most_common(1)[0]
    return language if count >= MIN_AGREEING * heard.total() else ""


def told_language(entry: Entry, usual: str = "") -> str:
    """Return the language that an entry's text tells, or the usual one where it tells none."""
    text = words.normalise(f"{entry.title[:MAX_TITLE_CHARACTERS]} {_text(entry)}")
    text = text[:MAX_TEXT_CHARACTERS]
    return words.language_of(words.fold(words.tokens(text)), text, declared=usual)


def decode(data: bytes) -> Features:
    """Return the features of an entry; those that match nothing where the version is unknown."""
    start = _lists_at(data)
    if not start:
        return NOTHING
    _, language, title, *counts, length, truncated, url, guid, mask, values = _HEADER.unpack_from(
        data
    )
    flat = struct.unpack_from(f"<{sum(counts) + _beyond(data)}I", data, start)
    stems, names, title_numbers, numbers, shingles = accumulate(counts)
    return Features(
        language=language.rstrip(b"\0").decode("ascii"),
        url_key=url, guid_key=guid, mask_key=mask, mask_values=values, title_length=length,
        title=frozenset(flat[:title]), stems=frozenset(flat[:stems]),
        names=frozenset(flat[stems:names]), title_numbers=frozenset(flat[names:title_numbers]),
        numbers=frozenset(flat[title_numbers:numbers]), shingles=flat[numbers:shingles],
        truncated=truncated, title_order=flat[:title], sentences=flat[shingles:],
    )  # fmt: skip


def decode_shingles(data: bytes) -> tuple[tuple[int, ...], bool]:
    """Return the shingles alone, and whether they are truncated: a fifth of the cost of it all."""
    start = _lists_at(data)
    if not start:
        return (), False
    header = _HEADER.unpack_from(data)
    start += 4 * sum(header[3:7])
    return struct.unpack_from(f"<{header[7]}I", data, start), header[9]


def decode_sentences(data: bytes) -> tuple[int, ...]:
    """Return the sample of the sentences of the content alone."""
    start = _lists_at(data)
    if not start or not (count := _beyond(data)):
        return ()
    return struct.unpack_from(f"<{count}I", data, start + 4 * sum(data[4:9]))


def decode_stems(data: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the stems of the title, and those of title and text: a third of the cost of it all."""
    start = _lists_at(data)
    if not start:
        return (), ()
    stems = struct.unpack_from(f"<{data[4]}I", data, start)
    return stems[: data[3]], stems


def readable_words(data: bytes) -> dict[int, str]:
    """Return a word for the stems that were kept readable, in the order of the text."""
    start = _lists_at(data)
    if not start:
        return {}
    readable = data[start + 4 * (sum(data[4:9]) + _beyond(data)) :].decode("utf-8").split("\n")
    stems = struct.unpack_from(f"<{data[4]}I", data, start)
    return dict(zip(stems, readable, strict=False))


def _lists_at(data: bytes) -> int:
    """Return where the lists of numbers begin; 0 where there is nothing that we can read."""
    return _LISTS_AT.get(data[0], 0) if len(data) >= _HEADER.size else 0


def _beyond(data: bytes) -> int:
    """Return how many sentences the sample of the content holds."""
    return data[_HEADER.size] if data[0] == VERSION else 0


def key_of(text: str) -> int:
    """Return a 64-bit key of a text, the same in every process; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(
        blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )


def _text(entry: Entry) -> str:
    if entry.summary:
        return entry.summary
    return _TAG.sub(" ", entry.content[: 4 * MAX_TEXT_CHARACTERS])


def _stems(
    both: Sequence[str], title_length: int, language: str, *, when: Container[int]
) -> tuple[int, list[str], list[str]]:
    """Return how many stems the title has, all stems (its own first), and words for them."""
    grammar = words.grammar_of(language)
    forms: dict[str, str] = {}
    title_count = 0
    for place, (stem, word) in enumerate(
        zip(words.stems(both, language=language), both, strict=True)
    ):
        if word not in grammar and place not in when:
            forms.setdefault(stem, word)
        if place == title_length - 1:
            title_count = len(forms)
    kept = list(forms)[:MAX_STEMS]
    return min(title_count, MAX_STEMS), kept, [forms[stem] for stem in kept[:MAX_WORDS]]


def _shingles(title_words: Sequence[str], text_words: Sequence[str]) -> list[int]:
    """Return the hashes of the word pairs of title and text, ascending; none across the two."""
    return sorted({*words.pair_hashes(title_words), *words.pair_hashes(text_words)})


def _hashes(texts: Iterable[str]) -> list[int]:
    return [words.hash_word(text) for text in dict.fromkeys(texts)][:MAX_FEW]
