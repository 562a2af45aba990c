"""Calls at callbacks over loopback: guarded, bounded, side by side."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Failed
from aggregator.pipeline.batch import Manners
from aggregator.pipeline.couriers import Couriers, Errand, Returned
from aggregator.poll.callbacks import Parcel, signature, with_query
from aggregator.poll.fetch import Posted
from tests.end_to_end.processes import wait_until
from tests.end_to_end.subscriber import SECRET, Subscriber, serve_subscriber
from tests.pipeline.makers import POLLING

if TYPE_CHECKING:
    from collections.abc import Iterator

MANNERS = Manners(polling=POLLING, user_agent="Newsfold/test")
PARCEL = Parcel(
    body=b"<feed/>",
    content_type="application/atom+xml",
    topic="https://n.example/all.atom",
    hub="https://n.example/hub",
)


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with serve_subscriber() as made:
        yield made


@pytest.fixture
def couriers() -> Iterator[Couriers]:
    made = Couriers(MANNERS, on_return=lambda: None)
    yield made
    made.close()


def returned(couriers: Couriers, count: int) -> dict[object, Posted | Failed]:
    found: list[Returned] = []

    def all_there() -> bool:
        found.extend(couriers.collect())
        return len(found) >= count

    assert wait_until(all_there, timeout_s=8)
    return {one.key: one.answer for one in found}


def test_a_question_brings_the_answer(couriers: Couriers, subscriber: Subscriber) -> None:
    url = with_query(subscriber.callback(query="?a=1"), {"hub.challenge": "42 & more"})

    couriers.send(Errand(key=1, host="127.0.0.1", url=url))

    assert couriers.is_out(1)
    assert returned(couriers, 1) == {1: Posted(status=200, text="42 & more")}
    assert subscriber.asked == [{"a": "1", "hub.challenge": "42 & more"}]
    assert (couriers.out, couriers.is_out(1)) == (0, False)


def test_a_delivery_is_signed_and_says_where_it_is_from(
    couriers: Couriers, subscriber: Subscriber
) -> None:
    errand = Errand(key=1, host="h", url=subscriber.callback(), parcel=PARCEL, secret=SECRET)

    couriers.send(errand)
    couriers.send(replace(errand, key=2, secret=""))

    assert {one.status for one in returned(couriers, 2).values() if isinstance(one, Posted)} == {
        204
    }
    signed, plain = subscriber.delivered
    assert signed.is_signed()
    assert signed.body == PARCEL.body
    assert signed.headers["user-agent"] == "Newsfold/test"
    assert signed.headers["content-type"] == PARCEL.content_type
    assert signed.headers["link"] == (
        '<https://n.example/hub>; rel="hub", <https://n.example/all.atom>; rel="self"'
    )
    assert "x-hub-signature" not in plain.headers


def test_the_guard_stands_before_callbacks(subscriber: Subscriber) -> None:
    strict = replace(POLLING, allow_private_addresses=False)
    couriers = Couriers(replace(MANNERS, polling=strict), on_return=lambda: None)

    couriers.send(Errand(key="asked", host="h", url=subscriber.callback()))
    couriers.send(Errand(key="sent", host="h", url=subscriber.callback(), parcel=PARCEL))
    answers = returned(couriers, 2)
    couriers.close()

    assert all(isinstance(answer, Failed) for answer in answers.values())
    assert (subscriber.asked, subscriber.delivered) == ([], [])


def test_a_doubtful_one_that_hangs_holds_up_no_proven_one(
    couriers: Couriers, subscriber: Subscriber
) -> None:
    """Not even one at the same host."""
    with serve_subscriber() as hanging:
        hanging.delay_s = 30
        for number in range(20):
            couriers.send(Errand(key=number, host=f"h{number}", url=hanging.callback()))
        errand = Errand(key="good", host="h1", url=subscriber.callback(), parcel=PARCEL)
        couriers.send(replace(errand, is_doubtful=False))

        assert wait_until(lambda: subscriber.delivered, timeout_s=3)
        assert len(hanging.asked) <= 4


def test_closing_waits_for_no_callback(subscriber: Subscriber) -> None:
    couriers = Couriers(MANNERS, on_return=lambda: None)
    subscriber.delay_s = 20
    couriers.send(Errand(key=1, host="h", url=subscriber.callback()))
    assert wait_until(lambda: subscriber.asked)

    began_s = time.monotonic()
    couriers.close()

    assert time.monotonic() - began_s < 2
    assert couriers.out == 0


def test_closing_what_never_began_is_no_trouble(couriers: Couriers) -> None:
    couriers.close()

    assert couriers.collect() == []


def test_no_repr_shows_where_and_what() -> None:
    told = repr(Errand(key=1, host="h", url="https://r.example/token", secret="hush"))  # noqa: S106

    assert "token" not in told
    assert "hush" not in told


def test_a_signature_is_what_the_specification_says() -> None:
    """Computed with openssl's dgst -hmac."""
    assert signature(b"body", "key") == (
        "sha256=515aae133b435d4000956731f68ae5cf5eb85d4f0dc6a546d2bfcd3595ec1ae1"
    )
