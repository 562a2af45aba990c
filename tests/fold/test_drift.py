"""A thread over weeks is several stories in a chain; a quick big story stays one."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.fold.drift import Threads
from aggregator.fold.stories import Index
from aggregator.model import Arrival, Folding, Joined, Merged, Relation, Started, Thread
from tests.fold.newsroom import BRIDGE, FOLDING, NOON, arrival, filled
from tests.fold.threads import BOUND, WORDY_MATTER, Told, other_news, thread

if TYPE_CHECKING:
    import random

DAY = timedelta(days=1)
SIX_WEEKS = [NOON + day * DAY for day in range(42)]


def told(arrivals: list[Arrival], *, folding: Folding = FOLDING, days: int = 42) -> Told:
    """Return what comes of entries among other news, in the order of their times."""
    every = sorted([*other_news(days=days), *arrivals], key=lambda one: one.at)
    return Told().fold(Index(folding), every)


def longest(found: Told, arrivals: list[Arrival]) -> timedelta:
    """Return the longest span of a story's entries without its copies."""
    at = {one.entry_id: one.at for one in arrivals}
    reports = [
        [at[one] for one, relation in own.items() if one in at and relation is not Relation.COPY]
        for own in found.members.values()
    ]
    return max(max(times) - min(times) for times in reports if times)


def test_six_weeks_of_daily_reports_are_a_chain_of_stories() -> None:
    reports = thread(SIX_WEEKS)
    found = told(reports)
    chain = found.of(reports)

    assert 7 <= len(chain) <= 12
    assert longest(found, reports) <= BOUND
    assert {later: earlier for earlier, later in pairwise(chain)} == found.follows
    assert all(why.startswith("continues an earlier story, which is") for why in found.reasons)


def test_reports_three_times_a_day_end_at_the_bound_and_say_so() -> None:
    moments = [NOON + hours * timedelta(hours=8) for hours in range(60)]
    reports = thread(moments, matter=WORDY_MATTER)
    found = told(reports)

    assert longest(found, reports) <= BOUND
    assert any("because it would span 6." in why for why in found.reasons)


def test_forty_outlets_in_two_days_are_one_story() -> None:
    reports = thread([NOON + 20 * DAY + place * timedelta(hours=1.2) for place in range(40)])
    found = told(reports)

    assert len(found.of(reports)) == 1
    assert not found.follows


def test_a_story_that_moved_on_takes_in_what_is_like_it_as_a_whole() -> None:
    """Within one window nothing is ever closed."""
    reports = thread([NOON + place * timedelta(hours=12) for place in range(6)])

    assert len(told(reports, days=6).of(reports)) == 1


def test_a_copy_joins_a_story_that_is_closed() -> None:
    reports = thread([NOON + hours * timedelta(hours=8) for hours in range(18)])
    index = Index(FOLDING)
    Told().fold(index, sorted([*other_news(days=6), *reports], key=lambda one: one.at))
    late = thread([reports[-1].at + 2 * DAY], first_number=900)[0]
    copy = Arrival(
        **{name: getattr(late, name) for name in ("entry_id", "feed_id", "feed_url", "key", "at")},
        guid="", url="", features=reports[-1].features,
    )  # fmt: skip

    (first,) = index.fold(copy)

    assert isinstance(first, Joined)
    assert first.relation is Relation.COPY


def test_without_coverage_copies_go_on_for_ever() -> None:
    index = Index(Folding(window=FOLDING.window, coverage=False))
    same = [arrival(BRIDGE, day + 1, at=NOON + day * DAY) for day in range(30)]

    assert [type(index.fold(one)[0]) for one in same] == [Started, *[Joined] * 29]


def test_an_earlier_entry_that_comes_late_is_followed_by_what_was_there() -> None:
    moments = [NOON + hours * timedelta(hours=8) for hours in range(18)]
    early, *reports = thread([NOON - 0.5 * DAY, *moments])
    index = Index(FOLDING)
    news = sorted([*other_news(days=6), *reports], key=lambda one: one.at)
    found = Told().fold(index, news)
    (there,) = found.of(reports)

    found.fold(index, [early])

    assert found.follows == {there: found.of([early])[0]}


def restarted(found: Told, arrivals: list[Arrival]) -> Index:
    """Return a new index with all that a store keeps of these entries."""
    index = Index(FOLDING)
    at = {one.entry_id: one.at for one in arrivals}
    story_of = {one: story for story, own in found.members.items() for one in own}
    for one in arrivals:
        index.add(one, story_id=story_of[one.entry_id])
    for story_id, own in found.members.items():
        times = [at[one] for one, relation in own.items() if relation is not Relation.COPY]
        follows_id = found.follows.get(story_id, "")
        index.note(
            Thread(
                story_id=story_id, first_at=min(times), last_at=max(times), follows_id=follows_id
            )
        )
    return index


def test_a_restart_in_the_middle_changes_nothing() -> None:
    """What is kept of each story stands for what the index knew."""
    moments = [NOON + hours * timedelta(hours=8) for hours in range(60)]
    reports = thread(moments, matter=WORDY_MATTER)
    every = sorted([*other_news(days=20), *reports], key=lambda one: one.at)
    first, second = every[:750], every[750:]
    whole = Told().fold(Index(FOLDING), every)
    halves = Told().fold(Index(FOLDING), first)

    halves.fold(restarted(halves, first), second)

    assert halves.of(reports) == whole.of(reports)
    assert halves.follows == whole.follows


@settings(max_examples=5, deadline=None)
@given(
    hours=st.lists(st.integers(0, 20 * 24), min_size=20, max_size=60),
    seed=st.integers(0, 99),
    order=st.randoms(use_true_random=False),
)
def test_no_story_is_longer_than_the_bound_in_any_order(
    hours: list[int], seed: int, order: random.Random
) -> None:
    reports = thread([NOON + timedelta(hours=hour) for hour in hours], seed=seed)
    every = [*other_news(days=20), *reports]
    order.shuffle(every)
    found = Told().fold(Index(FOLDING), every)

    assert longest(found, reports) <= BOUND
    assert all(later != earlier for later, earlier in found.follows.items())


# -------------------------------------------------------------------- threads


def merge(kept: str, absorbed: str, relation: Relation = Relation.COVERAGE) -> Merged:
    return Merged(kept_id=kept, absorbed_id=absorbed, relation=relation, reason="", score=1.0)


def begun(**days: float) -> Threads:
    threads = Threads(FOLDING)
    for story, day in days.items():
        threads.extend(story, day * 86_400)
    return threads


def test_a_story_follows_one_other_and_no_circle_closes() -> None:
    threads = begun(a=0, b=7, c=14)

    assert threads.link("b", "a", "x")[0].story_id == "b"
    assert threads.link("b", "a", "x") == ()
    assert threads.link("c", "b", "x")[0].follows_id == "b"
    threads.extend("a", 99 * 86_400)
    assert threads.link("a", "c", "x") == ()


@pytest.mark.parametrize(("kept", "absorbed"), [("a", "c"), ("c", "a"), ("a", "b"), ("b", "c")])
def test_a_merge_within_a_chain_closes_no_circle(kept: str, absorbed: str) -> None:
    threads = begun(a=0, b=7, c=14)
    threads.link("b", "a", "x")
    threads.link("c", "b", "x")

    threads.merge(merge(kept, absorbed))

    left = {"a", "b", "c"} - {absorbed}
    assert all(threads.link(one, other, "x") == () for one in left for other in left - {one})


def test_a_story_of_copies_adds_nothing_to_the_one_that_takes_it_in() -> None:
    threads = begun(a=0, b=7)

    threads.merge(merge("a", "b", Relation.COPY))

    assert threads.extent("a").span_s == 0


def test_a_few_entries_teach_no_length() -> None:
    index = filled()

    assert isinstance(index.fold(arrival(BRIDGE, 1))[0], Started)
