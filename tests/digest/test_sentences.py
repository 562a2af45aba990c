from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.sentences import is_whole, sentences


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("One ends. Two begins! Does three?", ["One ends.", "Two begins!", "Does three?"]),
        ("<p>A paragraph</p><p>And another.</p>", ["A paragraph", "And another."]),
        ("Mr. Hale met J. Roe of the U.S. Senate.", ["Mr. Hale met J. Roe of the U.S. Senate."]),
        ("It costs 3.50 now. It was 3.", ["It costs 3.50 now.", "It was 3."]),
        ("They came ... and went.", ["They came ... and went."]),
        ("\u201cStop.\u201d He left.", ["\u201cStop.\u201d", "He left."]),
        ("海水上涨。城市准备。", ["海水上涨。", "城市准备。"]),
        ("هل نعم؟ لا.", ["هل نعم؟", "لا."]),
        ("Bread &amp; salt<br>for   all.", ["Bread & salt", "for all."]),
        ("A <b>bold</b> word.", ["A bold word."]),
        ("", []),
    ],
)  # fmt: skip
def test_a_text_is_cut_where_its_sentences_end(markup: str, found: list[str]) -> None:
    assert sentences(markup) == found


@given(st.text(max_size=300))
def test_no_word_is_lost_or_changed(text: str) -> None:
    plain = text.replace("<", "").replace("&", "")

    assert "".join("".join(sentences(plain)).split()) == "".join(plain.split())


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [("It is so.", True), ("\u201cIs it?\u201d", True), ("Read more", False), ("", False)],
)
def test_a_label_is_no_sentence(sentence: str, *, whole: bool) -> None:
    assert is_whole(sentence) is whole
