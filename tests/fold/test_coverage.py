"""What the model weighs of two entries, and what is never coverage of one event."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold import coverage
from aggregator.fold.coefficients import COVERAGE
from aggregator.fold.features import Features, decode, describe
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, entry

if TYPE_CHECKING:
    from aggregator.model import Entry

SERIAL = "A new part of our serial, read by Hanna Quist, with music by the Fenwick Trio, is out."
QUOTE = "Nobody will be forgotten, the prime minister told parliament in a speech of two hours."
KNOWN = coverage.Setting(gap_days=0.5, same_feed=False, population=5_000)


def features(title: str, summary: str = "", *, language: str = "en") -> Features:
    return decode(describe(entry(title, summary, language=language)))


def seen(one: Entry) -> Features:
    return decode(describe(one))


def setting(population: int, *, same_feed: bool = False) -> coverage.Setting:
    return coverage.Setting(gap_days=0, same_feed=same_feed, population=population)


@pytest.mark.parametrize(
    ("left", "right", "one_outlet", "word"),
    [
        (features("Forecast for May 3"), features("Forecast for May 4"), False, "series"),
        (features("Dow up 480 on the Fed"), features("Dow up 93 on banks"), True, "series"),
        (
            features("Morning briefing: storms close the ports"),
            features("Morning briefing: budget vote is near"),
            True,
            "begin or end",
        ),
        (features("In brief"), features("In brief"), False, "too few words"),
        (
            features("The Lighthouse Murders, part IV", SERIAL),
            features("The Lighthouse Murders, part V", SERIAL),
            False,
            "one form",
        ),
        (
            features("Farmers demand more seed money", f"The union wants loans by March. {QUOTE}"),
            features("Tessel bishop calls for prayer", f"All bells are to ring on Sunday. {QUOTE}"),
            False,
            "neither title",
        ),
        (
            features("Photos of the day", "The best pictures of this day from around the world."),
            features("Photos of the day", "Our editors looked through thousands, chose twelve."),
            False,
            "too short",
        ),
        (
            features("Bridge opens again", "The bridge is open and the road to it too."),
            features(
                "Br\u00fccke offen", "Die Br\u00fccke ist offen und der Weg zu ihr.", language="de"
            ),
            False,
            "two languages",
        ),
    ],
    ids=[
        "dates",
        "numbers of one feed",
        "name of a series",
        "few words",
        "parts of a serial",
        "one quote",
        "generic title",
        "languages",
    ],
)
def test_coverage_is_refused_with_a_reason(
    left: Features, right: Features, *, one_outlet: bool, word: str
) -> None:
    assert word in coverage.refusal(left, right, one_outlet=one_outlet)


def side(one: Features) -> coverage.Side:
    return coverage.Side(features=one, weights=coverage.weigh(one, dict.fromkeys(one.stems, 0.8)))


def likeness(left: Features, right: Features) -> coverage.Likeness | None:
    rarity = dict.fromkeys(left.stems, 0.8)
    return coverage.likeness(side(left), side(right), KNOWN, rarity=rarity)


def test_two_outlets_on_one_event_are_likely() -> None:
    same = likeness(seen(BRIDGE), seen(BRIDGE_ELSEWHERE))
    other = likeness(seen(BRIDGE), seen(ORCHARD))

    assert same is not None
    assert coverage.probability(coverage.odds(same)) > 0.75
    assert other is None or coverage.probability(coverage.odds(other)) < 0.1


def test_one_feeds_own_entries_are_less_likely() -> None:
    sides = side(seen(BRIDGE)), side(seen(BRIDGE_ELSEWHERE))
    rarity = dict.fromkeys(sides[0].features.stems, 0.8)
    other, own = (
        coverage.likeness(sides[0], sides[1], setting(5_000, same_feed=same_feed), rarity=rarity)
        for same_feed in (False, True)
    )

    assert other is not None
    assert own is not None
    assert coverage.odds(own) < coverage.odds(other)


def test_too_little_in_common_is_not_weighed() -> None:
    bare = Features(stems=frozenset({1, 2, 3}), title=frozenset({1, 2}))

    assert likeness(bare, Features(stems=frozenset({1, 9}))) is None
    assert likeness(bare, Features(stems=frozenset({8, 9}))) is None
    faint = dict.fromkeys(bare.stems, 0.1)
    assert coverage.likeness(side(bare), side(bare), KNOWN, rarity=faint) is None


@given(
    ours=st.sets(st.integers(0, 12), min_size=2, max_size=10),
    theirs=st.sets(st.integers(0, 12), min_size=2, max_size=10),
    titles=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    known=st.builds(
        coverage.Setting,
        gap_days=st.floats(0, 3),
        same_feed=st.booleans(),
        population=st.just(5_000),
    ),
    asked=st.floats(-4, 3),
)
def test_the_quick_look_refuses_nothing_that_would_be_likely(
    ours: set[int],
    theirs: set[int],
    titles: tuple[int, int],
    known: coverage.Setting,
    asked: float,
) -> None:
    left, right = (
        Features(
            stems=frozenset(stems),
            title=frozenset(sorted(stems)[:count]),
            names=frozenset(sorted(stems)[:1]),
            numbers=frozenset(sorted(stems)[:2]),
            title_numbers=frozenset(sorted(stems)[:1]),
        )
        for stems, count in zip((ours, theirs), titles, strict=True)
    )
    rarity = {stem: 1 / (1 + stem / 9) for stem in range(13)}
    sides = [
        coverage.Side(features=one, weights=coverage.weigh(one, rarity)) for one in (left, right)
    ]
    exact = coverage.likeness(sides[0], sides[1], known, rarity=rarity)
    shared = coverage.shared_words(left, (right.title, right.stems), rarity=rarity)
    may = shared is not None and coverage.may_reach(
        asked,
        shared,
        (sides[0].weights, sides[1].weights),
        counts=(len(ours), len(theirs)),
        setting=known,
    )

    assert may or exact is None or coverage.odds(exact) < asked


def test_the_quick_look_refuses_what_shares_little() -> None:
    left, right = seen(BRIDGE), seen(ORCHARD)
    rarity = dict.fromkeys(left.stems, 0.8)
    shared = coverage.shared_words(left, (right.title, right.stems), rarity=rarity)
    counts = len(left.stems), len(right.stems)

    assert shared is None or not coverage.may_reach(
        0.5, shared, (side(left).weights, side(right).weights), counts=counts, setting=KNOWN
    )
    assert coverage.shared_words(left, ((), ()), rarity=rarity) is None


def test_a_small_window_and_one_feed_ask_for_more_words_in_common() -> None:
    asked = [coverage.least_shared(setting(population)) for population in (0, 499, 500, 100_000)]

    assert asked == [4, 4, 2, 2]
    assert coverage.least_shared(setting(100_000, same_feed=True)) == 4


def test_every_coefficient_names_a_measure() -> None:
    assert set(COVERAGE) == {one.name for one in fields(coverage.Likeness)}
