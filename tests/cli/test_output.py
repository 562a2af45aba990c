from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.cli.output import counted, moment, moment_or_none, printable, sentence, wrapped


def test_what_would_steer_a_terminal_is_shown_as_a_mark() -> None:
    """Escape sequences, C1 controls and marks that turn the reading direction come from outside."""
    assert printable("a\x1b[2Jb\x9bc\u202ed\x07") == "a\ufffd[2Jb\ufffdc\ufffdd\ufffd"
    assert printable("Zürich: 東京\nzwei\tdrei") == "Zürich: 東京\nzwei drei"


def test_moments_for_programs_are_in_utc_to_the_second() -> None:
    assert moment(datetime(2026, 11, 25, 12, 0, 5, 999, tzinfo=UTC)) == "2026-11-25T12:00:05Z"
    assert moment_or_none(None) is None


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [(1, "feed", "1 feed"), (0, "feed", "0 feeds"), (2, "story", "2 stories")],
)
def test_counts_agree_with_their_noun(count: int, noun: str, expected: str) -> None:
    assert counted(count, noun) == expected


def test_a_sentence_ends_with_one_full_stop() -> None:
    assert (sentence("No"), sentence("No."), sentence("")) == ("No.", "No.", "")


def test_an_address_stays_whole_when_text_is_wrapped() -> None:
    address = "https://example.org/a-rather-long-path/with-hyphens"

    assert wrapped(f"See {address} for more", width=20) == ["See", address, "for more"]
