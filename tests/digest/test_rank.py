from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import rank
from aggregator.model import Digest, FeedSpec, Member, Order, Publication, Relation, Story
from tests.digest.makers import DAY, HOUR, LIVE, NOW, bare, feed_url, member, story

if TYPE_CHECKING:
    from datetime import datetime

TOP = replace(LIVE, order=Order.TOP)


def score(told: Story, digest: Digest = LIVE, *, weight: float = 1.0) -> float:
    specs = {feed_url("a"): FeedSpec(url=feed_url("a"), weight=weight)}
    return rank.score(told, digest, specs=specs)


def worths(told: Story, *specs: FeedSpec) -> dict[str, float]:
    found = rank.ranking(told, LIVE, specs={spec.url: spec for spec in specs})
    return {voice.outlet: round(voice.worth, 4) for voice in found.voices}


def coverage(
    outlet: str, number: int, *, first_seen_at: datetime = NOW - HOUR / 2, **changes: object
) -> Member:
    return member(outlet, number, Relation.COVERAGE, first_seen_at=first_seen_at, **changes)


def owned(outlet: str, owner: str, weight: float = 1.0) -> FeedSpec:
    return FeedSpec(url=feed_url(outlet), owner=owner, weight=weight)


def test_twice_the_importance_is_worth_a_half_life() -> None:
    later = story(member(published_at=NOW), first_seen_at=NOW)
    before = NOW - LIVE.half_life
    earlier = story(
        member(published_at=before), coverage("b", 2, published_at=before), first_seen_at=before
    )

    assert score(earlier) == pytest.approx(score(later))


def test_the_half_life_is_the_digests() -> None:
    slow = replace(LIVE, half_life=DAY)
    earlier, later = (story(member(published_at=at), first_seen_at=at) for at in (NOW - DAY, NOW))

    assert score(later, slow) - score(earlier, slow) == pytest.approx(1)
    assert score(later) - score(earlier) == pytest.approx(3)


def test_independent_outlets_count_more_than_copies() -> None:
    alone = score(story())
    copied = score(story(member(), member("b", 2, Relation.COPY)))
    reported = score(story(member(), coverage("b", 2)))

    assert alone < copied < reported


def test_one_site_is_one_voice() -> None:
    twice = replace(coverage("b", 3), site_url="https://www.b.example/other")

    assert score(story(member(), coverage("b", 2), twice)) == score(
        story(member(), coverage("b", 2))
    )


def test_a_site_is_known_by_its_entry_where_it_has_no_address() -> None:
    odd = replace(coverage("b", 2), site_url="")
    broken = replace(coverage("c", 3), site_url="http://[broken")

    assert score(story(member(), odd, broken)) == score(
        story(member(), coverage("b", 2), coverage("c", 3))
    )


def test_feeds_of_one_owner_are_one_voice() -> None:
    told = story(member(), coverage("b", 2), coverage("c", 3))

    assert worths(told, owned("b", "Big House"), owned("c", "BIG  HOUSE")) == {
        "Outlet a": 1.0,
        "Outlet b": 1.0,
    }


def test_a_byline_that_two_outlets_have_is_a_wires() -> None:
    wire = ("Far Wire",)
    own = coverage("c", 3, authors=("Own Name",))

    told = story(member(authors=wire), coverage("b", 2, authors=wire), own)

    assert worths(told) == {"Outlet a": 1.0, "Outlet b": rank.REPEAT_SHARE, "Outlet c": 1.0}


@pytest.mark.parametrize("byline", ["admin", "Staff", "Redaktion", ""])
def test_a_byline_that_anyone_has_is_no_wires(byline: str) -> None:
    told = story(member(authors=(byline,)), coverage("b", 2, authors=(byline,)))

    assert worths(told) == {"Outlet a": 1.0, "Outlet b": 1.0}


def test_who_picks_it_up_later_counts_less() -> None:
    told = story(
        member(published_at=NOW - DAY, first_seen_at=NOW - DAY),
        coverage("b", 2, published_at=NOW - DAY + rank.PICK_UP, first_seen_at=NOW),
    )

    assert worths(told) == {"Outlet a": 1.0, "Outlet b": 0.5}


def test_a_date_of_long_ago_makes_no_late_followers() -> None:
    told = story(member(), coverage("b", 2, published_at=NOW - 999 * DAY))

    assert worths(told)["Outlet b"] == 1.0
    assert worths(told)["Outlet a"] > 0.01


def test_each_voice_counts_with_its_feeds_weight() -> None:
    told = story(member(), coverage("b", 2))

    assert worths(told, owned("b", "", weight=3.0)) == {"Outlet a": 1.0, "Outlet b": 3.0}


def test_the_sum_is_what_the_score_comes_of() -> None:
    told = story(member(), coverage("b", 2))
    found = rank.ranking(told, LIVE, specs={})

    assert found.importance == sum(voice.worth for voice in found.voices) == 2.0
    assert found.score == score(told)


def test_the_lead_feeds_weight_counts_even_at_nothing() -> None:
    assert score(story(), weight=0) < score(story()) < score(story(), weight=2)


def test_a_future_date_gains_nothing() -> None:
    assert score(story(member(published_at=NOW + 99 * DAY))) == score(
        story(member(published_at=None))
    )


def test_an_unknown_feed_has_the_usual_weight() -> None:
    assert rank.score(story(), LIVE, specs={}) == score(story())


def test_newest_goes_by_number() -> None:
    some = [bare("a", 1, 9.0), bare("b", 3, 1.0), bare("c", 2, 5.0)]

    assert [p.number for p in rank.order(some, LIVE)] == [3, 2, 1]


def test_top_goes_by_rank() -> None:
    some = [bare("a", 1, 1.0), bare("b", 2, 9.0), bare("c", 3, 5.0)]

    assert [p.number for p in rank.order(some, TOP)] == [2, 3, 1]


def test_a_loud_feed_leads_at_most_a_third_of_the_first_ten() -> None:
    loud = [bare("loud", n, 100.0 - n) for n in range(20)]
    others = [bare(f"quiet{n}", 50 + n, 1.0) for n in range(7)]

    first = rank.order([*loud, *others], TOP)[:10]

    assert Counter(p.source.feed_url for p in first)["loud"] == 3
    assert [p.source.feed_url for p in first[:3]] == ["loud"] * 3


def test_the_cap_holds_of_any_ten_in_a_row() -> None:
    """Also across the tenth place: the loud feed comes in at the eighth."""
    quiet = [bare(f"quiet{n % 4}", n, 100.0 - n) for n in range(7)]
    loud = [bare("loud", 10 + n, 50.0 - n) for n in range(6)]
    rest = [bare(f"quiet{n % 4}", 20 + n, 20.0 - n) for n in range(20)]

    feeds = [p.source.feed_url for p in rank.order([*quiet, *loud, *rest], TOP)]

    assert feeds[7:10] == ["loud"] * 3
    tens = [Counter(feeds[start : start + 10]) for start in range(len(feeds) - 9)]
    assert max(ten["loud"] for ten in tens) == 3


def test_the_cap_is_the_digests() -> None:
    some = [bare("loud", n, 100.0 - n) for n in range(9)] + [bare("b", 10, 1.0), bare("c", 11, 0.5)]

    first = rank.order(some, replace(TOP, cap=1))[:3]

    assert [p.source.feed_url for p in first] == ["loud", "b", "c"]


def test_a_feed_alone_keeps_its_order() -> None:
    some = [bare("only", n, 30.0 - n) for n in range(25)]

    assert rank.order(some, TOP) == some


RANKED = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=40).map(
    lambda pairs: [bare(feed, n, float(value)) for n, (feed, value) in enumerate(pairs)]
)


@given(RANKED, st.sampled_from([LIVE, TOP]), st.randoms())
def test_an_order_loses_nothing_and_depends_on_nothing_else(
    some: list[Publication], digest: Digest, chance: object
) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rank.order(shuffled, digest) == rank.order(some, digest)
    assert sorted(p.number for p in rank.order(some, digest)) == list(range(len(some)))
