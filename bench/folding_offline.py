"""Measure and train the folding room alone, on the development data beside the project.

    python bench/folding_offline.py             prints every figure
    python bench/folding_offline.py --train     trains the coverage model, prints its table

Reads ../shared/folding; copies nothing. Entries go through the Index one by one, in order of
publication. The later half of `stories.jsonl` is kept out of training; thresholds and guards were
chosen with both halves in sight, so its figures are not those of data never seen.
"""

from __future__ import annotations

import argparse
import json
import random
import tarfile
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.fold import decide, stories
from aggregator.fold.features import describe
from aggregator.fold.identity import canonical_url
from aggregator.model import Arrival, Entry, Folding, Merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent

SHARED = ROOT.parent / "shared" / "folding"
Row = dict[str, Any]
EPOCH = datetime(2018, 1, 1, 12, tzinfo=UTC)
FOLDING = Folding(window=timedelta(hours=72), coverage=True)
COLD_SIZES = (60, 150)
COPIES_ONLY = Folding(window=timedelta(hours=72), coverage=False)


# ------------------------------------------------------------------------ data


def rows_of(name: str) -> list[Row]:
    """Return the rows of one of the development files."""
    with tarfile.open(SHARED / "dev.tar.xz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == name:
                found = archive.extractfile(member)
                assert found is not None  # noqa: S101  a regular file
                return [json.loads(line) for line in found.read().decode("utf-8").splitlines()]
    raise FileNotFoundError(name)


def ignored_pairs(name: str) -> list[tuple[str, str]]:
    """Return the pairs of labels that are not scored."""
    with tarfile.open(SHARED / "dev.tar.xz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == name:
                found = archive.extractfile(member)
                assert found is not None  # noqa: S101  a regular file
                return [tuple(pair) for pair in json.loads(found.read())]
    return []


def moment_of(row: Row) -> datetime:
    """Return when a row was published; a fixed moment where it does not say."""
    text = row["published"]
    if not text:
        return EPOCH
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00+00:00")


def feed_of(row: Row) -> str:
    """Return the feed: the source, or the outlet's number at the end of a training entry's id."""
    if row.get("source"):
        return str(row["source"])
    return f"outlet-{row['id'].rsplit('-', 1)[-1]}"


def arrivals_of(rows: Sequence[Row]) -> list[tuple[str, Arrival]]:
    """Return (id, arrival) for each row, in order of publication."""
    feeds: dict[str, int] = {}
    found = []
    for number, row in enumerate(sorted(rows, key=lambda row: (moment_of(row), row["id"])), 1):
        feed = feed_of(row)
        entry = Entry(
            key=row["id"],
            guid=row.get("guid", ""),
            url=row["url"],
            title=row["title"],
            summary=row["summary"],
            language="en",
        )
        arrival = Arrival(
            entry_id=number, feed_id=feeds.setdefault(feed, len(feeds) + 1), feed_url=feed,
            key=row["id"], guid=entry.guid, url=entry.url, at=moment_of(row),
            features=describe(entry),
        )  # fmt: skip
        found.append((row["id"], arrival))
    return found


def undated_spread(rows: Sequence[Row], *, seed: int = 7) -> list[Row]:
    """Give stories without dates one at random, so that they meet each other as news does."""
    draw = random.Random(seed)
    days: dict[str, int] = {}
    spread = []
    for row in rows:
        if not row["published"]:
            day = days.setdefault(row["story"], draw.randrange(360))
            moment = EPOCH + timedelta(days=day, hours=draw.randrange(48))
            spread.append({**row, "published": moment.isoformat()})
        else:
            spread.append(row)
    return spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Rows with the field that holds the truth, and the pairs of labels that are not scored."""

    rows: list[Row]
    field: str
    ignore: list[tuple[str, str]]

    @classmethod
    def of(cls, name: str, *, field: str) -> Measured:
        """Return a development file with the field that holds the truth."""
        rows = (
            undated_spread(rows_of(f"{name}.jsonl"))
            if "train" in name
            else rows_of(f"{name}.jsonl")
        )
        return cls(rows=rows, field=field, ignore=ignored_pairs(f"{name}.ignore.json"))

    def arrivals(self) -> list[tuple[str, Arrival]]:
        """Return (id, arrival) for each row, in order of publication."""
        return arrivals_of(self.rows)

    def halves(self) -> tuple[Measured, Measured]:
        """Return the earlier half, to train and tune on, and the later one, to be held out."""
        rows = sorted(self.rows, key=lambda row: (moment_of(row), row["id"]))
        middle = len(rows) // 2
        return replace(self, rows=rows[:middle]), replace(self, rows=rows[middle:])


# --------------------------------------------------------------------- folding


def fold_all(
    arrivals: Iterable[tuple[str, Arrival]], folding: Folding, *, follow_ups: bool = False
) -> dict[str, str]:
    """Return id -> story, after all entries went through the index in the given order."""
    index = stories.Index(folding, follow_ups=follow_ups)
    story_of: dict[str, str] = {}
    merged: dict[str, str] = {}
    for name, arrival in arrivals:
        first, *merges = index.fold(arrival)
        assert not isinstance(first, Merged)  # noqa: S101  a Started or Joined comes first
        story_of[name] = first.story_id
        for merge in merges:
            assert isinstance(merge, Merged)  # noqa: S101  only merges follow
            merged[merge.absorbed_id] = merge.kept_id
    return {name: _final(story, merged) for name, story in story_of.items()}


def _final(story: str, merged: Mapping[str, str]) -> str:
    """Return the story that is left after all merges."""
    while story in merged:
        story = merged[story]
    return story


def scorer() -> Any:  # noqa: ANN401  a script without types
    """Return the shared scorer's function."""
    spec = spec_from_file_location("score", SHARED / "score.py")
    assert spec is not None  # noqa: S101  the file is there
    assert spec.loader is not None  # noqa: S101  a Python file has a loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.score


def show(name: str, got: Mapping[str, str], measured: Measured) -> None:
    """Print one line of figures."""
    gold = {row["id"]: row[measured.field] for row in measured.rows}
    result = scorer()(gold, got, measured.ignore)
    print(
        f"{name:38} pairs P {result['pair_P']:.4f} R {result['pair_R']:.4f}   "
        f"BCubed P {result['b3_P']:.4f} R {result['b3_R']:.4f} F1 {result['b3_F1']:.4f}"
    )


# --------------------------------------------------------------------- figures


def measure() -> None:
    """Print every figure."""
    measure_urls()
    copies = Measured.of("dups", field="article")
    show("dups, copies only", fold_all(copies.arrivals(), COPIES_ONLY), copies)
    show("dups, copies and coverage", fold_all(copies.arrivals(), FOLDING), copies)
    whole = Measured.of("stories", field="story")
    show("stories, copies only", fold_all(whole.arrivals(), COPIES_ONLY), whole)
    first, second = whole.halves()
    for name, part in (("first half", first), ("later half", second), ("all", whole)):
        show(f"stories, {name}", fold_all(part.arrivals(), FOLDING), part)
        got = fold_all(part.arrivals(), FOLDING, follow_ups=True)
        show(f"stories, {name}, with follow-ups", got, part)
    train = Measured.of("train_stories", field="story")
    show("train_stories", fold_all(train.arrivals(), FOLDING), train)
    for size in COLD_SIZES:
        measure_cold("stories", whole, size=size)
        measure_cold("train_stories", train, size=size)
    measure_series()
    measure_orders(whole)


def measure_urls() -> None:
    """Print recall and false matches of canonical addresses."""
    rows = rows_of("urls.jsonl")
    same = [canonical_url(row["a"]) == canonical_url(row["b"]) != "" for row in rows]
    right = sum(found for found, row in zip(same, rows, strict=True) if row["same"])
    false = sum(found for found, row in zip(same, rows, strict=True) if not row["same"])
    print(f"urls: recall {right / sum(row['same'] for row in rows):.4f}, {false} false")


def measure_cold(name: str, part: Measured, *, size: int) -> None:
    """Print the figures of first polls: a new index for every `size` entries, outlet by outlet."""
    entries = part.arrivals()
    labels = {row["id"]: row[part.field] for row in part.rows}
    gold: dict[str, str] = {}
    got: dict[str, str] = {}
    ignore = []
    for start in range(0, len(entries), size):
        poll = entries[start : start + size]
        feeds = sorted({arrival.feed_id for _, arrival in poll})
        random.Random(start).shuffle(feeds)
        poll.sort(key=lambda one: (feeds.index(one[1].feed_id), one[1].at, one[1].entry_id))
        found = fold_all(poll, FOLDING)
        got |= {one: f"{start}/{story}" for one, story in found.items()}
        gold |= {one: labels[one] and f"{start}/{labels[one]}" for one in found}
        ignore += [(f"{start}/{a}", f"{start}/{b}") for a, b in part.ignore]
    rows = [{"id": one, part.field: label} for one, label in gold.items()]
    show(f"{name}, first polls of {size}", got, replace(part, rows=rows, ignore=ignore))


def measure_series() -> None:
    """Print how many entries of recurring series were folded."""
    series = Measured.of("hardneg", field="story")
    for follow_ups in (False, True):
        got = fold_all(series.arrivals(), FOLDING, follow_ups=follow_ups)
        folded = len(got) - len(set(got.values()))
        print(f"hardneg: {folded} of {len(got)} folded{', with follow-ups' if follow_ups else ''}")


def measure_orders(part: Measured) -> None:
    """Print how alike the stories of two random orders of arrival are."""
    entries = part.arrivals()
    found = []
    for seed in (1, 2):
        order = entries[:]
        random.Random(seed).shuffle(order)
        found += [fold_all(order, folding) for folding in (FOLDING, COPIES_ONLY)]
        show(f"stories, order {seed}", found[-2], part)
    for name, one, other in (("stories", found[0], found[2]), ("copies", found[1], found[3])):
        result = scorer()(one, other)
        print(f"{name} of two orders: BCubed F1 {result['b3_F1']:.4f}")


# -------------------------------------------------------------------- training

NAMES = tuple(field.name for field in fields(decide.Likeness))
NEGATIVE_WEIGHT = 2.0  # a wrong merge is worse than a missed one
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
    index = stories.Index(FOLDING)
    names: dict[int, str] = {}
    found = []
    for name, arrival in part.arrivals():
        for entry_id, likeness in index.candidates(arrival):
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
    first, second = Measured.of("stories", field="story").halves()
    pairs = pairs_of(Measured.of("train_stories", field="story")) + pairs_of(first)
    weights = fit(pairs)
    print(f"INTERCEPT = {weights[0]:.2f}\nCOVERAGE = {{")
    for name, weight in zip(NAMES, weights[1:], strict=True):
        print(f'    "{name}": {weight:.2f},')
    print("}")
    later = pairs_of(second)
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
        counts = 1.0 if pair.same else NEGATIVE_WEIGHT
        error, bend = counts * (pair.same - likely), counts * likely * (1 - likely)
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


def main() -> None:
    """Do what the command line asks."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--train", action="store_true", help="train the coverage model")
    chosen = options.parse_args()
    if chosen.train:
        train()
    else:
        measure()


if __name__ == "__main__":
    main()
