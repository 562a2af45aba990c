"""The demo's configuration says what the product's contract wants."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aggregator.demo import Newsroom, configuration, serve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("now", "times"),
    [
        (datetime(2026, 11, 25, 14, 31, tzinfo=UTC), ["07:00", "14:33"]),
        (datetime(2026, 11, 25, 6, 58, tzinfo=UTC), ["07:00"]),
    ],
    ids=["afternoon", "just before seven"],
)
def test_the_configuration_lists_all_outlets_and_three_digests(
    tmp_path: Path, now: datetime, times: list[str]
) -> None:
    folder = tmp_path / 'a "folder"'
    with serve(Newsroom(now)) as running:
        written = tomllib.loads(configuration(running, folder, listen="127.0.0.1:8123"))
        feeds = {running.feed_url(outlet): outlet for outlet in running.newsroom.outlets}

    assert written["service"]["data_dir"] == str(folder / "data")
    assert written["service"]["public_url"] == "http://127.0.0.1:8123"
    assert written["polling"]["allow_private_addresses"] == ["127.0.0.0/8"]
    assert {feed["url"] for feed in written["feeds"]} == set(feeds)
    assert all(feed["title"] == feeds[feed["url"]].title for feed in written["feeds"])
    assert all(feed["tags"] for feed in written["feeds"])
    live, tagged, edition = written["digests"]
    assert (live["name"], live["kind"], live["settle"]) == ("all", "live", "0s")
    assert tagged["tags"] == ["halvmark"]
    assert (edition["name"], edition["kind"], edition["at"]) == ("morning", "edition", times)


def test_a_free_port_is_chosen_where_none_is_given(tmp_path: Path) -> None:
    with serve(Newsroom(datetime(2026, 11, 25, tzinfo=UTC))) as running:
        listen = tomllib.loads(configuration(running, tmp_path))["service"]["listen"]
        taken = {running.base_url(outlet) for outlet in running.newsroom.outlets}

    host, port = listen.split(":")
    assert host == "127.0.0.1"
    assert int(port) > 0
    assert f"http://{listen}" not in taken
