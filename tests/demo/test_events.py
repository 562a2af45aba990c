"""The bundled events are whole, varied and well formed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from aggregator.demo import events
from aggregator.demo.outlets import EVERYTHING

if TYPE_CHECKING:
    from aggregator.demo.values import Event

EVENTS = [event for language in events.LANGUAGES for event in events.load(language)]


def words(event: Event, at: int) -> set[str]:
    wording = event.wordings[at]
    return set(" ".join((wording.headline, *wording.paragraphs)).lower().split())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.label)
def test_an_event_has_three_full_wordings(event: Event) -> None:
    assert len(event.wordings) >= 3
    assert event.category in EVERYTHING
    assert event.place
    for wording in event.wordings:
        assert 10 <= len(wording.headline) <= 110
        assert len(wording.paragraphs) == 2
        assert len(wording.paragraphs[0]) > 80
        assert all(text[-1] in ".?!" for text in wording.paragraphs)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.label)
def test_wordings_of_an_event_differ_in_phrasing_and_share_names(event: Event) -> None:
    """Coverage, not copies: some words in common, most of them not."""
    for one, other in combinations(range(len(event.wordings)), 2):
        shared = words(event, one) & words(event, other)
        every = words(event, one) | words(event, other)

        assert len(shared) / len(every) < 0.45
        assert len(shared) >= 5


def test_labels_are_used_once_in_both_languages() -> None:
    labels = [event.label for event in EVENTS]

    assert len(set(labels)) == len(labels) >= 60
    assert {event.language for event in EVENTS} == {"en", "de"}
    assert {event.category for event in EVENTS} == set(EVERYTHING)
