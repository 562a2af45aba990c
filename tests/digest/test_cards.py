"""What a story's card says beside its title: what outlets agree on, what was put right."""

from __future__ import annotations

from dataclasses import replace

import html5lib

from aggregator.digest.setting import Setting
from aggregator.model import Correction, Images, Picture, Point
from tests.digest.makers import DAY, NOW, covered, issue, publications, publish, story
from tests.digest.test_page import SEARCHED, edition_page, index, show

POINTS = tuple(
    Point(text=f"Sentence {n} <b>", outlet=f"Outlet {n}", url=f"https://{n}.example/", others=2)
    for n in "123"
)
PICTURE = "https://a.example/x.png"
KEPT = {PICTURE: Picture(path="images/ab.webp", width=480, height=270)}
PROXY = Setting(images=Images.PROXY, pictures=KEPT)


def is_well_formed(shown: str) -> bool:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(shown)
    return not parser.errors


def test_what_outlets_agree_on_stands_in_place_of_the_summary() -> None:
    told = replace(publish(story()), points=POINTS)

    shown = show(told)

    assert '<q>Sentence 1 &lt;b&gt;</q> <b><a href="https://1.example/">Outlet 1</a></b>' in shown
    assert shown.count("<q>") == 3
    assert "Seven towns signed the plan" not in shown
    assert is_well_formed(shown)


def test_below_the_lead_fewer_sentences_are_told() -> None:
    lead, other = publications(2)

    assert show(lead, replace(other, points=POINTS, published_at=NOW - DAY)).count("<q>") == 2


def test_a_correction_says_what_was_put_right() -> None:
    correction = Correction(at=NOW, former_title="Towns <agree>", added=("It is new.",), removed=1)

    shown = show(replace(publish(story()), correction=correction))

    assert 'Corrected <time datetime="2026-11-25T07:00:00Z">25 Nov, 07:00</time>.' in shown
    assert 'The title was <q dir="auto">Towns &lt;agree&gt;</q>.' in shown
    assert 'New: <q dir="auto">It is new.</q> 1 sentence is gone.' in shown
    assert is_well_formed(shown)


def test_a_story_that_continues_another_leads_to_it() -> None:
    earlier = publish(covered()).mentions[0]

    shown = show(replace(publish(story()), continues=earlier))

    assert "Continues: <bdi><a href=" in shown
    assert f">{earlier.title}</a></bdi></p>" in shown


def test_a_picture_shows_once_our_copy_is_there() -> None:
    told = replace(publish(story()), image=PICTURE)

    shown = show(told, setting=PROXY)

    assert '<img src="images/ab.webp" alt="" width="480" height="270"' in shown
    assert "img-src 'self' data:;" in shown
    assert PICTURE not in shown
    assert "<img" not in show(told, setting=Setting(images=Images.PROXY))


def test_without_pictures_none_shows() -> None:
    told = replace(publish(story()), image=PICTURE)

    assert "<img" not in show(told, setting=Setting(images=Images.NONE, pictures=KEPT))


def test_a_page_in_a_folder_finds_the_pictures() -> None:
    told = replace(publish(story()), image=PICTURE)

    assert 'src="../images/ab.webp"' in show(told, archive=1, setting=PROXY)


def test_the_form_for_searches_is_only_where_they_are_answered() -> None:
    assert '<form class="search" role="search" action="search">' in show(setting=SEARCHED)
    assert 'action="../search"' in show(archive=1, setting=SEARCHED)
    assert is_well_formed(show(setting=SEARCHED))
    assert "<form" not in show()


def test_every_page_says_what_it_is_for_search_engines() -> None:
    description = '<meta name="description" content="'

    assert f'{description}World: 2 stories from 2 outlets, each told once.">' in show(
        *publications(2)
    )
    assert f"{description}The Morning, Morning" in edition_page(issue(publications(1)))
    assert f'{description}Every story once: no digest yet.">' in index()


def test_a_long_list_of_reports_is_cut() -> None:
    told = publish(covered())
    many = tuple(
        replace(told.mentions[0], outlet=f"Paper {n}", title=f"Report {n}") for n in range(15)
    )

    shown = show(replace(told, mentions=many))

    assert "Report 11<" in shown
    assert "Report 12<" not in shown
    assert "and 3 more reports" in shown
