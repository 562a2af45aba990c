from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import rank
from aggregator.model import FeedSpec, Member, Order, Publication, Relation, Story
from tests.digest.makers import DAY, NOW, bare, feed_url, member, story


def score(told: Story, *, weight: float = 1.0) -> float:
    return rank.score(told, specs={feed_url("a"): FeedSpec(url=feed_url("a"), weight=weight)})


def coverage(outlet: str, number: int) -> Member:
    return member(outlet, number, Relation.COVERAGE)


def test_twice_the_importance_is_worth_a_half_life() -> None:
    later = story(member(published_at=NOW), first_seen_at=NOW)
    before = NOW - rank.HALF_LIFE
    earlier = story(member(published_at=before), coverage("b", 2), first_seen_at=before)

    assert score(earlier) == pytest.approx(score(later))


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


def test_the_lead_feeds_weight_counts_even_at_nothing() -> None:
    assert score(story(), weight=0) < score(story()) < score(story(), weight=2)


def test_a_future_date_gains_nothing() -> None:
    assert score(story(member(published_at=NOW + 99 * DAY))) == score(
        story(member(published_at=None))
    )


def test_an_unknown_feed_has_the_usual_weight() -> None:
    assert rank.score(story(), specs={}) == score(story())


def test_newest_goes_by_number() -> None:
    some = [bare("a", 1, 9.0), bare("b", 3, 1.0), bare("c", 2, 5.0)]

    assert [p.number for p in rank.order(some, Order.NEWEST)] == [3, 2, 1]


def test_top_goes_by_rank() -> None:
    some = [bare("a", 1, 1.0), bare("b", 2, 9.0), bare("c", 3, 5.0)]

    assert [p.number for p in rank.order(some, Order.TOP)] == [2, 3, 1]


def test_a_loud_feed_leads_at_most_a_third_of_the_first_ten() -> None:
    loud = [bare("loud", n, 100.0 - n) for n in range(20)]
    others = [bare(f"quiet{n}", 50 + n, 1.0) for n in range(7)]

    first = rank.order([*loud, *others], Order.TOP)[:10]

    assert Counter(p.source.feed_url for p in first)["loud"] == 3
    assert [p.source.feed_url for p in first[:3]] == ["loud"] * 3


def test_a_feed_alone_keeps_its_order() -> None:
    some = [bare("only", n, 30.0 - n) for n in range(25)]

    assert rank.order(some, Order.TOP) == some


RANKED = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=40).map(
    lambda pairs: [bare(feed, n, float(value)) for n, (feed, value) in enumerate(pairs)]
)


@given(RANKED, st.sampled_from(Order), st.randoms())
def test_an_order_loses_nothing_and_depends_on_nothing_else(
    some: list[Publication], order: Order, chance: object
) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rank.order(shuffled, order) == rank.order(some, order)
    assert sorted(p.number for p in rank.order(some, order)) == list(range(len(some)))
