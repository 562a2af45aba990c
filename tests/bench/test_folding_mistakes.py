"""Wrong and missed pairs: which they are, which are shown, and what makes them hard."""

from __future__ import annotations

from typing import Any

import pytest

from bench.folding_mistakes import (
    Likeness,
    Mistake,
    at_random,
    cause,
    missed_pairs,
    most_confident,
    wrong_pairs,
)

GOLD = {"a": "fire", "b": "fire", "c": "flood", "d": "flood", "e": "", "f": "", "g": "smoke"}
STORIES = {
    "s1": ("a", "c", "e"),
    "s2": ("b", "g"),
    "s3": ("d",),
    "s4": ("f",),
}
SCORES = {"c": 0.8, "e": 0.9, "g": 0.95}
ENTRIES: dict[str, dict[str, Any]] = {
    name: {"story": story, "stored": (story, place), "score": SCORES.get(name, 1.0)}
    for story, names in STORIES.items()
    for place, name in enumerate(names)
}


def pairs(mistakes: list[Mistake]) -> set[tuple[str, str]]:
    return {(one.one, one.other) for one in mistakes}


def test_wrong_pairs_stand_in_one_story_with_unlike_labels() -> None:
    assert pairs(wrong_pairs(ENTRIES, GOLD, [("smoke", "fire")])) == {
        ("a", "c"),
        ("a", "e"),
        ("c", "e"),
    }


def test_two_without_a_label_are_not_known_to_be_wrong() -> None:
    together = {name: {**ENTRIES[name], "story": "s1"} for name in ("e", "f")}

    assert wrong_pairs(together, GOLD, []) == []


def test_missed_pairs_have_one_label_in_two_stories() -> None:
    assert pairs(missed_pairs(ENTRIES, GOLD)) == {("a", "b"), ("c", "d")}


def test_the_most_confident_come_first_one_for_two_labels() -> None:
    found = most_confident(wrong_pairs(ENTRIES, GOLD, []), ENTRIES, 2)

    assert [(one.one, one.other) for one in found] == [("b", "g"), ("a", "e")]


def test_drawn_mistakes_are_the_same_for_one_seed() -> None:
    many = [Mistake(one=f"{n}", other=f"{n}x", labels=(f"{n // 2}",) * 2) for n in range(40)]

    drawn = at_random(many, 10)

    assert drawn == at_random(reversed(many), 10)
    assert drawn != at_random(many, 10, seed=1)
    assert len({one.labels for one in drawn}) == 10


@pytest.mark.parametrize(
    ("source", "day", "cosine", "expected"),
    [
        ("post", 24, 0.9, "further apart than the window"),
        ("paper", 20, 0.9, "of one outlet"),
        ("post", 20, 0.1, "few words in common"),
        ("post", 20, 0.2, "some words in common"),
        ("post", 20, 0.3, "many words in common"),
    ],
)
def test_causes(source: str, day: int, cosine: float, expected: str) -> None:
    one = {"source": "paper", "published": "2026-11-20"}
    other = {"source": source, "published": f"2026-11-{day}"}

    assert cause(one, other, cosine).startswith(expected)


def test_likeness_counts_causes() -> None:
    rows = [
        {"id": name, "title": title, "summary": "", "source": name, "published": "2026-11-20"}
        for name, title in (("a", "Bridge reopens"), ("b", "Bridge reopens"), ("c", "Late frost"))
    ]
    likeness = Likeness(rows)
    same, unlike = (Mistake(one="a", other=other, labels=("x", "x")) for other in "bc")

    assert likeness.cosine(same) == pytest.approx(1)
    assert likeness.cosine(unlike) == 0
    assert sum(likeness.causes([same, unlike]).values()) == 2
