from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Deferred, FailureKind, FeedState, Outcome
from aggregator.poll.outage import Watch
from tests.poll.makers import HOUR, MINUTE, NOON, UNCHANGED, failed

DNS, REFUSED, SLOW = FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT
OURS = FailureKind.NETWORK


def feed(name: str, *, path: str = "", failures: int = 0) -> FeedState:
    return FeedState(feed_id=1, url=f"https://{name}.example/{path}", failures=failures)


A, B, C, D = (feed(name) for name in "abcd")


def after_pass(
    watch: Watch, *pairs: tuple[FeedState, Outcome], now: datetime = NOON
) -> dict[str, Outcome]:
    """Return what a whole pass comes to, by feed."""
    released = [pair for one in pairs for pair in watch.put([one], now=now)]
    released += watch.settle(now=now)
    assert len(released) == len(pairs)
    return dict(released)


def is_deferred(outcomes: dict[str, Outcome], *states: FeedState) -> bool:
    return all(isinstance(outcomes[state.url], Deferred) for state in states)


# --------------------------------------------------------------------- whose fault


@pytest.mark.parametrize(
    ("pairs", "down"),
    [
        pytest.param([(A, failed(DNS)), (B, failed(DNS)), (C, failed(SLOW))], True, id="three"),
        pytest.param([(A, failed(DNS)), (B, failed(DNS))], False, id="two may share a provider"),
        pytest.param([(A, failed(DNS))], False, id="one alone"),
        pytest.param([(A, failed(OURS))], True, id="one alone, with a local error"),
        pytest.param(
            [(feed("a", path=str(n)), failed(DNS)) for n in range(9)], False, id="one host's feeds"
        ),
        pytest.param(
            [(A, failed(DNS)), (B, failed(DNS)), (C, failed(DNS)), (D, UNCHANGED)], False,
            id="an answer at last",
        ),
        pytest.param([(D, UNCHANGED), (A, failed(OURS)), (B, failed(DNS))], True, id="broke off"),
        pytest.param(
            [(A, failed(DNS)), (B, failed(DNS)), (C, failed(FailureKind.TLS))], False,
            id="a bad certificate is an answer",
        ),
        pytest.param(
            [(A, failed(DNS)), (B, failed(DNS)), (C, failed(FailureKind.SERVER_ERROR, status=500))],
            False, id="an error is an answer",
        ),
        pytest.param(
            [(feed(name, failures=3), failed(DNS)) for name in "abcdef"], False,
            id="all were failing before",
        ),
        pytest.param(
            [(A, failed(DNS)), (B, failed(DNS)), (C, failed(FailureKind.INTERNAL))], False,
            id="a fault of ours tells nothing",
        ),
    ],
)  # fmt: skip
def test_the_fault_is_found(pairs: list[tuple[FeedState, Outcome]], *, down: bool) -> None:
    told = after_pass(Watch(), *pairs)

    suspects = [state for state, outcome in pairs if outcome in (failed(DNS), failed(OURS))]
    assert is_deferred(told, *suspects) == down
    if not down:
        assert told == {state.url: outcome for state, outcome in pairs}


def test_a_private_host_is_no_evidence_and_is_not_held() -> None:
    watch = Watch()
    at_home = [
        (FeedState(feed_id=n, url=f"http://10.0.0.{n}/"), failed(REFUSED)) for n in range(1, 6)
    ]

    assert len(watch.put(at_home, now=NOON)) == 5
    assert is_deferred(after_pass(watch, *[(one, failed(DNS)) for one in (A, B, C)]), A, B, C)


def test_a_failing_feed_is_deferred_with_the_others_when_the_network_is_down() -> None:
    old = feed("old", failures=9)

    assert is_deferred(after_pass(Watch(), *[(one, failed(DNS)) for one in (old, A, B, C)]), old)


# ------------------------------------------------------------------- what is held


def test_an_answer_is_never_held_and_lets_the_held_ones_go() -> None:
    watch = Watch()

    assert watch.put([(A, failed(DNS))], now=NOON) == []
    assert watch.put([(B, UNCHANGED)], now=NOON) == [(A.url, failed(DNS)), (B.url, UNCHANGED)]
    assert watch.settle(now=NOON) == []


def test_a_slow_pass_holds_nothing_for_more_than_a_minute() -> None:
    watch = Watch()
    watch.put([(A, failed(OURS))], now=NOON)

    assert watch.put([(B, failed(OURS))], now=NOON + 30 * timedelta(seconds=1)) == []
    released = watch.put([], now=NOON + MINUTE)

    assert {url for url, _ in released} == {A.url, B.url}
    assert is_deferred(dict(released), A, B)


# -------------------------------------------------------------------- over passes


def test_hosts_that_fail_one_by_one_are_evidence_together() -> None:
    watch = Watch()

    assert not is_deferred(after_pass(watch, (A, failed(DNS))), A)
    assert not is_deferred(after_pass(watch, (B, failed(DNS)), now=NOON + MINUTE), B)
    assert is_deferred(after_pass(watch, (C, failed(DNS)), now=NOON + 2 * MINUTE), C)


def test_an_outage_ends_with_the_first_answer() -> None:
    watch = Watch()
    after_pass(watch, *[(one, failed(DNS)) for one in (A, B, C)])
    after_pass(watch, (D, UNCHANGED), now=NOON + HOUR)

    told = after_pass(watch, (A, failed(DNS)), now=NOON + 2 * HOUR)

    assert told == {A.url: failed(DNS)}


def test_a_host_is_forgiven_once_while_others_answer() -> None:
    """A resolver that always says "try again" for one name is that name's trouble."""
    watch = Watch()
    assert is_deferred(after_pass(watch, (A, failed(OURS))), A)
    assert is_deferred(after_pass(watch, (A, failed(OURS)), now=NOON + HOUR), A)
    after_pass(watch, (B, UNCHANGED), now=NOON + HOUR)

    assert after_pass(watch, (A, failed(OURS)), now=NOON + 2 * HOUR) == {A.url: failed(OURS)}
    after_pass(watch, (A, UNCHANGED), now=NOON + 3 * HOUR)
    assert is_deferred(after_pass(watch, (A, failed(OURS)), now=NOON + 4 * HOUR), A)


def test_pauses_are_short_grow_with_the_outage_and_differ() -> None:
    watch = Watch()
    urls = [feed(f"n{n}") for n in range(50)]

    def pauses(now: datetime) -> list[timedelta]:
        told = after_pass(watch, *[(one, failed(DNS)) for one in urls], now=now)
        return [one.until_at - now for one in told.values() if isinstance(one, Deferred)]

    first, later = pauses(NOON), pauses(NOON + HOUR)
    assert len(first) == len(later) == 50
    assert MINUTE <= min(first) < max(first) <= 2 * MINUTE
    assert 5 * MINUTE <= min(later) < max(later) <= 10 * MINUTE
    assert len(set(first)) == 50


def test_a_moved_feed_counts_for_the_host_that_is_asked() -> None:
    moved = [replace(one, moved_to="https://m.example/") for one in (A, B, C)]

    told = after_pass(Watch(), *[(one, failed(DNS)) for one in moved])

    assert not is_deferred(told, A)
