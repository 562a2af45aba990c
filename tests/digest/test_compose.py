from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.digest import compose
from aggregator.model import Edition, Enclosure, FeedSpec, Relation, Story, StoryRef
from tests.digest.makers import (
    DAY,
    HOUR,
    NOW,
    TIDE,
    covered,
    entry,
    feed_url,
    issue,
    member,
    publications,
    publish,
    story,
)

LATER = NOW + HOUR


# ------------------------------------------------------------------------ stories


def test_a_story_is_published_as_its_outlet_wrote_it() -> None:
    made = publish(story(member(authors=("Ada",), categories=("Tides",), language="en")))

    assert made.id == "tag:news.example.org,2026:story:s1"
    assert (made.number, made.story_id, made.digest) == (1, "s1", "world")
    assert made.title == "Harbour towns agree on a barrier"
    assert made.url == made.source.url == "https://a.example/1"
    assert made.html == TIDE
    assert made.published_at == NOW - HOUR
    assert made.updated_at == NOW
    assert (made.authors, made.categories, made.language) == (("Ada",), ("Tides",), "en")
    assert (made.source.outlet, made.source.feed_url) == ("Outlet a", feed_url("a"))
    assert made.lead_id == 1


def test_the_ids_year_is_that_of_the_story() -> None:
    told = story(first_seen_at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))

    assert publish(told).id == "tag:news.example.org,2025:story:s1"


@pytest.mark.parametrize("said_at", [None, NOW + HOUR], ids=["no date", "a date to come"])
def test_an_implausible_date_gives_way_to_first_seen(said_at: datetime | None) -> None:
    assert publish(story(member(published_at=said_at))).published_at == NOW - HOUR


def test_without_content_the_summary_is_the_body() -> None:
    made = publish(story(member(content="", summary="Fish & chips")))

    assert made.html == '<p dir="auto">Fish &amp; chips</p>\n'


def test_without_title_the_summary_begins_it() -> None:
    assert publish(story(member(title=""))).title == "Seven towns signed the plan for a barrier."
    assert publish(story(member(title="", summary=""))).title == "Outlet a"


def test_without_address_a_copy_is_linked() -> None:
    bare = member(url="")

    assert publish(story(bare, member("b", 2, Relation.COVERAGE))).url == ""
    assert publish(story(bare, member("c", 3, Relation.COPY))).url == "https://c.example/3"


def test_without_name_an_outlet_is_known_by_its_host() -> None:
    assert publish(story(replace(member(), outlet=" "))).source.outlet == "a.example"


def test_a_picture_may_come_with_the_files() -> None:
    files = (
        Enclosure(url="https://a.example/x.mp3", type="audio/mpeg"),
        Enclosure(url="https://a.example/x.png", type="image/png"),
    )

    assert publish(story(member(enclosures=files))).image == "https://a.example/x.png"
    assert publish(story(member(image="https://a.example/y.png"))).image.endswith("y.png")
    assert publish(story(member(image="data:image/png;base64,"))).image == ""


def test_dozens_of_keywords_are_cut() -> None:
    many = tuple(f"tag{n}" for n in range(50))

    assert publish(story(member(categories=many))).categories == many[:12]


def test_coverage_stands_below_the_text_and_copies_in_one_line() -> None:
    made = publish(covered())

    text, heading, below = made.html.partition("<hr>\n<h3>More coverage</h3>\n")
    assert (text, bool(heading)) == (TIDE, True)
    assert (
        '<li dir="auto"><a href="https://b.example/2">Towns sign after two decades</a>'
        " — Outlet b</li>" in below
    )
    assert 'Also in: <a href="https://c.example/3">Outlet c</a></p>' in below
    assert [m.relation for m in made.mentions] == [Relation.COVERAGE, Relation.COPY]


def test_an_outlet_that_is_named_already_is_not_named_for_its_copy() -> None:
    told = story(
        member(),
        member("b", 2, Relation.COVERAGE),
        member("b", 3, Relation.COPY),
        member("a", 4, Relation.COPY),
    )

    assert "Also in" not in publish(told).html


def test_a_mention_without_address_or_title_is_its_outlet() -> None:
    told = story(member(), member("b", 2, Relation.COVERAGE, url="javascript:alert(1)", title=""))

    assert '<li dir="auto">Outlet b</li>' in publish(told).html


# ------------------------------------------------------------------- published again


def test_nothing_new_gives_the_same_publication() -> None:
    before = publish(covered())

    assert publish(covered(), before, number=9, now=LATER) == before


def test_coverage_that_joins_is_listed_and_moves_nothing() -> None:
    before = publish(story(identity="covered"))

    after = publish(covered(), before, now=LATER)

    assert after.html != before.html
    assert len(after.mentions) == 2
    assert after.rank > before.rank
    assert replace(after, html=before.html, mentions=before.mentions, rank=before.rank) == before


def changed(change: dict[str, object]) -> Story:
    told = member()
    return story(replace(told, entry=entry(**change)))  # type: ignore[arg-type]  # fields by name


TOUCHED = [
    {"title": "Harbour towns agree on a barrier!"},
    {"title": "HARBOUR TOWNS AGREE ON A BARRIER (updated 14:30)".replace("(updated ", "(")},
    {"content": TIDE.replace(" for", " ,\n for")},
    {"content": TIDE + "<p>25 November 2026, 08:15</p><p>17</p>"},
    {"content": TIDE.replace("<p>", "<p><b>").replace("</p>", "</b></p>")},
    {"published_at": NOW - 3 * HOUR},
    {"authors": ("Someone",), "categories": ("New",)},
]


@pytest.mark.parametrize("change", TOUCHED, ids=lambda change: next(iter(change)))
def test_a_touch_moves_nothing(change: dict[str, object]) -> None:
    before = publish(story())

    after = publish(changed(change), before, now=LATER)

    assert after.updated_at == NOW
    assert after.published_at == before.published_at


REWRITTEN = [
    {"title": "Harbour towns quarrel over a barrier"},
    {"content": TIDE + "<p>The fishing fleet has refused, and the vote is void.</p>"},
    {"content": "", "summary": "Nothing was signed after all."},
]


@pytest.mark.parametrize("change", REWRITTEN, ids=lambda change: next(iter(change)))
def test_other_words_move_updated_once(change: dict[str, object]) -> None:
    before = publish(story())

    after = publish(changed(change), before, now=LATER)
    again = publish(changed(change), after, now=LATER + DAY)

    assert (after.updated_at, after.id, after.number) == (LATER, before.id, before.number)
    assert after.published_at == before.published_at
    assert again == after


COUNTED = "{} replies · " + " ".join(f"word{n}" for n in range(30))


def untitled(number: int, words: str = COUNTED, outlet: str = "Micro") -> Story:
    text = words.format(number)
    told = member(title="", content=f"<p>{text}</p>", summary=text)
    return story(replace(told, outlet=outlet))


def test_what_stands_for_a_title_stays_while_the_text_does() -> None:
    before = publish(untitled(10))

    after = publish(untitled(11), before, now=LATER)

    assert before.title.startswith("10 replies · word0 word1")
    assert (after.title, after.updated_at) == (before.title, before.updated_at)
    assert after.correction is None
    assert "11 replies" in after.html


def test_an_outlets_new_name_is_no_new_title() -> None:
    before = publish(untitled(0, words=""))

    after = publish(untitled(0, words="", outlet="Macro"), before, now=LATER)

    assert (before.title, after.title) == ("Micro", "Micro")
    assert after.source.outlet == "Macro"
    assert after.updated_at == before.updated_at


def test_another_text_brings_what_stands_for_a_title_and_no_former_one() -> None:
    before = publish(untitled(10))

    after = publish(untitled(0, words="All of this is new."), before, now=LATER)

    assert (after.title, after.updated_at) == ("All of this is new.", LATER)
    assert after.correction
    assert after.correction.former_title == ""
    assert after.correction.added == ("All of this is new.",)


def test_a_title_that_comes_later_is_shown() -> None:
    told = member(content=f"<p>{COUNTED}</p>", title="A title at last")

    after = publish(story(told), publish(untitled(10)), now=LATER)

    assert (after.title, after.updated_at) == ("A title at last", NOW)


# ----------------------------------------------------------------------- editions

DUE = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)


def test_an_edition_is_one_entry_with_an_id_of_its_moment() -> None:
    made = issue(publications(3), number=4, due_at=DUE)

    assert made.id == "tag:news.example.org,2026:edition:morning:20261125T060000Z"
    assert made.url == "https://news.example.org/morning/edition-4.html"
    assert made.title == "Morning — Wednesday, 25 November 2026"
    assert (made.published_at, made.updated_at, made.number) == (DUE, DUE, 4)
    assert (made.story_id, made.source.outlet, made.source.url) == ("", "The Morning", made.url)
    assert made.summary == "Headline 3 · Headline 2 · Headline 1"
    assert made.mentions == tuple(told.source for told in made.stories)


def test_the_summary_says_how_many_more_there_are() -> None:
    assert issue(publications(5)).summary.endswith("Headline 3 · and 2 more")


@pytest.mark.parametrize(
    ("hour", "name"),
    [(0, "Night"), (4, "Night"), (5, "Morning"), (12, "Afternoon"), (17, "Evening"), (22, "Night")],
)
def test_the_part_of_the_day_is_local(hour: int, name: str) -> None:
    due_at = datetime(2026, 11, 25, hour, 0, tzinfo=UTC) - HOUR
    due = Edition(digest="d", due_at=due_at, since_at=None, until_at=due_at)

    title = compose.edition_title(due, "Europe/Berlin")

    assert title == f"{name} — Wednesday, 25 November 2026"


@pytest.mark.parametrize(
    ("since_at", "title"),
    [
        (DUE - 3 * DAY, "Catch-up — Sunday, 22 November to Wednesday, 25 November 2026"),
        (DUE - 365 * DAY, "Catch-up — Tuesday, 25 November 2025 to Wednesday, 25 November 2026"),
        (DUE - timedelta(hours=6), "Catch-up — Wednesday, 25 November 2026, 01:00 to 07:00"),
        (None, "Catch-up — until Wednesday, 25 November 2026"),
    ],
    ids=["days", "over a year's end", "within a day", "the first"],
)
def test_a_catch_up_names_its_span(since_at: datetime | None, title: str) -> None:
    due = Edition(digest="d", due_at=DUE, since_at=since_at, until_at=DUE, catch_up=True)

    assert compose.edition_title(due, "Europe/Berlin") == title


def test_an_edition_tells_every_story_and_its_coverage() -> None:
    specs = {feed_url("o1"): FeedSpec(url=feed_url("o1"), tags=("science",))}
    made = issue([publish(covered()), *publications(12)], specs=specs)

    assert made.categories == ("science",)
    assert made.html.startswith(
        "<p>13 stories from 15 outlets, about 1 minute to read</p>\n<h3>In this edition</h3>"
    )
    assert f'<a href="{made.url}#section-1">Science</a> (1)' in made.html
    assert made.html.index(">Science</h2>") < made.html.index(">More</h2>")
    for n in range(1, 13):
        assert f'<a href="https://o{n}.example/{n}">Headline {n}</a>' in made.html
    assert "<h3>In brief</h3>" in made.html
    assert 'Outlet a, <a href="https://b.example/2">Outlet b</a>' in made.html


def test_an_editions_first_picture_stands_in_each_section() -> None:
    pictured = publish(covered())
    pictured = replace(pictured, image="https://a.example/x.png")

    made = issue([pictured, replace(pictured, number=0)])

    assert made.html.count('<img src="https://a.example/x.png" alt=""') == 1
    assert made.image == "https://a.example/x.png"
    assert "More" in made.html
    assert "Also in: " in made.html
    assert "Towns sign after two decades</a> — Outlet b" in made.html


def test_an_edition_of_one_story_counts_in_the_singular() -> None:
    assert "<p>1 story from 1 outlet, about 1 minute" in issue(publications(1)).html


def test_an_edition_checks_its_addresses_again() -> None:
    hostile = replace(publish(story()), url="javascript:alert(1)", image="data:text/html,x")

    assert "javascript:" not in issue([hostile]).html
    assert "<img" not in issue([hostile]).html


def test_a_story_that_goes_on_from_another_says_so() -> None:
    before = StoryRef(id="s0", title="Towns quarrel", url="https://a.example/0", reason="too long")
    made = publish(replace(story(), follows=before))

    link = '<a href="https://a.example/0">Towns quarrel</a>'
    assert f"<small>Continues: {link}</small>" in made.html
    assert made.continues
    assert made.continues.url == before.url
    assert publish(story(), made) == made
