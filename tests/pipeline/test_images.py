"""Our copies of pictures: fetched once, kept while pages show them, within a bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Digest, DigestKind, Format, Images
from aggregator.pipeline import images as keeping
from aggregator.pipeline.image_fetch import ImageAnswer
from aggregator.pipeline.images import FOLDER, Gallery
from aggregator.pipeline.publish import Press
from aggregator.pipeline.take_in import Desk
from aggregator.read.picture import Shrunk
from aggregator.store import images as kept_images
from tests.pipeline.makers import HOUR, LIVE, configured, fetched, read

if TYPE_CHECKING:
    from aggregator.model import ReadEntry
    from tests.end_to_end.newsrooms import Clock

DAY = timedelta(days=1)
ISSUE = Digest(name="issue", title="Issue", kind=DigestKind.EDITION, at=(time(13),))


def pictured(number: int) -> ReadEntry:
    return read(number, image=f"https://pictures.example/{number}.jpg")


def came(number: int, *, size_bytes: int = 100) -> ImageAnswer:
    body = b"%d" % number + b"x" * size_bytes
    made = Shrunk(body=body[:size_bytes], width=800, height=450)
    return ImageAnswer(url=f"https://pictures.example/{number}.jpg", shrunk=made)


class House:
    """A press and a gallery on one store."""

    def __init__(self, desk: Desk, clock: Clock, *digests: Digest, images: Images) -> None:
        """Configure the digests, with pictures as told."""
        config = configured(Path(desk.config.path).parent, digests=digests or (LIVE,))
        self.config = replace(config, service=replace(config.service, images=images))
        self.desk = Desk.open(self.config, desk.db, clock=clock)
        self.press = Press(self.config, desk.db)
        self.gallery = Gallery(self.config, desk.db)
        self.public = Path(self.config.service.public_dir)
        self.clock = clock

    def publish(self, *entries: ReadEntry) -> None:
        """Take entries in, publish, write."""
        self.desk.take_in([(self.config.feeds[0].url, fetched(*entries))])
        self.press.publish(now=self.clock.now)
        self.press.write()

    def due(self) -> list[str]:
        """Return the names of the pictures to fetch now."""
        return [one.url.rpartition("/")[2] for one in self.gallery.due(now=self.clock.now)]

    def take(self, *answers: ImageAnswer) -> int:
        """Take answers in, and write the pages again."""
        count = self.gallery.take(answers, now=self.clock.now)
        self.press.write()
        return count

    def shown(self, path: str = "all.html") -> int:
        """Return how many pictures a page shows."""
        return (self.public / path).read_text("utf-8").count("<img ")

    def files(self) -> set[str]:
        """Return the names of the copies that lie there."""
        return {path.name for path in (self.public / FOLDER).glob("*")}


@pytest.fixture
def house(desk: Desk, clock: Clock) -> House:
    """Give a house of one live digest whose pictures come from our own host."""
    return House(desk, clock, images=Images.PROXY)


def test_a_page_shows_a_picture_once_it_is_there(house: House) -> None:
    house.publish(pictured(1), read(2))
    before, due = house.shown(), house.due()

    assert house.take(came(1)) == 1

    page = (house.public / "all.html").read_text("utf-8")
    assert (before, due) == (0, ["1.jpg"])
    assert f'src="images/{came(1).shrunk.name}"' in page  # type: ignore[union-attr]  # made above
    assert "pictures.example" not in page
    assert house.due() == []


def test_feeds_name_the_outlets_own_picture(house: House) -> None:
    house.publish(pictured(1))
    house.take(came(1))

    for form in ("atom", "rss", "json"):
        assert "https://pictures.example/1.jpg" in (house.public / f"all.{form}").read_text("utf-8")


@pytest.mark.parametrize(("images", "shown"), [(Images.NONE, 0), (Images.DIRECT, 1)])
def test_else_nothing_is_fetched(desk: Desk, clock: Clock, images: Images, shown: int) -> None:
    house = House(desk, clock, images=images)
    house.publish(pictured(1))

    assert house.due() == []
    assert house.shown() == shown


def test_the_newest_are_fetched_first_and_a_pass_is_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_A_PASS", 2)
    house.publish(*(pictured(number) for number in range(4)))
    newest = [one.partition("/")[2] for one in house.due()]

    house.take(came(0), came(1))

    assert len(newest) == 2
    assert set(house.due()) == {"2.jpg", "3.jpg"}


def test_a_failure_is_tried_again_ever_later_and_then_no_more(house: House, clock: Clock) -> None:
    house.publish(pictured(1))
    failed = ImageAnswer(url="https://pictures.example/1.jpg", error="404")
    tried = []
    for _ in range(20):
        if house.due():
            house.take(failed)
            tried.append(clock.now)
        clock.move(HOUR)

    assert [later - tried[0] for later in tried] == [timedelta(), HOUR, 7 * HOUR]
    assert kept_images.everything(house.desk.db)[failed.url].error == "404"


def test_what_is_no_picture_is_not_asked_for_again(house: House, clock: Clock) -> None:
    house.publish(pictured(1))
    house.take(ImageAnswer(url="https://pictures.example/1.jpg", error="SVG", is_final=True))
    clock.move(DAY)

    assert house.due() == []


def test_a_file_that_someone_removed_is_fetched_again(house: House) -> None:
    house.publish(pictured(1))
    house.take(came(1))
    for name in house.files():
        (house.public / FOLDER / name).unlink()
    house.press.write()

    assert house.shown() == 0
    assert house.due() == ["1.jpg"]


def test_a_picture_that_no_page_shows_goes_after_two_days(desk: Desk, clock: Clock) -> None:
    house = House(desk, clock, replace(LIVE, limit=1), images=Images.PROXY)
    house.publish(pictured(1))
    house.take(came(1))
    house.publish(pictured(1), pictured(2))
    house.due()
    soon = len(house.files())
    clock.move(3 * DAY)
    house.due()

    assert soon == 1
    assert house.files() == set()


def test_a_picture_that_a_page_shows_stays(house: House, clock: Clock) -> None:
    house.publish(pictured(1))
    house.take(came(1))
    for _ in range(10):
        clock.move(DAY)
        house.due()

    assert len(house.files()) == 1


def test_files_that_nobody_knows_go_and_others_stay(house: House) -> None:
    folder = house.public / FOLDER
    folder.mkdir(parents=True)
    (folder / f"{'a' * 32}.webp").write_bytes(b"stray")
    (folder / "archive-0001.atom").write_bytes(b"of a digest by that name")

    house.due()

    assert house.files() == {"archive-0001.atom"}


def test_where_the_bound_is_reached_no_more_are_fetched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 250)
    house.publish(*(pictured(number) for number in range(4)))

    house.take(came(0), came(1), came(2))

    assert house.due() == []
    assert len(house.files()) == 3


def test_archives_keep_no_pictures(desk: Desk, clock: Clock) -> None:
    """Their pages never change, and our copies do not stay for ever."""
    house = House(desk, clock, replace(LIVE, limit=2), images=Images.PROXY)
    house.publish(pictured(1), pictured(2))
    house.take(came(1), came(2))
    for path in (house.public / "all").glob("*.html"):
        path.unlink()
    house.press.write()

    assert house.shown() == 2
    assert house.shown("all/archive-0001.html") == 0


def test_only_the_newest_issues_have_pictures_on_their_own_pages(desk: Desk, clock: Clock) -> None:
    house = House(desk, clock, ISSUE, images=Images.PROXY)
    entries: list[ReadEntry] = []
    for number in range(5):
        entries.append(pictured(number))
        house.publish(*entries)
        clock.move(DAY)
        house.publish(*entries)
        house.due()
        house.take(came(number))

    shown = [house.shown(f"issue/edition-{number}.html") for number in range(1, 6)]

    assert shown == [0, 0, 1, 1, 1]


def test_a_digest_without_pages_needs_no_pictures(desk: Desk, clock: Clock) -> None:
    house = House(desk, clock, replace(LIVE, formats=(Format.ATOM,)), images=Images.PROXY)
    house.publish(pictured(1))

    assert house.due() == []
