"""Rules that hold for every captured feed: nothing raises, the cut changes nothing."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Entry, Failed, ReadFeed
from aggregator.read import feed

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.read.conftest import Reader

pytestmark = pytest.mark.slow

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f]{1,3990}")
SAMPLED_TEXTS = 500  # parsed by html5lib, which takes 5 ms each


@pytest.fixture(scope="module")
def answers(corpus: list[Path], attempt: Reader) -> dict[Path, ReadFeed | Failed]:
    """Return what every captured feed reads as."""
    return {path: attempt(path.read_bytes()) for path in corpus}


@pytest.fixture(scope="module")
def entries(answers: dict[Path, ReadFeed | Failed]) -> list[Entry]:
    return [entry for found in answers.values() for entry in entries_of(found)]


def entries_of(found: ReadFeed | Failed) -> tuple[Entry, ...]:
    return found.entries if isinstance(found, ReadFeed) else ()


def test_every_captured_feed_is_read(
    answers: dict[Path, ReadFeed | Failed], entries: list[Entry]
) -> None:
    feeds = [found for found in answers.values() if isinstance(found, ReadFeed)]

    assert len(feeds) == len(answers) > 200
    assert len(entries) > 7_000
    assert sum(bool(found.known) for found in feeds) > 0.8 * len(feeds)
    assert sum(bool(found.title) for found in feeds) > 0.9 * len(feeds)
    assert sum(bool(entry.title or entry.content) for entry in entries) > 0.99 * len(entries)


def test_every_captured_entry_has_a_key_of_its_own(
    answers: dict[Path, ReadFeed | Failed],
) -> None:
    for found in answers.values():
        assert len({entry.key for entry in entries_of(found)}) == len(entries_of(found))


def test_every_captured_entry_keeps_its_bounds(entries: list[Entry]) -> None:
    for entry in entries:
        assert not FORBIDDEN.search(entry.title + entry.content + entry.summary + entry.guid)
        assert 0 < len(entry.key) <= 500
        assert len(entry.title) <= 500
        assert len(entry.summary) <= 600
        addresses = (entry.url, entry.image, *(file.url for file in entry.enclosures))
        assert all(ADDRESS.fullmatch(address) for address in addresses if address)


def test_no_captured_text_runs_anything(entries: list[Entry], xss_vectors: ModuleType) -> None:
    chance = random.Random(1)  # noqa: S311 seeded, no secret

    for entry in chance.sample(entries, SAMPLED_TEXTS):
        assert not xss_vectors.live(entry.content[:20_000])


def test_reading_through_the_cut_equals_reading_whole(
    answers: dict[Path, ReadFeed | Failed], attempt: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Field by field, for each feed: whole, cut, and cut with a random half known."""
    cut = {path: sure for path, found in answers.items() if (sure := known_feed(found))}
    chance = random.Random(2)  # noqa: S311 seeded, no secret

    for path, found in cut.items():
        half = frozenset(chance.sample(sorted(found.known), len(found.known) // 2))
        parts = [attempt(path.read_bytes(), known=known) for known in (half, found.known - half)]
        assert in_order(parts, found) == found.entries, path

    monkeypatch.setattr(feed, "_by_slices", lambda *_: None)
    for path, found in cut.items():
        whole = attempt(path.read_bytes())
        if path.suffix != ".json" and isinstance(whole, ReadFeed):
            assert unmarked(found.entries) == whole.entries, path
            assert (found.title, found.ttl, found.language) == (
                whole.title,
                whole.ttl,
                whole.language,
            )
    assert len(cut) > 200


def known_feed(found: ReadFeed | Failed) -> ReadFeed | None:
    return found if isinstance(found, ReadFeed) and found.known else None


def in_order(parts: list[ReadFeed | Failed], whole: ReadFeed) -> tuple[Entry, ...]:
    entries = {
        entry.slice_hash: entry
        for part in parts
        if isinstance(part, ReadFeed)
        for entry in part.entries
    }
    assert len(entries) == sum(len(part.entries) for part in parts if isinstance(part, ReadFeed))
    return tuple(entries[entry.slice_hash] for entry in whole.entries)


def unmarked(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(replace(entry, slice_hash=b"") for entry in entries)
