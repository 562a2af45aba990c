from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.config.filters import parse_filter
from aggregator.digest import select
from aggregator.model import Digest, FeedSpec, Filter, Relation, Story
from tests.digest.makers import LIVE, NOW, feed_url, member, story

BOTH = frozenset({feed_url("a"), feed_url("b")})


def spec(outlet: str = "a", **rules: object) -> FeedSpec:
    return replace(FeedSpec(url=feed_url(outlet)), **rules)  # type: ignore[arg-type]


def leads(told: Story | None) -> int:
    assert told is not None
    return told.lead.entry_id


def by(*texts: str) -> tuple[Filter, ...]:
    return tuple(map(parse_filter, texts))


@pytest.mark.parametrize(
    ("include", "exclude", "through"),
    [
        ((), (), True),
        (("barrier",), (), True),
        (("barriers",), (), False),
        ((), ("barrier",), False),
        (("barrier",), ("plan",), False),
        (("energy", "barrier"), (), True),
    ],
    ids=["no filters", "included", "not included", "excluded", "exclude wins", "one is enough"],
)
@pytest.mark.parametrize("place", ["feed", "digest"])
def test_filters(
    place: str, include: tuple[str, ...], exclude: tuple[str, ...], *, through: bool
) -> None:
    ruled, free = (by(*include), by(*exclude)), ((), ())
    feeds, digests = (ruled, free) if place == "feed" else (free, ruled)
    digest = replace(LIVE, include=digests[0], exclude=digests[1])
    specs = {feed_url("a"): spec(include=feeds[0], exclude=feeds[1])}

    shown = select.visible(story(), digest, specs=specs, lead_feeds=BOTH)

    assert (shown is not None) is through


def test_a_story_is_in_where_any_of_its_entries_fits() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE, title="Ferries stay in port"))
    wanted = replace(LIVE, include=by("ferries"))

    assert select.visible(told, wanted, specs={}, lead_feeds=BOTH) == told


def test_what_the_digest_excludes_is_left_out_of_its_stories() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE, title="Ferries stay in port"))
    without = replace(LIVE, exclude=by("ferries"))

    shown = select.visible(told, without, specs={}, lead_feeds=BOTH)

    assert shown
    assert [one.entry_id for one in shown.members] == [1]


def test_coverage_counts_outlets_of_the_whole_story() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE), member("b", 3, Relation.COPY))

    def is_in(rule: str) -> bool:
        digest = replace(LIVE, include=by(rule))
        return select.visible(told, digest, specs={}, lead_feeds=BOTH) is not None

    assert is_in("coverage >= 2")
    assert not is_in("coverage > 2")


@pytest.mark.parametrize(
    ("digest_rules", "feed_rules", "reason"),
    [
        ({}, {}, "no filter"),
        ({"exclude": by("tides")}, {}, "no filter refuses it"),
        ({"include": by("barrier")}, {}, 'include "barrier" of digest world'),
        ({"include": by("tides")}, {}, "no include of digest world fits"),
        ({"exclude": by("title: barrier")}, {}, 'exclude "title: barrier" of digest world'),
        ({}, {"exclude": by("/bar.ier/")}, 'exclude "/bar.ier/" of feed Outlet a'),
        ({}, {"include": by("tides")}, "no include of feed Outlet a fits"),
    ],
)
def test_a_verdict_says_why(
    digest_rules: dict[str, Any], feed_rules: dict[str, Any], reason: str
) -> None:
    digest = replace(LIVE, **digest_rules)
    specs = {feed_url("a"): spec(**feed_rules)}

    assert select.judge(story(), digest, specs=specs, lead_feeds=BOTH).reason == reason


def test_a_verdict_says_why_nobody_leads() -> None:
    def reason(*, held: bool, feeds: frozenset[str]) -> str:
        told = story(replace(member(), held=held))
        return select.judge(told, LIVE, specs={}, lead_feeds=feeds).reason

    assert reason(held=True, feeds=BOTH) == "an older entry of a new feed"
    assert reason(held=False, feeds=frozenset()) == "no entry of the digest's feeds"


def test_members_that_their_feed_refuses_are_left_out() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE, title="Horoscope"))
    specs = {feed_url("b"): spec("b", exclude=by("horoscope"))}

    shown = select.visible(told, LIVE, specs=specs, lead_feeds=BOTH)

    assert shown == story(member())


def test_another_member_leads_when_the_lead_is_refused() -> None:
    told = story(member(title="Horoscope"), member("b", 2, Relation.COVERAGE))
    specs = {feed_url("a"): spec(exclude=by("horoscope"))}

    shown = select.visible(told, LIVE, specs=specs, lead_feeds=BOTH)

    assert leads(shown) == 2
    assert shown is not None
    assert [m.relation for m in shown.members] == [Relation.LEAD]


def test_a_lead_is_of_the_digests_own_feeds_and_coverage_of_any() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE))

    shown = select.visible(told, LIVE, specs={}, lead_feeds=frozenset({feed_url("b")}))

    assert shown is not None
    assert [m.entry_id for m in shown.members] == [2, 1]


def test_a_held_entry_leads_nothing() -> None:
    old = replace(member(), held=True)

    assert select.visible(story(old), LIVE, specs={}, lead_feeds=BOTH) is None
    assert leads(select.visible(story(old, member("b", 2)), LIVE, specs={}, lead_feeds=BOTH)) == 2


def test_a_story_of_other_feeds_is_not_shown() -> None:
    assert select.visible(story(), LIVE, specs={}, lead_feeds=frozenset()) is None


def test_a_story_that_may_show_as_it_is_stays_as_it_is() -> None:
    told = story(member(), member("b", 2, Relation.COPY))

    assert select.visible(told, LIVE, specs={}, lead_feeds=BOTH) == told


def test_the_weightier_feed_leads() -> None:
    told = story(member(), member("b", 2, Relation.COPY))

    chosen = select.choose_lead(told, specs={feed_url("b"): spec("b", weight=2)}, lead_feeds=BOTH)

    assert leads(chosen) == 2


def test_the_more_complete_text_leads_among_equals() -> None:
    told = story(member(), member("b", 2, Relation.COPY, content="<p>long</p>" * 100))

    assert leads(select.choose_lead(told, specs={}, lead_feeds=BOTH)) == 2


def test_the_earliest_leads_among_texts_as_complete() -> None:
    earlier = member("b", 2, Relation.COPY, published_at=NOW - timedelta(hours=3), content="<p>")

    chosen = select.choose_lead(story(member(), earlier), specs={}, lead_feeds=BOTH)

    assert leads(chosen) == 2


def test_a_future_date_counts_as_first_seen() -> None:
    later = member(published_at=NOW + timedelta(days=300))
    same = replace(member("b", 2), first_seen_at=later.first_seen_at + timedelta(minutes=1))
    undated = replace(same, entry=replace(same.entry, published_at=None))

    assert leads(select.choose_lead(story(undated, later), specs={}, lead_feeds=BOTH)) == 1


def test_the_first_stored_leads_among_equals() -> None:
    told = story(member("b", 2), member("a", 1))

    assert leads(select.choose_lead(told, specs={}, lead_feeds=BOTH)) == 1


def test_members_that_may_lead_come_before_weightier_ones() -> None:
    told = story(member("x", 3), member())

    chosen = select.choose_lead(told, specs={feed_url("x"): spec("x", weight=9)}, lead_feeds=BOTH)

    assert leads(chosen) == 1


@pytest.mark.parametrize("relation", [Relation.COPY, Relation.COVERAGE])
def test_the_former_lead_becomes_what_the_new_one_was(relation: Relation) -> None:
    told = story(member(), member("b", 2, relation), member("c", 3, Relation.COVERAGE))

    turned = select.with_lead(told, 2)

    assert [(m.entry_id, m.relation) for m in turned.members] == [
        (2, Relation.LEAD),
        (1, relation),
        (3, Relation.COVERAGE),
    ]


def test_an_entry_that_left_the_story_changes_nothing() -> None:
    told = story(member(), member("b", 2, Relation.COPY))

    assert select.with_lead(told, 99) is told


def test_the_lead_that_leads_stays() -> None:
    told = story(member(), member("b", 2, Relation.COPY))

    assert select.with_lead(told, 1) == told


def test_a_story_of_one_entry_is_led_by_it() -> None:
    alone = story(member("a", 1))

    assert select.choose_lead(alone, specs={}, lead_feeds=frozenset()) == alone
    covering = story(member("a", 1, Relation.COVERAGE))
    assert select.choose_lead(covering, specs={}, lead_feeds=BOTH) == alone


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), {"https://a.example/f", "https://b.example/f"}),
        (("world",), {"https://a.example/f"}),
        (("art", "world"), {"https://a.example/f", "https://b.example/f"}),
        (("sport",), set()),
    ],
    ids=["no tag takes all", "one tag", "any of several", "a tag that no feed has"],
)
def test_a_digest_takes_feeds_by_its_tags(tags: tuple[str, ...], expected: set[str]) -> None:
    digest = Digest(name="d", title="D", tags=tags)
    specs = [
        FeedSpec(url="https://a.example/f", tags=("world", "uk")),
        FeedSpec(url="https://b.example/f", tags=("art",)),
    ]

    assert select.own_feeds(digest, specs) == expected
