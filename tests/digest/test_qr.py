from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.qr import MOST_CHARACTERS, QUIET, code


def test_an_address_becomes_a_square_with_its_quiet_zone() -> None:
    made = code("https://news.example.org/world.atom")

    assert made
    assert made.size == 29 + 2 * QUIET
    assert made.path.startswith(f"M{QUIET} {QUIET}.5h7")  # the corner's finder pattern


def test_what_a_code_cannot_hold_has_none() -> None:
    assert code("") is None
    assert code("x" * (MOST_CHARACTERS + 1)) is None


@given(st.text(min_size=1, max_size=60))
def test_a_path_is_made_of_strokes_alone(text: str) -> None:
    """So it can stand in an attribute whatever the address is."""
    made = code(text)

    assert made
    assert re.fullmatch(r"(M4 \d+\.5(m\d+ 0)?(h\d+|h\d+m\d+ 0)*)+", made.path)
