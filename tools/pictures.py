"""Makes docs/pictures/page.png again: the demo after three rounds, in Debian's Chromium.

    .venv/bin/python tools/pictures.py

docs/pictures/reader.png shows the same digest in Liferea, a feed reader that nobody here wrote. It
was made by hand, on Debian with xvfb, openbox, dbus, liferea, xdotool and imagemagick installed:

    .venv/bin/python tools/pictures.py --serve &        # the digest, at 127.0.0.1:8099
    Xvfb :9 -screen 0 1280x860x24 &
    export DISPLAY=:9 HOME=$(mktemp -d)                 # a fresh reader, with nothing remembered
    mkdir -p $HOME/.config/liferea                      # and subscribed to nothing but:
    echo '<opml version="1.0"><body><outline text="Everything, every story once" type="atom"
      xmlUrl="http://127.0.0.1:8099/all.atom"/></body></opml>' > $HOME/.config/liferea/feedlist.opml
    openbox & dbus-run-session liferea &
    xdotool search --onlyvisible --name Liferea windowsize 1280 836
    # choose the digest, Update All, draw the lower pane up, choose a story; then
    import -window root reader.png
"""  # noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from playwright.sync_api import sync_playwright

from aggregator import config
from aggregator.demo.newsroom import Newsroom
from aggregator.demo.server import serve
from aggregator.demo.settings import configuration
from aggregator.pipeline.house import House
from aggregator.pipeline.illustrate import Illustrator
from aggregator.pipeline.search import Searcher
from aggregator.serve.app import build_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.demo.server import Running
    from aggregator.model import Config

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "page.png"
LISTEN = "127.0.0.1:8099"
ROUNDS = 3  # the newsroom has told on, and its notices do not crowd out the news yet
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a fixed time: the same picture on any day
WIDTH, HEIGHT = 1280, 1060  # pixels: the head, the leading story with its coverage, a few more


def main() -> None:
    """Publish the demo, then take the picture, or serve until Ctrl-C."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--serve", action="store_true", help="keep serving, take no picture")
    with TemporaryDirectory() as folder, serve(Newsroom(NOON)) as running:
        path = Path(folder) / "newsfold.toml"
        path.write_text(configuration(running, Path(folder), listen=LISTEN), "utf-8")
        loaded = config.load(path, environ={})
        publish(loaded, running)
        with serving(loaded):
            if arguments.parse_args().serve:
                print(f"Subscribe to http://{LISTEN}/all.atom (Ctrl-C ends).")  # noqa: T201
                threading.Event().wait()
            take(f"http://{LISTEN}/all.html")


def publish(loaded: Config, running: Running) -> None:
    """Poll the newsroom round by round and publish what came."""
    with House.open(loaded, clock=lambda: NOON) as house:
        while True:
            house.poll(house.due(everything=True), on_report=lambda _report: None)
            house.publish()
            if running.round >= ROUNDS:
                Illustrator(house, wake=lambda: None).finish(stop=threading.Event())
                return
            running.advance()


@contextmanager
def serving(loaded: Config) -> Iterator[None]:
    """Serve the published files for as long as the context lasts."""
    host, _, port = LISTEN.partition(":")
    public = Path(loaded.service.public_dir)
    app = build_app(public_dir=public, health=dict, search=Searcher(lambda: loaded).find)
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    if not server.started:
        message = f"Nothing can listen at {LISTEN}: end what does."
        raise SystemExit(message)
    yield
    server.should_exit = True
    thread.join()


def take(address: str) -> None:
    """Take the picture of the page's beginning."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(address, wait_until="networkidle")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
