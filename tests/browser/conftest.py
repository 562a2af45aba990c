"""A real demo, polled and published in process, served on loopback, read with Debian's Chromium.

One more digest stands beside the demo's: `odd`, of stories that strain a layout.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from aggregator import config
from aggregator.demo.newsroom import Newsroom
from aggregator.demo.server import serve
from aggregator.demo.settings import configuration
from aggregator.pipeline.files import write_documents
from aggregator.pipeline.house import House
from aggregator.pipeline.illustrate import Illustrator
from aggregator.pipeline.search import Searcher
from aggregator.serve.app import build_app
from tests.browser.odd import odd_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

    from aggregator.model import Config
    from aggregator.serve.search import Question, Told

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = (
    "index.html",
    "all.html",
    "halvmark.html",
    "morning.html",
    "morning/edition-1.html",
    "odd.html",
    "odd/archive-0001.html",
    "search",
    "search?q=norrhaven",
)
EDITION_AFTER = timedelta(minutes=3)  # the demo's first edition is due two minutes after its start
PICTURES_S = 60.0  # all of the demo come within a second or two on an idle machine
START_S = 10.0  # uvicorn needs some ten milliseconds
PATIENCE_MS = 10_000  # for one step of a page; normal is some ten milliseconds

# Where a page breaks its policy, nothing shows: the event is the only trace.
WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  event => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Publish the demo and the odd digest; yield the address that they are served at."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    folder = tmp_path_factory.mktemp("site")
    now = datetime.now(UTC)
    with serve(Newsroom(now)) as running, socket.create_server(("127.0.0.1", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
        path = folder / "newsfold.toml"
        path.write_text(configuration(running, folder, listen=address), "utf-8")
        loaded = config.load(path, environ={})
        publish(loaded, now)
        public = folder / "public"
        write_documents(public, odd_documents(f"http://{address}", now))
        with serving(public, door, Searcher(lambda: loaded).find):
            yield f"http://{address}/"


def publish(loaded: Config, now: datetime) -> None:
    """Poll every outlet once, publish what came, and the edition that is due soon after."""
    moments = [now]
    with House.open(loaded, clock=lambda: moments[-1]) as house:
        house.poll(house.due(everything=True), on_report=lambda _report: None)
        house.publish()
        moments.append(now + EDITION_AFTER)
        house.publish()
        illustrator = Illustrator(house, wake=lambda: None)
        while illustrator.finish(stop=threading.Event(), patience_s=PICTURES_S):
            pass


@contextmanager
def serving(public: Path, door: socket.socket, find: Callable[[Question], Told]) -> Iterator[None]:
    """Serve the files and searches on a bound socket for as long as the context lasts."""
    app = build_app(public_dir=public, health=dict, search=find)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser(site: str) -> Iterator[Browser]:
    """Yield a Chromium for one module: while one runs, its thread has an event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that was read to its end, with all that was said and asked for meanwhile."""

    page: Page
    said: list[str] = field(default_factory=list)  # by the console: warnings and errors
    failed: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(site: str, browser: Browser) -> Iterator[dict[str, Visit]]:
    """Visit every page at 1280 pixels, in light colours, down to its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH_POLICY)
    yield {name: visit(context, site + name) for name in PAGES}
    context.close()


def visit(context: BrowserContext, address: str) -> Visit:
    """Open a page, note what happens, and scroll until every picture has been asked for."""
    made = Visit(context.new_page())
    page = made.page

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"warning", "error"}:
            made.said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: made.said.append(str(error)))
    page.on("requestfailed", lambda request: made.failed.append(request.url))
    page.on("response", lambda response: made.responses.append(response))  # noqa: PLW0108 - Playwright marks what it is given; a built-in takes no mark
    page.goto(address)
    page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
    page.wait_for_load_state("networkidle")
    return made


@pytest.fixture(params=PAGES)
def read_page(request: pytest.FixtureRequest, visits: dict[str, Visit]) -> Visit:
    """Hand out each page in turn; it is shared, so a test may look and resize, not change it."""
    return visits[request.param]
