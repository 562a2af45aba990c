"""axe-core on every kind of page, in light and in dark: nothing that hinders people."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import PAGES, PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

TOOL = Path(__file__).parents[2] / "tools" / "axe.sh"
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(found => ({id: found.id, help: found.help, at: found.nodes.map(node => node.html)}))"""
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@pytest.fixture(scope="module")
def axe() -> str:
    """Return axe-core's script."""
    done = subprocess.run([TOOL], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    path = done.stdout.strip()
    if not path:
        pytest.skip(done.stderr.strip())
    return Path(path).read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(site: str, browser: Browser, axe: str, name: str, scheme: str) -> None:
    """With everything opened: what is folded away is not looked at."""
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(site + name)
    page.evaluate(OPEN_ALL)
    page.evaluate(axe)

    found: list[dict[str, Any]] = page.evaluate(RUN)

    page.close()
    assert found == []


def test_axe_finds_what_is_wrong(browser: Browser, axe: str) -> None:
    page = browser.new_page()
    page.set_content("<img src=x>")
    page.evaluate(axe)

    found = {one["id"] for one in page.evaluate(RUN)}

    page.close()
    assert {"image-alt", "html-has-lang", "document-title"} <= found
