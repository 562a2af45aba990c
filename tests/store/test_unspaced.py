from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store.unspaced import SEPARATOR, cut


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain words", ["plain words"]),
        ("Straße, café", ["Straße, café"]),
        ("हिन्दी में", ["हिन्दी में"]),
        ("铁路", ["", "铁", "路"]),
        ("the 铁路 line", ["the ", "铁", "路 line"]),
        ("新iPhone発売", ["", "新", "iPhone", "発", "売"]),
        ("2024年3月", ["2024", "年", "3", "月"]),
        ("แม่น้ำ", ["", "แ", "ม่", "น้", "ำ"]),
    ],
)
def test_signs_stand_apart(text: str, pieces: list[str]) -> None:
    assert cut(text).split(SEPARATOR) == pieces


@given(st.text(st.characters(exclude_characters=SEPARATOR)))
def test_nothing_but_separators_is_added(text: str) -> None:
    assert cut(text).replace(SEPARATOR, "") == text
