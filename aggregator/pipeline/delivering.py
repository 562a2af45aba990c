"""What becomes of a subscription at our own hub: after its verification and each delivery. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.store.subscribers import Subscriber

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.pipeline.hub_door import Wish

GONE = 410  # the subscriber ends its subscription so (section 7)
MOST_TRIES = 6  # of one version, over some two hours
FIRST_RETRY = timedelta(seconds=15)
RETRY_FACTOR = 4
LAST_RETRY = timedelta(hours=6)


def agreed(wish: Wish, *, tag: str, lease: timedelta, now: datetime) -> Subscriber:
    """Return the subscription that its callback has agreed to; the version with `tag` is known."""
    return Subscriber(
        callback=wish.request.callback,
        host=wish.host,
        topic=wish.path,
        secret=wish.request.secret,
        since_at=now,
        lease_until_at=now + lease,
        tag=tag,
        next_try_at=now,
    )


def delivered(one: Subscriber, *, tag: str, now: datetime) -> Subscriber:
    """Return the subscription after a delivery of the version with this tag."""
    return replace(
        one,
        tag=tag,
        next_try_at=now,
        failures=0,
        error="",
        delivered_at=now,
        deliveries=one.deliveries + 1,
    )


def failed(one: Subscriber, *, tag: str, message: str, now: datetime) -> Subscriber:
    """Return the subscription after a delivery that was not taken.

    The waits grow. After `MOST_TRIES` the version is given up: the next one is tried once its wait
    is over, and then once for each change.
    """
    failures = one.failures + 1
    is_given_up = failures >= MOST_TRIES
    wait = min(FIRST_RETRY * RETRY_FACTOR ** min(failures - 1, MOST_TRIES), LAST_RETRY)
    return replace(
        one,
        tag=tag if is_given_up else one.tag,
        next_try_at=now + wait,
        failures=failures,
        error=message,
    )
