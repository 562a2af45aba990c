from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import (
    Deferred,
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Fetched,
    Freshness,
    Gone,
    IdScheme,
    NotModified,
    Outcome,
    Polling,
    ReadFeed,
    Validators,
)
from aggregator.poll.plan import after, is_due

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
POLLING = Polling(
    interval=HOUR,
    min_interval=15 * MINUTE,
    max_interval=DAY,
    timeout=timedelta(seconds=30),
    max_body_bytes=10_000_000,
    allow_private_addresses=False,
    proxy="",
    backfill=20,
)
SPEC = FeedSpec(url="https://a.example/feed")
OLD = Validators(etag='"old"', last_modified="then")
NEW = Validators(etag='"new"')
STATE = FeedState(feed_id=1, url=SPEC.url, validators=OLD, known=frozenset({b"1"}))
FAILED = Failed(kind=FailureKind.TIMEOUT, message="too slow")
FEED = ReadFeed(
    title="A",
    site_url="https://a.example/",
    language="en",
    ttl=None,
    entries=(),
    known=frozenset({b"2"}),
    id_scheme=IdScheme.GUID,
    item_count=1,
)
FETCHED = Fetched(
    final_url="https://b.example/feed",
    moved_to="https://b.example/feed",
    validators=NEW,
    freshness=Freshness(),
    body_hash=b"hash",
    feed=FEED,
    entries=(),
)
UNCHANGED = NotModified(validators=NEW)

SPANS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=6000))
SPECS = st.builds(
    FeedSpec,
    url=st.integers().map(lambda n: f"https://{n}.example/feed"),
    interval=st.none() | st.timedeltas(min_value=MINUTE, max_value=DAY),
)
FRESHNESS = st.builds(
    Freshness,
    retry_after=st.none() | SPANS,
    max_age=st.none() | SPANS,
    ttl=st.none() | SPANS,
)


def plan(
    outcome: Outcome, *, state: FeedState = STATE, spec: FeedSpec = SPEC, now: datetime = NOON
) -> FeedState:
    return after(state, outcome, spec=spec, polling=POLLING, now=now)


def wait(
    outcome: Outcome, *, state: FeedState = STATE, spec: FeedSpec = SPEC, now: datetime = NOON
) -> timedelta:
    due_at = plan(outcome, state=state, spec=spec, now=now).next_poll_at
    assert due_at is not None
    return due_at - now


# ------------------------------------------------------------------------ due


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(STATE, True, id="never polled"),
        pytest.param(replace(STATE, next_poll_at=NOON), True, id="now"),
        pytest.param(replace(STATE, next_poll_at=NOON - DAY), True, id="late"),
        pytest.param(replace(STATE, next_poll_at=NOON + MINUTE), False, id="not yet"),
        pytest.param(replace(STATE, gone=True), False, id="gone"),
        pytest.param(
            replace(STATE, last_polled_at=NOON + 400 * DAY, next_poll_at=NOON + 401 * DAY),
            True,
            id="polled by a clock that was years ahead",
        ),
        pytest.param(
            replace(STATE, last_polled_at=NOON + HOUR, next_poll_at=NOON + 2 * HOUR),
            False,
            id="polled by a clock that was an hour ahead",
        ),
    ],
)
def test_a_feed_is_due(state: FeedState, *, expected: bool) -> None:
    assert is_due(state, now=NOON) is expected


# -------------------------------------------------------------------- success


def test_a_body_is_remembered() -> None:
    state = replace(STATE, failures=3, error="x", failing_since_at=NOON - DAY)

    changed = plan(FETCHED, state=state)

    assert changed == replace(
        STATE,
        redirect_to="https://b.example/feed",
        redirects=1,
        title="A",
        site_url="https://a.example/",
        language="en",
        validators=NEW,
        body_hash=b"hash",
        known=frozenset({b"2"}),
        last_polled_at=NOON,
        last_fetched_at=NOON,
        next_poll_at=changed.next_poll_at,
    )


def test_a_304_moves_the_validators_and_nothing_of_the_body() -> None:
    state = replace(STATE, failures=3, error="x", failing_since_at=NOON - DAY, moved_to="m")

    changed = plan(UNCHANGED, state=state)

    assert changed == replace(
        STATE,
        moved_to="m",
        hint="It has moved for good and is asked at its new address. Put that into the"
        " configuration: newsfold move https://a.example/feed m",
        validators=NEW,
        last_polled_at=NOON,
        next_poll_at=changed.next_poll_at,
    )


def test_words_that_a_body_lacks_are_kept() -> None:
    silent = replace(FETCHED, feed=replace(FEED, title="", site_url="", language=""))
    state = replace(STATE, title="Old", site_url="https://o.example/", language="fr")

    changed = plan(silent, state=state)

    assert (changed.title, changed.site_url, changed.language) == (
        "Old",
        "https://o.example/",
        "fr",
    )


@pytest.mark.parametrize(
    ("before", "read", "expected"),
    [
        (IdScheme.GUID, IdScheme.LINK, IdScheme.LINK),
        (IdScheme.LINK, IdScheme.GUID, IdScheme.LINK),
        (IdScheme.GUID_AND_LINK, IdScheme.GUID, IdScheme.GUID_AND_LINK),
    ],
)
def test_an_id_scheme_moves_downwards_only(
    before: IdScheme, read: IdScheme, expected: IdScheme
) -> None:
    outcome = replace(FETCHED, feed=replace(FEED, id_scheme=read))

    assert plan(outcome, state=replace(STATE, id_scheme=before)).id_scheme is expected


def test_the_usual_wait_is_spread_by_a_tenth_upwards() -> None:
    waits = {
        wait(UNCHANGED, spec=FeedSpec(url=f"https://{n}.example/feed")) / HOUR for n in range(200)
    }

    assert len(waits) == 200
    assert 1.0 <= min(waits) < 1.02
    assert 1.08 < max(waits) <= 1.1


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(10 * MINUTE, 15 * MINUTE), (30 * MINUTE, 30 * MINUTE), (WEEK, WEEK)],
    ids=["no shorter than the minimum", "own", "longer than the maximum is the person's wish"],
)
def test_a_feeds_own_interval_counts(interval: timedelta, expected: timedelta) -> None:
    assert expected <= wait(UNCHANGED, spec=replace(SPEC, interval=interval)) <= expected * 1.1


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(replace(UNCHANGED, freshness=Freshness(max_age=3 * HOUR)), 3 * HOUR, id="304"),
        pytest.param(replace(FETCHED, freshness=Freshness(max_age=3 * HOUR)), 3 * HOUR, id="200"),
        pytest.param(replace(FETCHED, freshness=Freshness(ttl=5 * HOUR)), 5 * HOUR, id="ttl"),
        pytest.param(replace(FETCHED, feed=replace(FEED, ttl=4 * HOUR)), 4 * HOUR, id="feed's ttl"),
        pytest.param(
            replace(UNCHANGED, freshness=Freshness(retry_after=2 * DAY)), 2 * DAY, id="Retry-After"
        ),
    ],
)
def test_what_is_asked_for_is_a_lower_bound(outcome: Outcome, expected: timedelta) -> None:
    assert expected <= wait(outcome) <= expected * 1.1


@pytest.mark.parametrize(
    "freshness", [Freshness(max_age=timedelta(days=5844)), Freshness(ttl=timedelta(days=400))]
)
def test_an_absurd_freshness_is_capped(freshness: Freshness) -> None:
    assert DAY <= wait(replace(UNCHANGED, freshness=freshness)) <= DAY * 1.1


@given(SPECS, FRESHNESS)
def test_a_success_is_followed_within_bounds(spec: FeedSpec, freshness: Freshness) -> None:
    span = wait(replace(UNCHANGED, freshness=freshness), spec=spec)
    asked = min(freshness.retry_after or timedelta(), WEEK)
    floors = [min(word or timedelta(), DAY) for word in (freshness.max_age, freshness.ttl)]

    own = spec.interval or timedelta()
    assert max(POLLING.min_interval, asked, own, *floors) <= span
    assert span <= max(DAY * 1.1, asked + max(own, HOUR))


# -------------------------------------------------------------------- failure


def test_a_failure_changes_nothing_of_the_feed() -> None:
    changed = plan(FAILED)

    assert changed == replace(
        STATE,
        failures=1,
        error="too slow",
        failing_since_at=NOON,
        last_polled_at=NOON,
        next_poll_at=changed.next_poll_at,
    )


def test_the_first_failure_of_a_row_is_remembered() -> None:
    later = plan(FAILED, state=plan(FAILED), now=NOON + HOUR)

    assert later.failing_since_at == NOON
    assert later.failures == 2


@pytest.mark.parametrize(
    ("failures", "least"),
    [(0, HOUR), (1, HOUR), (2, 2 * HOUR), (3, 4 * HOUR), (6, DAY / 1.25), (10_000, DAY / 1.25)],
)
def test_failures_back_off_up_to_the_maximum(failures: int, least: timedelta) -> None:
    span = wait(FAILED, state=replace(STATE, failures=failures))

    assert least <= span <= least * 1.25


def test_feeds_that_fail_together_come_back_apart() -> None:
    spans = {wait(FAILED, spec=FeedSpec(url=f"https://{n}.example/feed")) for n in range(100)}

    assert len(spans) == 100


@given(SPECS, FRESHNESS, st.integers(0, 1_000_000), st.sampled_from(FailureKind))
def test_a_failure_is_followed_within_bounds(
    spec: FeedSpec, freshness: Freshness, failures: int, kind: FailureKind
) -> None:
    outcome = Failed(kind=kind, message="x", freshness=freshness)
    span = wait(outcome, state=replace(STATE, failures=failures), spec=spec)
    asked = min(freshness.retry_after or timedelta(), WEEK)
    own = spec.interval or timedelta()

    assert max(POLLING.min_interval, asked, own) <= span
    assert span <= max(DAY, own * 1.25, asked + max(own, HOUR))


@given(SPECS, st.sampled_from([FAILED, UNCHANGED, FETCHED]))
def test_the_same_history_gives_the_same_plan(spec: FeedSpec, outcome: Outcome) -> None:
    assert plan(outcome, spec=spec) == plan(outcome, spec=spec)


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        pytest.param(2 * HOUR, NOON + 2 * HOUR, id="as long as it asks"),
        pytest.param(400 * DAY, NOON + WEEK, id="a week at most"),
        pytest.param(timedelta(), None, id="no time"),
        pytest.param(None, None, id="not asked"),
    ],
)
@pytest.mark.parametrize("outcome", [FAILED, UNCHANGED, FETCHED], ids=["failed", "304", "200"])
def test_retry_after_is_remembered_against_polls_by_hand(
    outcome: Failed | NotModified | Fetched, retry_after: timedelta | None, expected: datetime
) -> None:
    asking = replace(outcome, freshness=Freshness(retry_after=retry_after))

    assert plan(asking).left_alone_until_at == expected
    assert plan(UNCHANGED, state=plan(asking)).left_alone_until_at is None


def test_a_feed_that_is_gone_is_not_polled_again() -> None:
    changed = plan(Gone(message="gone for good"), state=replace(STATE, next_poll_at=NOON))

    assert changed.gone
    assert changed.next_poll_at is None
    assert changed.error == "gone for good"
    assert changed.failing_since_at == NOON
    assert changed.validators == OLD
    assert not is_due(changed, now=NOON + 1000 * DAY)


def test_a_deferred_feed_waits_and_is_otherwise_as_it_was() -> None:
    state = replace(STATE, failures=2, error="x", failing_since_at=NOON - DAY)

    changed = plan(Deferred(until_at=NOON + HOUR, message="later"), state=state)

    assert changed == replace(
        state, next_poll_at=changed.next_poll_at, left_alone_until_at=NOON + HOUR
    )
    assert changed.next_poll_at is not None
    assert NOON + HOUR <= changed.next_poll_at <= NOON + 2 * HOUR


def test_a_documents_ttl_outlives_a_304() -> None:
    """The document is not sent again, so its word is remembered."""
    state = replace(STATE, ttl=timedelta(hours=5))

    later = after(state, NotModified(validators=Validators()), spec=SPEC, polling=POLLING, now=NOON)

    assert later.next_poll_at is not None
    assert later.next_poll_at >= NOON + timedelta(hours=5)


# ---------------------------------------------------------------- together with others


@pytest.mark.parametrize("outcome", [UNCHANGED, FETCHED, FAILED], ids=["304", "200", "failed"])
def test_no_poll_falls_into_an_hour_that_the_document_skips(outcome: Outcome) -> None:
    skipping = frozenset({12, 13, 14})
    fetched = replace(FETCHED, feed=replace(FEED, skip_hours=skipping))
    state = plan(fetched, now=NOON - HOUR)

    changed = plan(fetched if outcome is FETCHED else outcome, state=state)

    assert changed.skip_hours == skipping
    assert changed.next_poll_at is not None
    assert changed.next_poll_at.hour == 15


def test_a_documents_skips_are_forgotten_when_it_no_longer_has_them() -> None:
    state = replace(STATE, skip_hours=frozenset({1}), skip_days=frozenset({2}))

    changed = plan(FETCHED, state=state)

    assert (changed.skip_hours, changed.skip_days) == (frozenset(), frozenset())


def test_what_a_feed_consists_of_is_kept_where_it_was_not_looked_at() -> None:
    state = replace(STATE, pieces=b"old")

    assert plan(FETCHED, state=state).pieces == b"old"
    assert plan(replace(FETCHED, pieces=b"new"), state=state).pieces == b"new"


def test_a_feed_that_is_gone_at_its_new_address_is_asked_at_the_old_one() -> None:
    state = replace(STATE, moved_to="https://b.example/", next_poll_at=NOON)

    changed = plan(Gone(message="gone"), state=state)

    assert not changed.gone
    assert (changed.moved_to, changed.failures, changed.validators) == ("", 1, Validators())
    assert changed.next_poll_at is not None
    assert changed.next_poll_at >= NOON + HOUR


def test_the_last_request_without_validators_is_remembered() -> None:
    blank = replace(STATE, validators=Validators())

    assert plan(FETCHED, state=blank).last_whole_at == NOON
    assert plan(FETCHED).last_whole_at is None
    assert plan(FAILED).last_whole_at is None
