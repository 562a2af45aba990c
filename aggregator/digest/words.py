"""Texts as words: what filters match and what tells a rewritten entry from a touched-up one.

Knows nothing of stories and never changes a text that is shown.
"""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import filterfalse

# Scripts written without spaces: no word boundary to look for, so they are read in pairs of signs.
UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_UNSPACED_SIGN = re.compile(f"[{UNSPACED}]")
_RUN = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+")
_SPACED_RUN = re.compile(r"[^\W_]+")  # the same in texts without such signs, and faster
_DIGIT = re.compile(r"\d")
_TAG = re.compile(r"<[^<>]*>")  # stops at the next "<", so it is linear on any text

# Full names only: a stem such as "mar" would take "3 marines" for a date.
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember"
    "|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    "|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    "|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
    "|januari|februari|maart|mei|augustus"
)
_MONTH = rf"(?:{_MONTHS})\b\.?"
_DATE_LIKE = re.compile(
    "|".join((
        r"\b\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?",
        r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b",
        rf"\b\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?{_MONTH}(?:,?\s+(?:de\s+)?\d{{4}})?",
        rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?",
        r"\b\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s*(?:[ap]\.?m\b\.?|uhr\b|utc\b|gmt\b|ces?t\b|e[sd]t\b))*",
        r"\b\d+\s+(?:second|minute|min|hour|day|week)s?\s+ago\b",
    ))
)  # fmt: skip


def normalise(text: str) -> str:
    """Return the text for comparison: compatibility forms, case and white space made one."""
    return " ".join(_folded(text).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def holds(text: str, phrase: str) -> bool:
    """Tell whether the phrase stands in the text as whole words; both are normalised."""
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        before, after = text[max(0, at - 1) : at], text[end : end + 1]
        if not (_runs_on(before, phrase[0]) or _runs_on(phrase[-1], after)):
            return True
        at = text.find(phrase, at + 1)
    return False


def _runs_on(left: str, right: str) -> bool:
    """Tell whether no word ends between the two signs; "" is the edge of the text."""
    return all(
        sign and _is_word_sign(sign) and not _UNSPACED_SIGN.match(sign) for sign in (left, right)
    )


def _is_word_sign(sign: str) -> bool:
    """Tell whether a sign belongs to words; vowel signs and accents (category M) do."""
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def without_dates(text: str) -> str:
    """Return a normalised text without dates, clock times and "3 hours ago"."""
    return _DATE_LIKE.sub(" ", text)


def title_words(title: str) -> tuple[str, ...]:
    """Return a title's words in order, numbers included: "12 dead" is not "15 dead"."""
    return tuple(_RUN.findall(without_dates(normalise(title))))


def text_words(text: str) -> frozenset[str]:
    """Return the set of a text's words, without numbers: counters of comments and views move."""
    folded = _folded(text)
    # Every date has a digit. Looking for dates takes ten times as long as looking for one.
    told = without_dates(" ".join(folded.split())) if _DIGIT.search(folded) else folded
    if _is_spaced(told):
        return frozenset(filterfalse(str.isnumeric, _SPACED_RUN.findall(told)))
    found: set[str] = set()
    for run in _RUN.findall(told):
        if _UNSPACED_SIGN.match(run):
            found.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        elif not run.isnumeric():
            found.add(run)
    return frozenset(found)


def _is_spaced(text: str) -> bool:
    """Tell whether no sign of the text is of an unspaced script, as in most texts."""
    return text.isascii() or not _UNSPACED_SIGN.search(text)


def word_count(text: str) -> int:
    """Return how many words there are to read; two signs of an unspaced script count as one."""
    if _is_spaced(text):
        return len(_SPACED_RUN.findall(text))
    runs = _RUN.findall(text)
    return sum((len(run) + 1) // 2 if _UNSPACED_SIGN.match(run) else 1 for run in runs)


def plain(markup: str) -> str:
    """Return sanitised HTML as text, for comparison only."""
    return html.unescape(_TAG.sub(" ", markup))


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` characters, cut between words, with an ellipsis where cut."""
    if len(text) <= limit:
        return text
    head, _, _ = text[:limit].rpartition(" ")
    return (head if len(head) > limit // 2 else text[: limit - 1]).rstrip(
        " ,;:.-\u2013\u2014"
    ) + "…"
