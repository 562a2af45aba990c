from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import words


@pytest.mark.parametrize(
    ("text", "phrase", "stands"),
    [
        ("The cat sat", "cat", True),
        ("Concatenate", "cat", False),
        ("Cats and dogs", "cat", False),
        ("A category, a cat", "cat", True),
        ("CLIMATE\n  Change now", "climate change", True),
        ("climate, change", "climate change", False),
        ("Learn C++20 today", "C++", True),
        ("C+ is not it", "C++", False),
        ("Straße gesperrt", "STRASSE", True),
        ("東京都の天気", "東京", True),
        ("新しい生成AI技術", "ai", True),
        ("भारतीय टीम", "भारत", False),
        ("भारत की टीम", "भारत", True),
        ("cafe\u0301s", "café", False),
        ("cafe\u0301", "café", True),
    ],
    ids=[
        "whole word", "inside a word", "before an ending", "second place counts",
        "any white space and case", "a comma parts a phrase", "signs need no boundary",
        "signs count", "sharp s", "no spaces in the script", "scripts side by side",
        "a vowel sign goes on", "space after a vowel sign", "plural after an accent",
        "composed and decomposed",
    ],
)  # fmt: skip
def test_a_phrase_stands_as_whole_words(text: str, phrase: str, *, stands: bool) -> None:
    assert words.holds(words.normalise(text), words.normalise(phrase)) is stands


@given(st.text(), st.text(min_size=1).map(words.normalise).filter(bool))
def test_a_phrase_between_spaces_is_always_found(text: str, phrase: str) -> None:
    assert words.holds(f"{text} {phrase} {text}", phrase)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25", "2026-11-25T07:00:00Z", "25/11/2026", "25.11.26", "25 November 2026",
        "November 25, 2026", "25. März 2026", "25 de noviembre de 2026", "Nov 25th", "07:05",
        "7:05 p.m. GMT", "14h30", "3 hours ago", "1 min ago",
    ],
)  # fmt: skip
def test_dates_and_clock_times_are_no_words(text: str) -> None:
    assert words.title_words(f"before {text} after") == ("before", "after")


@pytest.mark.parametrize("text", ["3 marines", "2:1", "12 dead", "version 3.11"])
def test_other_numbers_stay_in_a_title(text: str) -> None:
    assert words.title_words(text) != words.title_words(text.replace("1", "4").replace("3", "5"))


def test_numbers_alone_are_no_words_of_a_text() -> None:
    """Counters of comments and views move at each fetch."""
    assert words.text_words("12 comments") == words.text_words("13 comments") == {"comments"}


def test_a_script_without_spaces_is_read_in_pairs() -> None:
    assert words.text_words("東京都") == {"東京", "京都"}
    assert words.text_words("雨") == {"雨"}


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["10 May", "⑩ May", "٣ May", "½", "x_y", "Ünder", "東京都", "7"]))
    .map(" ".join)
)  # fmt: skip
def test_the_quick_way_finds_the_same_words(text: str) -> None:
    """In texts without dates, and in those without unspaced scripts."""
    told = words.without_dates(words.normalise(text))
    wanted: set[str] = set()
    for run in words._RUN.findall(told):
        if words._UNSPACED_SIGN.match(run):
            wanted |= {run[i : i + 2] for i in range(max(1, len(run) - 1))}
        elif not run.isnumeric():
            wanted.add(run)

    assert words.text_words(text) == wanted


def test_words_to_read_are_counted_in_every_script() -> None:
    assert words.word_count("two words, 3 東京都庁") == 5


def test_plain_text_has_no_tags_or_references() -> None:
    assert words.plain("<p>Fish &amp; chips</p>").split() == ["Fish", "&", "chips"]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("short enough", "short enough"),
        ("cut between the words", "cut between…"),
        ("a, comma goes, too", "a, comma goes…"),
        ("x" * 30, "x" * 14 + "…"),
    ],
    ids=["whole", "between words", "without a trailing comma", "no space to cut at"],
)
def test_shortening_cuts_between_words(text: str, short: str) -> None:
    assert words.shorten(text, 15) == short


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_a_shortened_text_keeps_to_the_limit(text: str, limit: int) -> None:
    assert len(words.shorten(text, limit)) <= limit
