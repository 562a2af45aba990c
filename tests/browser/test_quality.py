"""What page-quality tools look at, without one: names, sizes, shifts, what has to come first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import PAGES, PATIENCE_MS
from tests.browser.probes import SHIFT, SIZES, TARGETS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SMALLEST_TARGET = 24  # pixels (WCAG 2.2, 2.5.8)
GOOD_SHIFT = 0.1  # cumulative (web.dev/cls)
MOST_NODES = 6_000  # of a page of a hundred stories
WIDTHS = (320, 768, 1440)


def test_a_page_says_what_it_is(read_page: Visit) -> None:
    page = read_page.page

    description = page.locator("meta[name=description]").get_attribute("content") or ""
    viewport = page.locator("meta[name=viewport]").get_attribute("content")

    assert page.title().strip()
    assert len(description) > 15
    assert viewport == "width=device-width, initial-scale=1"  # and zooming is not forbidden
    assert page.locator("html").get_attribute("lang") == "en"


def test_landmarks_are_there_once(read_page: Visit) -> None:
    for landmark in ("banner", "main", "contentinfo"):
        assert read_page.page.get_by_role(landmark).count() == 1


def test_a_link_says_where_it_leads(read_page: Visit) -> None:
    names = read_page.page.locator("a[href]").evaluate_all(
        "all => all.map(link => link.textContent.trim().toLowerCase())"
    )

    assert not {"here", "click here", "more", "read more", "link"} & set(names)


def test_a_picture_keeps_its_place_while_it_comes(read_page: Visit) -> None:
    sizes = read_page.page.evaluate(SIZES)

    wrong = [
        one
        for one in sizes
        if (one["width"], one["height"]) != (one["naturalWidth"], one["naturalHeight"])
    ]
    assert wrong == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_a_page_comes(site: str, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{site}all.html")
    page.wait_for_load_state("networkidle")

    shift = page.evaluate(SHIFT)

    page.close()
    assert shift < GOOD_SHIFT


@pytest.mark.parametrize("width", WIDTHS)
def test_what_a_finger_aims_at_is_large_enough(read_page: Visit, width: int) -> None:
    read_page.page.set_viewport_size({"width": width, "height": 900})

    targets = read_page.page.evaluate(TARGETS)

    small = [one for one in targets if min(one["width"], one["height"]) < SMALLEST_TARGET]
    assert small == []


def test_only_our_style_has_to_come_before_a_page_shows(read_page: Visit, site: str) -> None:
    blocking = [
        response.url
        for response in read_page.responses
        if response.request.resource_type in {"script", "stylesheet", "font"}
    ]

    assert blocking == [f"{site}newsfold.css"]


def test_a_page_is_no_forest(read_page: Visit) -> None:
    assert read_page.page.evaluate("document.querySelectorAll('*').length") < MOST_NODES


def test_what_is_served_may_be_kept_as_long_as_it_holds(read_page: Visit) -> None:
    """Pages for minutes, pictures for ever, searches never."""
    kept = {
        response.request.resource_type: response.headers.get("cache-control", "")
        for response in read_page.responses
        if response.url.startswith("http")
    }

    is_search = "/search" in read_page.page.url
    frozen = "archive-" in read_page.page.url
    assert kept["document"] == (
        "no-store" if is_search else FOR_EVER if frozen else "public, max-age=300"
    )
    assert kept.get("image", FOR_EVER) == FOR_EVER


FOR_EVER = "public, max-age=31536000, immutable"


def test_pictures_are_small_and_of_one_kind(visits: dict[str, Visit]) -> None:
    pictures = [
        response
        for response in visits["all.html"].responses
        if response.request.resource_type == "image" and response.url.startswith("http")
    ]

    assert len(pictures) > 20
    assert {response.headers["content-type"] for response in pictures} == {"image/webp"}
    assert all(re.search(r"/images/[0-9a-f]{32}\.webp$", one.url) for one in pictures)
    assert max(len(response.body()) for response in pictures) < 100_000


def test_every_kind_of_page_is_visited() -> None:
    assert {name.partition("?")[0].partition("/")[0] for name in PAGES} >= {
        "index.html", "all.html", "morning", "morning.html", "odd.html", "search",
    }  # fmt: skip
