"""The table of how well stories fold, beside the goals and the plain methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAMES = {"pair_P": "pairs P", "pair_R": "pairs R", "b3_P": "BCubed P", "b3_F1": "BCubed F1"}
Scores = dict[str, float]
GOALS: Mapping[str, Scores] = {
    "copies": {"pair_P": 0.999, "pair_R": 0.97},
    "stories": {"pair_P": 0.97, "pair_R": 0.70, "b3_P": 0.985, "b3_F1": 0.925},
}
GOAL_OF_ORDERS = 0.97
OURS = "Newsfold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one method made of one set of data."""

    data: str
    method: str
    scores: Scores


def table(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield the lines of the table, a goal's row under each set that has one."""
    yield _line("data", "method", NAMES.values())
    before = ""
    for figure in figures:
        if figure.data != before:
            yield ""
            if goals := GOALS.get(figure.data):
                yield _line(figure.data, "goal", _values(goals))
        yield _line(figure.data, figure.method, _values(figure.scores))
        before = figure.data


def _line(data: str, method: str, values: Iterable[str]) -> str:
    return f"{data:24} {method:46}" + "".join(f"{value:>11}" for value in values)


def _values(scores: Scores) -> Iterator[str]:
    for name in NAMES:
        yield f"{scores[name]:.4f}" if name in scores else "-"
