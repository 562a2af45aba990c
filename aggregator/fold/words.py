"""Words of any language: tokens, stems, numbers and names, without assuming spaces or English.

Scripts written without spaces give pairs or triples of characters. Nothing depends on other texts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

import Stemmer

from aggregator.fold.lexicon import (
    DATE_WORDS,
    FUNCTION_WORDS,
    LANGUAGES_OF_WORD,
    STEMMERS,
    STOP_WORDS,
    UNSPACED_LANGUAGES,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

# Letters, digits and the vowel signs of Indic and South-East Asian scripts, which are no letters to
# `\w`; an apostrophe or a point stays inside a word ("don't", "5.14.1", "1,209").
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)+"
    r"|(?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u0669\u06d6-\u06ed"
    r"\u0900-\u0963\u0966-\u0dff\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0eff\u0f00-\u109f\u1780-\u17ff])+"
    r"(?:['\u2019](?=[^\W\d_])[^\W_]+)?"
)
# What `_WORD` finds in a text of ASCII alone, in half the time.
_ASCII_WORD = re.compile(r"\d+(?:[.,:]\d+)+|[A-Za-z0-9]+(?:'[A-Za-z][A-Za-z0-9]*)?")
# Han, kana, Hangul, Thai, Lao, Tibetan, Burmese, Khmer. Hangul has spaces, but its words carry
# their particles with them, so that pairs of syllables compare better.
_UNSPACED = re.compile(
    r"[\u0e01-\u0eff\u0f00-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+"
)
# Thai, Lao, Burmese, Khmer: a character is a letter or a mark, and a pair of them says little.
_ALPHABETIC = re.compile(r"[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0640]")
_MARKS = re.compile(r"[\u0300-\u036f]")
_INITIALS = re.compile(r"\b[^\W\d_]\.(?:[^\W\d_]\.)+")
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f:|])\s+")
_DIGITS = {
    zero + value: str(value)
    for zero in (
        0x0660,
        0x06F0,
        0x0966,
        0x09E6,
        0x0E50,
    )  # Arabic, Persian, Devanagari, Bengali, Thai
    for value in range(10)
}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e01-\u0e4e]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("hy", re.compile(r"[\u0531-\u0587]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_INDIC = re.compile(r"[\u0900-\u097f]")
COMMONEST_LANGUAGE = "en"
MIN_FUNCTION_WORDS = 2  # one "die" or "in" says nothing of the language
TITLE_CASE_SHARE = 0.6  # above it capitals say nothing of names
_HASH_SPREAD = 0x9E3779B1  # 2**32 / golden ratio, odd: neighbouring sums fall far apart
_MASK32 = 0xFFFFFFFF


def normalise(text: str) -> str:
    """Return text in NFKC, "F.B.I." as "FBI", with one form of digits; capitals kept."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    if text.isascii():
        return text
    return _ARABIC_MARKS.sub("", unicodedata.normalize("NFKC", text)).translate(_DIGITS)


def tokens(text: str) -> list[str]:
    """Return the words of a normalised text in order, capitals kept."""
    if text.isascii():
        return _ASCII_WORD.findall(text)
    found = _WORD.findall(text)
    if not _UNSPACED.search(text):
        return found
    return [piece for word in found for piece in _pieces(word)]


def sentences(text: str) -> list[list[str]]:
    """Return the words of each sentence of a normalised text; none reaches over two of them."""
    return [tokens(sentence) for sentence in _SENTENCE_END.split(text)]


def fold(words: Iterable[str]) -> list[str]:
    """Return words without capitals, accents of the Latin kind, possessives and grouping commas."""
    folded = map(_fold_word, words)
    return [word for word in folded if word]  # a lone accent leaves nothing


@lru_cache(maxsize=50_000)  # words follow Zipf's law: nearly every look-up hits
def _fold_word(word: str) -> str:
    word = word.casefold()
    if not word.isascii():
        word = _MARKS.sub("", unicodedata.normalize("NFD", word.replace("\u2019", "'")))
        word = unicodedata.normalize("NFC", word)
    if word[:1].isdigit():
        return word.replace(",", "")
    return word.removesuffix("'s")


def _pieces(word: str) -> list[str]:
    """Return a word, its unspaced runs as pairs or triples of characters, the rest as it is."""
    pieces: list[str] = []
    start = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > start:
            pieces.append(word[start : match.start()])
        run = match[0]
        size = 3 if _ALPHABETIC.match(run) else 2
        pieces += [run[i : i + size] for i in range(max(1, len(run) - size + 1))]
        start = match.end()
    if start < len(word):
        pieces.append(word[start:])
    return pieces


@lru_cache(maxsize=50_000)
def hash_word(word: str) -> int:
    """Return a word's 32-bit hash, the same in every process."""
    return crc32(word.encode("utf-8", "replace"))


def pair_hashes(words: Sequence[str]) -> list[int]:
    """Return the 32-bit hashes of neighbouring words, in order."""
    hashes = [hash_word(word) for word in words]
    return [((left * 31 + right) * _HASH_SPREAD) & _MASK32 for left, right in pairwise(hashes)]


def stems(words: Sequence[str], *, language: str) -> list[str]:
    """Return the stem of each folded word, in order; the word where no stemmer is known.

    Where the language is not known, it is taken for the commonest: most such texts are headlines.
    """
    algorithm = STEMMERS.get(language or COMMONEST_LANGUAGE)
    if algorithm is None:
        return list(words)
    return [_stem(algorithm, word) for word in words]


@lru_cache(maxsize=100_000)
def _stem(algorithm: str, word: str) -> str:
    return _stemmer(algorithm).stemWord(word)  # type: ignore[no-any-return]  # Stemmer has no types


@lru_cache(maxsize=len(STEMMERS))
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm, 0)  # 0: its own cache would double ours


def grammar_of(language: str) -> frozenset[str]:
    """Return a language's words of grammar; those of all languages where it is unknown."""
    return FUNCTION_WORDS.get(language, STOP_WORDS)


def dates(words: Sequence[str]) -> set[int]:
    """Return the places of folded words that say when: months, weekdays, days, years.

    A number beside the name of a month or weekday is a day; four digits from 1900 to 2099 a year.
    """
    named = {place for place, word in enumerate(words) if word in DATE_WORDS}
    return named | {
        place
        for place, word in enumerate(words)
        if word[0].isdigit() and (_is_year(word) or {place - 1, place + 1} & named)
    }


def language_of(words: Sequence[str], text: str, *, declared: str) -> str:
    """Return a two-letter code, or "" when nothing tells.

    The text comes before what the feed declares: many feeds say "en" because their software does.
    """
    code = declared[:2].lower()
    if not text.isascii():
        for language, letters in _SCRIPTS:
            if letters.search(text):
                return language
        for letters, languages in (
            (_CYRILLIC, ("ru", "uk", "bg", "sr", "be", "mk", "kk")),
            (_ARABIC, ("ar", "fa", "ur", "ps")),
            (_INDIC, ("hi", "ne", "mr")),
        ):
            if letters.search(text):
                return code if code in languages else languages[0]
    return _latin_language(words, code)


def _latin_language(words: Sequence[str], declared: str) -> str:
    counts = dict.fromkeys(FUNCTION_WORDS, 0)
    for word in LANGUAGES_OF_WORD.keys() & words:
        for language in LANGUAGES_OF_WORD[word]:
            counts[language] += 1
    best = max(counts, key=lambda language: (counts[language], language == declared, language))
    others = [counts[language] for language in counts if language != best]
    clear = counts[best] >= MIN_FUNCTION_WORDS + counts.get(declared, 0)
    if clear and counts[best] > max(others):
        return best
    return "" if declared in UNSPACED_LANGUAGES else declared


def numbers(words: Sequence[str], *, when: Container[int]) -> list[str]:
    """Return the numbers among folded words that can contradict each other: not those of `when`."""
    return [word for place, word in enumerate(words) if word[0].isdigit() and place not in when]


def _is_year(word: str) -> bool:
    return _YEAR.fullmatch(word) is not None


def names(title_words: Sequence[str], summary: Iterable[Sequence[str]]) -> list[str]:
    """Return the words, folded, that stand with a capital where no sentence begins.

    `summary` holds the words of its sentences.
    """
    found = _inner_capitals(title_words)
    if len(found) > TITLE_CASE_SHARE * len(title_words):
        found = []
    for sentence in summary:
        found += _inner_capitals(sentence)
    return list(dict.fromkeys(fold(found)))


def _inner_capitals(words: Sequence[str]) -> list[str]:
    return [word for word in words[1:] if word[0].isupper() and len(word) > 1]


def mask(words: Sequence[str]) -> tuple[str, str]:
    """Return a title with numbers and words of dates masked, and what was masked, in order."""
    masked, values = [], []
    for word in words:
        if not word.isalpha() and any(character.isdigit() for character in word):
            masked.append("#")
            values.append(word)
        elif word in DATE_WORDS:
            masked.append("@")
            values.append(word)
        else:
            masked.append(word)
    return " ".join(masked), " ".join(values)
