"""Sentences are sampled by what they say, whatever the markup and the script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold.sentences import MAX_SENTENCES, sample

LONG = "The harbour bridge at Marlow opened to traffic at dawn on Friday"
OTHER = "A barge had torn away two of its piers in the storms of last winter"


@pytest.mark.parametrize(
    "content",
    [
        f"<p>{LONG}. {OTHER}.</p>",
        f"<p>{LONG.upper()}!</p>\n<div class='a-class-name-that-is-quite-long'>{OTHER}?</div>",
        f"{LONG}.\n{OTHER}",
        f"<p>{LONG}.</p><p>He said no more.</p><p>{OTHER}.</p>",
    ],
    ids=["one paragraph", "capitals and markup", "plain", "a short one between"],
)
def test_the_same_sentences_give_the_same_sample(content: str) -> None:
    assert sample(content) == sample(f"{OTHER}. {LONG}. ")


def test_a_dense_script_has_shorter_sentences() -> None:
    bridge = "\u6e2f\u53e3\u5927\u6865\u4eca\u5929\u65e9\u4e0a\u91cd\u65b0\u901a\u8f66"

    assert len(sample(f"{bridge}\u3002\u4ed6\u8bf4\u3002")) == 1
    assert sample("\u00e9" * 12) == []


def test_a_sample_is_bounded() -> None:
    many = "".join(f"<p>Sentence number {n} of a long text about a bridge.</p>" for n in range(70))

    assert len(sample(many)) == MAX_SENTENCES


@given(st.text(max_size=300))
def test_any_content_can_be_sampled(content: str) -> None:
    found = sample(content)

    assert found == sorted(set(found))
