"""What becomes of a feed's WebSub subscription: after a poll, a push, an answer of its hub.

The steps of a subscription are pure; `settle` alone reads and writes the store, within the
transaction that takes a poll in. Nothing here talks to a hub.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import Fetched, NotModified
from aggregator.poll import websub
from aggregator.poll.plan import share
from aggregator.poll.rhythm import blended
from aggregator.poll.skips import allowed_at
from aggregator.store import subscriptions
from aggregator.store.subscriptions import Standing, Subscription

if TYPE_CHECKING:
    from aggregator.model import FeedState, Outcome
    from aggregator.poll.websub import Offer
    from aggregator.store.database import Database

PROVEN = 3  # polls in a row that found pushes complete: then one that fits nothing known is trusted
FORGOTTEN = -3  # so often pushes were missing: the hub may have lost us
STEADY = timedelta(days=1)  # a feed whose self link changes at each fetch must not pester its hub
VERIFIED_WITHIN = timedelta(hours=1)  # of asking: hubs may queue what they have to verify
DENIED_FOR = timedelta(days=7)  # a hub's word is a word; its policy may change
LOOK_AGAIN = timedelta(days=1)  # at what cannot be subscribed to as things are configured
FAREWELLS = 3  # tries to tell a hub; without success its lease ends some day by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a poll that was taken in changed, beside its outcome."""

    before: FeedState
    new: int  # entries
    listens: bool  # a service is here to be pushed to
    longest: timedelta  # between two polls of this feed
    now: datetime


# ----------------------------------------------------------------- after a poll


def settle(db: Database, state: FeedState, outcome: Outcome, *, polled: Polled) -> FeedState:
    """Take in what a poll says of hubs and of pushes; return the state with its next poll time.

    While pushes arrive and polls find nothing beside them, the next poll is later than usual.
    """
    if not isinstance(outcome, Fetched | NotModified):
        return state
    current = subscriptions.of_feed(db, state.feed_id)
    if isinstance(outcome, Fetched) and not outcome.is_partial:
        offer = websub.find_offer(
            outcome.feed.hubs, outcome.feed.self_url, polled_url=state.moved_to or state.url
        )
        current = _follow(db, current, offer, feed_id=state.feed_id, now=polled.now)
    if current is None or not polled.listens or not current.is_active(now=polled.now):
        return state
    # A part of the feed says nothing of what pushes left out, a push itself least of all.
    is_part = isinstance(outcome, Fetched) and outcome.is_partial
    judged = current if is_part else judge(current, polled)
    seen = replace(judged, usual_poll_at=state.next_poll_at, pushed_new=0)
    subscriptions.save(db, seen)
    state = replace(state, rhythm=_rhythm(state, polled, pushed_new=judged.pushed_new))
    return _slowed(state, polled) if judged.trust > 0 else state


def _rhythm(state: FeedState, polled: Polled, *, pushed_new: int) -> timedelta | None:
    """Return the rhythm with what pushes brought: to polls alone the feed would seem to sleep."""
    before = polled.before
    if not pushed_new or before.rhythm is None or before.last_polled_at is None:
        return state.rhythm
    span = polled.now - before.last_polled_at
    if span <= timedelta():
        return state.rhythm
    return blended(before.rhythm, count=polled.new + pushed_new, span=span)


def _slowed(state: FeedState, polled: Polled) -> FeedState:
    if state.next_poll_at is None:
        return state
    wait = websub.slower(state.next_poll_at - polled.now, longest=polled.longest)
    at = allowed_at(
        polled.now + wait,
        hours=state.skip_hours,
        days=state.skip_days,
        share=share(f"skipped {state.url}"),
        latest=polled.now + polled.longest,
    )
    return replace(state, next_poll_at=at)


def judge(one: Subscription, polled: Polled) -> Subscription:
    """Return the subscription after a poll showed whether its pushes had left anything out."""
    if not polled.new:
        return replace(one, trust=min(one.trust + 1, PROVEN)) if one.trust > 0 else one
    since, last = one.active_since_at, polled.before.last_polled_at
    if since is None or last is None or last < since:  # it may be from before the subscription
        return one
    if one.announced_at and one.announced_at >= last:  # it is what this poll was made for
        return one
    judged = replace(one, trust=min(one.trust, 0) - 1)
    if judged.trust > FORGOTTEN or (one.asked_at and polled.now - one.asked_at < STEADY):
        return judged
    return judged if judged.pending else replace(judged, trust=0, next_try_at=polled.now)


def _follow(
    db: Database, current: Subscription | None, offer: Offer | None, *, feed_id: int, now: datetime
) -> Subscription | None:
    """Keep what is subscribed to in step with what the feed offers."""
    if current and offer and current.topic == offer.topic and current.hub in offer.hubs:
        if current.hubs != offer.hubs:
            current = replace(current, hubs=offer.hubs)
            subscriptions.save(db, current)
        return current
    if current and current.asked_at and now - current.asked_at < STEADY:
        return current
    if current:
        leave(db, current, now=now)
    if offer is None:
        return None
    fresh = offered(offer, feed_id=feed_id, now=now)
    subscriptions.save(db, fresh)
    return fresh


def leave(db: Database, one: Subscription, *, now: datetime) -> None:
    """End a subscription: its hub is told soon, where it ever heard of us."""
    if one.asked_at is None:
        subscriptions.remove(db, one.token)
    else:
        left = replace(
            one, standing=Standing.LEAVING, pending=False, failures=0, next_try_at=now, error=""
        )
        subscriptions.save(db, left)


# -------------------------------------------------------- steps of a subscription


def offered(offer: Offer, *, feed_id: int, now: datetime) -> Subscription:
    """Return a new subscription, with a token and a secret of its own, to be asked for now."""
    return Subscription(
        token=websub.spell(secrets.token_bytes(websub.SECRET_BYTES)),
        secret=websub.spell(secrets.token_bytes(websub.SECRET_BYTES)),
        feed_id=feed_id,
        topic=offer.topic,
        hub=offer.hubs[0],
        hubs=offer.hubs,
        next_try_at=now,
    )


def asked(one: Subscription, *, callback: str, now: datetime) -> Subscription:
    """Return the subscription whose hub is being asked: it has to verify within its time."""
    return replace(
        one,
        callback=callback,
        pending=True,
        asked_at=now,
        next_try_at=now + VERIFIED_WITHIN,
    )


def verified(one: Subscription, *, lease_seconds: str, now: datetime) -> Subscription:
    """Return the subscription that its hub has just verified."""
    lease = websub.lease_of(lease_seconds)
    is_renewed = one.is_active(now=now)
    return replace(
        one,
        standing=Standing.ACTIVE,
        pending=False,
        active_since_at=one.active_since_at if is_renewed else now,
        lease_until_at=now + lease,
        next_try_at=now + websub.renewal_after(lease, share=share(one.token)),
        failures=0,
        error="",
        trust=one.trust if is_renewed else 0,
    )


def denied(one: Subscription, *, reason: str, now: datetime) -> Subscription:
    """Return the subscription that its hub has refused or ended."""
    told = "".join(letter for letter in reason if letter.isprintable())[:200]
    ended = replace(one, standing=Standing.DENIED, lease_until_at=None, trust=0)
    refused = failed(ended, message=f"the hub says no: {told or 'without a reason'}", now=now)
    next_try_at = refused.next_try_at if len(one.hubs) > 1 else now + DENIED_FOR
    return replace(refused, standing=Standing.DENIED, next_try_at=next_try_at)


def failed(one: Subscription, *, message: str, now: datetime) -> Subscription:
    """Return the subscription whose hub could not be asked or never verified.

    A lease that still runs stays in force and its hub is asked again; else the next hub is.
    """
    failures = one.failures + 1
    stays = one.is_active(now=now) or one.standing is Standing.LEAVING
    hubs = (one.hub,) if stays else one.hubs
    chance = share(f"{failures} {one.token}")
    wait = websub.retry_after(failures, hubs=len(hubs), share=chance)
    return replace(
        one,
        standing=one.standing if stays else Standing.FAILED,
        hub=hubs[(hubs.index(one.hub) + 1) % len(hubs)] if one.hub in hubs else hubs[0],
        pending=False,
        failures=failures,
        error=message,
        next_try_at=now + wait,
    )


def lapsed(one: Subscription, *, now: datetime) -> Subscription:
    """Return the subscription whose lease has ended before it was renewed."""
    next_try_at = one.next_try_at if one.pending or one.failures else now
    return replace(
        one,
        standing=Standing.OFFERED,
        lease_until_at=None,
        next_try_at=next_try_at,
        trust=0,
        error=one.error or "its lease ended before the hub renewed it",
    )


def unreachable(one: Subscription, *, message: str, now: datetime) -> Subscription:
    """Return the subscription that cannot be asked for as things are configured."""
    return replace(one, error=message, next_try_at=now + LOOK_AGAIN)


def pushed(one: Subscription, *, new: int, now: datetime) -> Subscription:
    """Return the subscription after a push that was taken in, with so many new entries."""
    trust = one.trust if one.trust > 0 else one.trust + 1
    return replace(
        one, pushed_at=now, pushes=one.pushes + 1, pushed_new=one.pushed_new + new, trust=trust
    )


def announced(one: Subscription, *, now: datetime) -> Subscription:
    """Return the subscription after a push that the feed itself is to tell at the next poll."""
    return replace(one, announced_at=now)


def undisturbed(before: FeedState, after: FeedState) -> FeedState:
    """Return the feed's state after a push: what it says of asking the feed stays as it was.

    A push is no poll: it must neither put the next one off nor vouch for the feed's own server.
    """
    return replace(
        before,
        known=before.known | after.known,
        pieces=after.pieces,
        id_scheme=after.id_scheme,
        id_reason=after.id_reason,
    )
