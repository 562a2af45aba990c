from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from aggregator.model import Deferred, FailureKind, FeedSpec, FeedState, Outcome, Validators
from aggregator.poll.plan import after
from aggregator.poll.stuck import is_absurd, validators_for, whole_at
from tests.poll.makers import DAY, ETAG, HOUR, NOON, POLLING, UNCHANGED, body, failed

STATE = FeedState(
    feed_id=1, url="https://a.example/", validators=ETAG, rhythm=6 * HOUR,
    last_fetched_at=NOON - 9 * DAY, last_polled_at=NOON - HOUR,
)  # fmt: skip
CONSTANT = Validators(last_modified="Thu, 01 Jan 1970 00:00:00 GMT")
SANE = Validators(last_modified="Sun, 01 Feb 2026 00:00:00 GMT")


@pytest.mark.parametrize(
    ("changes", "whole"),
    [
        pytest.param({}, True, id="it used to change faster"),
        pytest.param({"rhythm": 4 * DAY}, False, id="slow, but not that slow"),
        pytest.param({"rhythm": None}, False, id="never known to change"),
        pytest.param({"last_fetched_at": NOON - 7 * DAY}, False, id="not yet eight days"),
        pytest.param({"last_whole_at": NOON - DAY}, False, id="asked whole lately"),
        pytest.param({"last_whole_at": NOON - 9 * DAY}, True, id="asked whole long ago"),
        pytest.param({"failures": 1}, False, id="failing"),
        pytest.param({"last_fetched_at": None}, False, id="never fetched"),
        pytest.param({"rhythm": None, "validators": CONSTANT}, True, id="modified in 1970"),
        pytest.param({"rhythm": None, "validators": SANE}, False, id="modified last month"),
        pytest.param(
            {"rhythm": None, "validators": replace(CONSTANT, etag='"e"')}, False,
            id="its ETag counts, not its date",
        ),
    ],
)  # fmt: skip
def test_a_feed_is_asked_for_whole_when_its_304s_are_not_believed(
    changes: dict[str, object], *, whole: bool
) -> None:
    state = replace(STATE, **changes)  # type: ignore[arg-type]  # fields of the case

    given = validators_for(state, now=NOON)

    assert given == (Validators() if whole else state.validators)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("Tue, 01 Jan 1980 00:00:00 GMT", True),
        ("Tue, 19 Jan 2038 03:14:07 GMT", True),
        ("Tue, 19 Jan 2041 03:14:07 -0000", True),
        ("yesterday", True),
        ("Sun, 01 Mar 2026 13:00:00 GMT", False),
        ("Mon, 02 Feb 1998 00:00:00 GMT", False),
        ("", False),
    ],
)
def test_a_date_at_which_nothing_was_modified_is_absurd(text: str, *, expected: bool) -> None:
    assert is_absurd(text, now=NOON) == expected


BLANK = replace(STATE, validators=Validators(), last_whole_at=None)


@pytest.mark.parametrize(
    ("state", "outcome", "expected"),
    [
        pytest.param(BLANK, body(), NOON, id="no validators"),
        pytest.param(BLANK, UNCHANGED, NOON, id="the same body"),
        pytest.param(STATE, UNCHANGED, NOON, id="doubted"),
        pytest.param(BLANK, failed(FailureKind.UNPARSABLE), NOON, id="a body of no use"),
        pytest.param(BLANK, failed(FailureKind.DNS), None, id="nobody was asked"),
        pytest.param(BLANK, Deferred(until_at=NOON, message=""), None, id="deferred"),
        pytest.param(BLANK, body(is_partial=True), None, id="a push"),
        pytest.param(replace(STATE, rhythm=None), UNCHANGED, None, id="with validators"),
    ],
)
def test_a_request_without_validators_is_told(
    state: FeedState, outcome: Outcome, expected: datetime | None
) -> None:
    assert whole_at(state, outcome, now=NOON) == expected


def test_a_feed_that_is_dead_is_asked_whole_ever_more_seldom() -> None:
    """Its rhythm slows down as time goes by, so doubts grow rarer."""
    state, now, asked = replace(STATE, last_fetched_at=NOON - DAY), NOON, list[datetime]()
    while now < NOON + 365 * DAY:
        if validators_for(state, now=now) == Validators():
            asked.append(now)
        spec = FeedSpec(url=state.url)
        state = after(state, UNCHANGED, spec=spec, polling=POLLING, now=now)
        assert state.next_poll_at
        now = state.next_poll_at
    gaps = [later - sooner for sooner, later in pairwise(asked)]

    assert 3 <= len(asked) <= 12
    assert min(gaps) >= timedelta(days=8)
    assert gaps[-1] > gaps[0]
