"""The pages: what they show, and that they need neither script nor style of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import html5lib
import pytest

from aggregator.digest import page, safe
from aggregator.digest.setting import Setting
from aggregator.digest.sheet import Sheet
from aggregator.digest.templating import stylesheet
from aggregator.model import (
    Digest,
    Format,
    Images,
    Order,
    Picture,
    Point,
    Publication,
    Relation,
)
from tests.digest.makers import (
    DAY,
    HOUR,
    ISSUE,
    LIVE,
    NOW,
    SERVICE,
    covered,
    issue,
    member,
    publications,
    publish,
    story,
)

if TYPE_CHECKING:
    from datetime import datetime

ATOM_ONLY = replace(ISSUE, formats=(Format.ATOM,))


SEARCHED = Setting(search=True)


def show(
    *made: Publication,
    digest: Digest = LIVE,
    archive: int = 0,
    older: int = 0,
    setting: Setting = Setting(),  # noqa: B008 - frozen
) -> str:
    sheet = Sheet(
        digest=digest,
        public_url=SERVICE.public_url,
        publications=tuple(map(safe.publication, made)),
        archive=archive,
        older=older,
    )
    return page.write(sheet, setting).decode()


def index(*digests: Digest, **newest: list[Publication]) -> str:
    return page.write_index(digests, service=SERVICE, newest=newest).decode()


def edition_page(made: Publication, digest: Digest = ISSUE) -> str:
    return page.write_edition(made, digest, public_url=SERVICE.public_url).decode()


PAGES = {
    "empty": show(),
    "live": show(publish(covered(), number=4), *publications(3)),
    "archive": show(*publications(2), archive=2, older=1),
    "editions": show(issue([publish(covered())], number=2), issue(publications(2)), digest=ISSUE),
    "edition": edition_page(issue([publish(covered()), *publications(2)], number=2)),
    "index": index(LIVE, ISSUE, world=publications(3), morning=[issue(publications(1))]),
}


@pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
def test_a_page_is_well_formed_html(shown: str) -> None:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(shown)

    assert parser.errors == []


@pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
def test_a_page_passes_a_strict_content_security_policy(shown: str) -> None:
    root = html5lib.parse(shown, namespaceHTMLElements=False)

    tags = [element.tag for element in root.iter()]
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {"script", "style", "form", "iframe", "base", "object"} & set(tags)
    policies = [meta.get("content") for meta in root.iter("meta") if meta.get("http-equiv")]
    wanted = "img-src 'self' http: https: data:; style-src 'self'; form-action 'self'"
    assert policies == [f"default-src 'none'; {wanted}; base-uri 'none'"]
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
def test_a_page_has_one_first_heading_and_unique_ids(shown: str) -> None:
    root = html5lib.parse(shown, namespaceHTMLElements=False)

    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(list(root.iter("h1"))) == 1
    assert len(ids) == len(set(ids))
    assert {a.get("href")[1:] for a in root.iter("a") if a.get("href", "").startswith("#")} <= set(
        ids
    )


def test_a_story_shows_its_outlet_time_and_coverage() -> None:
    shown = PAGES["live"]

    assert "<bdi>Outlet a</bdi>" in shown
    assert '<time datetime="2026-11-25T06:00:00Z">25 Nov, 06:00</time>' in shown
    assert '<h2 dir="auto"><a href="https://a.example/1">Harbour towns' in shown
    assert "Also: Outlet b, Outlet c</summary>" in shown
    assert ">Towns sign after two decades</a> <b>Outlet b</b>" in shown
    assert 'The same text in <a href="https://c.example/3">Outlet c</a>' in shown
    assert "4 stories from 6 outlets" in shown
    assert '<article id="story-4" class="story leads' in shown


def test_many_outlets_are_summed_up() -> None:
    told = publish(covered())
    many = tuple(replace(told.mentions[0], outlet=f"Paper {n}") for n in range(5))

    assert "Also: Paper 0, Paper 1, Paper 2 and 2 more" in show(replace(told, mentions=many))


def test_the_outlets_own_copy_needs_no_list() -> None:
    told = publish(covered())
    own = replace(told.mentions[1], outlet=told.source.outlet)

    assert "<summary dir" not in show(replace(told, mentions=(own,)))


def test_a_picture_is_lazy_below_the_lead() -> None:
    lead, other = publications(2)
    picture = "https://a.example/x.png"

    shown = show(replace(lead, image=picture), replace(other, image=picture))

    tag = '<img src="https://a.example/x.png" alt="" {}>'
    assert shown.count(tag.format("fetchpriority=high")) == 1
    assert shown.count(tag.format("loading=lazy")) == 1


@pytest.mark.parametrize(("language", "direction"), [("ar-EG", True), ("en", False), ("", False)])
def test_the_direction_follows_the_language(language: str, *, direction: bool) -> None:
    shown = show(replace(publish(story()), language=language))

    assert (' dir="rtl"' in shown) is direction
    assert (f'lang="{language}"' in shown) is bool(language)


def test_a_story_without_address_is_still_told() -> None:
    assert '<h2 dir="auto">Harbour towns agree on a barrier</h2>' in show(
        publish(story(member(url="")))
    )


def test_long_summaries_are_cut_and_tags_are_few() -> None:
    told = replace(
        publish(story()), summary="word " * 300, categories=("one", "two", "three", "four")
    )

    shown = show(told, replace(told, number=2, id="b"))

    assert shown.count("…</p>") == 2
    assert '<small dir="auto">one, two, three</small></p>' in shown
    assert "four" not in shown


def test_the_subscribe_box_lists_the_feeds_in_the_forms_there_are() -> None:
    shown = show(digest=replace(LIVE, formats=(Format.RSS, Format.HTML)))

    assert 'href="feed:https://news.example.org/world.rss"' in shown
    assert '<input readonly value="https://news.example.org/world.rss"' in shown
    assert 'type="application/rss+xml" title="World (RSS)"' in shown
    assert "world.atom" not in shown
    assert "Subscribe" not in show(digest=replace(LIVE, formats=(Format.HTML,)))


def timed(number: int, at: datetime, *, outlets: int = 1) -> Publication:
    """Return a story of that moment, told by so many outlets."""
    told = publications(number)[0]
    others = tuple(
        replace(told.source, outlet=f"Paper {n}", relation=Relation.COVERAGE)
        for n in range(outlets - 1)
    )
    return replace(told, published_at=at, mentions=others)


def titles(shown: str) -> list[str]:
    """Return the headlines of a page in the order in which they are read."""
    return re.findall(r">(Headline \d+)</a></h[23]>", shown)


def test_what_most_outlets_tell_of_the_last_day_leads() -> None:
    stories = (
        timed(1, NOW - 2 * DAY, outlets=9),
        timed(2, NOW - HOUR, outlets=3),
        timed(3, NOW - 2 * HOUR, outlets=5),
        timed(4, NOW),
    )

    shown = show(*stories)

    assert titles(shown) == ["Headline 3", "Headline 4", "Headline 2", "Headline 1"]
    assert shown.count('class="story leads') == 1


def test_the_lead_has_its_coverage_open_unless_it_is_long() -> None:
    assert "<details open>" in show(timed(1, NOW, outlets=7))
    assert "<details open>" not in show(timed(1, NOW, outlets=8))


@pytest.mark.parametrize(
    ("outlets", "size"), [(1, "story"), (2, "story told"), (3, "story told"), (4, "story widely")]
)
def test_the_more_outlets_tell_a_story_the_larger_it_stands(outlets: int, size: str) -> None:
    shown = show(timed(1, NOW, outlets=9), timed(2, NOW, outlets=outlets))

    assert f'<article id="story-2" class="{size}">' in shown


def test_a_page_by_time_goes_day_by_day_whenever_stories_came_in() -> None:
    """Number 3 came in last and was published first: it stands where its time belongs."""
    stories = (timed(3, NOW - 400 * DAY), timed(2, NOW), timed(1, NOW - DAY), timed(4, NOW))

    shown = show(*stories)

    days = re.findall(r'<h2 class="day" id="day-\d">([^<]*)</h2>', shown)
    assert days == ["Wednesday, 25 November", "Tuesday, 24 November", "Tuesday, 21 October 2025"]
    assert titles(shown) == ["Headline 4", "Headline 2", "Headline 1", "Headline 3"]


def test_the_days_are_those_of_the_digests_time_zone() -> None:
    late = NOW.replace(hour=23, minute=30)

    shown = show(timed(2, late), timed(1, late), digest=replace(LIVE, timezone="Europe/Berlin"))

    assert ">Thursday, 26 November</h2>" in shown
    assert ">00:30</time>" in shown


def test_a_page_by_rank_keeps_its_order_and_has_no_days() -> None:
    stories = (timed(1, NOW - DAY), timed(3, NOW, outlets=5), timed(2, NOW))

    shown = show(*stories, digest=replace(LIVE, order=Order.TOP))

    assert titles(shown) == ["Headline 1", "Headline 3", "Headline 2"]
    assert 'class="day"' not in shown
    assert ">25 Nov, 07:00</time>" in shown


def test_an_empty_page_says_what_will_come() -> None:
    assert "No stories yet" in PAGES["empty"]
    assert "The first edition appears here" in show(digest=ISSUE)
    assert "Last change" not in PAGES["empty"]


def test_archives_lead_on_and_back() -> None:
    shown = PAGES["archive"]

    assert 'href="../newsfold.css"' in shown
    assert '<a href="https://news.example.org/world.html">Current stories</a>' in shown
    assert 'rel="prev" href="https://news.example.org/world/archive-0001.html"' in shown
    assert "story leads" not in shown
    assert titles(shown) == ["Headline 2", "Headline 1"]


def test_the_page_of_editions_shows_the_newest_whole_and_lists_the_others() -> None:
    shown = PAGES["editions"]

    assert "Harbour towns agree on a barrier" in shown
    assert '<h2 class="section">Earlier editions</h2>' in shown
    assert 'href="https://news.example.org/morning/edition-1.html"' in shown


def test_an_archive_of_editions_only_lists_them() -> None:
    shown = show(issue(publications(2)), digest=ISSUE, archive=1)

    assert '<h2 class="section">Editions</h2>' in shown
    assert "story-1" not in shown


def test_an_edition_has_sections_and_ways_to_its_neighbours() -> None:
    shown = PAGES["edition"]

    assert '<h2 class="section" id="section-1" dir="auto">More</h2>' in shown
    assert 'id="story-3"' in shown
    assert '<a href="../morning.html">Newest edition</a>' in shown
    assert '<a rel="prev" href="edition-1.html">' in shown
    assert "Times are those of Europe/Berlin" in shown


def test_the_first_edition_has_none_before_it() -> None:
    assert 'rel="prev"' not in edition_page(issue(publications(1)))


def test_an_edition_of_a_digest_without_pages_leads_to_the_index() -> None:
    assert 'href="../index.html">Newest edition' in edition_page(issue(publications(1)), ATOM_ONLY)


def test_sections_are_listed_when_there_are_several() -> None:
    first, second = publications(2)
    made = issue([first, second])
    parted = replace(made, stories=(replace(first, categories=("world",)), second))

    shown = edition_page(parted)

    assert '<nav class="contents" aria-label="In this edition">' in shown
    assert '<a href="#section-1"><bdi>World</bdi></a> 1' in shown
    assert 'class="contents"' not in PAGES["edition"]


def test_the_index_shows_each_digest_with_its_newest() -> None:
    shown = PAGES["index"]

    assert '<a href="world.html">World</a>' in shown
    assert ">Headline 3</a>" in shown
    assert "<small><bdi>Outlet o3</bdi>, <time" in shown
    assert "Morning — Wednesday, 25 November 2026" in shown
    assert shown.count('rel="alternate"') == 6


def test_the_index_shows_a_digest_by_rank_in_that_order() -> None:
    low, high = publications(2)
    ranked = [replace(low, rank=1.0), replace(high, rank=9.0)]

    shown = index(replace(LIVE, order=Order.TOP), world=ranked)

    assert shown.index(f">{high.title}<") < shown.index(f">{low.title}<")


def test_the_index_shows_the_picture_of_the_first_story_and_how_much_there_is() -> None:
    first, *rest = publications(3)

    shown = index(LIVE, world=[replace(first, image="https://a.example/x.png"), *rest])

    assert shown.count("<img ") == 1
    assert '<img src="https://a.example/x.png"' in shown
    assert "3 stories from 3 outlets" in shown


def test_the_index_counts_the_stories_of_the_newest_edition() -> None:
    made = [issue(publications(4), number=2), issue(publications(1))]

    assert "4 stories from 4 outlets" in index(ISSUE, morning=made)


def test_the_index_manages_with_nothing() -> None:
    assert "No digest is configured yet." in index()
    assert "Nothing published yet." in index(ATOM_ONLY)
    assert '<h2 dir="auto">The Morning</h2>' in index(ATOM_ONLY)


def test_the_index_keeps_to_a_few_headlines() -> None:
    assert index(LIVE, world=publications(50)).count("<li>") == 5


def test_a_page_of_a_hundred_stories_is_light() -> None:
    """Half have coverage, a quarter sentences that outlets agree on, all have a picture."""
    text = "A sentence of the usual length, as outlets write it in the news. " * 4
    address = f"https://a.example/{'x' * 60}"
    point = Point(text=text, outlet="The Daily Outlet", url=address, others=2)
    pictures = {
        f"https://a.example/{n}.jpg": Picture(path=f"images/{n:032}.webp", width=800, height=450)
        for n in range(100)
    }
    told = [
        replace(
            publish(covered() if n % 2 else story()),
            id=f"tag:{n}",
            number=n,
            url=f"https://a.example/2026/11/25/world/{'a-usual-slug' * 4}",
            image=f"https://a.example/{n}.jpg",
            summary="A sentence of the usual length. " * 8,
            points=(point,) * 3 if n % 4 == 1 else (),
            published_at=NOW - n * DAY,
        )
        for n in range(100)
    ]
    setting = Setting(images=Images.PROXY, search=True, pictures=pictures)

    shown = show(*told, setting=setting)

    assert shown.count("<img ") == 100
    assert len(shown.encode()) < 100_000


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (float(((part + 0.055) / 1.055) ** 2.4) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["--ink", "--soft", "--accent"])
@pytest.mark.parametrize("ground", ["--paper", "--wash"])
def test_texts_have_the_contrast_of_wcag_aa(scheme: int, text: str, ground: str) -> None:
    css = stylesheet("newsfold.css")
    front, back = (css.split(f"{name}: ")[scheme + 1][:7] for name in (text, ground))
    lighter, darker = sorted((luminance(front), luminance(back)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
