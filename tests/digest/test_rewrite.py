from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import rewrite
from tests.digest.makers import entry, member, publish, story

if TYPE_CHECKING:
    from aggregator.model import Entry

WORDS = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(400)]


def said(words: list[str]) -> Entry:
    return entry(content="<p>" + " ".join(words) + "</p>")


def test_the_similarity_of_short_texts_is_exact() -> None:
    a, b = rewrite.sketch(said(WORDS[:100])), rewrite.sketch(said(WORDS[10:110]))

    assert rewrite.similarity(a, b) == pytest.approx(90 / 110)


def test_the_similarity_of_long_texts_is_near() -> None:
    a, b = rewrite.sketch(said(WORDS)), rewrite.sketch(said(WORDS[:360]))

    assert len(a) <= 1024
    assert rewrite.similarity(a, b) == pytest.approx(0.9, abs=0.06)


def test_two_empty_texts_are_the_same() -> None:
    nothing = rewrite.sketch(entry(content="", summary=""))

    assert rewrite.similarity(nothing, nothing) == 1.0


def test_the_summary_speaks_where_there_is_no_content() -> None:
    a = rewrite.sketch(entry(content="", summary="one two"))

    assert a == rewrite.sketch(entry(content="<p>two, one!</p>", summary="else"))


@given(st.text())
def test_every_text_is_its_own_like(text: str) -> None:
    words = rewrite.sketch(entry(summary=text, content=""))

    assert rewrite.similarity(words, words) == 1.0


@pytest.mark.parametrize(
    ("title", "moved"),
    [
        ("HARBOUR towns  agree: on a barrier!", False),
        ("Harbour towns agree on a barrier (07:45)", False),
        ("Harbour towns quarrel over a barrier", True),
        ("Harbour towns agree on 2 barriers", True),
    ],
    ids=["case and punctuation", "a clock time", "another word", "a number"],
)
def test_a_title_counts_by_its_words(title: str, *, moved: bool) -> None:
    before = publish(story())

    assert rewrite.is_rewritten(before, title, before.lead_hash) is moved


def test_a_title_counts_only_where_the_outlet_wrote_it_before_and_now() -> None:
    titled, untitled = publish(story()), publish(story(member(title="")))

    assert not rewrite.is_rewritten(untitled, "A title at last", untitled.lead_hash)
    assert not rewrite.is_rewritten(titled, "", titled.lead_hash)


def test_small_touches_add_up() -> None:
    """Each step is below the threshold, all of them are not."""
    steps = [WORDS[n : n + 100] for n in range(0, 12, 3)]
    before = replace(publish(story()), lead_hash=rewrite.sketch(said(steps[0])))
    hashes = [rewrite.sketch(said(step)) for step in steps]

    assert all(rewrite.similarity(a, b) >= rewrite.SAME_WORDS for a, b in pairwise(hashes))
    assert not rewrite.is_rewritten(before, before.title, hashes[1])
    assert rewrite.is_rewritten(before, before.title, hashes[-1])
