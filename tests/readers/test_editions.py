"""Readers see each edition exactly once, from files that a plain web server gives out.

The clock is the test's: a week of mornings with down time, a restart each day, and a clock that is
set back. No process of Newsfold serves here; docs/OPERATIONS.md lets any web server do it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end import published
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, take_round, write
from tests.end_to_end.web import serve_web
from tests.readers.clients import FORMS, KINDS, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.web import Page
    from tests.readers.clients import News

pytestmark = pytest.mark.slow

START = datetime(2026, 10, 22, 4, tzinfo=UTC)  # Thursday, 06:00 in Berlin; clocks change on Sunday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNINGS: tuple[
    tuple[timedelta, list[str]], ...
] = (  # how long the service is down before each pass, and the titles that it then brings
    (2 * HOUR, ["Morning — Thursday, 22 October 2026"]),
    (DAY, ["Morning — Friday, 23 October 2026"]),
    (2 * DAY, ["Catch-up — Friday, 23 October to Sunday, 25 October 2026"]),  # Saturday was missed
    (-HOUR, []),  # set back, after the edition
    (DAY + HOUR, ["Morning — Monday, 26 October 2026"]),
    (6 * HOUR, []),
)
MORNING = (
    '[[digests]]\nname = "morning"\ntitle = "Morning"\nkind = "edition"\nat = ["07:00"]\n'
    'timezone = "Europe/Berlin"\nlimit = 2\n'
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def given_out(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback as any web server does; yield its address."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def hourly(clock: Clock) -> Page:
    """Return a feed with an entry for each hour; the last 80 stand in it."""
    hours = int((clock.now - START) / HOUR)
    span = range(hours, max(-1, hours - 80), -1)
    return page([invented(n, published_at=START + n * HOUR, site="hourly") for n in span])


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[list[News]]]:
    """Let the mornings go by; return what each reader held to be new after each."""
    folder, clock = tmp_path_factory.mktemp("editions"), Clock(START)
    with serve_web() as web:
        url = web.put("/feed", lambda: hourly(clock))
        loaded = load(write(folder, Plan(feeds=[url], digests=MORNING)))
        public = public_of(loaded)
        public.mkdir(parents=True)
        with House.open(loaded, clock=clock) as house:
            take_round(house)
        with given_out(public) as root:
            clients = {
                (name, form): subscribe(name, folder / name / form, f"{root}/morning.{form}")
                for name, form in FORMS
                if not KINDS[name].missing
            }
            found: dict[tuple[str, str], list[list[News]]] = {key: [] for key in clients}
            for span, _ in MORNINGS:
                clock.move(span)
                with House.open(loaded, clock=clock) as house:
                    take_round(house)
                for key, client in clients.items():
                    found[key].append(client.refresh())
    return found


@pytest.mark.parametrize("key", FORMS, ids="-".join)
def test_each_edition_is_new_once(
    news: dict[tuple[str, str], list[list[News]]], key: tuple[str, str]
) -> None:
    """Three pages of two editions: the older ones have left the current document by then."""
    if missing := KINDS[key[0]].missing:
        pytest.skip(f"{key[0]} is not on this machine: {missing}")

    assert [[one.title for one in each] for each in news[key]] == [titles for _, titles in MORNINGS]
    published.assert_once([one.id for each in news[key] for one in each])
