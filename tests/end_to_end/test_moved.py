"""Feeds that move, and servers that say "not modified" for ever, as their logs tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.feeds import invented, rss
from tests.end_to_end.manners import DAY, HOUR, START, Desk, conditional, feed
from tests.end_to_end.outlet import Outlet, Reply, serve_outlet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.model import FeedState


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    with serve_outlet() as outlet:
        yield outlet


# ------------------------------------------------------------------------ 10: moves


def days_of_redirects(
    outlet: Outlet, folder: Path, redirect: Reply, *, days: int, target: str = "/new"
) -> tuple[str, FeedState]:
    """Return the address and the state of a feed that redirected for some days."""
    desk: Desk

    def growing(headers: Mapping[str, str]) -> Reply:
        day = (desk.clock.now - START).days
        body = feed(*range(1, 10 + day))
        return conditional(body, f'"{day}"')(headers)

    outlet.put(target, growing)
    url = outlet.put("/old", growing)
    with Desk(folder, url) as desk:
        desk.take_round()
        outlet.put("/old", redirect)
        desk.go_on(days * DAY, step=2 * HOUR)
        return url, desk.state(url)


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_kept_after_some_days_and_asked_directly(
    outlet: Outlet, tmp_path: Path, status: int
) -> None:
    moved = Reply(status=status, headers={"Location": "/new"})

    url, state = days_of_redirects(outlet, tmp_path, moved, days=8)

    assert state.moved_to == f"{outlet.root}/new"
    assert f"newsfold move {url} {outlet.root}/new" in state.hint
    assert len(outlet.asked("/old")) < len(outlet.asked("/new"))
    assert state.failures == 0


def test_a_permanent_redirect_is_not_kept_on_its_first_day(outlet: Outlet, tmp_path: Path) -> None:
    moved = Reply(status=301, headers={"Location": "/new"})

    _, state = days_of_redirects(outlet, tmp_path, moved, days=2)

    assert state.moved_to == ""


@pytest.mark.parametrize("status", [302, 303, 307])
def test_another_redirect_is_followed_and_never_kept(
    outlet: Outlet, tmp_path: Path, status: int
) -> None:
    away = Reply(status=status, headers={"Location": "/new"})

    _, state = days_of_redirects(outlet, tmp_path, away, days=8)

    assert (state.moved_to, state.redirect_to) == ("", "")
    assert len(outlet.asked("/old")) == len(outlet.asked("/new")) + 1


def test_a_chain_with_a_temporary_hop_is_temporary(outlet: Outlet, tmp_path: Path) -> None:
    outlet.put("/mid", Reply(status=302, headers={"Location": "/new"}))

    _, state = days_of_redirects(
        outlet, tmp_path, Reply(status=301, headers={"Location": "/mid"}), days=8
    )

    assert (state.moved_to, state.redirect_to) == ("", "")


def test_a_redirect_to_a_login_page_is_never_kept(outlet: Outlet, tmp_path: Path) -> None:
    outlet.put("/login", Reply(body=b"<html><form></form></html>"))

    _, state = days_of_redirects(
        outlet, tmp_path, Reply(status=301, headers={"Location": "/login"}), days=8
    )

    assert (state.moved_to, state.redirect_to) == ("", "")
    assert state.failures > 3


def test_a_redirect_to_a_feed_of_strangers_is_never_kept(outlet: Outlet, tmp_path: Path) -> None:
    outlet.put("/spam", conditional(feed(*range(500, 510))))

    url, state = days_of_redirects(
        outlet, tmp_path, Reply(status=301, headers={"Location": "/spam"}), days=8
    )

    assert state.moved_to == ""
    assert f"If that is it: newsfold move {url} {outlet.root}/spam" in state.hint


def test_a_feed_goes_back_to_its_address_where_the_new_one_fails(
    outlet: Outlet, tmp_path: Path
) -> None:
    moved = Reply(status=301, headers={"Location": "/new"})
    url, state = days_of_redirects(outlet, tmp_path, moved, days=8)
    outlet.put("/new", Reply(status=404))
    outlet.put("/old", conditional(feed(1, 2, 3), '"back"'))
    with Desk(tmp_path, url) as desk:
        desk.clock.now = START + 8 * DAY
        desk.go_on(2 * DAY, step=HOUR)
        after = desk.state(url)

    assert state.moved_to
    assert (after.moved_to, after.failures, after.validators.etag) == ("", 0, '"back"')


# --------------------------------------------------------------------- 13: stuck 304s


@pytest.mark.parametrize(
    "validators",
    [{"ETag": '"stuck"'}, {"Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT"}],
    ids=["an ETag that never changes", "a date before the web"],
)
def test_a_server_that_says_not_modified_for_ever_is_asked_whole_once(
    outlet: Outlet, tmp_path: Path, validators: dict[str, str]
) -> None:
    desk: Desk

    def stuck(asked: Mapping[str, str]) -> Reply:
        if "if-none-match" in asked or "if-modified-since" in asked:
            return Reply(status=304, headers=validators)
        body = feed(*range(1, 20 + (desk.clock.now - START).days))
        return Reply(body=body, headers=validators)

    url = outlet.put("/f", stuck)
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(12 * DAY, step=HOUR)
        state = desk.state(url)

    whole = [
        asked
        for asked in outlet.asked("/f")
        if "if-none-match" not in asked and "if-modified-since" not in asked
    ]
    assert len(whole) == 2
    assert state.last_fetched_at is not None
    assert state.last_fetched_at - START >= 8 * DAY


def test_a_feed_that_never_changed_faster_is_believed(outlet: Outlet, tmp_path: Path) -> None:
    slow = rss([invented(n, published_at=START - n * 20 * DAY) for n in range(1, 12)])
    url = outlet.put("/f", conditional(slow))
    with Desk(tmp_path, url) as desk:
        desk.take_round()
        desk.go_on(20 * DAY, step=6 * HOUR)

    assert [asked.get("if-none-match") for asked in outlet.asked("/f")].count(None) == 1
