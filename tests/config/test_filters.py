from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.faults import Unfit
from aggregator.config.filters import parse_entry_filter, parse_filter
from aggregator.model import Comparison, EntryField, Term

DAY_S = 86_400


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("climate", Term(words="climate")),
        ("  two words ", Term(words="two words")),
        ("Wordle: today", Term(words="Wordle: today")),
        ("10:30 train", Term(words="10:30 train")),
        ('"title: as it stands"', Term(words="title: as it stands")),
        ("title: Live", Term(field=EntryField.TITLE, words="Live")),
        ('TITLE:"a && b"', Term(field=EntryField.TITLE, words="a && b")),
        ("/a|b/", Term(pattern="a|b")),
        ("url: /sport/", Term(field=EntryField.URL, pattern="sport")),
        ("url: https://a.example/x/", Term(field=EntryField.URL, words="https://a.example/x/")),
        ("!lang: de", Term(field=EntryField.LANG, words="de", negated=True)),
        ("!", Term(words="!")),
        (
            "age > 3d",
            Term(field=EntryField.AGE, comparison=Comparison.MORE, number=3 * DAY_S),
        ),
        (
            "!coverage<=2",
            Term(field=EntryField.COVERAGE, comparison=Comparison.AT_MOST, number=2, negated=True),
        ),
    ],
)
def test_a_text_is_one_term(text: str, term: Term) -> None:
    assert parse_filter(text).terms == (term,)


def test_terms_are_joined() -> None:
    rule = parse_filter("tag: sport && !football && age < 1d")

    assert [term.field for term in rule.terms] == [EntryField.TAG, EntryField.ANY, EntryField.AGE]
    assert [term.negated for term in rule.terms] == [False, True, False]
    assert str(rule) == "tag: sport && !football && age < 1d"


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("  ", "empty filter", "Remove it."),
        ("a && ", "lacks a condition", "Write one there."),
        ("titel: x", "names no known field", 'Did you mean "title: …"?'),
        ("title:", "title: looks for nothing", "Write words"),
        ('""', "looks for nothing", "Write words"),
        ("age: 3d", "compares nothing", "Write age >"),
        ("age > soon", "", ""),
        ("coverage >= two", "no number of outlets", "coverage >= 2"),
        ("/(/", "no regular expression", "without slashes"),
        ("a" * 1001, "longer than 1000", "several filters"),
    ],
)
def test_what_cannot_be_used_is_explained(text: str, what: str, mend: str) -> None:
    with pytest.raises(Unfit) as refused:
        parse_filter(text)

    assert what in refused.value.what
    assert mend in refused.value.mend


def test_a_feed_knows_nothing_of_coverage() -> None:
    with pytest.raises(Unfit, match="asks for coverage"):
        parse_entry_filter("x && coverage >= 2")

    assert parse_entry_filter("x && age > 2d") == parse_filter("x && age > 2d")


@given(st.text(max_size=40))
def test_any_text_is_a_rule_or_explained(text: str) -> None:
    try:
        rule = parse_filter(text)
    except Unfit as refused:
        said = refused.what
    else:
        said = rule.text if rule.terms else ""

    assert said
