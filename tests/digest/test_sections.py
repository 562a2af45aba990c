from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest import sections
from aggregator.model import Digest, FeedSpec, Order
from tests.digest.makers import ISSUE, bare, covered, publish, story

SPECS = {
    "w": FeedSpec(url="w", tags=("world",)),
    "s": FeedSpec(url="s", tags=("local", "science", "world")),
    "l": FeedSpec(url="l", tags=("local",)),
    "n": FeedSpec(url="n"),
}
STORIES = [bare("n", 1, 5), bare("s", 2, 4), bare("w", 3, 3), bare("l", 4, 2), bare("w", 5, 1)]


def arranged(digest: Digest) -> list[tuple[int, tuple[str, ...]]]:
    stories = sections.arrange(STORIES, digest, specs=SPECS)
    return [(story.number, story.categories) for story in stories]


def test_sections_follow_the_digests_tags_and_more_comes_last() -> None:
    assert arranged(replace(ISSUE, order=Order.TOP, tags=("science", "world"))) == [
        (2, ("science",)),
        (3, ("world",)),
        (5, ("world",)),
        (1, ()),
        (4, ()),
    ]


def test_the_first_of_the_digests_tags_decides() -> None:
    assert (2, ("world",)) in arranged(replace(ISSUE, tags=("world", "science")))


def test_inside_a_section_the_digests_order_holds() -> None:
    newest = [number for number, tags in arranged(ISSUE) if tags == ("world",)]

    assert newest == [5, 3, 2]


def test_a_digest_of_all_feeds_takes_their_own_first_tags_as_they_come() -> None:
    assert arranged(replace(ISSUE, order=Order.TOP, tags=())) == [
        (2, ("local",)),
        (4, ("local",)),
        (3, ("world",)),
        (5, ("world",)),
        (1, ()),
    ]


def test_a_feed_that_is_no_longer_configured_stands_under_more() -> None:
    (alone,) = sections.arrange([bare("x", 1, 1)], ISSUE, specs={})

    assert sections.sections([alone])[0].name == sections.MORE


def test_places_count_through_the_whole_issue() -> None:
    parts = sections.sections(sections.arrange(STORIES, ISSUE, specs=SPECS))

    assert [(part.place, part.name) for part in parts] == [(1, "World"), (2, "More")]
    assert [placed.place for part in parts for placed in part.stories] == [1, 2, 3, 4, 5]


def test_each_outlet_counts_once() -> None:
    assert sections.outlet_count([publish(covered()), publish(story())]) == 3


@pytest.mark.parametrize(("count", "minutes"), [(0, 1), (230, 1), (2300, 10)])
def test_reading_takes_its_time(count: int, minutes: int) -> None:
    told = replace(bare("a", 1, 0), summary="word " * count)

    assert sections.reading_minutes([told]) == minutes
