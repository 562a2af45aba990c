"""The checks see what is wrong, and a document that hangs or kills its process is named."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import pytest

from aggregator.model import Enclosure, Entry, Failed, FailureKind, ReadFeed
from tests.fuzz import campaign, checks, mutations
from tests.fuzz.checks import Checker
from tests.fuzz.seeds import OWN
from tests.hostile.ground import judge

READ = checks.read_as(OWN[0])
assert isinstance(READ, ReadFeed)
FEED: ReadFeed = READ
FIRST = FEED.entries[0]
JSON = 1  # in OWN: full.atom, full.json, full.rdf, full.rss


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"key": ""}, "key"),
        ({"key": "k" * 501}, "key"),
        ({"title": "a\x0bb"}, "title"),
        ({"summary": "\ud800"}, "summary"),
        ({"authors": ("\ufffe",)}, "authors"),
        ({"url": "javascript:alert(1)"}, "address"),
        ({"url": '//h.example/"'}, "address"),
        ({"enclosures": (Enclosure(url="http://"),)}, "address"),
        ({"published_at": datetime(2026, 1, 1)}, "moment"),  # noqa: DTZ001 - the fault itself
        ({"content": "<p onclick=alert(1)>x</p>"}, "content"),
    ],
)
def test_a_fault_of_an_entry_is_named(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object], fault: str
) -> None:
    bad: Entry = replace(FIRST, **change)  # type: ignore[arg-type] # one of its own fields
    monkeypatch.setattr(checks, "read_as", lambda _body: replace(FEED, entries=(bad,)))
    monkeypatch.setattr(checks, "describe", lambda _entry: b"")

    verdict = Checker().check(b"", rendered=False)

    assert [each.partition(":")[0] for each in verdict.faults] == [fault]


def test_a_failure_without_a_message_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Failed(kind=FailureKind.EMPTY, message="")
    monkeypatch.setattr(checks, "read_as", lambda _body: failed)

    assert Checker().check(b"", rendered=False).faults == ("message: none",)


def test_another_judge_is_asked_too() -> None:
    assert "content: alive" in Checker(lambda _html: ["alive"]).check(OWN[0], rendered=False).faults


def test_an_exception_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_body: bytes) -> None:
        message = "no value"
        raise ValueError(message)

    monkeypatch.setattr(checks, "read_as", fail)

    (fault,) = campaign.attempt(Checker(), b"", rendered=False).faults

    assert fault.startswith("exception")
    assert "ValueError: no value" in fault


def test_a_small_document_with_the_same_fault_is_found() -> None:
    def boom(html: str) -> list[str]:
        return ["boom"] if "stone" in html else []

    small = campaign.minimised(Checker(boom), OWN[JSON], "content: boom", rendered=False)

    assert len(small) < len(OWN[JSON])
    assert "content: boom" in Checker(boom).check(small, rendered=False).faults


def test_a_run_goes_on_behind_a_document_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is tried on a process that has no time for anything."""
    monkeypatch.setattr(campaign, "TIME_LIMIT_S", -1.0)
    monkeypatch.setattr(campaign, "START_S", -1.0)
    began = time.monotonic()

    done = list(campaign.run(1, range(3), jobs=1))

    assert [each.number for each in done] == [0, 1, 2]
    assert {each.verdict.outcome for each in done} == {"killed"}
    assert time.monotonic() - began < 30


def test_documents_of_a_run_are_those_of_its_numbers() -> None:
    done = sorted(campaign.run(1, range(40, 44), jobs=2), key=lambda each: each.number)
    alone = [campaign.one(Checker(judge()), 1, number) for number in range(40, 44)]

    assert [each.verdict for each in done] == [each.verdict for each in alone]
    assert all(mutations.document(1, number) for number in range(40, 44))
