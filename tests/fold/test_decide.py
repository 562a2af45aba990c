"""The judgements on two entries, and their guards."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fold import decide
from aggregator.fold.coefficients import COVERAGE
from aggregator.fold.features import Features, decode, describe
from tests.fold.newsroom import BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, entry

if TYPE_CHECKING:
    from aggregator.model import Entry


def features(title: str, summary: str = "", *, language: str = "en") -> Features:
    return decode(describe(entry(title, summary, language=language)))


def seen(one: Entry) -> Features:
    return decode(describe(one))


def score(left: Features, right: Features, *, same_feed: bool = False) -> float:
    found = decide.copied(left, right, same_feed=same_feed)
    return decide.copy_score(found) if found else 0.0


EDITED = entry(
    "Harbour bridge at Marlow reopens after nine months of repairs",
    "MARLOW (Wire) - The Marlow harbour bridge opened to traffic at dawn, nine months after a "
    "barge tore away two of its piers, engineer Odile Fenwick said on site.",
)
CUT = entry(BRIDGE.title, BRIDGE.summary[:120] + "\u2026")


@pytest.mark.parametrize("other", [BRIDGE, EDITED, CUT], ids=["the same", "edited", "cut"])
def test_a_copy_is_seen(other: Entry) -> None:
    assert score(seen(BRIDGE), seen(other)) > 0.25


@pytest.mark.parametrize(
    "other", [BRIDGE_ELSEWHERE, ORCHARD], ids=["another outlet's words", "another event"]
)
def test_other_words_are_no_copy(other: Entry) -> None:
    assert score(seen(BRIDGE), seen(other)) == 0.0


BOILERPLATE = (
    "Sign up for our morning letter and never miss what matters in your town, chosen by hand for "
    "readers who have little time and many interests."
)
NO_COPIES = {
    "short generic texts": (("Letters", "From our readers."), ("Letters", "From our readers.")),
    "boilerplate under other titles": (
        ("Council sells the tramway depot", BOILERPLATE),
        ("Choir wins first prize abroad", BOILERPLATE),
    ),
    "a series by date": (
        (
            "Puzzle and solution for November 2",
            "Stuck on the puzzle? Here are hints and the answer.",
        ),
        (
            "Puzzle and solution for November 3",
            "Stuck on the puzzle? Here are hints and the answer.",
        ),
    ),
    "a series by number": (
        (
            "Episode 210: questions of listeners",
            "Your questions are answered on the show this week.",
        ),
        (
            "Episode 211: questions of listeners",
            "Your questions are answered on the show this week.",
        ),
    ),
}


@pytest.mark.parametrize("pair", NO_COPIES.values(), ids=NO_COPIES.keys())
@pytest.mark.parametrize("same_feed", [True, False])
def test_what_only_looks_like_a_copy(
    pair: tuple[tuple[str, str], tuple[str, str]], *, same_feed: bool
) -> None:
    left, right = features(*pair[0]), features(*pair[1])

    assert score(left, right, same_feed=same_feed) == 0.0


def test_one_feed_repeats_itself_with_other_numbers() -> None:
    """Reports of one template: places and numbers differ, most words do not."""
    text = "Magnitude {} tremor at a depth of {} km was recorded by the network of the institute."
    left = features("M 3.6 - 54 km W of Tessel", text.format("3.6", "34"))
    right = features("M 4.1 - 12 km N of Marlow", text.format("4.1", "9"))

    assert score(left, right, same_feed=True) == 0.0


def test_a_wire_text_with_other_numbers_in_the_title_is_no_copy() -> None:
    text = (
        "Rescuers searched the valley all night and went on at dawn, the province said in a note."
    )
    left = features(
        "Flood in Tessel: 14 missing", text + " Boats came from the coast to help them."
    )
    right = features("Flood in Marlow: 3 missing", text + " Roads to the south are closed to all.")

    assert score(left, right) == 0.0


def test_a_local_headline_over_a_long_wire_text_is_a_copy() -> None:
    local = entry("Crews rebuilt broken piers in winter storms", BRIDGE.summary)

    assert score(seen(BRIDGE), seen(local)) > 0.5


def test_a_sketch_stands_for_a_longer_text() -> None:
    whole = tuple(range(0, 2_000, 2))
    half = (whole[:96], True)

    found = decide.overlap(half, (whole[:50], True))

    assert found.jaccard == 1.0
    assert decide.overlap(half, ((1, 3), False)).jaccard == 0.0


PAGES = {
    "a changed title": (("Bridge reopens to traffic", ""), ("Bridge reopens to cheers", ""), True),
    "other things": (("Bridge reopens to traffic", ""), ("Choir wins first prize", ""), False),
    "a series": (("Episode 210 of the show", ""), ("Episode 211 of the show", ""), False),
    "other numbers": (
        ("Fire near Marlow: 14 hurt", ""),
        ("Fire at Marlow leaves 3 hurt", ""),
        False,
    ),
    "the same text": (
        ("14 / 2 - Bridge reopens", BRIDGE.summary),
        ("First bridge of 3 reopens", BRIDGE.summary),
        True,
    ),
}


@pytest.mark.parametrize(("left", "right", "same"), PAGES.values(), ids=PAGES.keys())
def test_one_address_means_one_thing_where_the_words_agree(
    left: tuple[str, str], right: tuple[str, str], *, same: bool
) -> None:
    assert decide.is_same_page(features(*left), features(*right)) is same


@pytest.mark.parametrize(
    ("left", "right", "same_feed", "word"),
    [
        (features("Forecast for May 3"), features("Forecast for May 4"), False, "series"),
        (features("Dow up 480 on the Fed"), features("Dow up 93 on banks"), True, "series"),
        (features("In brief"), features("In brief"), False, "too few words"),
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
    ids=["dates", "numbers of one feed", "few words", "generic title", "languages"],
)
def test_coverage_is_refused_with_a_reason(
    left: Features, right: Features, *, same_feed: bool, word: str
) -> None:
    assert word in decide.refusal(left, right, same_feed=same_feed)


def side(one: Features) -> decide.Side:
    return decide.Side(features=one, weights=decide.weigh(one, dict.fromkeys(one.stems, 0.8)))


def likeness(left: Features, right: Features) -> decide.Likeness | None:
    rarity = dict.fromkeys(left.stems, 0.8)
    return decide.likeness(side(left), side(right), rarity=rarity, gap_days=0.5, least_shared=2)


def test_two_outlets_on_one_event_are_likely() -> None:
    same = likeness(seen(BRIDGE), seen(BRIDGE_ELSEWHERE))
    other = likeness(seen(BRIDGE), seen(ORCHARD))

    assert same is not None
    assert decide.probability(same) > 0.75
    assert other is None or decide.probability(other) < 0.1


def test_too_little_in_common_is_not_weighed() -> None:
    bare = Features(stems=frozenset({1, 2, 3}), title=frozenset({1, 2}))

    assert likeness(bare, Features(stems=frozenset({1, 9}))) is None
    faint = decide.likeness(
        side(bare), side(bare), rarity=dict.fromkeys(bare.stems, 0.1), gap_days=0, least_shared=2
    )
    assert faint is None


@given(
    ours=st.sets(st.integers(0, 12), min_size=2, max_size=10),
    theirs=st.sets(st.integers(0, 12), min_size=2, max_size=10),
    titles=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    gap_days=st.floats(0, 3),
    asked=st.floats(0.05, 0.95),
)
def test_the_quick_look_refuses_nothing_that_would_be_likely(
    ours: set[int], theirs: set[int], titles: tuple[int, int], gap_days: float, asked: float
) -> None:
    left, right = (
        Features(
            stems=frozenset(stems),
            title=frozenset(sorted(stems)[:count]),
            names=frozenset(sorted(stems)[:1]),
            numbers=frozenset(sorted(stems)[:2]),
        )
        for stems, count in zip((ours, theirs), titles, strict=True)
    )
    rarity = {stem: 1 / (1 + stem / 9) for stem in range(13)}
    sides = [decide.Side(features=one, weights=decide.weigh(one, rarity)) for one in (left, right)]
    exact = decide.likeness(*sides, rarity=rarity, gap_days=gap_days, least_shared=2)
    shared = decide.shared_words(left, (right.title, right.stems), rarity=rarity)
    weights = sides[0].weights, sides[1].weights
    may = shared is not None and decide.may_reach(asked, shared, weights, gap_days=gap_days)

    assert may or exact is None or decide.probability(exact) < asked


def test_the_quick_look_refuses_what_shares_little() -> None:
    left, right = seen(BRIDGE), seen(ORCHARD)
    rarity = dict.fromkeys(left.stems, 0.8)
    shared = decide.shared_words(left, (right.title, right.stems), rarity=rarity)
    weights = side(left).weights, side(right).weights

    assert shared is None or not decide.may_reach(0.75, shared, weights, gap_days=0)
    assert decide.shared_words(left, ((), ()), rarity=rarity) is None


def test_a_small_window_asks_for_more_words_in_common() -> None:
    two = Features(stems=frozenset({1, 2}), title=frozenset({1, 2}))
    asked = [decide.least_shared(population) for population in (0, 499, 500, 100_000)]
    rarity = dict.fromkeys(two.stems, 0.8)

    assert asked == [4, 4, 2, 2]
    found = [
        decide.likeness(side(two), side(two), rarity=rarity, gap_days=0, least_shared=least)
        for least in (asked[0], asked[-1])
    ]
    assert [one is None for one in found] == [True, False]


def test_every_coefficient_names_a_measure() -> None:
    assert set(COVERAGE) == {one.name for one in fields(decide.Likeness)}


TEXTS = st.sampled_from([BRIDGE, BRIDGE_ELSEWHERE, ORCHARD, EDITED, CUT])


@given(left=TEXTS, right=TEXTS, same_feed=st.booleans())
def test_the_copy_relation_is_symmetric(left: Entry, right: Entry, *, same_feed: bool) -> None:
    one, other = seen(left), seen(right)

    assert score(one, other, same_feed=same_feed) == score(other, one, same_feed=same_feed)
