"""Session and build tokens: learned from a feed's own polls, taken off where folding compares.

A real server on loopback, whole worker processes; hours pass by a moved clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from aggregator.store import stories, tokens
from tests.end_to_end.feeds import Item, invented, page
from tests.end_to_end.newsrooms import Clock, Plan, load, take_round, write
from tests.end_to_end.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.model import Story
    from tests.end_to_end.web import Web

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORMS = [
    pytest.param("/story?id={n}&sid={t}", "`sid`", id="parameter"),
    pytest.param("/story/{n};vsid={t}", "`vsid`", id="of the path"),
    pytest.param("/_next/{t}/story/{n}", "after `_next/`", id="segment"),
]
BARE = {"/story?id={n}&sid={t}": "/story?id={n}", "/story/{n};vsid={t}": "/story/{n}"}


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def items(form: str, token: str, *, count: int = 4, guids: bool = True) -> list[Item]:
    """Return entries whose links carry the token of one fetch."""
    return [
        replace(
            invented(n, published_at=START - HOUR),
            guid=f"a-{n}" if guids else "",
            link="https://paper.example" + form.format(n=n, t=token),
        )
        for n in range(1, count + 1)
    ]


def elsewhere(number: int, link: str) -> Item:
    """Return what another feed says of an entry, in other words, with a link to it."""
    told = invented(number, site="elsewhere", published_at=START - HOUR)
    return replace(told, link=f"https://paper.example{link}")


def polled(web: Web, folder: Path, clock: Clock, *rounds: tuple[list[Item], list[Item]]) -> House:
    """Poll a paper and another feed; return the open house."""
    urls = [web.put("/paper", page([])), web.put("/other", page([]))]
    house = House.open(load(write(folder, Plan(feeds=urls))), clock=clock)
    for paper, other in rounds:
        web.put("/paper", page(paper))
        web.put("/other", page(other, title="Other News"))
        take_round(house)
        clock.move(HOUR)
    return house


def found(house: House) -> list[Story]:
    """Return the stories of more than one entry."""
    return [one for one in stories.recent(house.desk.db) if len(one.members) > 1]


@pytest.mark.parametrize("guids", [True, False])
@pytest.mark.parametrize(("form", "named"), FORMS)
def test_what_changes_at_each_fetch_is_taken_off(  # noqa: PLR0913 - pytest's way
    web: Web, tmp_path: Path, clock: Clock, form: str, named: str, *, guids: bool
) -> None:
    """Entries by guid or not; the other feed has a token of its own, or none where it may."""
    link = BARE.get(form, form).format(n=2, t="d4d4")
    late = elsewhere(1, link)
    with polled(
        web, tmp_path, clock,
        (items(form, "a1a1", guids=guids), [elsewhere(7, "/else")]),
        (items(form, "b2b2", guids=guids), [elsewhere(7, "/else")]),
        (items(form, "c3c3", guids=guids), [late]),
    ) as house:  # fmt: skip
        (story,) = found(house)

    assert {member.entry.title for member in story.members} == {invented(2).title, late.title}
    assert story.members[1].reason == f"same address after removing the session token {named}"


def test_a_parameter_that_names_the_entry_stays(web: Web, tmp_path: Path, clock: Clock) -> None:
    """A site numbers its pages anew, all at once: the number names them all the same."""
    form = "/story?id={t}{n}"
    with polled(
        web, tmp_path, clock,
        (items(form, "10"), []),
        (items(form, "20"), []),
        (items(form, "30"), [elsewhere(1, "/story?id=999")]),
    ) as house:  # fmt: skip
        assert found(house) == []
        assert tokens.places(house.desk.db) == {}


def test_a_parameter_that_only_some_change_stays(web: Web, tmp_path: Path, clock: Clock) -> None:
    """Three entries were edited and count their versions; a fourth was not."""
    form = "/story/{n}?v={t}"
    first, second = items(form, "1"), items(form, "2")
    with polled(
        web, tmp_path, clock, (first, []), ([*second[:3], first[3]], [])
    ) as house:  # fmt: skip
        assert tokens.places(house.desk.db) == {}


def test_what_proves_to_identify_is_forgotten(web: Web, tmp_path: Path, clock: Clock) -> None:
    """Each page had one part; then a page has two, told apart by what seemed a token."""
    form = "/story/{n}?part={t}"
    another = replace(invented(99, published_at=START), link="https://paper.example/story/1?part=9")
    late = elsewhere(1, "/story/1")
    with polled(
        web, tmp_path, clock,
        (items(form, "1"), []),
        (items(form, "2"), []),
    ) as house:  # fmt: skip
        assert tokens.places(house.desk.db) == {"paper.example": frozenset({"?part"})}
        web.put("/paper", page([*items(form, "2"), another]))
        take_round(house)
        assert tokens.places(house.desk.db) == {}
        clock.move(HOUR)
        web.put("/other", page([late], title="Other News"))
        take_round(house)
        assert found(house) == []


def test_tokens_are_known_after_a_restart(web: Web, tmp_path: Path, clock: Clock) -> None:
    form = "/story?id={n}&sid={t}"
    with polled(web, tmp_path, clock, (items(form, "a1"), []), (items(form, "b2"), [])) as house:
        config = house.config
    web.put("/other", page([elsewhere(1, "/story?sid=x&id=3")], title="Other News"))
    with House.open(config, clock=clock) as house:
        take_round(house)
        (story,) = found(house)

    assert story.lead.entry.title == invented(3).title
