"""The polling benchmark measures only what it was asked to, and its ratios say what they claim."""

from __future__ import annotations

import pytest

from bench import polling, servers
from bench.peers import Cost, Result

URLS = ("http://127.64.0.1:1/feed/0.xml", "http://127.64.0.2:1/feed/1.xml")


class Served(servers.Server):
    """A server of two feeds that is not asked."""

    @property
    def entries(self) -> int:
        """Return what two feeds may hold."""
        return 70


SERVED = Served(kind=servers.own_farm(), port=1, urls=URLS)
GOOD = Result(outcomes={"fetched": 2}, entries=70)


def cost(seconds: float) -> Cost:
    return Cost(seconds=seconds, cpu_s=2 * seconds, memory_mb=100.0)


def test_a_pass_that_did_what_was_asked_counts() -> None:
    polling.check(GOOD, situation=polling.FIRST, peer="reader", answered=(2, 0), server=SERVED)


@pytest.mark.parametrize(
    ("result", "answered"),
    [
        pytest.param(GOOD, (3, 0), id="a feed was asked twice"),
        pytest.param(GOOD, (1, 1), id="a feed answered 304"),
        pytest.param(Result(outcomes={"fetched": 2}, entries=69), (2, 0), id="an entry is missing"),
        pytest.param(
            Result(outcomes={"fetched": 1, "failed": 1}, entries=70), (2, 0), id="a feed failed"
        ),
    ],
)
def test_a_pass_that_did_something_else_ends_the_run(
    result: Result, answered: tuple[int, int]
) -> None:
    with pytest.raises(polling.DisagreementError, match="newsfold, first poll, 2 feeds"):
        polling.check(
            result, situation=polling.FIRST, peer="newsfold", answered=answered, server=SERVED
        )


def test_the_ratio_is_that_of_the_medians_and_above_one_where_newsfold_is_faster() -> None:
    costs = {
        "newsfold": [cost(1.0), cost(9.0), cost(2.0)],
        "reader": [cost(4.0), cost(6.0), cost(50.0)],
    }

    line = polling.ratio(200, polling.FIRST, peer="reader", costs=costs)

    assert line.time_ratio == 3.0
    assert line.time_ratios == pytest.approx((4.0, 2 / 3, 25.0))
    assert (
        "| 200 | first poll | reader | **3.00** | 4.00 0.67 25.00 | 3 | 3.00 | 1.0 |"
        in polling.table([line])
    )
