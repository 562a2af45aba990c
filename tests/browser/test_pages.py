"""The published pages in a real browser, as they stand: nothing is opened or typed here."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.probes import CONTRASTS, HEADINGS, IMAGES, LINKS, OVERFLOW, UNNAMED

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

WIDTHS = (
    320,
    390,
    768,
    1280,
    1440,
    1920,
)  # pixels: the narrowest that WCAG asks for, to a large desk
LIGHT_BYTES = 100_000  # without pictures
LOWEST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


def test_a_page_says_nothing_to_the_console(read_page: Visit) -> None:
    assert read_page.said == []
    assert read_page.failed == []
    assert [r.url for r in read_page.responses if r.status >= 400] == []


def test_a_page_keeps_to_its_content_security_policy(read_page: Visit) -> None:
    assert "default-src 'none'" in read_page.responses[0].headers["content-security-policy"]
    assert read_page.page.evaluate("window.violations") == []
    meta = read_page.page.locator("meta[http-equiv=Content-Security-Policy]")
    assert (meta.get_attribute("content") or "").startswith("default-src 'none'; img-src 'self'")
    assert read_page.page.locator("script, style, [style], iframe").count() == 0
    assert read_page.page.locator("form:not(.search)").count() == 0


def test_a_page_asks_no_other_host(read_page: Visit, site: str) -> None:
    """Pictures neither: the outlets, each a port of this machine here, do not learn who reads."""
    hosts = {urlsplit(response.url).netloc for response in read_page.responses}

    assert hosts - {""} == {urlsplit(site).netloc}  # "": the icon's data


def test_every_picture_loads_and_has_an_alternative(read_page: Visit) -> None:
    pictures = read_page.page.evaluate(IMAGES)

    assert [picture for picture in pictures if not (picture["loaded"] and picture["hasAlt"])] == []


def test_the_demo_has_pictures(visits: dict[str, Visit]) -> None:
    assert len(visits["all.html"].page.evaluate(IMAGES)) > 20


def test_headings_go_down_step_by_step(read_page: Visit) -> None:
    levels = read_page.page.evaluate(HEADINGS)

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_a_page_names_its_language_and_each_other_one(read_page: Visit) -> None:
    assert read_page.page.locator("html").get_attribute("lang") == "en"


def test_a_story_keeps_its_own_language_and_direction(visits: dict[str, Visit]) -> None:
    arabic = visits["odd.html"].page.locator("article[lang=ar]")

    assert arabic.evaluate("story => getComputedStyle(story).direction") == "rtl"
    assert visits["all.html"].page.locator("article[lang=de]").count() > 10


def test_every_link_and_button_has_a_name(read_page: Visit) -> None:
    assert read_page.page.evaluate(UNNAMED) == []


def test_links_lead_to_the_web_and_give_nothing_away(read_page: Visit) -> None:
    """`feed:` alone is another scheme: it hands a feed of ours to the reader of the device.

    No link opens a window that could reach back to ours, and no outlet is told where it was met.
    """
    links = read_page.page.evaluate(LINKS)

    assert {link["scheme"] for link in links} <= {"http:", "https:", "feed:"}
    assert all(link["href"].startswith("feed:http") for link in links if link["scheme"] == "feed:")
    assert read_page.page.locator("[target]").count() == 0
    referrer = read_page.page.locator("meta[name=referrer]")
    assert referrer.get_attribute("content") == "no-referrer"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_stands_out_sideways(read_page: Visit, width: int) -> None:
    page = read_page.page
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOW) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(read_page: Visit, scheme: str) -> None:
    read_page.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    contrasts = read_page.page.evaluate(CONTRASTS)

    assert contrasts
    assert [text for text in contrasts if text["ratio"] < LOWEST_CONTRAST] == []


def test_dark_is_dark_and_light_is_light(visits: dict[str, Visit]) -> None:
    page = visits["all.html"].page
    ground = "getComputedStyle(document.body).backgroundColor"

    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")

    assert brightness(page.evaluate(ground)) > 200
    assert brightness(dark) < 50


def brightness(colour: str) -> float:
    """Return the mean of "rgb(r, g, b)", from 0 to 255."""
    parts = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(parts) / len(parts)


def test_a_page_is_light(read_page: Visit) -> None:
    """The document itself, and all that travels to show it without its pictures."""
    document = read_page.responses[0]
    texts = [
        r for r in read_page.responses if r.request.resource_type in {"document", "stylesheet"}
    ]

    assert len(document.body()) < LIGHT_BYTES
    assert sum(r.request.sizes()["responseBodySize"] for r in texts) < LIGHT_BYTES / 2


def test_the_days_of_a_page_go_backwards(visits: dict[str, Visit]) -> None:
    times = visits["all.html"].page.locator("section time")

    shown = times.evaluate_all("all => all.map(time => time.dateTime)")

    assert len(shown) > 50
    assert shown == sorted(shown, reverse=True)


def test_a_picture_that_fails_leaves_no_trace(site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/*.webp", lambda route: route.abort())
    page.goto(f"{site}all.html")

    assert page.evaluate("document.scrollingElement.scrollWidth") <= 1280
    assert page.locator("article.pictured").first.inner_text()
    page.close()
