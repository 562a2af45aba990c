"""Feeds of real sites and odd ones: all are read, none is told twice, whatever they are like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import corpus, published, soundness

if TYPE_CHECKING:
    from tests.end_to_end.corpus import Polled

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not corpus.PACKED.is_file(),
        reason=f"no captured feeds beside the project ({corpus.PACKED})",
    ),
]

MOST_SECONDS = 60.0


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Polled:
    """Poll every feed three times, once for all tests here."""
    return corpus.poll_again_and_again(tmp_path_factory.mktemp("corpus"))


def test_no_feed_upsets_the_program(polled: Polled) -> None:
    """Exit code 0, nothing on standard error, a report for each feed, no process left."""
    for each in polled.passes.values():
        assert (each.done.code, each.done.errors) == (0, "")
        assert len(each.reports) == len({report["feed"] for report in each.reports}) > 200
    assert polled.left_behind == []


def test_no_feed_meets_a_fault_of_ours(polled: Polled) -> None:
    """A feed may fail with a reason that its operator can mend, never with a bug."""
    faults = [r for r in polled.first.reports if "fault of Newsfold" in r["error"]]

    assert faults == []


def test_most_feeds_are_read(polled: Polled) -> None:
    """All of these are in use or were; one read as a page or as empty would be a failure."""
    outcomes = [report["outcome"] for report in polled.first.reports]

    assert outcomes.count("fetched") >= 0.97 * len(outcomes)
    assert len(polled.first.stories) > 5_000


def test_polling_again_moves_no_entry_and_brings_none(polled: Polled) -> None:
    """Neither a 304 nor the same entries in other bytes are news."""
    assert polled.second.stories == polled.first.stories
    assert polled.stirred.stories == polled.first.stories
    assert {report["new"] for report in polled.stirred.reports} == {0}
    assert {report["updated"] for report in polled.stirred.reports} == {0}


def test_every_entry_stands_in_exactly_one_story(polled: Polled) -> None:
    soundness.assert_sound(polled.store)


def test_the_digest_tells_each_story_once(polled: Polled) -> None:
    """Over its current document and its archives, also when read after every pass."""
    ids = [one.id.rpartition(":")[2] for one in published.everything(polled.public, "all")]
    stories = {row[0] for row in soundness.ask(polled.store, "SELECT story_id FROM entries")}

    published.assert_once(ids)
    assert set(ids) <= stories
    assert len(ids) > 2_000


def test_it_takes_no_longer_than_a_minute(polled: Polled) -> None:
    assert sum(each.seconds for each in polled.passes.values()) < MOST_SECONDS
