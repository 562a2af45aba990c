from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aggregator.model import FeedState, Freshness, NotModified, Validators
from aggregator.pipeline import subscribing
from aggregator.pipeline.subscribing import Polled
from aggregator.poll.websub import Offer
from aggregator.store import feeds, subscriptions
from aggregator.store.subscriptions import Standing, Subscription
from tests.pipeline.makers import FIRST, HOUR, NOON, SECOND, fetched, read

if TYPE_CHECKING:
    from aggregator.model import Fetched, Outcome
    from aggregator.pipeline.take_in import Desk
    from tests.end_to_end.newsrooms import Clock

HUB, OTHER_HUB = "https://hub.example/", "https://other-hub.example/"
DAY = timedelta(days=1)
UNCHANGED = NotModified(validators=Validators(etag='"1"'), freshness=Freshness())
OFFER = Offer(topic=FIRST, hubs=(HUB, OTHER_HUB))
ACTIVE = replace(
    subscribing.offered(OFFER, feed_id=1, now=NOON),
    standing=Standing.ACTIVE,
    asked_at=NOON - 2 * DAY,
    active_since_at=NOON - 2 * DAY,
    lease_until_at=NOON + 8 * DAY,
    next_try_at=NOON + 5 * DAY,
    trust=1,
)


def offering(*numbers: int, hubs: tuple[str, ...] = (HUB,), own: str = "") -> Fetched:
    """Return a poll whose document names hubs."""
    brought = fetched(*(read(n) for n in numbers or (1,)), etag=f'"{numbers}"')
    return replace(brought, feed=replace(brought.feed, hubs=hubs, self_url=own))


def poll(desk: Desk, outcome: Outcome) -> FeedState:
    """Take one poll of the first feed in; return its state."""
    desk.take_in([(FIRST, outcome)])
    return feeds.state(desk.db, FIRST)


def subscription(desk: Desk) -> Subscription | None:
    return subscriptions.of_feed(desk.db, feeds.state(desk.db, FIRST).feed_id)


def subscribed(desk: Desk, **changes: object) -> None:
    """Let the first feed be polled, and its subscription stand like this."""
    desk.listens = True
    poll(desk, offering(1))
    found = subscription(desk)
    assert found is not None
    stands = replace(ACTIVE, token=found.token, feed_url=FIRST, hubs=(HUB,))
    subscriptions.save(desk.db, replace(stands, **changes))  # type: ignore[arg-type]  # by name


# ------------------------------------------------------------------- after a poll


def test_a_feed_that_names_a_hub_is_remembered_as_an_offer(desk: Desk, clock: Clock) -> None:
    """Also by a poll by hand: a 304 will not say it again."""
    poll(desk, offering(hubs=(HUB, OTHER_HUB), own="https://first.example/own"))

    found = subscription(desk)
    assert found is not None
    assert (found.standing, found.topic) == (Standing.OFFERED, "https://first.example/own")
    assert (found.hub, found.hubs) == (HUB, (HUB, OTHER_HUB))
    assert found.next_try_at == clock.now
    assert len(found.token) == len(found.secret) == 43


def test_each_subscription_has_a_token_and_a_secret_of_its_own(desk: Desk) -> None:
    desk.take_in([(FIRST, offering(1)), (SECOND, offering(2))])

    one, two = subscriptions.report(desk.db)
    assert len({one.token, one.secret, two.token, two.secret}) == 4


def test_a_feed_without_hubs_has_no_subscription(desk: Desk) -> None:
    poll(desk, fetched(read(1)))

    assert subscriptions.everything(desk.db) == []


def test_the_same_offer_again_changes_nothing(desk: Desk) -> None:
    poll(desk, offering(1))
    before = subscription(desk)

    poll(desk, offering(1, 2))
    poll(desk, UNCHANGED)

    assert subscription(desk) == before


def test_another_hub_beside_the_one_in_use_is_kept_for_later(desk: Desk) -> None:
    poll(desk, offering(1))

    poll(desk, offering(2, hubs=(OTHER_HUB, HUB)))

    found = subscription(desk)
    assert found is not None
    assert (found.hub, found.hubs) == (HUB, (OTHER_HUB, HUB))


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(offering(1, 2, hubs=(OTHER_HUB,)), id="another-hub"),
        pytest.param(offering(1, 2, own="https://first.example/new"), id="another-topic"),
    ],
)
def test_another_offer_is_followed_and_the_old_hub_is_told(desk: Desk, outcome: Fetched) -> None:
    subscribed(desk)
    old = subscription(desk)
    assert old is not None

    poll(desk, outcome)

    new = subscription(desk)
    left = subscriptions.by_token(desk.db, old.token)
    assert new is not None
    assert left is not None
    assert (new.standing, new.token != old.token) == (Standing.OFFERED, True)
    assert (left.standing, left.next_try_at) == (Standing.LEAVING, NOON)


def test_a_feed_that_names_no_hub_any_more_is_left(desk: Desk) -> None:
    subscribed(desk)

    poll(desk, offering(1, 2, hubs=()))

    assert subscription(desk) is None
    assert [one.standing for one in subscriptions.everything(desk.db)] == [Standing.LEAVING]


def test_a_hub_that_never_heard_of_us_is_told_nothing(desk: Desk) -> None:
    poll(desk, offering(1))

    poll(desk, offering(1, 2, hubs=()))

    assert subscriptions.everything(desk.db) == []


def test_a_self_link_that_changes_at_each_fetch_pesters_no_hub(desk: Desk, clock: Clock) -> None:
    """A new subscription at most once a day."""
    subscribed(desk, asked_at=NOON)
    for n in range(2, 7):
        clock.move(HOUR)
        poll(desk, offering(n, own=f"https://first.example/?seen={n}"))
    kept = subscription(desk)
    clock.move(DAY)
    poll(desk, offering(9, own="https://first.example/?seen=9"))

    new = subscription(desk)
    assert kept is not None
    assert new is not None
    assert (kept.topic, new.topic) == (FIRST, "https://first.example/?seen=9")


def test_a_part_of_a_feed_says_nothing_of_hubs(desk: Desk) -> None:
    subscribed(desk)
    before = subscription(desk)

    poll(desk, replace(offering(2, hubs=()), is_partial=True))

    found = subscription(desk)
    assert before is not None
    assert found is not None
    assert (found.standing, found.trust) == (Standing.ACTIVE, before.trust)


# ----------------------------------------------------------------- slower polling


def wait_of(desk: Desk, outcome: Outcome) -> timedelta:
    state = poll(desk, outcome)
    assert state.next_poll_at is not None
    assert state.last_polled_at is not None
    return state.next_poll_at - state.last_polled_at


def test_a_pushed_feed_is_polled_four_times_less_often(desk: Desk, clock: Clock) -> None:
    subscribed(desk, trust=0)
    usual = wait_of(desk, UNCHANGED)
    subscribed(desk)
    clock.move(HOUR)

    wait = wait_of(desk, UNCHANGED)

    found = subscription(desk)
    assert found is not None
    assert found.usual_poll_at is not None
    assert wait == 4 * (found.usual_poll_at - clock.now)
    assert usual / 2 < found.usual_poll_at - clock.now < 2 * usual


def test_hours_in_which_the_feed_wants_no_poll_stay_so(desk: Desk, clock: Clock) -> None:
    subscribed(desk)
    skipped = frozenset({clock.now.hour + n for n in range(3, 8)})
    state = feeds.state(desk.db, FIRST)
    feeds.save(desk.db, replace(state, skip_hours=skipped))
    clock.move(HOUR)

    state = poll(desk, UNCHANGED)

    assert state.next_poll_at is not None
    assert state.next_poll_at.hour == NOON.hour + 8


def test_what_pushes_bring_counts_in_a_feeds_rhythm(desk: Desk, clock: Clock) -> None:
    """Else a feed whose every entry is pushed would seem to have gone to sleep."""
    subscribed(desk, pushed_new=24)
    state = feeds.state(desk.db, FIRST)
    feeds.save(desk.db, replace(state, rhythm=HOUR))
    clock.move(DAY)

    after = poll(desk, UNCHANGED)
    again = subscription(desk)
    clock.move(DAY)
    asleep = poll(desk, UNCHANGED)

    assert after.rhythm == HOUR  # 24 in a day
    assert again is not None
    assert again.pushed_new == 0
    assert asleep.rhythm is not None
    assert asleep.rhythm > HOUR


@pytest.mark.parametrize(
    ("listens", "changes"),
    [
        pytest.param(False, {}, id="no-service-to-be-pushed-to"),
        pytest.param(True, {"trust": 0}, id="nothing-was-ever-pushed"),
        pytest.param(True, {"trust": -1}, id="a-push-was-missing"),
        pytest.param(True, {"standing": Standing.DENIED}, id="denied"),
        pytest.param(True, {"standing": Standing.OFFERED}, id="not-verified"),
        pytest.param(True, {"lease_until_at": NOON}, id="lease-at-its-end"),
    ],
)
def test_otherwise_it_is_polled_as_usual(
    desk: Desk, clock: Clock, *, listens: bool, changes: dict[str, object]
) -> None:
    subscribed(desk, **changes)
    desk.listens = listens
    clock.move(HOUR)

    assert wait_of(desk, UNCHANGED) < 2 * HOUR


# -------------------------------------------------------------------------- trust


def judged(one: Subscription, *, new: int, last: timedelta = HOUR) -> Subscription:
    before = FeedState(feed_id=1, url=FIRST, last_polled_at=NOON - last)
    polled = Polled(before=before, new=new, listens=True, longest=DAY, now=NOON)
    return subscribing.judge(one, polled)


@pytest.mark.parametrize(
    ("trust", "new", "expected"),
    [
        pytest.param(1, 0, 2, id="nothing-was-missing"),
        pytest.param(3, 0, 3, id="proven-long-ago"),
        pytest.param(0, 0, 0, id="nothing-was-pushed-yet"),
        pytest.param(-1, 0, -1, id="a-quiet-poll-proves-nothing"),
        pytest.param(3, 1, -1, id="a-push-was-missing"),
        pytest.param(-1, 2, -2, id="and-again"),
    ],
)
def test_polls_judge_pushes(trust: int, new: int, expected: int) -> None:
    assert judged(replace(ACTIVE, trust=trust), new=new).trust == expected


def test_what_may_be_older_than_the_subscription_was_not_missing() -> None:
    young = replace(ACTIVE, active_since_at=NOON - HOUR / 2)

    assert judged(young, new=5).trust == 1


def test_what_a_push_announced_and_left_to_the_feed_was_not_missing() -> None:
    announced = subscribing.announced(replace(ACTIVE, trust=2), now=NOON - HOUR / 2)

    assert judged(announced, new=5).trust == 2
    assert judged(replace(announced, announced_at=NOON - 2 * HOUR), new=5).trust == -1


def test_a_hub_that_seems_to_have_lost_us_is_asked_again() -> None:
    lost = judged(replace(ACTIVE, trust=-2), new=1)

    assert (lost.trust, lost.next_try_at) == (0, NOON)


def test_but_not_more_than_once_a_day() -> None:
    lost = judged(replace(ACTIVE, trust=-2, asked_at=NOON - HOUR), new=1)

    assert (lost.trust, lost.next_try_at) == (-3, ACTIVE.next_try_at)


def test_after_a_gap_two_pushes_win_trust_back() -> None:
    missed = replace(ACTIVE, trust=-1)

    once = subscribing.pushed(missed, new=1, now=NOON)
    twice = subscribing.pushed(once, new=2, now=NOON)

    assert (once.trust, twice.trust) == (0, 1)
    assert (twice.pushes, twice.pushed_at, twice.pushed_new) == (2, NOON, 3)


# ----------------------------------------------------------------- steps with a hub


def test_a_verified_subscription_is_renewed_before_its_lease_ends() -> None:
    pending = subscribing.asked(ACTIVE, callback="https://me.example/websub/t", now=NOON)

    renewed = subscribing.verified(pending, lease_seconds="86400", now=NOON + HOUR)

    assert not renewed.pending
    assert renewed.lease_until_at == NOON + HOUR + DAY
    assert renewed.next_try_at is not None
    assert NOON + HOUR + 0.69 * DAY < renewed.next_try_at < NOON + HOUR + 0.81 * DAY
    assert (renewed.trust, renewed.active_since_at) == (1, ACTIVE.active_since_at)


def test_a_new_lease_after_a_lapse_starts_without_trust() -> None:
    lapsed = subscribing.lapsed(replace(ACTIVE, lease_until_at=NOON), now=NOON)

    again = subscribing.verified(lapsed, lease_seconds="86400", now=NOON + HOUR)

    assert (lapsed.standing, lapsed.next_try_at) == (Standing.OFFERED, NOON)
    assert (again.trust, again.active_since_at) == (0, NOON + HOUR)


def test_a_lapse_does_not_cut_a_hubs_back_off_short() -> None:
    failing = replace(ACTIVE, failures=3, next_try_at=NOON + 4 * HOUR, error="HTTP 500")

    lapsed = subscribing.lapsed(failing, now=NOON)

    assert (lapsed.next_try_at, lapsed.error) == (NOON + 4 * HOUR, "HTTP 500")


def test_a_failing_hub_gives_way_to_the_next_one() -> None:
    wanted = replace(ACTIVE, standing=Standing.OFFERED, lease_until_at=None)

    once = subscribing.failed(wanted, message="HTTP 500", now=NOON)
    twice = subscribing.failed(once, message="HTTP 404", now=NOON)

    assert (once.hub, once.next_try_at, once.standing) == (OTHER_HUB, NOON, Standing.FAILED)
    assert twice.next_try_at is not None
    assert twice.next_try_at >= NOON + 0.8 * HOUR
    assert (twice.hub, twice.failures, twice.error) == (HUB, 2, "HTTP 404")


def test_while_a_lease_runs_its_own_hub_is_asked_again() -> None:
    failing = subscribing.failed(ACTIVE, message="HTTP 500", now=NOON)

    assert (failing.standing, failing.hub) == (Standing.ACTIVE, HUB)
    assert failing.next_try_at is not None
    assert failing.next_try_at > NOON
    assert failing.is_active(now=NOON)


def test_a_hub_that_the_feed_names_no_more_gives_way_to_its_first() -> None:
    wanted = replace(ACTIVE, standing=Standing.FAILED, hub="https://old.example/")

    assert subscribing.failed(wanted, message="gone", now=NOON).hub == HUB


@pytest.mark.parametrize(
    ("hubs", "wait"),
    [
        pytest.param((HUB,), subscribing.DENIED_FOR, id="the-only-hub"),
        pytest.param((HUB, OTHER_HUB), timedelta(), id="another-hub-is-left"),
    ],
)
def test_a_denial_ends_the_lease_and_is_remembered(hubs: tuple[str, ...], wait: timedelta) -> None:
    refused = subscribing.denied(replace(ACTIVE, hubs=hubs), reason="not\x1b you", now=NOON)

    assert (refused.standing, refused.hub) == (Standing.DENIED, hubs[-1])
    assert not refused.is_active(now=NOON)
    assert refused.next_try_at == NOON + wait
    assert refused.error == "the hub says no: not you"
    assert refused.trust == 0


def test_a_denial_needs_no_reason() -> None:
    assert subscribing.denied(ACTIVE, reason="", now=NOON).error.endswith("without a reason")


def test_a_push_leaves_the_plan_of_polling_as_it_was() -> None:
    before = FeedState(
        feed_id=1, url=FIRST, known=frozenset({b"1"}), failures=2, error="HTTP 500",
        next_poll_at=NOON + HOUR, last_polled_at=NOON, validators=Validators(etag='"1"'),
    )  # fmt: skip
    after = replace(
        before, known=frozenset({b"2"}), failures=0, error="", next_poll_at=NOON + DAY,
        last_polled_at=NOON + HOUR, validators=Validators(),
    )  # fmt: skip

    kept = subscribing.undisturbed(before, after)

    assert kept == replace(before, known=frozenset({b"1", b"2"}))
