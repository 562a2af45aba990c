from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.pipeline import delivering
from aggregator.pipeline.delivering import LAST_RETRY, MOST_TRIES
from aggregator.store.subscribers import Subscriber
from tests.pipeline.makers import HOUR, NOON

ONE = Subscriber(
    id=1,
    callback="https://r.example/cb",
    host="r.example",
    topic="all.atom",
    secret="",
    since_at=NOON,
    lease_until_at=NOON + HOUR,
    tag="old",
    next_try_at=NOON,
)


def test_a_delivery_ends_all_trouble() -> None:
    failed = delivering.failed(ONE, tag="new", message="no", now=NOON)

    done = delivering.delivered(failed, tag="new", now=NOON + HOUR)

    assert (done.tag, done.failures, done.error) == ("new", 0, "")
    assert (done.delivered_at, done.deliveries) == (NOON + HOUR, 1)
    assert done.next_try_at == NOON + HOUR


def test_waits_grow_until_the_version_is_given_up() -> None:
    one, waits = ONE, []
    for _ in range(MOST_TRIES):
        assert one.tag == "old"
        one = delivering.failed(one, tag="new", message="no", now=NOON)
        waits.append(int((one.next_try_at - NOON).total_seconds()))

    assert waits == [15, 60, 240, 960, 3_840, 15_360]
    assert one.tag == "new"


def test_a_dead_callback_is_tried_once_for_each_change() -> None:
    """And never more often than every six hours."""
    one = ONE
    for number in range(20):
        one = delivering.failed(one, tag=str(number), message="no", now=NOON)

    assert (one.tag, one.next_try_at) == ("19", NOON + LAST_RETRY)


@given(st.integers(min_value=0, max_value=10_000))
def test_a_wait_is_never_absurd(failures: int) -> None:
    one = Subscriber(
        **{name: getattr(ONE, name) for name in ONE.__slots__} | {"failures": failures}
    )

    after = delivering.failed(one, tag="new", message="no", now=NOON)

    assert timedelta(seconds=15) <= after.next_try_at - NOON <= LAST_RETRY


def test_no_repr_shows_callback_or_secret() -> None:
    assert "cb" not in repr(ONE)
