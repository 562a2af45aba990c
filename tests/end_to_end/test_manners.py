"""How Newsfold behaves to servers, as their logs tell. Hours and days go by on the test's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.manners import DAY, HOUR, MINUTE, START, Desk, conditional, feed
from tests.end_to_end.outlet import Outlet, Reply, serve_outlet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    with serve_outlet() as outlet:
        yield outlet


# -------------------------------------------------------------- 3, 4, 5: what is asked


def test_a_body_that_was_no_feed_is_asked_for_with_the_validators_of_the_last_good_one(
    outlet: Outlet, tmp_path: Path
) -> None:
    url = outlet.put("/f", conditional(feed(1)))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        outlet.put("/f", Reply(body=b"<html>Sorry</html>", headers={"ETag": '"page"'}))
        desk.go_on(3 * HOUR)

    sent = [asked.get("if-none-match") for asked in outlet.asked("/f")]
    assert sent[:3] == [None, '"e"', '"e"']
    assert '"page"' not in sent


def test_a_feed_is_asked_whole_once_and_then_at_most_hourly_with_its_validators(
    outlet: Outlet, tmp_path: Path
) -> None:
    """With `min_interval` of an hour; by hand it is conditional too."""
    url = outlet.put("/f", conditional(feed(*range(1, 20))))
    with Desk(tmp_path, url, min_interval='"1h"') as desk:
        desk.take_round()
        desk.go_on(DAY)
        by_clock = len(outlet.asked("/f"))
        desk.take_round(by_hand=True)

    sent = [asked.get("if-none-match") for asked in outlet.asked("/f")]
    assert by_clock <= 25
    assert sent == [None, *['"e"'] * by_clock]


def test_a_server_that_knows_no_validators_is_asked_no_sooner_than_the_interval(
    outlet: Outlet, tmp_path: Path
) -> None:
    """Though its feed is busy: each request costs the whole body."""
    bodies = iter(range(1000))
    url = outlet.put("/f", lambda _: Reply(body=feed(*range(next(bodies), 60))))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(DAY)

    assert 20 <= len(outlet.asked("/f")) <= 25


def test_a_restart_asks_nobody_again(outlet: Outlet, tmp_path: Path) -> None:
    urls = [outlet.put(f"/{n}", conditional(feed(n))) for n in range(1, 6)]
    with Desk(tmp_path, *urls) as desk:
        desk.take_round()
        for _ in range(3):
            desk.restart()
            desk.clock.move(MINUTE)
            assert desk.take_round() == []

    assert all(len(outlet.asked(f"/{n}")) == 1 for n in range(1, 6))


# ------------------------------------------------------------------- 6: rate limits


@pytest.mark.parametrize(
    "retry_after",
    ["10800", format_datetime(datetime.now(UTC) + 3 * HOUR, usegmt=True)],
    ids=["seconds", "date"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_is_left_alone_for_as_long_as_it_asks_by_hand_too(
    outlet: Outlet, tmp_path: Path, status: int, retry_after: str
) -> None:
    headers = {"Retry-After": retry_after, "Date": format_datetime(datetime.now(UTC), usegmt=True)}
    url = outlet.put("/f", Reply(status=status, headers=headers))
    other = outlet.put("/other", conditional(feed(2)))
    with Desk(tmp_path, url, other) as desk:
        desk.take_round()
        desk.go_on(2.5 * HOUR)
        desk.take_round(by_hand=True)
        early = len(outlet.asked("/f"))
        desk.go_on(2.5 * HOUR)

    assert early == 1
    assert len(outlet.asked("/f")) == 2
    assert len(outlet.asked("/other")) >= 3  # a private host's word counts for the one URL


def through(outlet: Outlet) -> dict[str, str]:
    """Return the setting that lets every host be asked through the outlet, as a proxy."""
    return {"proxy": f'"{outlet.root}"'}


def test_one_feeds_rate_limit_pauses_its_whole_public_host(outlet: Outlet, tmp_path: Path) -> None:
    limited = outlet.put("http://big.example/1", Reply(status=429, headers={"Retry-After": "7200"}))
    same = outlet.put("http://big.example/2", conditional(feed(2)))
    other = outlet.put("http://small.example/3", conditional(feed(3)))
    with Desk(tmp_path, limited, same, other, **through(outlet)) as desk:
        desk.take_round()
        desk.go_on(1.9 * HOUR)
        early = {url: len(outlet.asked(url)) for url in (limited, same, other)}
        outlet.put(limited, conditional(feed(1)))
        desk.go_on(3 * HOUR)

    assert early == {limited: 1, same: 0, other: 2}
    assert len(outlet.asked(same)) >= 1


def test_a_public_host_that_refuses_feed_after_feed_is_left_alone(
    outlet: Outlet, tmp_path: Path
) -> None:
    """A 403 without Retry-After, as Reddit sends it: two are enough for all."""
    urls = [outlet.put(f"http://big.example/{n}", Reply(status=403)) for n in range(6)]
    with Desk(tmp_path, *urls, **through(outlet)) as desk:
        desk.take_round()
        desk.go_on(50 * MINUTE)

    assert sum(len(outlet.asked(url)) for url in urls) == 2


# --------------------------------------------------------------- 7: what servers ask for


@pytest.mark.parametrize("extra", ["", "<ttl>360</ttl>"], ids=["max-age", "ttl"])
def test_a_servers_freshness_is_a_not_before_after_a_304_too(
    outlet: Outlet, tmp_path: Path, extra: str
) -> None:
    headers = {} if extra else {"Cache_Control": "max-age=21600"}
    url = outlet.put("/f", conditional(feed(*range(1, 20), extra=extra), **headers))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(DAY)

    assert 4 <= len(outlet.asked("/f")) <= 5


def test_an_absurd_freshness_does_not_silence_a_feed(outlet: Outlet, tmp_path: Path) -> None:
    url = outlet.put("/f", conditional(feed(1), Cache_Control="max-age=315360000"))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(5 * DAY, step=HOUR)

    assert len(outlet.asked("/f")) >= 5


def test_nobody_is_asked_in_hours_and_on_days_that_the_document_skips(
    outlet: Outlet, tmp_path: Path
) -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(12))
    extra = f"<skipHours>{hours}</skipHours><skipDays><day>Saturday</day></skipDays>"
    asked_at: list[datetime] = []
    answer = conditional(feed(*range(1, 20), extra=extra))

    def noting(headers: Mapping[str, str]) -> Reply:
        asked_at.append(desk.clock.now)
        return answer(headers)

    url = outlet.put("/f", noting)
    with Desk(tmp_path, url, max_interval='"2d"') as desk:
        desk.take_round()
        desk.go_on(7 * DAY, step=30 * MINUTE)

    # The pass that asks comes up to a step after the feed is due.
    due = [(at - 30 * MINUTE, at) for at in asked_at[1:]]
    assert all({first.hour, last.hour} & set(range(12, 24)) for first, last in due)
    assert {first.weekday() for first, _ in due} == {0, 1, 2, 3, 4, 6}


# --------------------------------------------------------------------- 8: trouble


def test_a_feed_that_fails_is_asked_ever_more_seldom_and_never_given_up(
    outlet: Outlet, tmp_path: Path
) -> None:
    url = outlet.put("/f", Reply(status=500))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(DAY)
        first_day = len(outlet.asked("/f"))
        desk.go_on(9 * DAY, step=HOUR)
        later = len(outlet.asked("/f")) - first_day
        state = desk.state(url)
        outlet.put("/f", conditional(feed(1)))
        desk.go_on(DAY, step=HOUR)

        assert 4 <= first_day <= 7
        assert 8 <= later <= 12
        assert state.failing_since_at == START
        assert (desk.state(url).failures, desk.state(url).error) == (0, "")


def test_feeds_that_fail_together_do_not_come_back_together(outlet: Outlet, tmp_path: Path) -> None:
    urls = [outlet.put(f"/{n}", Reply(status=500)) for n in range(30)]
    with Desk(tmp_path, *urls) as desk:
        desk.take_round()
        for _ in range(3):
            desk.go_on(3 * HOUR)
        due = sorted(desk.state(url).next_poll_at or START for url in urls)

    assert due[-1] - due[0] > HOUR
    assert len({at.replace(second=0, microsecond=0) for at in due}) > 15


def test_what_is_gone_is_asked_no_more_and_the_operator_is_told(
    outlet: Outlet, tmp_path: Path
) -> None:
    url = outlet.put("/f", Reply(status=410))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(3 * DAY, step=HOUR)
        desk.take_round(by_hand=True)
        hint = desk.state(url).hint

    assert len(outlet.asked("/f")) == 1
    assert f"newsfold remove {url}" in hint


def test_a_page_in_a_feeds_place_is_no_feed_and_the_one_that_it_names_is_told(
    outlet: Outlet, tmp_path: Path
) -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" href="/new.xml"></html>'
    url = outlet.put("/f", conditional(feed(1)))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        outlet.put("/f", Reply(body=page, headers={"Content-Type": "text/html"}))
        desk.go_on(3 * HOUR)
        hint = desk.state(url).hint

    assert f"newsfold move {url} {outlet.root}/new.xml" in hint
    assert outlet.asked("/new.xml") == []


# --------------------------------------------------------------------- 9: one by one


def test_a_host_is_asked_for_one_feed_at_a_time_and_feeds_are_spread(
    outlet: Outlet, tmp_path: Path
) -> None:
    def slowly(headers: Mapping[str, str]) -> Reply:
        time.sleep(0.02)
        return conditional(feed(1))(headers)

    urls = [outlet.put(f"/{n}", slowly) for n in range(10)]
    with Desk(tmp_path, *urls) as desk:
        desk.take_round()
        due = {desk.state(url).next_poll_at for url in urls}

    assert outlet.most_at_once == 1
    assert len(due) == 10
