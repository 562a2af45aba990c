"""The poll plan keeps its promises on small worlds; bench/schedule.py measures the whole ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bench import outlets, schedule, week
from bench.simulated import POLLING

DAYS = 10


@pytest.mark.parametrize("least", [timedelta(minutes=15), timedelta(hours=1)])
def test_news_are_met_a_third_sooner_than_by_a_fixed_interval(least: timedelta) -> None:
    """With the same number of requests, give or take one for each feed."""
    mixed = outlets.mixed(40, days=DAYS, seed=3)
    polling = replace(POLLING, min_interval=least)

    ours = schedule.adaptive(mixed, days=DAYS, polling=polling)
    theirs = schedule.fixed(mixed, days=DAYS, requests=ours.requests)

    assert abs(ours.requests - theirs.requests) <= len(mixed)
    assert len(ours.delays) == pytest.approx(len(theirs.delays), rel=0.05)
    assert ours.median <= schedule.GOAL * theirs.median
    assert ours.mean < theirs.mean


def test_where_all_feeds_are_as_busy_their_days_and_nights_still_help() -> None:
    alike = outlets.alike(15, days=DAYS, seed=3)

    ours = schedule.adaptive(alike, days=DAYS, polling=POLLING)
    theirs = schedule.fixed(alike, days=DAYS, requests=ours.requests)

    assert ours.median < 0.95 * theirs.median


def test_no_minute_holds_half_more_than_the_mean_whatever_goes_wrong() -> None:
    """New feeds all at once, failures, a host down, a host that pauses, stops and a sleep."""
    half_hourly = timedelta(minutes=30)
    told = week.run(week.World(feeds=1200, span=timedelta(hours=8), own=half_hourly))

    assert told.met == 1200
    assert told.too_close == 0
    assert told.busiest <= week.GOAL * told.mean


def test_a_long_list_of_new_feeds_is_met_within_its_time_and_not_at_once() -> None:
    told = week.run(week.World(feeds=900, span=timedelta(hours=3)))

    assert told.met == 900
    assert timedelta(minutes=20) < told.last_met_at - outlets.START < timedelta(minutes=40)
    assert told.too_close == 0


def test_a_list_as_people_keep_it_is_met_at_once() -> None:
    told = week.run(week.World(feeds=50, span=timedelta(hours=1)))

    assert told.polls[outlets.START] >= 48  # all but those of a host that asks for a pause
    assert told.met == 50
