from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest import select
from aggregator.model import Digest, FeedSpec, Relation, Story
from tests.digest.makers import NOW, entry, feed_url, member, story

BOTH = frozenset({feed_url("a"), feed_url("b")})


def spec(outlet: str = "a", **rules: object) -> FeedSpec:
    return replace(FeedSpec(url=feed_url(outlet)), **rules)  # type: ignore[arg-type]


def leads(told: Story | None) -> int:
    assert told is not None
    return told.lead.entry_id


@pytest.mark.parametrize(
    ("include", "exclude", "through"),
    [
        ((), (), True),
        (("barrier",), (), True),
        (("BARRIER",), (), True),
        (("barriers",), (), False),
        (("towns agree",), (), True),
        (("signed the plan",), (), True),
        (("energy",), (), True),
        ((), ("barrier",), False),
        (("barrier",), ("plan",), False),
        ((" ",), ("",), True),
        (("barrier energy",), (), False),
    ],
    ids=[
        "no filters", "in the title", "any case", "not a part of a word", "a phrase",
        "in the summary", "in the categories", "excluded", "exclude wins", "blank phrases",
        "not across fields",
    ],
)  # fmt: skip
def test_filters(include: tuple[str, ...], exclude: tuple[str, ...], *, through: bool) -> None:
    told = entry(categories=("Tides", "Energy"))

    assert select.passes(told, spec(include=include, exclude=exclude)) is through


@given(st.text(), st.lists(st.text(), max_size=3))
def test_what_is_excluded_never_passes(title: str, include: list[str]) -> None:
    rules = spec(include=tuple(include), exclude=("stop",))

    assert not select.passes(entry(title=f"{title} stop {title}"), rules)


def test_members_that_their_feed_refuses_are_left_out() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE, title="Horoscope"))
    specs = {feed_url("b"): spec("b", exclude=("horoscope",))}

    shown = select.visible(told, specs=specs, lead_feeds=BOTH)

    assert shown == story(member())


def test_another_member_leads_when_the_lead_is_refused() -> None:
    told = story(member(title="Horoscope"), member("b", 2, Relation.COVERAGE))
    specs = {feed_url("a"): spec(exclude=("horoscope",))}

    shown = select.visible(told, specs=specs, lead_feeds=BOTH)

    assert leads(shown) == 2
    assert shown is not None
    assert [m.relation for m in shown.members] == [Relation.LEAD]


def test_a_lead_is_of_the_digests_own_feeds_and_coverage_of_any() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE))

    shown = select.visible(told, specs={}, lead_feeds=frozenset({feed_url("b")}))

    assert shown is not None
    assert [m.entry_id for m in shown.members] == [2, 1]


def test_a_held_entry_leads_nothing() -> None:
    old = replace(member(), held=True)

    assert select.visible(story(old), specs={}, lead_feeds=BOTH) is None
    assert leads(select.visible(story(old, member("b", 2)), specs={}, lead_feeds=BOTH)) == 2


def test_a_story_of_other_feeds_is_not_shown() -> None:
    assert select.visible(story(), specs={}, lead_feeds=frozenset()) is None


def test_a_story_that_may_show_as_it_is_stays_as_it_is() -> None:
    told = story(member(), member("b", 2, Relation.COPY))

    assert select.visible(told, specs={}, lead_feeds=BOTH) == told


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
