"""The judge sees what is wrong: one that finds nothing anywhere would let everything through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.hostile import telling
from tests.hostile.ground import Case
from tests.hostile.judging import Met, faults
from tests.hostile.passes import Told, entries_by_feed
from tests.hostile.rounds import Round, published_faults

if TYPE_CHECKING:
    from pathlib import Path

FETCHED = Told(outcome="fetched", new=3, error="", seconds=0.1, at_s=1.0)
REFUSED = replace(FETCHED, outcome="failed", new=0, error="The body is empty")
ENTRY = {"feed": "http://a.example/", "title": "Café ☃"}
GOOD = Case(
    name="any", group="g", note="n", outcome="ok", entries=3, polls=1, new=(3,), budget_s=30
)
BAD = replace(GOOD, outcome="error", entries=None, new=())
LATE = (datetime.now(UTC) + timedelta(days=3650)).isoformat()


def met(*polls: Told | None, stored: int = 0, **feed: str) -> Met:
    return Met(polls=polls, stored=(ENTRY,) * stored, feed=feed)


@pytest.mark.parametrize(
    ("case", "came"),
    [
        pytest.param(GOOD, met(FETCHED, stored=3), id="taken"),
        pytest.param(BAD, met(REFUSED), id="refused"),
        pytest.param(replace(BAD, outcome="either"), met(REFUSED), id="either, refused"),
        pytest.param(replace(GOOD, outcome="either"), met(FETCHED, stored=3), id="either, taken"),
    ],
)
def test_what_came_out_as_asked_has_no_fault(case: Case, came: Met) -> None:
    assert faults(case, came) == []


@pytest.mark.parametrize(
    ("case", "came", "fault"),
    [
        pytest.param(GOOD, met(None), "said nothing", id="no report"),
        pytest.param(GOOD, met(REFUSED), "refused: The body", id="a good one refused"),
        pytest.param(GOOD, met(FETCHED, stored=2), "2 entries are stored", id="one lost"),
        pytest.param(GOOD, met(replace(FETCHED, new=4), stored=3), "[4] instead", id="one too new"),
        pytest.param(BAD, met(FETCHED), "taken for a feed", id="a bad one taken"),
        pytest.param(BAD, met(REFUSED, stored=1), "yet 1 entries", id="refused and stored"),
        pytest.param(BAD, met(replace(REFUSED, error="")), "without a reason", id="no reason"),
        pytest.param(BAD, met(replace(REFUSED, seconds=40)), "took 40.0 s", id="over its time"),
        pytest.param(BAD, met(replace(REFUSED, outcome="deferred")), "deferred", id="not asked"),
        pytest.param(
            BAD, met(replace(REFUSED, error="a fault of Newsfold")), "fault of", id="our bug"
        ),
        pytest.param(
            replace(BAD, name="gone_410"), met(REFUSED, condition="failing"), "'failing'", id="410"
        ),
        pytest.param(
            replace(BAD, name="retry_after_10y"), met(REFUSED, next_poll_at=LATE), "left", id="429"
        ),
        pytest.param(
            replace(BAD, name="redirect_301_portal"), met(REFUSED, moved_to="x"), "x", id="301"
        ),
    ],
)
def test_what_did_not_is_named(case: Case, came: Met, fault: str) -> None:
    assert fault in "; ".join(faults(case, came))


def test_entries_are_counted_by_their_feed() -> None:
    stories = [{"entries": [ENTRY, {**ENTRY, "feed": "http://b.example/"}]}, {"entries": [ENTRY]}]

    counts = {feed: len(found) for feed, found in entries_by_feed(stories).items()}

    assert counts == {"http://a.example/": 2, "http://b.example/": 1}


@pytest.mark.parametrize(
    ("name", "body", "fault"),
    [
        ("hostile.atom", "<feed>", "ill-formed"),
        ("hostile.json", "{", "ill-formed"),
        ("page.html", "<p>CANARY-SECRET</p>", "CANARY-SECRET"),
        ("page.html", "<p onclick=x>", "harm"),
    ],
)
def test_an_unsound_file_is_named(tmp_path: Path, name: str, body: str, fault: str) -> None:
    sound = {
        "hostile.atom": '<feed xmlns="http://www.w3.org/2005/Atom"/>',
        "hostile.rss": "<rss/>",
        "hostile.json": '{"items": []}',
    }
    for path, text in {**sound, name: body}.items():
        (tmp_path / path).write_text(text, "utf-8")

    assert any(fault in each for each in published_faults(tmp_path))


def test_the_table_leaves_out_what_differs_from_run_to_run() -> None:
    told = replace(REFUSED, error="http://127.0.0.1:41234/case/any?run=round1 is | <no> feed")
    each = Round(met={"any": met(told)}, faults={"any": [], "": []}, seconds=(1.0,))

    (row,) = telling.table([BAD], each).splitlines()[2:]

    assert "http://127.0.0.1:PORT/case/any is \\| &lt;no> feed" in row


def test_the_page_keeps_the_figures_of_the_last_fuzzing() -> None:
    each = Round(met={"any": met(REFUSED)}, faults={"any": [], "": []}, seconds=(1.0,))
    first = telling.page([BAD], [each])

    told = telling.with_fuzzed(first, "5000 documents in 9 s")

    assert telling.NEVER_FUZZED in first
    assert "\nThe last run by hand: 5000 documents in 9 s.\n" in told
    assert telling.page([BAD], [each], before=told) == told
