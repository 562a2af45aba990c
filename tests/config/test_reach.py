"""What others cannot reach is told with its place, and only where it is offered to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.poll.hosts import is_public

if TYPE_CHECKING:
    from aggregator.model import Problem
    from tests.config.conftest import Desk

HUB = 'hubs = ["https://hub.example/"]'


def warnings(desk: Desk, *lines: str) -> list[Problem]:
    """Write these lines under [service] and return what is warned of."""
    service = desk.load("\n".join(["[service]", *lines])).service
    return config.reach.out_of_reach(desk.path, service, is_public=is_public)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("", "http://127.0.0.1:8080"),
        ('listen = "0.0.0.0:80"', "http://127.0.0.1:80"),
        ('public_url = "http://localhost:8080"', "http://localhost:8080"),
        ('public_url = "http://192.168.1.7"', "http://192.168.1.7"),
        ('public_url = "http://[fd00::1]/news"', "http://[fd00::1]/news"),
        ('public_url = "https://news.lan"', "https://news.lan"),
    ],
)
def test_an_own_hub_that_nobody_outside_reaches(desk: Desk, line: str, place: str) -> None:
    (problem,) = warnings(desk, line, "own_hub = true")

    assert str(problem) == (
        f'{desk.path}:3: service.own_hub: public_url is "{place}", where no subscriber outside '
        "your network reaches the hub. Set public_url to the address by which others reach the "
        "published files, or leave it so if all subscribers are inside."
    )


def test_hubs_that_cannot_fetch_what_they_are_told_of(desk: Desk) -> None:
    (problem,) = warnings(desk, HUB)

    assert str(problem) == (
        f'{desk.path}:2: service.hubs: public_url is "http://127.0.0.1:8080", where no hub on the '
        "internet can fetch what has changed. Set public_url to the address by which others reach "
        "the published files, or remove the hubs."
    )


def test_both_are_told_in_the_order_of_the_file(desk: Desk) -> None:
    found = warnings(desk, "own_hub = true", HUB)

    assert [(one.line, one.key) for one in found] == [(2, "service.own_hub"), (3, "service.hubs")]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ('public_url = "https://news.example.org"', "own_hub = true", HUB),
        ('public_url = "http://93.184.215.14:8080"', "own_hub = true", HUB),
        ('listen = "93.184.215.14:8080"', "own_hub = true"),
        ('hubs = ["http://192.168.1.8/hub", "http://localhost/hub"]',),
    ],
    ids=["nothing offered", "public", "public address", "public listen", "hubs inside too"],
)
def test_what_can_be_reached_or_is_not_offered_is_no_matter(
    desk: Desk, lines: tuple[str, ...]
) -> None:
    assert warnings(desk, *lines) == []
