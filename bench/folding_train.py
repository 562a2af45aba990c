"""Train the coverage model: python bench/folding_train.py prints the table for `coefficients.py`.

Reads ../shared/folding; copies nothing. The held-out part of the stories is not trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import exp
from typing import TYPE_CHECKING

from aggregator.fold import coverage
from aggregator.fold.stories import Index
from bench.folding_offline import FOLDING, Measured

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = tuple(field.name for field in fields(coverage.Likeness))
MOST_PARTNERS = 40  # of one entry: more than are compared, so that the model knows the unlike
RIDGE = 1.0
MAX_STEPS = 15
SMALL_STEP = 1e-5  # far below the two decimals that are printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A candidate pair: what the model weighs (1 first, for the intercept), and the truth."""

    measures: tuple[float, ...]
    same: bool


def pairs_of(part: Measured) -> list[Pair]:
    """Return the pairs that the index would compare, met in order of publication."""
    gold = {row["id"]: row["story"] for row in part.rows}
    related = {frozenset(pair) for pair in part.ignore}
    index = Index(FOLDING)
    names: dict[int, str] = {}
    found = []
    for name, arrival in part.arrivals():
        for entry_id, likeness in index.candidates(arrival, most=MOST_PARTNERS):
            ours, theirs = gold[name], gold[names[entry_id]]
            known = ours or theirs
            if known and (ours == theirs or frozenset((ours, theirs)) not in related):
                measures = (1.0, *(getattr(likeness, one) for one in NAMES))
                found.append(Pair(measures=measures, same=ours == theirs))
        names[arrival.entry_id] = name
        index.add(arrival, story_id=name)
    return found


def train() -> None:
    """Print the trained model, and how it does on pairs that it was not trained on."""
    tuning, held = Measured.of("stories", field="story").parts()
    pairs = pairs_of(Measured.of("train_stories", field="story")) + pairs_of(tuning)
    weights = fit(pairs)
    print(f"INTERCEPT = {weights[0]:.2f}\nCOVERAGE = {{")
    for name, weight in zip(NAMES, weights[1:], strict=True):
        print(f'    "{name}": {weight:.2f},')
    print("}")
    later = pairs_of(held)
    print(f"# {len(pairs)} pairs; of {len(later)} not trained on: {curve(weights, later)}")


def fit(pairs: Sequence[Pair]) -> list[float]:
    """Return the weights of a logistic regression, by Newton's method with a ridge."""
    weights = [0.0] * len(pairs[0].measures)
    for _ in range(MAX_STEPS):
        gradient, hessian = slopes(pairs, weights)
        step = solve(hessian, gradient)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < SMALL_STEP:
            break
    return weights


def slopes(pairs: Sequence[Pair], weights: list[float]) -> tuple[list[float], list[list[float]]]:
    """Return the gradient and the curvature of the likelihood."""
    size = len(weights)
    gradient = [0.0] + [-RIDGE * weight for weight in weights[1:]]
    hessian = [[RIDGE * (i == j > 0) for j in range(size)] for i in range(size)]
    for pair in pairs:
        likely = chance(weights, pair)
        error, bend = pair.same - likely, likely * (1 - likely)
        for i, value in enumerate(pair.measures):
            gradient[i] += error * value
            if value:
                row, scaled = hessian[i], bend * value
                for j, other in enumerate(pair.measures):
                    row[j] += scaled * other
    return gradient, hessian


def chance(weights: Sequence[float], pair: Pair) -> float:
    """Return how likely the model holds a pair to be one event."""
    total = sum(a * b for a, b in zip(weights, pair.measures, strict=True))
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return x of matrix x = right, by Gauss and Jordan with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(len(rows)):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]


def curve(weights: Sequence[float], pairs: Sequence[Pair]) -> str:
    """Return the recall among candidate pairs at some precisions, with the chance to ask for."""
    ranked = sorted(((chance(weights, pair), pair.same) for pair in pairs), reverse=True)
    right, best = 0, {}
    whole = sum(pair.same for pair in pairs)
    for place, (likely, same) in enumerate(ranked, 1):
        right += same
        for wanted in (0.99, 0.98, 0.97, 0.95):
            if right / place >= wanted:
                best[wanted] = f"R {right / whole:.3f} at P {wanted} (chance {likely:.2f})"
    return ", ".join(best[wanted] for wanted in sorted(best, reverse=True))


if __name__ == "__main__":
    train()
