from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from aggregator.pipeline import door as door_module
from aggregator.pipeline.door import MAX_PUSH_BYTES, Answered, Door
from aggregator.serve.door import Delivery, Verification
from aggregator.store.subscriptions import Standing, Subscription

T, U = "t", "u"  # tokens
TOPIC = "https://a.example/feed"
KEY = "shared with the hub"
ASKED = Subscription(
    token=T, feed_id=1, topic=TOPIC, hub="https://h.example/", hubs=(), secret=KEY, pending=True
)  # fmt: skip


class Bell:
    """Counts how often the writer was woken, and tells the time."""

    def __init__(self) -> None:
        """Start silent, at second 0."""
        self.rings = 0
        self.seconds = 0.0

    def __call__(self) -> None:
        """Ring."""
        self.rings += 1

    def time(self) -> float:
        """Return the second."""
        return self.seconds


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def door(bell: Bell) -> Door:
    """Give a door that expects one subscription to be verified."""
    made = Door(wake=bell, clock=bell.time)
    made.expect(ASKED)
    return made


def question(**changes: str) -> Verification:
    fields = {
        "mode": "subscribe", "topic": TOPIC, "challenge": "42", "lease_seconds": "60",
        "reason": "",
    }  # fmt: skip
    return Verification(**{**fields, **changes})


def signed(body: bytes, *, key: str = KEY) -> Delivery:
    mark = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return Delivery(body=body, content_type="text/xml", signature=f"sha256={mark}")


def taken(door: Door) -> list[bytes]:
    found = []
    while waiting := door.next_delivery(busy=()):
        found.append(waiting[1].body)
    return found


# ---------------------------------------------------------------- verification


def test_what_was_asked_for_is_verified(door: Door, bell: Bell) -> None:
    assert door.verify("t", question()) == "42"

    assert door.news().answers == {"t": Answered(mode="subscribe", lease_seconds="60")}
    assert bell.rings == 1


@pytest.mark.parametrize(
    ("token", "changes"),
    [
        pytest.param("other", {}, id="unknown-token"),
        pytest.param("t", {"topic": "https://b.example/"}, id="other-topic"),
        pytest.param("t", {"mode": "unsubscribe"}, id="a-farewell-that-was-not-asked-for"),
        pytest.param("t", {"mode": ""}, id="no-mode"),
        pytest.param("t", {"mode": "publish"}, id="unknown-mode"),
        pytest.param("t", {"challenge": ""}, id="no-challenge"),
    ],
)
def test_anything_else_is_not(door: Door, token: str, changes: dict[str, str]) -> None:
    assert door.verify(token, question(**changes)) is None
    assert door.news().answers == {}


@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe", ""])
def test_nothing_is_verified_while_nothing_is_pending(door: Door, mode: str) -> None:
    door.expect(replace(ASKED, pending=False, standing=Standing.ACTIVE))

    assert door.verify("t", question(mode=mode)) is None


def test_a_farewell_is_verified_where_it_was_asked_for(door: Door) -> None:
    door.expect(replace(ASKED, standing=Standing.LEAVING))

    assert door.verify("t", question()) is None
    assert door.verify("t", question(mode="unsubscribe")) == "42"
    assert not door.is_open("t")


def test_a_denial_is_heard_at_any_time(door: Door) -> None:
    door.expect(replace(ASKED, pending=False, standing=Standing.ACTIVE))

    assert door.verify("t", question(mode="denied", challenge="", reason="no")) == ""
    assert door.news().answers == {"t": Answered(mode="denied", reason="no")}


def test_news_come_once(door: Door) -> None:
    door.verify("t", question())
    door.news()

    assert door.news().answers == {}


# -------------------------------------------------------------------- delivery


def test_deliveries_of_a_feed_keep_their_order(door: Door, bell: Bell) -> None:
    door.expect(replace(ASKED, token=U))
    for token, body in (("t", b"1"), ("t", b"2"), ("u", b"3")):
        door.deliver(token, signed(body))

    first = door.next_delivery(busy=())
    other = door.next_delivery(busy={"t"})

    assert first == ("t", signed(b"1"))
    assert other == ("u", signed(b"3"))
    assert door.next_delivery(busy={"t"}) is None
    assert taken(door) == [b"2"]
    assert bell.rings == 3


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(replace(signed(b"1"), signature=""), id="unsigned"),
        pytest.param(signed(b"1", key="guessed"), id="wrong-key"),
        pytest.param(replace(signed(b"1"), body=b"2"), id="changed-on-the-way"),
    ],
)
def test_what_is_not_signed_is_counted_and_left(door: Door, bell: Bell, delivery: Delivery) -> None:
    """Not even its feed is asked for it."""
    door.deliver("t", delivery)
    door.deliver("t", delivery)

    news = door.news()
    assert taken(door) == []
    assert news.ignored == {"t": 2}
    assert news.declined == set()
    assert bell.rings == 0


@pytest.mark.parametrize("standing", [Standing.LEAVING, None])
def test_what_is_not_wanted_any_more_is_left(door: Door, standing: Standing | None) -> None:
    if standing:
        door.expect(replace(ASKED, standing=standing))
    else:
        door.forget("t")

    door.deliver("t", signed(b"1"))

    assert taken(door) == []
    assert not door.is_open("t")


def test_a_repeated_delivery_is_taken_once(door: Door) -> None:
    for _ in range(3):
        door.deliver("t", signed(b"1"))

    assert taken(door) == [b"1"]
    assert door.news().declined == set()


def test_an_older_delivery_that_comes_again_is_not_read_but_the_feed_is_asked(door: Door) -> None:
    """Someone who recorded it must not bring back what the feed has changed since."""
    for body in (b"1", b"2", b"1"):
        door.deliver("t", signed(body))

    assert taken(door) == [b"1", b"2"]
    assert door.news().declined == {"t"}


def test_a_flood_is_cut_and_the_feed_is_asked_instead(door: Door, bell: Bell) -> None:
    most = door_module.PUSHES_A_MINUTE
    for n in range(most + 5):
        door.deliver("t", signed(b"%d" % n))
    flooded = len(taken(door))
    declined = door.news().declined

    bell.seconds = 61
    door.deliver("t", signed(b"later"))

    assert (flooded, declined) == (most, {"t"})
    assert taken(door) == [b"later"]


@pytest.mark.parametrize(
    ("name", "value"), [("WAITING_BYTES", 25), ("MOST_WAITING", 2)], ids=["bytes", "number"]
)
def test_what_waits_is_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(door_module, name, value)
    for letter in (b"a", b"b", b"c"):
        door.deliver("t", signed(letter * 10))

    assert taken(door) == [b"a" * 10, b"b" * 10]
    assert door.news().declined == {"t"}
    door.deliver("t", signed(b"c" * 10))
    assert taken(door) == [b"c" * 10]  # there is room again, and it was not taken for a repeat


def test_only_known_feeds_can_be_asked_instead(door: Door) -> None:
    door.decline("t")
    door.decline("unknown")

    assert door.news().declined == {"t"}


def test_the_limit_is_the_smaller_of_two() -> None:
    assert Door(wake=Bell(), limit_bytes=10).limit_bytes == 10
    assert Door(wake=Bell(), limit_bytes=10**9).limit_bytes == MAX_PUSH_BYTES


def test_expecting_only_some_forgets_the_others(door: Door) -> None:
    """What is kept keeps its memory of what was delivered."""
    door.expect(replace(ASKED, token=U))
    door.deliver("t", signed(b"1"))

    door.expect_only([replace(ASKED, pending=False)])

    door.deliver("t", signed(b"1"))
    assert taken(door) == [b"1"]
    assert not door.is_open("u")
    assert door.verify("t", question()) is None


def test_no_repr_shows_a_secret(door: Door) -> None:
    assert KEY not in repr(door._expected)
