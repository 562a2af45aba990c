"""Outcomes into the store: together, or each by itself where one of them is poison."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from aggregator.errors import StoreError
from aggregator.model import (
    Deferred,
    Failed,
    FailureKind,
    FeedSpec,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    Outcome,
    Relation,
    Validators,
)
from aggregator.pipeline.correct import join_stories, split_entry
from aggregator.pipeline.take_in import Desk
from aggregator.store import entries, feeds, stories
from tests.fold.newsroom import BRIDGE
from tests.pipeline.makers import FIRST, HOUR, NOON, SECOND, configured, fetched, read, told

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.model import ReadEntry, Story
    from tests.end_to_end.newsrooms import Clock

BROKEN = Failed(kind=FailureKind.TIMEOUT, message="it did not answer in time")


def kept(desk: Desk) -> list[Story]:
    return list(stories.recent(desk.db))


def guids(desk: Desk) -> list[set[str]]:
    """Return the guids of each story."""
    return [{member.entry.guid for member in story.members} for story in kept(desk)]


def poison(number: int) -> ReadEntry:
    """Return an entry that the database refuses: half a character, as a bug might let through."""
    sound = read(number)
    return replace(sound, entry=replace(sound.entry, title="\ud800"))


def test_new_entries_are_kept_and_told(desk: Desk) -> None:
    (report,) = desk.take_in([(FIRST, fetched(read(1), read(2)))])

    assert (report.feed, report.outcome, report.new, report.updated) == (FIRST, "fetched", 2, 0)
    assert sorted(map(sorted, guids(desk))) == [["a-1"], ["a-2"]]


def test_the_validators_are_kept_with_the_entries(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(read(1), etag='W/"odd'))])

    state = feeds.state(desk.db, FIRST)
    assert state.validators == Validators(etag='W/"odd')
    assert state.last_fetched_at == NOON
    assert state.next_poll_at is not None
    assert state.next_poll_at > NOON


def test_the_same_entries_again_are_no_news(desk: Desk, clock: Clock) -> None:
    desk.take_in([(FIRST, fetched(read(1), read(2)))])
    before = kept(desk)
    clock.move(HOUR)
    (report,) = desk.take_in([(FIRST, fetched(read(1), read(2)))])

    assert (report.new, report.updated) == (0, 0)
    assert [story.id for story in kept(desk)] == [story.id for story in before]


def test_other_words_under_the_same_id_are_an_update(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(read(1)))])
    (report,) = desk.take_in([(FIRST, fetched(read(1, title="Corrected")))])

    assert (report.new, report.updated) == (0, 1)
    assert [story.lead.entry.title for story in kept(desk)] == ["Corrected"]


def test_a_copy_in_another_feed_joins_the_story(desk: Desk) -> None:
    """Also within one transaction: the index hears of each entry at once."""
    copy = told(replace(read(1).entry, guid="copy", key="copy", url="https://b.example/1"))
    desk.take_in([(FIRST, fetched(read(1))), (SECOND, fetched(copy))])

    (story,) = kept(desk)
    assert [member.relation for member in story.members] == [Relation.LEAD, Relation.COPY]
    assert story.members[1].reason


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (BROKEN, "failed"),
        (Gone(message="gone for good"), "gone"),
        (NotModified(validators=Validators()), "not_modified"),
        (Deferred(until_at=NOON + HOUR, message="later"), "deferred"),
    ],
    ids=["failed", "gone", "not-modified", "deferred"],
)
def test_what_brings_no_body_changes_no_entry(desk: Desk, outcome: Outcome, name: str) -> None:
    desk.take_in([(FIRST, fetched(read(1)))])
    before = kept(desk)
    (report,) = desk.take_in([(FIRST, outcome)])

    assert (report.outcome, report.new) == (name, 0)
    assert kept(desk) == before


def test_a_rate_limit_of_a_public_host_spares_the_whole_host(desk: Desk) -> None:
    limited = Failed(
        kind=FailureKind.RATE_LIMITED, message="429", freshness=Freshness(retry_after=2 * HOUR)
    )
    desk.take_in([(FIRST, limited)])

    assert feeds.paused_hosts(desk.db, now=NOON) == {"first.example:443": NOON + 2 * HOUR}


# ----------------------------------------------------------------------- poison


def test_a_feed_that_cannot_be_taken_in_stops_no_other(desk: Desk) -> None:
    """The others are stored; the poisoned one is deferred, and named in report and log."""
    with capture_logs() as log:
        reports = desk.take_in([(FIRST, fetched(poison(1))), (SECOND, fetched(read(2)))])

    by_feed = {report.feed: report for report in reports}
    assert by_feed[SECOND].outcome == "fetched"
    assert by_feed[FIRST].outcome == "failed"
    assert "fault of Newsfold" in by_feed[FIRST].error
    assert guids(desk) == [{"a-2"}]
    assert any(line.get("feed") == FIRST and line["exc_info"] for line in log)


def test_a_full_disk_is_no_feeds_fault(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(read(1)))])
    (pages,) = desk.db.conn.execute("PRAGMA page_count").fetchone()
    desk.db.conn.execute(f"PRAGMA max_page_count = {pages}")
    many = [read(number) for number in range(2, 200)]

    with pytest.raises(StoreError, match="full"):
        desk.take_in([(FIRST, fetched(*many))])
    state = feeds.state(desk.db, FIRST)
    desk.db.conn.execute("PRAGMA max_page_count = 1000000")
    (report,) = desk.take_in([(FIRST, fetched(*many))])

    assert (state.error, state.failures) == ("", 0)
    assert report.new == len(many)


def test_a_poisoned_feed_is_not_met_again_at_once(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(poison(1), etag='"bad"'))])

    state = feeds.state(desk.db, FIRST)
    assert state.next_poll_at is not None
    assert state.next_poll_at > NOON
    assert state.failures == 1
    assert state.validators == Validators()  # its body is to be asked for again


def test_what_was_rolled_back_is_forgotten_by_the_index_too(desk: Desk) -> None:
    """The batch fails after its first feed was folded: a later copy must not join a ghost."""
    desk.take_in([(FIRST, fetched(read(1))), (SECOND, fetched(poison(2)))])
    copy = told(replace(read(1).entry, guid="copy", key="copy", url="https://b.example/1"))
    desk.take_in([(SECOND, fetched(copy))])

    assert guids(desk) == [{"a-1", "copy"}]


# ------------------------------------------------------------------- a new feed


def test_of_a_new_feed_all_but_the_newest_are_held(desk: Desk) -> None:
    old = [read(n, published_at=NOON - n * HOUR) for n in range(30, 0, -1)]
    desk.take_in([(FIRST, fetched(*old))])

    held = {m.entry.guid for story in kept(desk) for m in story.members if m.held}
    assert held == {f"a-{n}" for n in range(21, 31)}


def test_undated_entries_of_a_new_feed_are_held_by_their_place(desk: Desk) -> None:
    """Feeds write the newest first; those without a date count as seen now."""
    desk.take_in([(FIRST, fetched(*(read(n, published_at=None) for n in range(1, 31))))])

    held = {m.entry.guid for story in kept(desk) for m in story.members if m.held}
    assert held == {f"a-{n}" for n in range(21, 31)}


def test_nothing_of_a_known_feed_is_held(desk: Desk) -> None:
    desk.take_in([(FIRST, fetched(read(0)))])
    desk.take_in([(FIRST, fetched(*(read(n) for n in range(1, 60))))])

    assert not any(m.held for story in kept(desk) for m in story.members)


def test_ids_that_prove_useless_are_replaced_without_news(desk: Desk) -> None:
    """The feed's ids change at each fetch: from now on its links tell its entries apart."""
    desk.take_in([(FIRST, fetched(read(1), read(2)))])
    again = [
        read(1, key="https://a.example/1", guid="x"),
        read(2, key="https://a.example/2", guid="y"),
    ]
    body = fetched(*again)
    by_link = replace(body, feed=replace(body.feed, id_scheme=IdScheme.LINK))
    (report,) = desk.take_in([(FIRST, by_link)])

    assert report.new == 0
    assert sum(entries.feed_counts(desk.db).values()) == 2


# ------------------------------------------------------------- configured rules


def test_a_feed_without_coverage_folds_copies_only(
    tmp_path: Path, desk: Desk, clock: Clock
) -> None:
    quiet = configured(tmp_path, feeds=(FIRST, FeedSpec(url=SECOND, coverage=False)))
    silent = Desk.open(quiet, desk.db, clock=clock)
    copy = told(replace(read(1).entry, guid="copy", key="copy", url="https://b.example/1"))
    silent.take_in([(FIRST, fetched(read(1))), (SECOND, fetched(copy))])

    assert guids(silent) == [{"a-1", "copy"}]


# --------------------------------------------------------------------- by hand


def test_a_split_by_hand_is_heard_before_the_next_entry(desk: Desk, clock: Clock) -> None:
    copy = told(replace(read(1).entry, guid="copy", key="copy", url="https://b.example/1"))
    desk.take_in([(FIRST, fetched(read(1))), (SECOND, fetched(copy))])
    split_entry(desk.db, "copy", now=clock.move(HOUR))
    again = told(replace(read(1).entry, guid="again", key="again", url="https://b.example/2"))
    desk.take_in([(SECOND, fetched(copy, again))])

    together = [names for names in guids(desk) if {"a-1", "copy"} <= names]
    assert together == []
    assert len(kept(desk)) == 2


def test_a_join_by_hand_keeps_the_older_story(desk: Desk, clock: Clock) -> None:
    desk.take_in([(FIRST, fetched(read(1)))])
    clock.move(HOUR)
    desk.take_in([(FIRST, fetched(read(1), read(2)))])
    older, newer = kept(desk)

    assert join_stories(desk.db, newer.id, older.id, now=clock.now) == older.id
    assert guids(desk) == [{"a-1", "a-2"}]


def test_what_was_split_and_joined_again_has_its_old_id(desk: Desk, clock: Clock) -> None:
    """Whichever of them was split off: both were first seen at the same time."""
    copy = told(replace(read(1).entry, guid="copy", key="copy", url="https://b.example/1"))
    desk.take_in([(FIRST, fetched(read(1))), (SECOND, fetched(copy))])
    (story,) = kept(desk)
    for reference in ("copy", "a-1"):
        made = split_entry(desk.db, reference, now=clock.move(timedelta(seconds=1)))

        assert join_stories(desk.db, made, story.id, now=clock.now) == story.id


def test_the_index_forgets_what_no_new_entry_can_join(desk: Desk, clock: Clock) -> None:
    """A service that runs for years holds no more than one that was just started."""
    desk.take_in([(FIRST, fetched(read(1), read(2)))])
    before = len(desk.index)
    clock.move(timedelta(days=7))  # two windows and more

    desk.take_in([(FIRST, fetched(read(3)))])

    assert before == 2
    assert len(desk.index) == 1
    desk.generation = -1
    desk.refresh()
    assert len(desk.index) == 1


# ------------------------------------------------------------------ the backlog


BRIDGE_TOLD_TWICE = (
    BRIDGE,
    replace(
        BRIDGE,
        title="Repaired Marlow harbour bridge carries its first traffic in nine months",
        summary="Drivers crossed Marlow harbour bridge again at dawn. A barge had struck two piers "
        "last winter; the repairs, led by engineer Odile Fenwick, took crews nine months.",
    ),
)


def take_in_backlog(desk: Desk) -> None:
    """Take in two reports of one event, whose folding window has passed."""
    month_ago = NOON - timedelta(days=30)
    for feed, entry in zip((FIRST, SECOND), BRIDGE_TOLD_TWICE, strict=True):
        old = replace(entry, guid=feed, key=feed, published_at=month_ago)
        desk.take_in([(feed, fetched(told(old)))])


def test_what_another_feed_told_long_ago_is_known_by_its_address(desk: Desk, clock: Clock) -> None:
    """A feed that is added later brings what is older than the memory of the index."""
    url = "https://www.paper.example/bridge"
    one = replace(BRIDGE, guid="one", url=url, published_at=NOON - timedelta(days=3))
    desk.take_in([(FIRST, fetched(told(one)))])
    clock.move(timedelta(days=30))
    again = replace(one, guid="two", key="two", url=f"{url}?utm_source=rss")

    desk.take_in([(SECOND, fetched(told(again)))])

    assert guids(desk) == [{"one", "two"}]


@pytest.mark.parametrize("killed", [False, True], ids=["at once", "by the next process"])
def test_a_backlog_is_looked_at_again(desk: Desk, clock: Clock, *, killed: bool) -> None:
    take_in_backlog(desk)
    assert len(kept(desk)) == 2
    if killed:
        desk = Desk.open(desk.config, desk.db, clock=clock)

    desk.settle()

    (story,) = kept(desk)
    assert [member.relation for member in story.members] == [Relation.LEAD, Relation.COVERAGE]


def test_what_was_looked_at_again_is_not_looked_at_by_the_next_process(
    desk: Desk, clock: Clock
) -> None:
    take_in_backlog(desk)
    desk.settle()
    later = Desk.open(desk.config, desk.db, clock=clock)
    later.refresh()

    assert not later.index.has_backlog
