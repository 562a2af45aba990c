"""No list of sources gives a key away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Digest, FeedSpec, FeedState
from aggregator.pipeline.sources import may_be_listed, public_sources
from tests.pipeline.makers import LIVE, configured

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "https://paper.example/feed"


@pytest.mark.parametrize(
    "url",
    [
        OPEN,
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCXuqSBlHAE6Xw-yeJA0Tunw",
        "https://paper.example/?feed=rss2&cat=12",
        "https://paper.example/search.rss?keywords=flood&author=brannock",
        "https://paper.example/2026/the-10-best-stories-of-the-year-so-far-in-2026/feed",
        "https://paper.example/rss/topics/8f2c1a",
    ],
)
def test_an_open_address_is_listed(url: str) -> None:
    assert may_be_listed(FeedSpec(url=url))


@pytest.mark.parametrize(
    "url",
    [
        "https://me:word@paper.example/feed",
        "https://me@paper.example/feed",
        "https://paper.example/feed?token=abc",
        "https://paper.example/feed?api_key=abc",
        "https://paper.example/feed?apiKey=",
        "https://paper.example/feed?u=17",
        "https://paper.example/feed?x=0123456789abcdef0123456789abcdef",
        "https://paper.example/private/0123456789abcdef0123456789abcdef/feed",
        "https://paper.example/f/550e8400-e29b-41d4-a716-446655440000.xml"[:-4],
        "http://192.168.1.10/feed",
        "http://localhost:8080/feed",
    ],
)
def test_an_address_that_may_hold_a_key_is_not(url: str) -> None:
    assert not may_be_listed(FeedSpec(url=url))


@pytest.mark.parametrize(
    "settings",
    [
        {"headers": (("Authorization", "Bearer abc"),)},
        {"proxy": "socks5://127.0.0.1:9050"},
        {"allow_private_addresses": True},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_feed_with_settings_of_ones_own_is_not(settings: dict[str, object]) -> None:
    spec = replace(FeedSpec(url=OPEN), **settings)  # type: ignore[arg-type]  # fields by name

    assert not may_be_listed(spec)


def test_a_digest_lists_its_own_feeds_with_their_titles_and_sites(tmp_path: Path) -> None:
    specs = (
        FeedSpec(url=OPEN, tags=("world",)),
        FeedSpec(url="https://b.example/feed", title="Bee", tags=("world",)),
        FeedSpec(url="https://c.example/feed", tags=("sport",)),
    )
    state = FeedState(feed_id=1, url=OPEN, title="The Paper", site_url="https://paper.example/")

    found = public_sources(
        Digest(name="world", title="World", tags=("world",)),
        configured(tmp_path, feeds=specs),
        [state],
    )

    assert [(one.title, one.site_url) for one in found] == [
        ("The Paper", "https://paper.example/"),
        ("Bee", ""),
    ]


def test_at_home_feeds_at_home_are_listed(tmp_path: Path) -> None:
    """Where the digest itself is published at a private address."""
    config = configured(tmp_path, feeds=("http://192.168.1.10/feed",))
    home = replace(config, service=replace(config.service, public_url="http://192.168.1.2:8080"))

    assert public_sources(LIVE, config, []) == []
    assert len(public_sources(LIVE, home, [])) == 1
