"""Stories into published files: each once, in the digests that take it, with bytes that stand."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aggregator.config.filters import parse_filter
from aggregator.model import Digest, DigestKind, FeedSpec, Format
from aggregator.pipeline import publish
from aggregator.pipeline.publish import Press, Published
from aggregator.pipeline.take_in import Desk
from aggregator.store import entries, publications, retention
from aggregator.store.database import open_store
from tests.end_to_end import published
from tests.pipeline.makers import FIRST, HOUR, LIVE, NOON, SECOND, configured, fetched, read, told

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import ReadEntry
    from tests.end_to_end.newsrooms import Clock

MINUTE = timedelta(minutes=1)
SETTLING = replace(LIVE, settle=timedelta(minutes=10))
ISSUE = Digest(name="issue", title="Issue", kind=DigestKind.EDITION, at=(time(13),))
TAGGED = (FeedSpec(url=FIRST, tags=("a",)), FeedSpec(url=SECOND, tags=("b",)))


def copy_of(original: ReadEntry, name: str = "copy") -> ReadEntry:
    """Return another outlet's entry with the same words."""
    url = f"https://b.example/{name}"
    return told(replace(original.entry, guid=name, key=name, url=url))


class Works:
    """A desk and a press on one store, with the digests of the test."""

    def __init__(self, desk: Desk, clock: Clock, *digests: Digest, tagged: bool = False) -> None:
        """Configure the digests over the two feeds, tagged a and b where asked."""
        folder = Path(desk.config.path).parent
        feeds = TAGGED if tagged else (FIRST, SECOND)
        self.config = configured(folder, digests=digests, feeds=feeds)
        self.desk = Desk.open(self.config, desk.db, clock=clock)
        self.press = Press(self.config, desk.db)
        self.public = Path(self.config.service.public_dir)
        self._clock = clock

    def take(self, *read: ReadEntry, feed: str = FIRST) -> None:
        """Take entries in."""
        self.desk.take_in([(feed, fetched(*read))])

    def publish(self, *, seen_since: datetime | None = None) -> list[Published]:
        """Publish and write everything."""
        done = self.press.publish(now=self._clock.now, seen_since=seen_since)
        self.press.write()
        return done

    def titles(self, digest: str = "all") -> list[str]:
        """Return the titles of the current document."""
        return [one.title for one in published.current(self.public, digest)]

    def told(self, digest: str = "all") -> published.Told:
        """Return the only entry of the current document."""
        (one,) = published.current(self.public, digest)
        return one


# ----------------------------------------------------------------------- settling


def test_the_first_stories_of_a_digest_need_not_wait(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, SETTLING)
    works.take(read(1))

    assert works.publish() == [Published(digest="all", new=1)]


def test_a_story_waits_until_its_coverage_has_gathered(desk: Desk, clock: Clock) -> None:
    """Nine minutes later it is not out; its copy joins; a minute later it is out with it."""
    works = Works(desk, clock, SETTLING)
    works.take(read(0))
    works.publish()
    works.take(read(0), read(1))
    clock.move(9 * MINUTE)
    works.publish()
    assert read(1).entry.title not in works.titles()
    works.take(copy_of(read(1)), feed=SECOND)
    clock.move(MINUTE)
    works.publish()

    first = published.current(works.public, "all")[0]
    assert first.title == read(1).entry.title
    assert any("https://b.example/copy" in text for text in (*first.links, first.content))


@pytest.mark.parametrize(
    "settle", [timedelta(), timedelta(minutes=10)], ids=["at-once", "settling"]
)
def test_looking_at_what_is_recent_misses_nothing(
    desk: Desk, clock: Clock, settle: timedelta
) -> None:
    """A pass every minute that looks back to the last one publishes each story, once."""
    works = Works(desk, clock, replace(LIVE, settle=settle))
    works.take(read(0))
    works.publish()
    for number in range(1, 30):
        last_at = clock.now
        clock.move(MINUTE)
        works.take(*(read(n) for n in range(max(0, number - 5), number + 1)))
        works.publish(seen_since=last_at)
    for _ in range(12):
        last_at = clock.now
        clock.move(MINUTE)
        works.publish(seen_since=last_at)

    assert sorted(works.titles()) == sorted(read(n).entry.title for n in range(30))


# ----------------------------------------------------------------------- revising


def test_coverage_that_joins_is_added_and_makes_nothing_unread(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE)
    works.take(read(1))
    works.publish()
    before = works.told()
    clock.move(HOUR)
    works.take(copy_of(read(1)), feed=SECOND)
    done = works.publish()

    after = works.told()
    assert done == [Published(digest="all", revised=1)]
    assert (after.id, after.updated, after.published) == (
        before.id,
        before.updated,
        before.published,
    )
    assert after != before


def test_a_real_change_of_the_lead_moves_updated(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE)
    works.take(read(1))
    works.publish()
    before = works.told()
    clock.move(HOUR)
    works.take(read(1, content=read(9).entry.content))
    works.publish()

    after = works.told()
    assert after.id == before.id
    assert (before.updated, after.updated) == ("2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z")


def test_a_pass_that_finds_nothing_writes_nothing(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE)
    works.take(read(1), read(2))
    works.publish()
    clock.move(HOUR)

    assert works.press.publish(now=clock.now) == [Published(digest="all")]
    assert works.press.write() == 0


def test_a_story_whose_lead_was_pruned_stays_as_it_was_published(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE)
    works.take(read(1))
    works.take(copy_of(read(1)), feed=SECOND)
    works.publish()
    before = works.told()
    works.take(read(2))  # the first feed's entry leaves it
    clock.move(100 * 24 * HOUR)
    retention.prune(desk.db, retention_by_feed={1: timedelta(days=90)}, now=clock.now)
    works.publish()

    assert 1 not in [arrival.entry_id for arrival, _ in entries.arrivals(desk.db, since=NOON)]
    after = {one.id: one for one in published.current(works.public, "all")}
    assert (after[before.id].title, after[before.id].updated) == (before.title, before.updated)


# ------------------------------------------------------------------ which digests


def test_a_digest_takes_the_stories_of_its_own_feeds(desk: Desk, clock: Clock) -> None:
    ours = replace(LIVE, name="ours", tags=("a",))
    works = Works(desk, clock, LIVE, ours, tagged=True)
    works.take(read(1))
    works.take(read(2), feed=SECOND)
    works.publish()

    assert works.titles("ours") == [read(1).entry.title]
    assert sorted(works.titles()) == sorted([read(1).entry.title, read(2).entry.title])


def test_a_story_has_the_same_id_in_every_digest(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE, replace(LIVE, name="other"))
    works.take(read(1))
    works.publish()

    assert works.told("other").id == works.told().id


def test_held_entries_are_published_by_no_digest_but_stand_as_coverage(
    desk: Desk, clock: Clock
) -> None:
    """An old entry of a new feed comes out when another feed tells it anew."""
    old = [read(n, published_at=NOON - n * HOUR) for n in range(1, 25)]
    works = Works(desk, clock, LIVE)
    works.take(read(99), feed=SECOND)
    works.take(*old)
    works.publish()
    assert read(24).entry.title not in works.titles()
    works.take(read(99), copy_of(read(24, published_at=NOON)), feed=SECOND)
    clock.move(HOUR)
    works.publish()

    assert read(24).entry.title in works.titles()


# -------------------------------------------------------------------------- steps


@pytest.mark.parametrize("digest", [replace(LIVE, limit=4), ISSUE], ids=["live", "issue"])
def test_it_makes_no_difference_how_many_stories_are_held_at_a_time(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, digest: Digest
) -> None:
    """Numbers, leads, archives and bytes are those of one step."""
    made = []
    for step in (2, 200):
        monkeypatch.setattr(publish, "STORIES_A_STEP", step)
        clock.now = NOON
        folder = tmp_path / str(step)
        with contextlib.closing(open_store(folder / "data" / "newsfold.db")) as db:
            bare = Desk.open(configured(folder, digests=(digest,)), db, clock=clock)
            works = Works(bare, clock, digest)
            works.publish()
            for n in range(9):
                works.take(*(read(m, published_at=NOON - m * MINUTE) for m in range(n + 1)))
            works.take(copy_of(read(3)), copy_of(read(5), "longer"), feed=SECOND)
            clock.move(2 * HOUR)
            works.publish()
            made.append(published.files(works.public))

    assert made[0] == made[1]
    assert any("archive-0002" in path or "edition" in path for path in made[0])


def test_filters_hold_for_stories_of_one_entry(desk: Desk, clock: Clock) -> None:
    """Their words are looked at where there is a filter, whatever else is known without them."""
    works = Works(desk, clock, LIVE)
    works.take(read(1), read(2))
    unwanted = read(1).entry.title
    filtered = FeedSpec(url=FIRST, exclude=(parse_filter(unwanted),))
    config = replace(works.config, feeds=(filtered, *works.config.feeds[1:]))
    Press(config, desk.db).publish(now=clock.now)
    works.press.write()

    assert works.titles() == [read(2).entry.title]


# ----------------------------------------------------------------------- archives


def test_what_no_longer_fits_stands_in_archives_that_never_change(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, replace(LIVE, limit=10))
    works.take(*(read(n, published_at=NOON - n * MINUTE) for n in range(20)))
    works.publish()
    first = {path.name: path.read_bytes() for path in published.archives(works.public, "all")}
    for step in range(3):
        clock.move(HOUR)
        works.take(*(read(n, site=f"later-{step}", published_at=clock.now) for n in range(10)))
        works.publish()

    everything = published.everything(works.public, "all")
    assert len(everything) == 50
    now = {path.name: path.read_bytes() for path in published.archives(works.public, "all")}
    assert len(first) >= 1
    assert first.items() <= now.items()


def test_an_archive_file_that_was_lost_is_written_again(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, replace(LIVE, limit=5))
    works.take(*(read(n) for n in range(12)))
    works.publish()
    before = published.files(works.public)
    for path in (works.public / "all").iterdir():
        path.unlink()
    works.press.write()

    assert published.files(works.public) == before


def test_an_archive_that_was_written_in_part_is_completed(desk: Desk, clock: Clock) -> None:
    """A crash may come between two of its forms; one of them is no proof of the others."""
    works = Works(desk, clock, replace(LIVE, limit=5))
    works.take(*(read(n) for n in range(12)))
    works.publish()
    before = published.files(works.public)
    (works.public / "all" / "archive-0001.json").unlink()
    works.press.write()

    assert published.files(works.public) == before


def test_what_is_linked_is_written_before_what_links_to_it(desk: Desk, clock: Clock) -> None:
    """So that no reader of the current document misses an archive, whenever it comes."""
    works = Works(desk, clock, replace(LIVE, limit=5))
    works.take(*(read(n) for n in range(12)))
    works.press.publish(now=clock.now)
    paths = [document.path for document in works.press._documents({"all"})]

    assert paths.index("all.atom") > max(n for n, path in enumerate(paths) if "/" in path)
    assert paths.index("all/archive-0001.atom") < paths.index("all.html")


def test_a_crash_before_the_files_were_written_repeats_nothing(desk: Desk, clock: Clock) -> None:
    """Stored, but not written: the next pass writes what would have been written."""
    works = Works(desk, clock, LIVE)
    works.take(read(1), read(2))
    works.press.publish(now=clock.now)
    clock.move(HOUR)
    again = works.press.publish(now=clock.now)
    works.press.write()

    assert again == [Published(digest="all")]
    assert len(works.titles()) == 2
    assert {one.updated for one in published.current(works.public, "all")} == {
        "2026-11-25T12:00:00Z"
    }


def test_only_the_named_digests_are_written(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, LIVE, replace(LIVE, name="other", formats=(Format.ATOM,)))
    works.take(read(1))
    works.press.publish(now=clock.now)
    works.press.write(["other"])

    assert (works.public / "other.atom").is_file()
    assert not (works.public / "other.rss").exists()
    assert not (works.public / "all.atom").exists()
    assert works.press.write([]) == 0


# ----------------------------------------------------------------------- editions


def test_an_edition_holds_what_was_seen_until_its_time(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, ISSUE)
    works.publish()
    works.take(read(1))
    clock.move(HOUR)
    works.publish()
    works.take(read(1), read(2))
    clock.move(24 * HOUR)
    works.publish()

    newest, oldest = published.current(works.public, "issue")
    assert read(1).entry.title in oldest.content
    assert read(2).entry.title in newest.content
    assert read(1).entry.title not in newest.content


def test_an_edition_without_stories_is_noted_and_not_published(desk: Desk, clock: Clock) -> None:
    works = Works(desk, clock, ISSUE)
    works.publish()
    clock.move(2 * HOUR)
    done = works.publish()

    assert done == [Published(digest="issue")]
    last = publications.last_edition(desk.db, "issue")
    assert last is not None
    assert last.until_at == NOON + HOUR


def test_a_new_digest_of_editions_does_not_begin_with_everything_kept(
    desk: Desk, clock: Clock
) -> None:
    """Its first edition looks back a day, not to what was seen weeks ago."""
    live = Works(desk, clock, LIVE)
    live.take(read(1))
    clock.move(21 * 24 * HOUR)
    live.take(read(1), read(2))
    works = Works(desk, clock, LIVE, ISSUE)
    works.publish()
    clock.move(2 * HOUR)
    works.publish()

    one = works.told("issue")
    assert read(2).entry.title in one.content
    assert read(1).entry.title not in one.content
