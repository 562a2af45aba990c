"""The little language of `include` and `exclude`: a text into a `Filter`.

word or phrase · "literal phrase" · field: words · field: /pattern/ · age > 3d · coverage >= 2
!term (not) · term && term (both)
"""

from __future__ import annotations

import re

import regex

from aggregator.config.faults import Unfit, nearest, shown
from aggregator.config.values import parse_span
from aggregator.model import Comparison, EntryField, Filter, Term

MAX_FILTER_CHARACTERS = 1_000
_AND = re.compile(r'&&(?=(?:[^"]*"[^"]*")*[^"]*$)')  # not one within quotes
_NUMBERED = (EntryField.AGE, EntryField.COVERAGE)
_COMPARED = re.compile(r"(age|coverage)\s*(<=|>=|<|>)\s*(\S+)", re.IGNORECASE)
_NAMED = re.compile(r"([A-Za-z]+)\s*:\s*(.*)", re.DOTALL)
_NAMES = tuple(field.value for field in EntryField if field not in {*_NUMBERED, EntryField.ANY})
_PATTERN = re.compile(r"/(.+)/", re.DOTALL)


def parse_filter(text: str) -> Filter:
    """Return the rule that a text stands for; Unfit says what is wrong with it."""
    written = text.strip()
    parts = [part.strip() for part in _AND.split(written[: MAX_FILTER_CHARACTERS + 1])]
    if not written:
        raise Unfit(what="is an empty filter, which would fit every entry", mend="Remove it.")
    if len(written) > MAX_FILTER_CHARACTERS:
        raise Unfit(
            what=f"a filter is longer than {MAX_FILTER_CHARACTERS} characters",
            mend="Write several filters.",
        )
    if not all(parts):
        raise Unfit(what=f"{shown(written)} lacks a condition beside &&", mend="Write one there.")
    return Filter(text=written, terms=tuple(map(_term, parts)))


def parse_entry_filter(text: str) -> Filter:
    """Return a rule for the entries of one feed, which knows nothing of stories."""
    rule = parse_filter(text)
    if any(term.field is EntryField.COVERAGE for term in rule.terms):
        raise Unfit(
            what=f"{shown(rule.text)} asks for coverage, which stories have and entries have not",
            mend="Move it to include or exclude of a digest.",
        )
    return rule


def _term(part: str) -> Term:
    negated = part.startswith("!") and len(part) > 1
    said = part[1:].strip() if negated else part
    if match := _COMPARED.fullmatch(said):
        field = EntryField(match[1].lower())
        number = _age_s(match[3]) if field is EntryField.AGE else _count(match[3])
        return Term(field=field, comparison=Comparison(match[2]), number=number, negated=negated)
    match = _NAMED.fullmatch(said)
    if match is None or said.startswith('"'):
        return _sought(EntryField.ANY, said, negated=negated)
    name, value = match[1].lower(), match[2]
    if name in _NAMES:
        return _sought(EntryField(name), value, negated=negated)
    _refuse_slip(name, said)
    return _sought(EntryField.ANY, said, negated=negated)


def _refuse_slip(name: str, said: str) -> None:
    """Raise Unfit where a phrase with a colon begins almost like the name of a field."""
    if name in _NUMBERED:
        raise Unfit(what=f"{shown(said)} compares nothing", mend=f"Write {name} > 3 or {name} < 3.")
    if guess := nearest(name, _NAMES):
        mend = f'Did you mean "{guess}: …"? A phrase that begins so stands in "quotes".'
        raise Unfit(what=f"{shown(said)} names no known field", mend=mend)


def _sought(field: EntryField, value: str, *, negated: bool) -> Term:
    if match := _PATTERN.fullmatch(value):
        _check_pattern(match[1])
        return Term(field=field, pattern=match[1], negated=negated)
    words = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if not words.strip():
        raise Unfit(what=f"{field}: looks for nothing", mend="Write words after it, or remove it.")
    return Term(field=field, words=words.strip(), negated=negated)


def _check_pattern(pattern: str) -> None:
    try:
        regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        mend = "Mend the pattern, or write the words without slashes around them."
        raise Unfit(
            what=f"{shown(pattern)} is no regular expression: {error}", mend=mend
        ) from error


def _age_s(text: str) -> float:
    return parse_span(text).total_seconds()


def _count(text: str) -> float:
    if not text.isdecimal() or not text.isascii():
        raise Unfit(what=f"{shown(text)} is no number of outlets", mend="Write coverage >= 2.")
    return float(text)
