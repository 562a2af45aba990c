from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.filters import parse_filter
from aggregator.digest.filters import Subject, first_fit, fits
from aggregator.model import FeedSpec
from tests.digest.makers import HOUR, NOW, feed_url, member


def subject(**changes: object) -> Subject:
    told: dict[str, Any] = {
        "title": "Harbour towns agree on a barrier",
        "summary": "Seven towns signed.",
        "content": "<p>The <b>survey</b> comes first.</p>",
        "authors": ("Mara Lind",),
        "categories": ("Tides", "Energy policy"),
        "language": "en-GB",
        "published_at": NOW - 49 * HOUR,
    }
    one = member(url="https://a.example/1", first_seen_at=NOW, **(told | changes))
    spec = FeedSpec(url=feed_url("a"), tags=("coast",))
    return Subject(member=one, spec=spec, outlets=2)


@pytest.mark.parametrize(
    "rule",
    [
        "barrier",
        "BARRIER",
        "towns agree",
        "signed",
        "tides",
        "title: harbour towns",
        "text: survey",
        "text: the survey",
        "author: lind",
        "tag: tides",
        "tag: energy policy",
        "tag: coast",
        "feed: outlet",
        f"feed: {feed_url('a')}",
        "lang: en",
        "lang: en-gb",
        "url: https://a.example/1",
        "url: /example.[0-9]/",
        "/bar.ier$/",
        "title: /^harbour/",
        "age > 2d",
        "age <= 3d",
        "coverage >= 2",
        "!sport",
        "title: barrier && tag: coast && !lang: de",
    ],
)
def test_a_rule_fits(rule: str) -> None:
    assert fits(parse_filter(rule), subject())


@pytest.mark.parametrize(
    "rule",
    [
        "barriers",
        "survey",
        "barrier energy",
        "title: signed",
        "author: li",
        "tag: energy",
        "feed: b",
        "lang: e",
        "url: https://a.example/",
        "/barrier tides/",
        "age > 3d",
        "coverage > 2",
        "!barrier",
        "title: barrier && tag: sport",
    ],
)
def test_a_rule_does_not_fit(rule: str) -> None:
    assert not fits(parse_filter(rule), subject())


def test_an_entry_without_a_date_is_new() -> None:
    assert fits(parse_filter("age < 1h"), subject(published_at=None))
    assert fits(parse_filter("age < 1h"), subject(published_at=NOW + 99 * HOUR))


def test_a_pattern_that_runs_wild_ends_and_fits_nothing() -> None:
    wild = parse_filter("title: /^(a|a)*(a|b)*$(?<=x)/")
    started = perf_counter()

    found = fits(wild, subject(title="a" * 60 + "!"))

    assert not found
    assert perf_counter() - started < 5


def test_the_first_that_fits_is_named() -> None:
    rules = [parse_filter(text) for text in ("sport", "barrier", "tides")]

    assert first_fit(rules, subject()) == rules[1]
    assert first_fit(rules[:1], subject()) is None


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_no_text_makes_trouble(title: str, sought: str) -> None:
    rule = parse_filter(f'"x{sought}"')
    told = subject(title=title)

    assert fits(rule, told) is not fits(
        replace(rule, terms=(replace(rule.terms[0], negated=True),)), told
    )
