from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import (
    Failed,
    FailureKind,
    FeedSpec,
    FeedState,
    Freshness,
    Outcome,
    PollRequest,
)
from aggregator.poll.hosts import asked_url, group_by_host, host_of, host_pause, is_public, refusals
from tests.poll.makers import DAY, HOUR, NOON, POLLING, UNCHANGED, WEEK, body, failed

URL = "https://a.example/feed"
STATE = FeedState(feed_id=1, url=URL, last_fetched_at=NOON - DAY)
FORBIDDEN = failed(FailureKind.CLIENT_ERROR, status=403)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://A.Example/feed", "a.example:443"),
        ("http://a.example", "a.example:80"),
        ("http://a.example.:8080/x", "a.example:8080"),
        ("https://me:pw@a.example/", "a.example:443"),
        ("https://b\u00fccher.example/", "xn--bcher-kva.example:443"),
        ("http://[2001:DB8::1]:81/", "[2001:db8::1]:81"),
        ("http://" + "x" * 80 + "/", "x" * 80 + ":80"),
        ("http://a.example:99999/", "http://a.example:99999/"),
        ("http://[bad", "http://[bad"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_host_is_named(url: str, expected: str) -> None:
    assert host_of(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [(URL, True), ("http://10.0.0.1/", False), ("http://localhost/", False), ("nonsense", False)],
)
def test_a_public_host_is_told_by_its_spelling(url: str, *, expected: bool) -> None:
    assert is_public(url) == expected


def test_a_moved_feed_is_asked_at_its_new_address() -> None:
    assert asked_url(STATE) == URL
    assert asked_url(replace(STATE, moved_to="https://b.example/")) == "https://b.example/"


def test_requests_are_grouped_by_the_host_that_is_asked_in_order() -> None:
    urls = ("https://a.example/1", "https://b.example/2", "https://A.example:443/3")
    first, second, third = (
        PollRequest(spec=FeedSpec(url=url), state=STATE, now=NOON) for url in urls
    )
    away = replace(first, state=replace(STATE, moved_to="https://b.example/9"))

    assert group_by_host([first, second, third, away]) == [(first, third), (second, away)]


# ---------------------------------------------------------------------- rate limits


def limited(retry_after: timedelta | None) -> Failed:
    return Failed(
        kind=FailureKind.RATE_LIMITED, message="", freshness=Freshness(retry_after=retry_after)
    )


@pytest.mark.parametrize(
    ("url", "outcome", "expected"),
    [
        pytest.param(URL, limited(2 * HOUR), NOON + 2 * HOUR, id="as long as it asks"),
        pytest.param(URL, limited(None), NOON + HOUR, id="an hour when it does not say"),
        pytest.param(URL, limited(timedelta()), NOON + HOUR, id="no time is not saying"),
        pytest.param(URL, limited(400 * DAY), NOON + WEEK, id="a week at most"),
        pytest.param(
            URL,
            replace(FORBIDDEN, freshness=Freshness(retry_after=2 * HOUR)),
            NOON + 2 * HOUR,
            id="forbidden for a time",
        ),
        pytest.param(URL, failed(), None, id="another failure"),
        pytest.param(URL, UNCHANGED, None, id="no failure"),
        pytest.param("http://10.0.0.1/feed", limited(HOUR), None, id="private address"),
        pytest.param("http://localhost/feed", limited(HOUR), None, id="this machine"),
        pytest.param("http://[bad", limited(HOUR), None, id="no URL"),
    ],
)
def test_a_rate_limit_pauses_a_public_host(
    url: str, outcome: Outcome, expected: datetime | None
) -> None:
    assert host_pause(url, outcome, now=NOON, polling=POLLING) == expected


@pytest.mark.parametrize(
    ("failures", "paused"),
    [(0, False), (1, True), (2, True), (3, False), (50, False)],
    ids=["once", "twice", "thrice", "it is the feed's own", "for ever"],
)
def test_a_feed_that_is_refused_repeatedly_pauses_its_host_for_a_while(
    failures: int, *, paused: bool
) -> None:
    """Not for ever: a feed that was closed must not stop its neighbours."""
    state = replace(STATE, failures=failures)

    until_at = host_pause(URL, FORBIDDEN, now=NOON, polling=POLLING, state=state)

    assert until_at == (NOON + HOUR if paused else None)


def test_a_feed_that_never_worked_pauses_no_host() -> None:
    state = replace(STATE, failures=1, last_fetched_at=None)

    assert host_pause(URL, FORBIDDEN, now=NOON, polling=POLLING, state=state) is None


def test_two_feeds_of_a_host_that_are_refused_in_a_row_pause_it() -> None:
    told = host_pause(URL, FORBIDDEN, now=NOON, polling=POLLING, refused_before=1)

    assert told == NOON + HOUR
    at_home = host_pause("http://10.0.0.1/", FORBIDDEN, now=NOON, polling=POLLING, refused_before=1)
    assert at_home is None


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], 0),
        ([FORBIDDEN, FORBIDDEN], 2),
        ([FORBIDDEN, UNCHANGED], 0),
        ([UNCHANGED, FORBIDDEN, body(), FORBIDDEN], 1),
        ([failed(FailureKind.CLIENT_ERROR, status=404)], 0),
    ],
)
def test_refusals_are_counted_in_a_row(outcomes: list[Outcome], expected: int) -> None:
    assert refusals(outcomes) == expected
