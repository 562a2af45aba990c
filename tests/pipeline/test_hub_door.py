"""What our own hub takes at its door: well-formed requests for our feeds, so many at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from aggregator.model import HubRequest
from aggregator.pipeline import hub_door
from aggregator.pipeline.hub_door import OwnHubDoor

TOPIC = "https://news.example.org/all.atom"
PATH = "all.atom"
ASKED = HubRequest(
    mode="subscribe", topic=TOPIC, callback="https://r.example/cb", secret="", lease_seconds=""
)


@dataclass
class Desk:
    """A door, its bell and its clock."""

    rung: int = 0
    now_s: float = 0.0
    door: OwnHubDoor = field(init=False)

    def __post_init__(self) -> None:
        """Open the door for one feed."""
        self.door = OwnHubDoor(wake=self.ring, clock=lambda: self.now_s)
        self.door.open({TOPIC: PATH}, allow=False)

    def ring(self) -> None:
        """Count."""
        self.rung += 1

    def ask(self, number: int = 0, *, host: str = "r.example") -> int:
        """Ask for a callback of its own; return the status."""
        return self.door.ask(replace(ASKED, callback=f"https://{host}/{number}")).status

    def settle_all(self) -> None:
        """Let everything that waits be over."""
        for wish in self.door.take():
            self.door.settle(wish)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_request_is_taken_once_and_the_writer_is_woken(desk: Desk) -> None:
    assert desk.door.ask(ASKED).status == 202

    (wish,) = desk.door.take()
    assert (wish.path, wish.host) == (PATH, "r.example")
    assert desk.door.take() == []
    assert desk.rung == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "publish"},
        {"mode": ""},
        {"topic": "https://news.example.org/other.atom"},
        {"topic": "https://stranger.example/all.atom"},
        {"topic": "https://news.example.org/all/archive-0001.atom"},
        {"callback": ""},
        {"callback": "ftp://r.example/"},
        {"callback": "https://r.example/#part"},
        {"callback": "https://user@r.example/"},
        {"callback": "http://127.0.0.1/cb"},
        {"callback": "http://localhost/cb"},
        {"callback": "http://169.254.169.254/latest"},
        {"callback": "http://[::1]/cb"},
        {"callback": f"https://r.example/{'x' * 2_000}"},
        {"secret": "x" * 200},
        {"secret": "ü" * 100},
    ],
    ids=str,
)
def test_a_fault_is_told_and_nobody_is_called(desk: Desk, changes: dict[str, str]) -> None:
    answer = desk.door.ask(replace(ASKED, **changes))

    assert answer.status == 400
    assert answer.text.startswith("hub.")
    assert desk.door.take() == []


def test_a_secret_of_199_bytes_is_taken(desk: Desk) -> None:
    assert desk.door.ask(replace(ASKED, secret="x" * 199)).status == 202


def test_a_private_callback_is_taken_where_it_is_allowed(desk: Desk) -> None:
    desk.door.open({TOPIC: PATH}, allow=("10.0.0.0/8",))

    assert desk.ask(host="10.1.2.3") == 202


def test_before_it_is_open_it_asks_for_patience() -> None:
    answer = OwnHubDoor(wake=lambda: None).ask(ASKED)

    assert (answer.status, answer.retry_after_s) == (503, 60)


def test_a_host_has_few_requests_under_way(desk: Desk) -> None:
    taken = [desk.ask(number) for number in range(11)]

    assert taken == [202] * 10 + [429]
    assert desk.ask(host="other.example") == 202
    desk.settle_all()
    assert desk.ask(11) == 202


def test_a_host_may_ask_so_often_in_a_minute(desk: Desk) -> None:
    for number in range(hub_door.ASKS_A_MINUTE_AT_A_HOST):
        assert desk.ask(number) == 202
        desk.settle_all()

    assert desk.ask() == 429
    desk.now_s += 61
    assert desk.ask() == 202


def test_all_hosts_together_are_bounded(desk: Desk) -> None:
    waiting = [desk.ask(host=f"r{n}.example") for n in range(hub_door.MOST_WAITING + 1)]
    assert waiting == [202] * hub_door.MOST_WAITING + [503]
    desk.settle_all()

    asked = 0
    while desk.ask(host=f"s{asked}.example") == 202:
        desk.settle_all()
        asked += 1
    assert hub_door.MOST_WAITING + asked == hub_door.ASKS_A_MINUTE


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ([f"h{n}.example" for n in range(hub_door.MOST_SUBSCRIPTIONS)], 503),
        (["r.example"] * hub_door.MOST_AT_A_HOST, 503),
        (["r.example"] * (hub_door.MOST_AT_A_HOST - 1), 202),
    ],
    ids=["full", "host full", "room"],
)
def test_subscriptions_are_bounded_but_renewals_go_on(
    desk: Desk, hosts: list[str], status: int
) -> None:
    kept = {(f"https://{host}/{n}", PATH): host for n, host in enumerate(hosts)}
    desk.door.keep(kept)

    assert desk.ask(5_000) == status
    known = next(iter(kept))[0]
    assert desk.door.ask(replace(ASKED, callback=known)).status == 202
    assert desk.door.ask(replace(ASKED, mode="unsubscribe")).status == 202


def test_what_was_accepted_before_a_restart_is_taken_while_it_has_no_fault(desk: Desk) -> None:
    """Nobody asks anew, so it counts for no minute and wakes nobody."""
    for number in range(1, hub_door.MOST_WAITING + 1):
        assert desk.door.ask_again(ASKED, number=number)

    assert not desk.door.ask_again(ASKED, number=hub_door.MOST_WAITING + 1)
    assert desk.door.take()[-1].number == hub_door.MOST_WAITING
    assert desk.rung == 0


def test_what_was_accepted_before_and_has_a_fault_now_is_not_taken(desk: Desk) -> None:
    desk.door.open({}, allow=False)

    assert not desk.door.ask_again(ASKED, number=1)
    assert desk.door.take() == []


def test_no_repr_shows_callback_or_secret() -> None:
    told = repr(replace(ASKED, secret="hush"))  # noqa: S106 - of a test

    assert "hush" not in told
    assert "r.example" not in told
