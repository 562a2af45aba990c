"""What the log says of feeds: each change of state once."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from aggregator.model import PollOutcomeName, PollReport
from aggregator.pipeline.publish import Published
from aggregator.service.tell import Conditions, tell_published, tell_pushed

FEED = "https://news.example/feed"


def report(outcome: PollOutcomeName, *, new: int = 0) -> PollReport:
    error = "it is broken" if outcome in {"failed", "gone"} else ""
    return PollReport(feed=FEED, outcome=outcome, new=new, error=error, seconds=0.25)


def events(outcomes: list[PollReport], *, troubled: set[str] | None = None) -> list[str]:
    conditions = Conditions(troubled or set())
    with capture_logs() as told:
        for each in outcomes:
            conditions.tell(each)
    return [line["event"] for line in told]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["failed"] * 5, ["feed in trouble"]),
        (["failed", "failed", "not_modified"], ["feed in trouble", "feed works again"]),
        (
            ["failed", "fetched", "failed"],
            ["feed in trouble", "feed works again", "feed in trouble"],
        ),
        (["failed", "deferred", "failed"], ["feed in trouble"]),
        (["failed", "gone"], ["feed in trouble"]),
        (["gone", "gone"], ["feed in trouble"]),
        (["not_modified", "deferred", "fetched"], []),
    ],
    ids=[
        "goes-on-failing",
        "mended",
        "again",
        "a-pause-is-no-mending",
        "failing-then-gone",
        "gone",
        "nothing-happened",
    ],
)
def test_a_change_is_told_once(outcomes: list[PollOutcomeName], expected: list[str]) -> None:
    assert events([report(outcome) for outcome in outcomes]) == expected


def test_trouble_known_from_before_is_not_told_again() -> None:
    assert events([report("failed"), report("fetched")], troubled={FEED}) == ["feed works again"]


def test_news_is_told_with_feed_outcome_and_seconds() -> None:
    with capture_logs() as told:
        Conditions().tell(report("fetched", new=3))

    (line,) = told
    assert (line["event"], line["log_level"]) == ("polled", "info")
    assert (line["feed"], line["outcome"], line["new"], line["seconds"]) == (
        FEED,
        "fetched",
        3,
        0.25,
    )


def test_only_a_pass_that_published_something_is_told() -> None:
    done = [
        Published(digest="all"),
        Published(digest="new", new=2),
        Published(digest="r", revised=1),
    ]
    with capture_logs() as told:
        tell_published(done)

    assert [line["digest"] for line in told] == ["new", "r"]


def test_only_a_push_that_brought_something_is_told() -> None:
    """In words of its own: what it brought says nothing of the feed's own server."""
    with capture_logs() as told:
        tell_pushed(report("fetched"))
        tell_pushed(report("fetched", new=2))

    (line,) = told
    assert (line["event"], line["feed"], line["new"]) == ("pushed", FEED, 2)
