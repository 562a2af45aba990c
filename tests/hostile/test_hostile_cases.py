"""Every case of the hostile server, played once with short limits; by hand: tools/hostile.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hostile.ground import HOSTILE, Case, Manners, Setting, serve_good, serve_hostile
from tests.hostile.rounds import Round, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hostile.ground import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not HOSTILE.is_dir(), reason=f"no hostile server beside the project ({HOSTILE})"
    ),
]

# A busy machine is no fault: tools/hostile.py holds good feeds to 5 s.
SHORT = Manners(timeout="5s", read_time="2s", connections=6, delay_s=30.0)
PATIENT = Manners(timeout="20s")
UNHURRIED = "slow_but_honest"  # dribbles for 8 s, and must be waited for
TTL_S = 300.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve_hostile(tmp_path_factory.mktemp("server"), ttl_s=TTL_S) as server:
        yield server


@pytest.fixture(scope="module")
def cases(server: Server) -> list[Case]:
    return [case for case in server.cases if case.name != UNHURRIED]


@pytest.fixture(scope="module")
def played(server: Server, cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Round:
    """Play a round, once for all tests here."""
    with serve_good(60, ttl_s=TTL_S) as good:
        setting = Setting(server=server, good=good, manners=SHORT)
        return play(tmp_path_factory.mktemp("round"), setting, cases, run_name="short")


def test_every_case_comes_out_as_the_index_says(played: Round, cases: list[Case]) -> None:
    assert len(cases) > 90
    assert {name: found for name, found in played.faults.items() if name and found} == {}


def test_no_good_feed_no_bound_and_no_published_file_suffers(played: Round) -> None:
    """Nor is an address reached that is not allowed, nor does standard error say anything."""
    assert played.faults[""] == []


def test_an_honest_slow_feed_is_waited_for(server: Server, tmp_path: Path) -> None:
    setting = Setting(server=server, good=(), manners=PATIENT)
    cases = [case for case in server.cases if case.name == UNHURRIED]

    assert play(tmp_path, setting, cases, run_name="patient").faults == {UNHURRIED: [], "": []}
