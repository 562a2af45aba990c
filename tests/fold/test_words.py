"""Tokens, stems, numbers and names of many scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold import words


def folded(text: str) -> list[str]:
    return words.fold(words.tokens(words.normalise(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don\u2019t stop: 1,209 saved!", ["don't", "stop", "1209", "saved"]),
        ("Fenwick's bridge, v5.14.1", ["fenwick", "bridge", "v5", "14.1"]),
        ("\u00dcber Stra\u00dfe", ["uber", "strasse"]),
        ("\u6771\u4eac\u90fd AI", ["\u6771\u4eac", "\u4eac\u90fd", "ai"]),
        ("\u96ea", ["\u96ea"]),
        ("\uff21\uff22\uff23 \uff11\uff12", ["abc", "12"]),
        ("\u0661\u0662 \u0643\u062a\u0627\u0628", ["12", "\u0643\u062a\u0627\u0628"]),
        ("\u0643\u0650\u062a\u0627\u0628", ["\u0643\u062a\u0627\u0628"]),
        ("पुल खुला", ["पुल", "खुला"]),
        ("", []),
        ("!? \u2014", []),
    ],
    ids=[
        "apostrophe and thousands", "possessive and version", "german", "han with latin",
        "one han letter", "full width", "arabic digits", "arabic vowel marks", "hindi", "empty",
        "no word",
    ],
)  # fmt: skip
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    assert folded(text) == expected


def test_korean_gives_pairs_of_characters_and_thai_triples() -> None:
    thai = folded("\u0e2a\u0e30\u0e1e\u0e32\u0e19\u0e40\u0e1b\u0e34\u0e14")
    korean = folded("\ub2e4\ub9ac\uac00 \uc5f4\ub838\ub2e4")

    assert {len(word) for word in thai} == {3}
    assert all(len(word) <= 2 for word in korean)
    assert "\ub2e4\ub9ac" in korean


def test_a_word_that_changes_script_is_cut_at_the_border() -> None:
    assert folded("iPhone\u767a\u58f2\u65e5x") == ["iphone", "\u767a\u58f2", "\u58f2\u65e5", "x"]


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("the bridge is open and the road to it", "", "en"),
        ("die br\u00fccke ist offen und der weg zu ihr", "en-us", "de"),
        ("le pont est ouvert et la route aussi pour nous", "en", "fr"),
        ("Bridge open", "en-GB", "en"),
        ("Bridge open", "", ""),
        ("Bridge open", "zh", ""),
        ("\u041c\u043e\u0441\u0442 \u043e\u0442\u043a\u0440\u044b\u0442", "en", "ru"),
        ("\u041c\u0456\u0441\u0442 \u0432\u0456\u0434\u043a\u0440\u0438\u0442\u043e", "uk", "uk"),
        ("\u6a4b\u304c\u958b\u901a", "en", "ja"),
        ("\u5927\u6865\u901a\u8f66", "", "zh"),
        ("\u0641\u062a\u062d \u0627\u0644\u062c\u0633\u0631", "", "ar"),
        ("\u067e\u0644 \u0628\u0627\u0632 \u0634\u062f", "fa", "fa"),
        ("\u092a\u0941\u0932", "", "hi"),
    ],
)
def test_the_text_tells_its_language_before_the_feed(
    text: str, declared: str, language: str
) -> None:
    found = words.language_of(folded(text), words.normalise(text), declared=declared)

    assert found == language


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_words_of_ascii_are_those_of_any_text(text: str) -> None:
    beside_another_script = words.tokens(f"{text} \u00e9")

    assert [*words.tokens(text), "\u00e9"] == beside_another_script


@given(st.text(alphabet=st.sampled_from("aZ9 .!?:|'\n\u00e9\u6771\u2026\u3002")))
def test_sentences_hold_every_word_once_in_order(text: str) -> None:
    assert [word for sentence in words.sentences(text) for word in sentence] == words.tokens(text)


def test_stems_join_the_forms_of_a_word() -> None:
    assert words.stems(["repairs", "repaired"], language="en") == ["repair", "repair"]
    assert words.stems(["br\u00fccken"], language="xx") == ["br\u00fccken"]


def test_words_of_no_known_language_have_english_stems() -> None:
    assert words.stems(["pleads", "spending"], language="") == ["plead", "spend"]
    assert words.stems(["pleads"], language="pl") == ["pleads"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The F.B.I. and the U.S. Army", ["The", "FBI", "and", "the", "US", "Army"]),
        ("J.K. Rowling, at 5.14 p.m.", ["JK", "Rowling", "at", "5.14", "pm"]),
        ("\u0421.\u0428.\u0410.", ["\u0421\u0428\u0410"]),
        ("It is I. He is A. B was not.", ["It", "is", "I", "He", "is", "A", "B", "was", "not"]),
        ("news.example is a.b", ["news", "example", "is", "a", "b"]),
    ],
)
def test_initials_are_one_word(text: str, expected: list[str]) -> None:
    assert words.tokens(words.normalise(text)) == expected


def test_dates_are_no_numbers() -> None:
    said = folded("On November 20, 2026 some 14 boats left, 3 sank on Monday")

    assert words.numbers(said, when=words.dates(said)) == ["14", "3"]


def test_names_stand_inside_sentences() -> None:
    title = words.tokens("Bridge opens, says Fenwick")
    text = words.sentences("Crews cheered. Then Odile Fenwick left for Marlow.")
    found = words.names(title, text)

    assert found == ["fenwick", "odile", "marlow"]


def test_capitals_of_a_headline_in_title_case_are_no_names() -> None:
    assert words.names(words.tokens("Bridge Opens After Repairs"), []) == []


def test_a_mask_hides_numbers_and_dates_and_keeps_them_apart() -> None:
    monday = words.mask(folded("Forecast for Monday, November 2: 14 degrees"))
    tuesday = words.mask(folded("Forecast for Tuesday, November 3: 9 degrees"))

    assert monday[0] == tuesday[0]
    assert monday[1] != tuesday[1]


def test_hashes_are_the_same_everywhere() -> None:
    """Fixed values: they are stored, and compared between processes."""
    assert words.hash_word("bridge") == 1_769_475_999
    assert words.pair_hashes(["harbour", "bridge"]) == words.pair_hashes(["harbour", "bridge"])
    assert words.pair_hashes(["harbour", "bridge"]) != words.pair_hashes(["bridge", "harbour"])
    assert words.pair_hashes(["bridge"]) == []


@given(st.text(max_size=200))
def test_any_text_gives_words_without_spaces(text: str) -> None:
    assert all(word and not word.isspace() for word in folded(text))
