"""Who is who in a body, next to what is kept: real documents, read as a reading process reads."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Fetched, Freshness, IdScheme, Validators
from aggregator.pipeline.places import database_path
from aggregator.pipeline.reader import perform
from aggregator.pipeline.take_in import Desk
from aggregator.pipeline.task import Reading, ReadTask
from aggregator.store import feeds
from aggregator.store.database import open_store
from tests.end_to_end.feeds import Item, invented, rss
from tests.end_to_end.newsrooms import Clock
from tests.pipeline.makers import FIRST, HOUR, NOON, configured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aggregator.model import FeedState, PollReport


@dataclass
class Feed:
    """A feed that is read and taken in without a network."""

    desk: Desk
    clock: Clock
    reports: list[PollReport] = field(default_factory=list)

    @property
    def state(self) -> FeedState:
        """Return what is remembered of it."""
        return feeds.state(self.desk.db, FIRST)

    def bring(self, items: Iterable[Item], **changed: object) -> PollReport:
        """Let the feed hold these items at its next poll; return the report."""
        fetched = self.read(items, state=self.state)
        (report,) = self.desk.take_in([(FIRST, replace(fetched, **changed))])  # type: ignore[arg-type]  # fields
        self.clock.move(HOUR)
        self.reports.append(report)
        return report

    def read(self, items: Iterable[Item], *, state: FeedState) -> Fetched:
        """Return these items as a poll brings them that knows this state."""
        body = rss(items)
        task = ReadTask(
            body=body,
            base_url=FIRST,
            content_type="application/rss+xml",
            known=state.known,
            id_scheme=state.id_scheme,
            now=self.clock.now,
        )
        reading = perform(task)
        assert isinstance(reading, Reading)
        return Fetched(
            final_url=FIRST,
            moved_to="",
            validators=Validators(),
            freshness=Freshness(),
            body_hash=sha256(body).digest()[:16],
            feed=reading.feed,
            entries=reading.entries,
        )

    def ask(self, question: str) -> list[object]:
        """Return the first column of an answer."""
        return [row[0] for row in self.desk.db.execute(question).fetchall()]

    @property
    def titles(self) -> list[str]:
        """Return the title of every kept entry."""
        return sorted(map(str, self.ask("SELECT title FROM words")))

    @property
    def present(self) -> list[str]:
        """Return the titles of the entries that the feed still holds."""
        question = (
            "SELECT w.title FROM words AS w JOIN entries AS e ON e.id = w.entry_id "
            "WHERE e.left_at IS NULL"
        )
        return sorted(map(str, self.ask(question)))


@pytest.fixture
def feed(desk: Desk, clock: Clock) -> Feed:
    return Feed(desk, clock)


def items(*numbers: int) -> list[Item]:
    return [invented(n, published_at=NOON - timedelta(minutes=n)) for n in numbers]


def titles(*numbers: int) -> list[str]:
    return sorted(item.title for item in items(*numbers))


def code(*about: object) -> str:
    return sha256(repr(about).encode()).hexdigest()[:20]


def renamed(told: Sequence[Item], word: object) -> list[Item]:
    return [replace(item, guid=code(item.guid, word)) for item in told]


def tokened(told: Sequence[Item], word: object) -> list[Item]:
    return [
        replace(
            item, guid=code(item.guid, word), link=f"https://t.example/r/{code(item.guid, word)}"
        )
        for item in told
    ]


# ------------------------------------------------------------------- renaming


def test_a_feed_that_renames_once_keeps_its_scheme_and_says_so(feed: Feed) -> None:
    feed.bring(items(1, 2, 3, 4))
    feed.bring(renamed(items(1, 2, 3, 4, 5), "new"))
    feed.bring(renamed(items(1, 2, 3, 4, 5), "new"))

    assert [report.new for report in feed.reports] == [4, 1, 0]
    assert feed.titles == titles(1, 2, 3, 4, 5)
    assert feed.state.id_scheme is IdScheme.GUID
    assert feed.state.id_reason == (
        "Its ids changed on 2026-11-25: 4 of its entries were known by their words"
    )
    assert code("a-1", "new") in feed.ask("SELECT guid FROM words")


@pytest.mark.parametrize(("change", "scheme"), [(renamed, IdScheme.LINK), (tokened, IdScheme.TEXT)])
def test_a_feed_that_renames_at_each_fetch_moves_down(
    feed: Feed, change: Callable[[Sequence[Item], object], list[Item]], scheme: IdScheme
) -> None:
    for poll in range(5):
        feed.bring(change(items(1, 2, 3), poll))

    assert [report.new for report in feed.reports] == [3, 0, 0, 0, 0]
    assert [report.updated for report in feed.reports] == [0] * 5
    assert feed.state.id_scheme is scheme
    assert feed.state.id_reason.startswith("Its ids")


def test_links_that_entries_share_are_no_ids(feed: Feed) -> None:
    """A series under one address: its ids change at each fetch, its links would tell too little."""
    series = [replace(item, link="https://a.example/series") for item in items(1, 2, 3)]
    for poll in range(4):
        feed.bring(renamed(series, poll))

    assert feed.state.id_scheme is IdScheme.TEXT
    assert feed.titles == titles(1, 2, 3)


def test_two_renamings_years_apart_are_no_habit(feed: Feed) -> None:
    feed.bring(items(1, 2, 3))
    feed.bring(renamed(items(1, 2, 3), "first"))
    feed.clock.move(timedelta(days=400))
    feed.bring(renamed(items(1, 2, 3), "second"))

    assert feed.state.id_scheme is IdScheme.GUID
    assert feed.titles == titles(1, 2, 3)


def test_one_entry_that_changes_its_id_changes_no_scheme(feed: Feed) -> None:
    for poll in range(4):
        feed.bring([*renamed(items(1), poll), *items(2, 3, 4)])

    assert feed.state.id_scheme is IdScheme.GUID
    assert feed.state.id_reason == ""
    assert feed.titles == titles(1, 2, 3, 4)


def test_a_key_that_is_free_again_begins_a_story_of_its_own(feed: Feed) -> None:
    """The entry that had it was renamed; its story, begun under that key, goes on."""
    feed.bring(items(1, 2, 3))
    feed.bring(renamed(items(1, 2, 3), "new"))
    stranger = replace(items(9)[0], guid=items(1)[0].guid)
    feed.clock.move(timedelta(days=30))  # out of the index, not out of the store
    feed.desk.generation = -1
    report = feed.bring([stranger, *renamed(items(1, 2, 3), "new")])

    assert report.error == ""
    assert feed.titles == titles(1, 2, 3, 9)
    assert len(set(feed.ask("SELECT story_id FROM entries"))) == 4


# ----------------------------------------------------------------- other words


def test_an_edit_while_ids_change_is_an_update(feed: Feed) -> None:
    feed.bring(items(1, 2, 3, 4))
    edited = replace(items(1)[0], text=items(1)[0].text.replace("</p>", " Corrected.</p>"))
    report = feed.bring(renamed([edited, *items(2, 3, 4)], "new"))

    assert (report.new, report.updated) == (0, 1)


def test_an_id_that_comes_again_for_another_entry_loses_neither(feed: Feed) -> None:
    top = replace(items(1)[0], guid="urn:top")
    other = replace(items(2)[0], guid="urn:top")
    feed.bring([top, *items(3)])
    report = feed.bring([other, *items(3)])

    assert (report.new, report.updated) == (1, 0)
    assert feed.titles == titles(1, 2, 3)
    assert feed.state.id_scheme is IdScheme.GUID_AND_LINK
    assert feed.state.id_reason == (
        "The id 'urn:top' came again for another entry, so ids count together with links"
    )


def test_a_link_that_comes_again_for_another_entry_loses_neither(feed: Feed) -> None:
    for poll in range(3):
        feed.bring(renamed(items(1, 2, 3), poll))
    other = replace(items(7)[0], link=items(1)[0].link)
    report = feed.bring(renamed([other, *items(2, 3)], 9))

    assert (report.new, report.updated) == (1, 0)
    assert feed.titles == titles(1, 2, 3, 7)
    assert feed.state.id_scheme is IdScheme.TEXT


def test_a_new_heading_under_the_same_id_and_link_is_an_update(feed: Feed) -> None:
    feed.bring(items(1, 2))
    report = feed.bring([replace(items(9)[0], guid="a-1", link=items(1)[0].link), *items(2)])

    assert (report.new, report.updated) == (0, 1)
    assert feed.titles == titles(2, 9)


# --------------------------------------------------------------- partial, older


def test_what_a_partial_body_leaves_out_has_not_left(feed: Feed) -> None:
    feed.bring(items(1, 2, 3))
    feed.bring(items(4), is_partial=True)

    assert feed.present == titles(1, 2, 3, 4)


def test_an_id_that_changed_in_a_partial_body_is_known_by_its_words(feed: Feed) -> None:
    feed.bring(items(1, 2, 3))
    report = feed.bring(renamed(items(1), "new"), is_partial=True)

    assert report.new == 0
    assert feed.present == titles(1, 2, 3)


def test_what_older_documents_bring_is_kept_and_has_left(feed: Feed) -> None:
    older = feed.read(items(*range(11, 51)), state=feed.state)
    feed.bring(items(*range(1, 11)), archived=older.entries)

    held = feed.ask("SELECT count(*) FROM entries WHERE held = 1")
    assert len(feed.titles) == 50
    assert feed.present == titles(*range(1, 11))
    assert held == [30]  # all but the newest 20, whichever document they are of


def test_after_a_gap_what_was_missed_is_news_and_what_is_older_is_held(feed: Feed) -> None:
    feed.bring(items(1, 2))
    feed.clock.move(timedelta(days=9))
    missed = replace(items(3)[0], published_at=NOON + timedelta(days=5))
    older = replace(items(4)[0], published_at=NOON - timedelta(days=90))
    undated = replace(items(5)[0], published_at=None)
    archive = feed.read([missed, older, undated], state=feed.state)
    feed.bring([replace(items(6)[0], published_at=feed.clock.now)], archived=archive.entries)

    question = (
        "SELECT w.title FROM words AS w JOIN entries AS e ON e.id = w.entry_id WHERE e.held = 1"
    )
    assert sorted(map(str, feed.ask(question))) == titles(4, 5)
    assert feed.present == titles(6)


def test_a_body_read_before_the_scheme_moved_is_taken_in_under_the_new_one(feed: Feed) -> None:
    before = feed.state
    for poll in range(3):
        feed.bring(renamed(items(1, 2, 3), poll))
    late = feed.read(renamed(items(1, 2, 3), "late"), state=before)
    (report,) = feed.desk.take_in([(FIRST, late)])

    assert report.new == 0
    assert feed.state.id_scheme is IdScheme.LINK
    assert feed.titles == titles(1, 2, 3)


# ------------------------------------------------------------------- no queries


def test_a_poll_that_brings_nothing_new_asks_nothing_more(feed: Feed) -> None:
    feed.bring(items(1, 2, 3))
    asked: list[str] = []
    feed.desk.db.conn.set_trace_callback(asked.append)
    feed.bring(items(3, 2, 1))
    feed.desk.db.conn.set_trace_callback(None)

    assert not [one for one in asked if "grave_marks" in one or "renamings" in one]
    assert not [
        one for one in asked if "w.content" in one and one.startswith("\nSELECT e.id, e.key")
    ]


# ------------------------------------------------------------------- histories

MODES: dict[str, Callable[[Sequence[Item], object], list[Item]]] = {
    "as ever": lambda told, _: list(told),
    "over http": lambda told, _: [
        replace(item, link=item.link.replace("https", "http")) for item in told
    ],
    "other ids": renamed,
    "other ids and links": tokened,
}
POLL = st.tuples(st.sets(st.integers(1, 9)), st.integers(0, 2**16), st.sampled_from(sorted(MODES)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(POLL, min_size=2, max_size=7))
def test_whatever_a_feed_does_each_text_stands_once(
    polls: list[tuple[set[int], int, str]],
) -> None:
    with TemporaryDirectory() as folder:
        config, clock = configured(Path(folder)), Clock(NOON)
        with closing(open_store(Path(database_path(config)))) as db:
            feed = Feed(Desk.open(config, db, clock=clock), clock)
            for number, (holds, seed, mode) in enumerate(polls):
                told = MODES[mode](items(*holds), number)
                Random(seed).shuffle(told)  # noqa: S311 - an order, no secret
                assert feed.bring(told).error == ""
                assert feed.present == titles(*holds)
            assert feed.titles == titles(*set().union(*(holds for holds, _, _ in polls)))
