"""What is encoded of an entry, and that it is read back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold.features import (
    MAX_SHINGLES,
    NOTHING,
    decode,
    decode_sentences,
    decode_shingles,
    decode_stems,
    describe,
    readable_words,
    usual_language,
)
from aggregator.fold.words import hash_word
from aggregator.model import Entry
from tests.fold.newsroom import BRIDGE, entry


def test_features_are_read_back() -> None:
    found = decode(
        describe(replace(BRIDGE, url="https://paper.example/a", guid="tag:a.example,2026:1"))
    )

    assert found.language == "en"
    assert found.title_length == 9
    assert hash_word("harbour") in found.title
    assert hash_word("barg") in found.stems - found.title
    assert hash_word("fenwick") in found.names
    assert found.url_key
    assert found.guid_key
    assert found.shingles == tuple(sorted(found.shingles))
    assert not found.truncated


def test_features_are_small() -> None:
    assert len(describe(BRIDGE)) < 1000


def test_the_same_entry_gives_the_same_bytes() -> None:
    assert describe(BRIDGE) == describe(replace(BRIDGE))


def test_a_long_text_is_sampled() -> None:
    text = " ".join(f"word{number}" for number in range(400))
    found = decode(describe(Entry(key="k", title="A long text", summary=text)))

    assert len(found.shingles) == MAX_SHINGLES
    assert found.truncated


def test_shingles_can_be_read_alone() -> None:
    data = describe(BRIDGE)

    assert decode_shingles(data) == decode(data).sketch
    title, stems = decode_stems(data)
    assert (frozenset(title), frozenset(stems)) == (decode(data).title, decode(data).stems)


def test_content_speaks_where_there_is_no_summary() -> None:
    html = "<p>The <b>harbour</b> bridge<br>opened</p>"

    found = decode(describe(Entry(key="k", title="News", content=html)))

    assert hash_word("harbour") in found.stems


def test_numbers_of_the_title_are_told_apart() -> None:
    found = decode(describe(Entry(key="k", title="Fire kills 3", summary="Some 40 homes burnt.")))

    assert found.title_numbers == {hash_word("3")}
    assert found.numbers == {hash_word("3"), hash_word("40")}


def test_readable_words_follow_the_text() -> None:
    assert list(readable_words(describe(BRIDGE)).values())[:3] == ["marlow", "harbour", "bridge"]


def test_a_sample_of_the_content_is_read_back() -> None:
    content = "<p>The harbour bridge opened to traffic at dawn on Friday.</p><p>So it goes.</p>"
    data = describe(replace(BRIDGE, content=content))

    assert len(decode(data).sentences) == 1
    assert decode_sentences(data) == decode(data).sentences
    assert decode(data).shingles == decode(describe(BRIDGE)).shingles
    assert readable_words(data) == readable_words(describe(BRIDGE))


def test_bytes_of_the_version_before_are_still_read() -> None:
    """They lack the byte that counts the sentences, which follows the header."""
    data = describe(BRIDGE)
    older = b"\x01" + data[1:43] + data[44:]

    assert decode(older) == decode(data)
    assert decode_sentences(older) == ()
    assert decode_shingles(older) == decode_shingles(data)
    assert decode_stems(older) == decode_stems(data)
    assert readable_words(older) == readable_words(data)


def test_bytes_of_another_version_match_nothing() -> None:
    strange = b"\xff" + describe(BRIDGE)[1:]

    for data in (strange, b""):
        assert decode(data) == NOTHING
        assert decode_shingles(data) == ((), False)
        assert decode_stems(data) == ((), ())
        assert decode_sentences(data) == ()
        assert readable_words(data) == {}


@given(st.text(max_size=120), st.text(max_size=300), st.text(max_size=8))
def test_any_entry_can_be_described(title: str, summary: str, language: str) -> None:
    data = describe(Entry(key="k", title=title, summary=summary, language=language))

    assert decode(data).stems >= decode(data).title


ENGLISH = [entry(f"The mayor of {town} is in the news", language="") for town in "ABCD"]
GERMAN = [entry(f"Der Rat von {town} hat die Maut und das Budget", language="") for town in "ABCD"]
SILENT = [entry(f"Goal {number}", language="") for number in range(30)]


@pytest.mark.parametrize(
    ("entries", "language"),
    [
        ([*SILENT[:20], *ENGLISH], "en"),
        (GERMAN[:3], "de"),
        (ENGLISH[:2], ""),
        ([*ENGLISH, *GERMAN], ""),
        (SILENT, ""),
        ([], ""),
    ],
    ids=["most say nothing", "three", "too few", "two languages", "none tells", "none"],
)
def test_a_feed_speaks_the_language_that_its_entries_agree_on(
    entries: list[Entry], language: str
) -> None:
    assert usual_language(entries) == language
