"""Using a page: with the keyboard, with a finger, without JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import segno

from tests.browser.conftest import PATIENCE_MS
from tests.browser.probes import DISPLAY, FOCUS, OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

SMALLEST_TARGET = 24  # pixels (WCAG 2.2, 2.5.8)


@pytest.fixture
def page(site: str, browser: Browser) -> Iterator[Page]:
    """Yield the page of all stories, fresh."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site}all.html")
    yield page
    context.close()


@pytest.fixture
def plain_page(site: str, browser: Browser) -> Iterator[Page]:
    """Yield the same page on a phone that runs no JavaScript."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, has_touch=True
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site}all.html")
    yield page
    context.close()


def test_the_first_tab_leads_past_the_head(page: Page) -> None:
    page.keyboard.press("Tab")
    first = page.evaluate(FOCUS)

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert first["name"] == "Skip to the stories"
    assert first["inSight"]
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_every_stop_of_the_tab_key_shows_where_it_is(page: Page) -> None:
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))

    assert {stop["tag"] for stop in stops} == {"A", "SUMMARY", "INPUT", "BUTTON"}
    assert [stop for stop in stops if not stop["outlined"]] == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_coverage_opens_and_closes_by_keyboard(page: Page, key: str) -> None:
    closed = page.locator("section article details:not([open])").first.element_handle()
    summary, first_report = closed.query_selector("summary"), closed.query_selector("li a")
    assert summary
    assert first_report
    assert not first_report.is_visible()

    summary.focus()
    page.keyboard.press(key)
    opened = first_report.is_visible()
    page.keyboard.press(key)

    assert opened
    assert not first_report.is_visible()


def test_opened_coverage_names_the_outlets_that_were_promised(page: Page) -> None:
    coverage = page.locator("section article details").first
    promised = coverage.locator("summary").inner_text().removeprefix("Also: ").split(" and ")[0]

    coverage.locator("summary").click()

    listed = coverage.locator("ul").inner_text()
    assert [outlet for outlet in promised.split(", ") if outlet not in listed] == []


def test_the_leading_story_shows_its_coverage_at_once(page: Page) -> None:
    assert page.locator("article.leads li a").first.is_visible()


def test_with_everything_opened_nothing_stands_out_sideways(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.set_viewport_size({"width": 320, "height": 800})

    assert page.evaluate(OVERFLOW) == []


def test_the_subscribe_box_has_the_addresses_that_are_served(page: Page, site: str) -> None:
    page.get_by_text("Subscribe", exact=True).click()
    addresses = page.locator(".panel dt a").evaluate_all("all => all.map(link => link.href)")
    fields = page.locator(".panel input").evaluate_all("all => all.map(field => field.value)")

    assert fields == addresses
    assert addresses == [f"{site}all.{form}" for form in ("atom", "rss", "json")]
    assert all(page.request.get(address).ok for address in addresses)
    assert page.locator(".panel").is_visible()


def test_the_way_leads_from_the_front_page_to_a_digest_and_back(page: Page, site: str) -> None:
    page.goto(site)

    page.get_by_role("link", name="News from Halvmark").click()
    heading = page.locator("h1").inner_text()
    page.get_by_role("link", name="All digests").click()

    assert heading == "News from Halvmark"
    assert page.locator("h1").inner_text() == "Newsfold"


def test_a_section_of_an_edition_is_reached_by_its_name(page: Page, site: str) -> None:
    page.goto(f"{site}morning/edition-1.html")

    page.get_by_role("navigation", name="In this edition").get_by_role("link").nth(1).click()

    heading = page.locator("#section-2")
    assert heading.bounding_box()
    assert heading.evaluate("heading => heading.getBoundingClientRect().top < innerHeight / 2")


def test_everything_works_without_javascript(plain_page: Page) -> None:
    coverage = plain_page.locator("section article details").first
    report = coverage.locator("li a").first

    before = report.is_visible()
    coverage.locator("summary").tap()

    assert plain_page.locator("article").count() > 50
    assert not before
    assert report.is_visible()


def test_what_opens_is_large_enough_for_a_finger(plain_page: Page) -> None:
    for summary in plain_page.locator("summary").all()[:12]:
        box = summary.bounding_box()
        assert box
        assert box["height"] >= SMALLEST_TARGET


def test_a_feed_opened_as_xml_is_readable(page: Page, site: str) -> None:
    """Chromium shows `application/atom+xml` as plain text; other browsers show it with its styles.

    So the feed is handed to it as `application/xml` here, under the same policy.
    """

    def as_xml(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"content-type": "application/xml"})

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.route("**/*.atom", as_xml)
    page.goto(f"{site}all.atom")

    assert page.evaluate(DISPLAY, "entry > title") == "block"
    assert page.evaluate(DISPLAY, "entry > id") == "none"
    assert page.evaluate(DISPLAY, "entry > content") == "none"
    assert said == []


def test_an_address_is_selected_and_copied_by_keyboard(page: Page, site: str) -> None:
    page.get_by_text("Subscribe", exact=True).click()
    page.locator(".panel input").first.focus()

    page.keyboard.press("Control+A")
    page.keyboard.type("x")  # read-only: nothing is typed over

    selected = "getSelection().toString() || document.activeElement.value"
    assert page.evaluate(selected) == f"{site}all.atom"


def test_the_subscribe_box_has_a_code_that_leads_to_the_feed(page: Page, site: str) -> None:
    """The drawing has the modules that segno's own reading of the address has."""
    page.get_by_text("Subscribe", exact=True).click()
    code = page.get_by_role("img", name="QR code of the address of Everything")

    box = code.bounding_box()
    assert box
    assert box["width"] >= 120
    assert drawn(code.locator("path").get_attribute("d") or "") == modules(f"{site}all.atom")


def modules(address: str) -> set[tuple[int, int]]:
    """Return the dark squares of an address's code, the quiet zone counted in."""
    rows = segno.make_qr(address, error="m", boost_error=False).matrix
    return {(x + 4, y + 4) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


def drawn(path: str) -> set[tuple[int, int]]:
    """Return the squares that an SVG path of strokes covers."""
    squares: set[tuple[int, int]] = set()
    x = y = 0
    for step, numbers in re.findall(r"([Mmh])([\d. ]+)", path):
        first = int(float(numbers.split()[0]))
        if step == "M":
            x, y = first, int(float(numbers.split()[1]))
            continue
        if step == "h":
            squares |= {(x + offset, y) for offset in range(first)}
        x += first
    return squares


def test_the_sources_of_a_digest_are_a_link_away(page: Page) -> None:
    page.get_by_text("Subscribe", exact=True).click()
    address = page.get_by_role("link", name="Sources (OPML)").evaluate("link => link.href")

    answer = page.request.get(address)

    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    assert answer.text().count("xmlUrl=") > 10


def test_a_search_leads_from_a_page_to_a_story(page: Page) -> None:
    page.get_by_role("searchbox").fill("norrhaven")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=norrhaven")
    found = page.locator("article").count()
    way = page.locator("article .note a").first
    address = way.get_attribute("href") or ""

    way.click()

    assert found > 3
    assert page.locator(f"#{address.partition('#')[2]}").is_visible()


def test_a_search_can_be_kept_to_a_digest(page: Page, site: str) -> None:
    page.goto(f"{site}search?q=norrhaven")
    page.get_by_role("combobox").select_option("morning")
    page.get_by_role("button", name="Search").click()

    ways = page.locator("article .note a").evaluate_all("all => all.map(link => link.pathname)")
    assert ways
    assert set(ways) == {"/morning/edition-1.html"}


def test_a_search_without_matches_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}search?q=zzyzx")

    assert page.get_by_role("status").inner_text().startswith("Nothing that was published")


def test_search_works_without_javascript(plain_page: Page) -> None:
    plain_page.get_by_role("searchbox").fill("norrhaven")
    plain_page.get_by_role("button", name="Search").tap()
    plain_page.wait_for_url("**/search?q=norrhaven")

    assert plain_page.locator("article").count() > 3
