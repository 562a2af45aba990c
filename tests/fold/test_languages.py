"""Copies and coverage fold in any language, also without spaces; an outlet's series does not."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import combinations
from zlib import crc32

import pytest

from aggregator.fold.stories import Index
from aggregator.model import Arrival, Folding
from tests.fold.languages import LANGUAGES, instalments, stories
from tests.fold.newsroom import FOLDING, HOUR, NOON, arrival, groups, stories_of

ORDERS = 3
LEAST_COVERED = 12  # of 20 stories, a third outlet's own words
CODES = sorted(LANGUAGES)


def stream(
    code: str, *, seed: int, spread: timedelta
) -> tuple[list[Arrival], dict[int, tuple[int, int]]]:
    """Return the arrivals of all stories in some order, and (story, outlet) of each.

    The like of an event happens elsewhere that much later; at one time, no place has two events.
    """
    arrivals: list[Arrival] = []
    truth: dict[int, tuple[int, int]] = {}
    for story, tellings in enumerate(stories(code)):
        for outlet, told in enumerate(tellings):
            number = len(arrivals) + 1
            kind, place = divmod(story, 4)
            turn = (place + kind) % 4 if kind < 4 else 4 + place
            at = NOON + turn * spread + outlet * HOUR
            arrivals.append(arrival(told, number, feed=10 + outlet, at=at))
            truth[number] = story, outlet
    arrivals.sort(key=lambda one: crc32(b"%d %d" % (seed, one.entry_id)))
    return arrivals, truth


@pytest.mark.parametrize("seed", range(ORDERS))
@pytest.mark.parametrize("code", CODES)
def test_copies_fold_and_nothing_else(code: str, seed: int) -> None:
    arrivals, truth = stream(code, seed=seed, spread=HOUR)

    copies_only = Folding(window=timedelta(hours=72), coverage=False)
    found = groups(stories_of(Index(copies_only), arrivals))

    together = {tuple(sorted(pair)) for group in found for pair in combinations(group, 2)}
    wanted = defaultdict(list)
    for number, (story, outlet) in truth.items():
        if outlet < 2:
            wanted[story].append(number)
    copies = {tuple(sorted(pair)) for pair in wanted.values()}
    assert copies <= together
    assert all(truth[one][0] == truth[other][0] for one, other in together)


@pytest.mark.parametrize("seed", range(ORDERS))
@pytest.mark.parametrize("code", CODES)
def test_coverage_folds_an_event_in_the_words_of_three_outlets(code: str, seed: int) -> None:
    arrivals, truth = stream(code, seed=seed, spread=80 * HOUR)

    found = groups(stories_of(Index(FOLDING), arrivals))

    wrong = [group for group in found if len({truth[one][0] for one in group}) > 1]
    covered = sum(len({truth[one][1] for one in group}) == 3 for group in found)
    assert wrong == []
    assert covered >= LEAST_COVERED


@pytest.mark.parametrize("coverage", [True, False], ids=["coverage", "copies only"])
@pytest.mark.parametrize("code", CODES)
def test_a_series_of_one_outlet_never_folds(code: str, *, coverage: bool) -> None:
    for parts in instalments(code):
        index = Index(Folding(window=timedelta(hours=72), coverage=coverage))
        arrivals = [
            arrival(part, day, feed=50, at=NOON + 20 * day * HOUR)
            for day, part in enumerate(parts, 1)
        ]
        assert len(groups(stories_of(index, arrivals))) == len(arrivals)
