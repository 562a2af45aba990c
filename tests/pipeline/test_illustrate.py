"""Pictures come after the pages, from a thread of their own, and pages are written again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.demo.newsroom import Newsroom
from aggregator.demo.server import serve
from aggregator.demo.settings import configuration
from aggregator.pipeline.house import House
from aggregator.pipeline.illustrate import LOOK_EVERY, Illustrator
from aggregator.pipeline.images import Gallery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.pipeline.image_fetch import ImageRequest

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PATIENCE_S = 60.0


@pytest.fixture
def moments() -> list[datetime]:
    """Give the moments of a clock; the last one is now."""
    return [NOW]


@pytest.fixture
def house(tmp_path: Path, moments: list[datetime]) -> Iterator[House]:
    """Give the demo's house, polled and published."""
    path = tmp_path / "newsfold.toml"
    with serve(Newsroom(NOW)) as running:
        path.write_text(configuration(running, tmp_path), "utf-8")
        loaded = config.load(path, environ={})
        with House.open(loaded, clock=lambda: moments[-1]) as house:
            house.poll(house.due(everything=True), on_report=lambda _report: None)
            house.publish()
            yield house


def shown(house: House) -> int:
    page = Path(house.config.service.public_dir) / "all.html"
    return page.read_text("utf-8").count("<img ")


def test_pages_are_written_again_when_pictures_came(house: House) -> None:
    before = shown(house)

    came = Illustrator(house, wake=lambda: None).finish(
        stop=threading.Event(), patience_s=PATIENCE_S
    )

    assert before == 0
    assert came > 20
    assert shown(house) > 20


def test_a_command_that_is_to_end_does_not_wait(house: House) -> None:
    stop = threading.Event()
    stop.set()

    assert Illustrator(house, wake=lambda: None).finish(stop=stop, patience_s=PATIENCE_S) < 20


def test_the_writer_is_woken_and_goes_on_until_all_is_there(
    house: House, moments: list[datetime]
) -> None:
    woken = threading.Event()
    illustrator = Illustrator(house, wake=woken.set)

    illustrator.work()
    illustrator.work()  # at every tick: what is under way is let run
    assert woken.wait(PATIENCE_S)
    first = shown(house)
    moments.append(NOW + timedelta(seconds=5))
    while not shown(house):
        illustrator.work()
    illustrator.close()

    assert first == 0
    assert shown(house) > 20


def test_closing_gives_up_what_is_under_way(house: House) -> None:
    illustrator = Illustrator(house, wake=lambda: None)
    illustrator.work()

    illustrator.close()

    assert not any(thread.name == "images" for thread in threading.enumerate())


def test_pages_are_looked_at_after_a_change_or_a_while(
    house: House, moments: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[datetime] = []

    def due(_self: Gallery, *, now: datetime) -> list[ImageRequest]:
        looked.append(now)
        return []

    monkeypatch.setattr(Gallery, "due", due)
    illustrator = Illustrator(house, wake=lambda: None)

    illustrator.work()
    illustrator.work()
    moments.append(NOW + LOOK_EVERY)
    illustrator.work()
    illustrator.mark_stale()
    illustrator.work()

    assert looked == [NOW, NOW + LOOK_EVERY, NOW + LOOK_EVERY]
