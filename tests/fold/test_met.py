"""Entries whose links lead to one page are one thing, whatever the links look like."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.fold.stories import Index
from aggregator.model import Arrival, Joined, Relation, Started
from tests.fold.newsroom import FOLDING, NOON, arrival, entry

PAGE = "https://paper.example/2026/bridge"
BRIDGE = "Bridge reopens to traffic"
CHOIR = "Choir wins first prize"


def met(title: str, number: int, *, url: str, page: str = PAGE, feed: int = 0) -> Arrival:
    """Return an arrival whose link was followed to the page."""
    one = arrival(entry(title, url=url), number, feed=feed)
    return replace(one, met_url=page)


def link(number: int) -> str:
    return f"https://link-{number}.example/r/{number}"


SPELLINGS = [
    pytest.param(PAGE, id="the same"),
    pytest.param(f"{PAGE}?utm_source=rss", id="with tracking"),
    pytest.param("http://www.paper.example/2026/bridge/", id="another spelling"),
]


@pytest.mark.parametrize("page", SPELLINGS)
def test_two_links_to_one_page_are_one_thing(page: str) -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1)))

    (first,) = index.fold(met("Marlow", 2, url=link(2), page=page))

    assert isinstance(first, Joined)
    assert first.relation is Relation.COPY
    assert first.reason == "same address after following redirects"
    assert first.score == 1.0
    assert first.witness_id == 1


@pytest.mark.parametrize("direct_first", [True, False])
def test_a_direct_link_and_one_that_leads_there_are_one_thing(direct_first: bool) -> None:  # noqa: FBT001 - of the table
    index = Index(FOLDING)
    both = [arrival(entry(BRIDGE, url=PAGE), 1), met("Marlow", 2, url=link(2))]
    index.fold(both[not direct_first])

    (first,) = index.fold(both[direct_first])

    assert isinstance(first, Joined)
    assert first.reason == "same address after following redirects"


def test_the_index_loaded_again_knows_where_links_led() -> None:
    index = Index(FOLDING)
    index.add(met(BRIDGE, 1, url=link(1)), story_id="s1")

    (first,) = index.fold(met("Marlow", 2, url=link(2)))

    assert isinstance(first, Joined)
    assert first.story_id == "s1"
    assert "same address after following redirects" in index.explain(1, 2)


def test_entries_whose_own_addresses_are_one_are_explained_by_these() -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=PAGE))

    (first,) = index.fold(met("Marlow", 2, url=PAGE))

    assert isinstance(first, Joined)
    assert first.reason == "same address"


APART = [
    pytest.param("https://paper.example/", id="a home page"),
    pytest.param("", id="nowhere"),
    pytest.param("no address", id="no address"),
]


@pytest.mark.parametrize("page", APART)
def test_what_identifies_nothing_joins_nothing(page: str) -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1), page=page))

    (first,) = index.fold(met(CHOIR, 2, url=link(2), page=page))

    assert isinstance(first, Started)


def test_a_page_that_a_feed_leads_everything_to_is_no_evidence() -> None:
    """A site's "no longer here" must not make one story of unlike entries."""
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1), feed=5))

    (second,) = index.fold(met(CHOIR, 2, url=link(2), feed=5))
    (third,) = index.fold(met("Plums ruined by late frost", 3, url=link(3), feed=6))

    assert isinstance(second, Started)
    assert isinstance(third, Started)


def test_one_page_years_apart_is_two_stories() -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1)))

    late = replace(met(CHOIR, 2, url=link(2)), at=NOON + timedelta(days=365))

    assert isinstance(index.fold(late)[0], Started)


def test_what_the_index_forgot_is_met_no_more() -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1)))
    index.forget_before(2)

    (first,) = index.fold(met(CHOIR, 2, url=link(2)))

    assert isinstance(first, Started)


def test_an_entry_that_comes_again_has_led_to_the_new_page_only() -> None:
    index = Index(FOLDING)
    index.fold(met(BRIDGE, 1, url=link(1)))
    index.fold(met(BRIDGE, 1, url=link(1), page="https://paper.example/2026/other"))

    (old,) = index.fold(met(CHOIR, 2, url=link(2)))
    (new,) = index.fold(met("Marlow", 3, url=link(3), page="https://paper.example/2026/other"))

    assert isinstance(old, Started)
    assert isinstance(new, Joined)


SID = ("the session token `sid`",)


def bare(title: str, number: int, *, url: str, page: str = PAGE, feed: int = 0) -> Arrival:
    """Return an arrival whose address is the page's but for a session token."""
    one = arrival(entry(title, url=url), number, feed=feed)
    return replace(one, bare_url=page, tokens=SID)


@pytest.mark.parametrize("direct_first", [True, False])
def test_an_address_without_its_token_is_that_of_the_page(direct_first: bool) -> None:  # noqa: FBT001 - of the table
    index = Index(FOLDING)
    both = [arrival(entry(BRIDGE, url=PAGE), 1), bare("Marlow", 2, url=f"{PAGE}?sid=a")]
    index.fold(both[not direct_first])

    (first,) = index.fold(both[direct_first])

    assert isinstance(first, Joined)
    assert first.relation is Relation.COPY
    assert first.reason == "same address after removing the session token `sid`"


def test_a_bare_address_that_one_feed_uses_for_unlike_entries_is_no_evidence() -> None:
    index = Index(FOLDING)
    index.fold(bare(BRIDGE, 1, url=f"{PAGE}?sid=a", feed=5))

    (second,) = index.fold(bare(CHOIR, 2, url=f"{PAGE}?sid=b", feed=5))
    (third,) = index.fold(arrival(entry("Plums ruined by late frost", url=PAGE), 3, feed=6))

    assert isinstance(second, Started)
    assert isinstance(third, Started)
