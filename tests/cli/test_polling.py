from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.cli.polling import summary, waiting_text
from aggregator.model import PollReport
from aggregator.pipeline.waiting import Waiting
from tests.end_to_end.hub import serve_hub

if TYPE_CHECKING:
    from tests.cli.conftest import Desk, Web


def outcomes(lines: list[dict[str, str]]) -> dict[str, str]:
    """Return the outcome by the feed's path."""
    return {line["feed"].rpartition("/")[2]: line["outcome"] for line in lines}


def test_poll_tells_each_feed_in_a_line_and_fails_for_none(desk: Desk, web: Web) -> None:
    desk.write(web.url("/post.xml"), web.url("/broken.xml"), web.url("/gone.xml"))

    lines = desk.json("poll")

    assert outcomes(lines) == {"post.xml": "fetched", "broken.xml": "failed", "gone.xml": "gone"}
    assert {tuple(line) for line in lines} == {
        ("feed", "outcome", "new", "updated", "error", "seconds")
    }
    post = next(line for line in lines if line["outcome"] == "fetched")
    assert (post["new"], post["updated"], post["error"]) == (2, 0, "")


def test_poll_all_asks_conditionally_and_leaves_alone_what_wants_it(polled: Desk, web: Web) -> None:
    lines = polled.json("poll", "--all")

    assert outcomes(lines) == {
        "post.xml": "not_modified",
        "herald.xml": "not_modified",
        "broken.xml": "failed",
        "gone.xml": "gone",
        "busy.xml": "deferred",
    }
    assert [request.headers["If-None-Match"] for request in web.asked("/post.xml")] == [
        '"post.xml"'
    ]
    assert not web.asked("/gone.xml")
    assert not web.asked("/busy.xml")


def test_poll_again_asks_nothing_and_says_how_to(polled: Desk, web: Web) -> None:
    result = polled.run("poll")

    assert "No feed is due. `newsfold poll --all` polls every feed." in result.stdout
    assert not web.server.log


def test_poll_without_feeds_says_what_to_do(desk: Desk) -> None:
    desk.write()

    assert "No feed is listed. `newsfold add URL` adds one." in desk.run("poll").stdout


def test_quiet_poll_prints_nothing(polled: Desk, web: Web) -> None:
    result = polled.run("poll", "--all", "--quiet")

    assert result.output == ""
    assert web.asked("/post.xml")


def test_quiet_poll_still_prints_the_json_asked_for(polled: Desk) -> None:
    assert len(polled.json("poll", "--all", "--quiet")) == 5


def test_poll_elsewhere_than_on_a_terminal_is_plain_with_whole_errors(desk: Desk, web: Web) -> None:
    desk.write(web.url("/post.xml"), web.url("/gone.xml"))

    result = desk.run("poll")

    assert "polling: 2 of 2" in result.stderr
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["outcome", "new", "updated", "seconds", "feed", "error"]
    assert rows[1].startswith("gone") and "gone for good (410)" in rows[1]  # noqa: PT018 - one row
    assert "2 feeds (1 fetched, 1 gone): 2 new entries, 0 updated." in result.stdout
    assert "Digest news: 2 new, 0 revised." in result.stdout
    assert "\x1b" not in result.output


def test_stories_that_wait_to_settle_are_told(polled: Desk, web: Web) -> None:
    """The first pass of a digest publishes at once; later stories wait for their coverage."""
    polled.write(web.url("/post.xml"), web.url("/extra.xml"))

    result = polled.run("poll")

    assert "1 story waits until " in result.stdout
    assert "to settle; a pass after that publishes." in result.stdout


def test_the_time_that_is_waited_for_is_the_settling_time(polled: Desk, web: Web) -> None:
    polled.write(web.url("/extra.xml"), more='settle = "3h"\n')

    told = polled.run("poll").stdout

    ends = (
        datetime.now(UTC).astimezone() + timedelta(hours=3) - timedelta(minutes=n) for n in (0, 1)
    )
    assert any(f"until {end:%H:%M} to settle" in told for end in ends)


def test_several_waiting_stories_are_many() -> None:
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)

    assert waiting_text(Waiting(stories=3, until_at=noon)).startswith("3 stories wait until ")


def test_a_summary_counts_outcomes_and_entries() -> None:
    reports = [
        PollReport(feed="a", outcome="not_modified"),
        PollReport(feed="b", outcome="fetched", new=1, updated=2),
        PollReport(feed="c", outcome="not_modified"),
    ]

    assert summary(reports) == "3 feeds (1 fetched, 2 not modified): 1 new entry, 2 updated."


def configure_hub(desk: Desk, web: Web, hub: str) -> None:
    desk.write(web.url("/post.xml"))
    text = desk.path.read_text("utf-8").replace("[service]", f'[service]\nhubs = ["{hub}"]', 1)
    desk.path.write_text(text, "utf-8")


def test_poll_tells_the_hubs_what_it_published(desk: Desk, web: Web) -> None:
    with serve_hub() as hub:
        hub.manners.verifies = "never"
        configure_hub(desk, web, hub.url)

        result = desk.run("poll", "--quiet")
        desk.run("poll", "--all")

    assert (result.exit_code, result.output) == (0, "")
    forms = ("atom", "json", "rss")
    assert sorted(form.fields["hub.topic"] for form in hub.asked("publish")) == [
        f"https://news.example/news.{form}" for form in forms
    ]


def test_a_hub_that_fails_is_named_and_fails_no_poll(desk: Desk, web: Web) -> None:
    with serve_hub() as hub:
        hub.manners.status = 503
        configure_hub(desk, web, hub.url)

        shown, quiet = desk.run("poll"), desk.run("poll", "--all", "--quiet")
        lines = desk.json("poll", "--all")

    told = f"The hub {hub.url} was not told: the hub answered 503: heard. A later pass tells it."
    assert told in shown.stderr
    assert (shown.exit_code, quiet.exit_code, quiet.output) == (0, 0, "")
    assert outcomes(lines) == {"post.xml": "not_modified"}


def test_publish_makes_the_files_again(polled: Desk) -> None:
    page = polled.folder / "public" / "news.atom"
    published = page.read_bytes()
    page.unlink()

    result = polled.run("publish")

    assert page.read_bytes() == published
    assert f"Published in {polled.folder / 'public'}." in result.stdout
    assert polled.json("publish") == [{"digest": "news", "new": 0, "revised": 0}]
    assert polled.run("publish", "--quiet").output == ""


def test_one_bad_feed_is_stored_with_its_error(polled: Desk, web: Web) -> None:
    """What poll told stands in the store, whatever else the pass did."""
    db = sqlite3.connect(polled.folder / "data" / "newsfold.db")
    rows = dict(db.execute("SELECT url, failures FROM feeds"))
    db.close()

    assert rows[web.url("/broken.xml")] == 1
    assert rows[web.url("/post.xml")] == 0
