"""How well stories fold, through real polling, beside plain methods on the same entries.

    make bench-folding                                every figure (one to six minutes on two cores)
    make bench-folding ARGS="--json figures.json"     the same, kept as JSON too
    make bench-folding ARGS="--mistakes 10"           and wrong and missed pairs, with reasons
    make bench-folding ARGS=--quick                   only how Newsfold folds stories and copies

Reads ../shared/folding, which is other people's news and no part of the project; keeps nothing of
it. Feeds are served on loopback in rounds, polled by `newsfold poll --all`, and what `newsfold
stories --json` tells then is compared with the labels. See docs/FOLDING.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import folding_baselines as baselines
from bench import folding_invented as invented
from bench import folding_mistakes as mistakes
from bench.folding_data import SHARED, Data, read_lines
from bench.folding_feeds import by_time, moment_of, shuffled, write_feeds
from bench.folding_offline import undated_spread
from bench.folding_polling import poll
from bench.folding_report import GOAL_OF_ORDERS, GOALS, OURS, Figure, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from bench.folding_data import Row
    from bench.folding_polling import Polled
    from bench.folding_report import Scores

AT_ONCE = 2  # polls
COPIES_ONLY = "coverage = false"
WITH_COVERAGE = "copies and coverage"
ROUNDS, BATCH, SHUFFLED = "in rounds", "in one batch", "shuffled"
TUNED_ON = "train_stories"
Polls = dict[str, "Polled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A file of the data: its rows by id with the feed and round they came in, and its labels."""

    name: str
    field: str
    rows: dict[str, Row]
    ignored: list[tuple[str, str]]

    @classmethod
    def of(cls, data: Data, name: str, field: str) -> Labelled:
        """Return a file of the data with the feeds that were made of it."""
        came = {row["id"]: row for row in read_lines(data.folder / f"feeds_{name}/manifest.jsonl")}
        rows = {row["id"]: {**row, **came[row["id"]]} for row in data.rows(name)}
        return cls(name=name, field=field, rows=rows, ignored=data.ignored(name))

    @property
    def shown(self) -> str:
        """Return what the data is called here."""
        return "copies" if self.field == "article" else self.name

    @property
    def folding(self) -> str:
        """Return the settings of folding under which it is measured."""
        return COPIES_ONLY if self.field == "article" else ""

    @property
    def gold(self) -> dict[str, str]:
        """Return the label of each row."""
        return {name: row[self.field] for name, row in self.rows.items()}

    def scores(self, data: Data, found: Mapping[str, str]) -> Scores:
        """Return the figures of clusters of some of the rows."""
        gold = {name: label for name, label in self.gold.items() if name in found}
        return data.score(gold, dict(found), self.ignored)


def say(text: str) -> None:
    """Tell the progress."""
    print(text, file=sys.stderr, flush=True)


# --------------------------------------------------------------------- polling


@dataclass(frozen=True, slots=True, kw_only=True)
class Farm:
    """Polls feeds side by side, each into a database of its own."""

    folder: Path
    pool: ThreadPoolExecutor

    def poll(self, name: str, feeds: Path, folding: str = "") -> Future[Polled]:
        """Poll the rounds of a folder."""
        return self.pool.submit(self._poll, name, feeds, folding)

    def poll_rows(self, name: str, rows: Sequence[Row], folding: str = "") -> Future[Polled]:
        """Poll feeds made of rows."""
        feeds = self.folder / f"feeds of {name}"
        write_feeds(rows, feeds)
        return self.poll(name, feeds, folding)

    def _poll(self, name: str, feeds: Path, folding: str) -> Polled:
        polled = poll(feeds, self.folder / name, folding=folding)
        say(f"{name}: {len(polled.entries)} entries polled in {polled.took_s:.0f} s")
        return polled


def poll_fed(data: Data, farm: Farm, *parts: Labelled) -> Polls:
    """Poll the feeds that come with the data, in rounds; of copies, also with coverage."""
    asked = {
        f"{part.shown} {ROUNDS}": (data.folder / f"feeds_{part.name}", part.folding)
        for part in parts
    }
    asked[WITH_COVERAGE] = data.folder / "feeds_dups", ""
    futures = {name: farm.poll(name, *what) for name, what in asked.items()}
    return {name: future.result() for name, future in futures.items()}


def poll_all(data: Data, farm: Farm, *parts: Labelled) -> Polls:
    """Poll everything that is measured."""
    first = poll_fed(data, farm, *parts)
    series = [{**row, "feed": f"{row['source']}.xml"} for row in data.rows("hardneg")]
    asked = {
        f"series {ROUNDS}": (by_time(series), ""),
        f"series {BATCH}": (by_time(series, rounds=1), ""),
        "addresses": (by_time(invented.of_addresses(data.rows("urls")), rounds=1), ""),
        "languages": (by_time(invented.of_languages(), rounds=2), ""),
    }
    for part in parts:
        came = first[f"{part.shown} {ROUNDS}"].entries
        rows = [part.rows[one] for one in sorted(came)]
        asked[f"{part.shown} {BATCH}"] = by_time(rows, rounds=1), part.folding
        asked[f"{part.shown} {SHUFFLED}"] = shuffled(rows), part.folding
    futures = {name: farm.poll_rows(name, *what) for name, what in asked.items()}
    return {**first, **{name: future.result() for name, future in futures.items()}}


# --------------------------------------------------------------------- figures


def tuned(data: Data) -> dict[str, tuple[float, float]]:
    """Return the two thresholds of each plain method, chosen on other stories."""
    rows = undated_spread(data.rows(TUNED_ON))
    rows.sort(key=lambda row: (moment_of(row), row["id"]))
    gold = {row["id"]: row["story"] for row in rows}
    ignored = data.ignored(TUNED_ON)
    found = {}
    for method in baselines.METHODS:
        alike = method.likenesses(rows)
        scores = {
            threshold: data.score(gold, method.clusters(rows, alike, threshold), ignored)
            for threshold in baselines.THRESHOLDS
        }
        found[method.name] = baselines.thresholds(scores, precision=GOALS["stories"]["pair_P"])
        say(f"{method.name}: thresholds {found[method.name]} chosen on {TUNED_ON}")
    return found


def plain(
    data: Data, part: Labelled, polled: Polled, chosen: Mapping[str, tuple[float, float]]
) -> Iterator[tuple[str, Scores]]:
    """Yield the figures of plain methods on what was stored, in the order in which it came."""
    rows = sorted(
        (part.rows[name] for name in polled.entries),
        key=lambda row: (row["round"], row["feed"], moment_of(row)),
    )
    for name, key in baselines.EXACT.items():
        yield name, part.scores(data, baselines.exact(rows, key))
    for method in baselines.METHODS:
        alike = method.likenesses(rows)
        for threshold, why in zip(chosen[method.name], ("best F1", "pairs P .97"), strict=True):
            clusters = method.clusters(rows, alike, threshold)
            yield f"{method.name}, {threshold} ({why})", part.scores(data, clusters)


def measured(data: Data, polls: Polls, *parts: Labelled) -> list[Figure]:
    """Return what Newsfold made of the feeds that come with the data."""
    asked = [(part, OURS, f"{part.shown} {ROUNDS}") for part in parts]
    asked += [(part, f"{OURS} with coverage", WITH_COVERAGE) for part in parts if part.folding]
    return [
        Figure(data=part.shown, method=method, scores=part.scores(data, polls[name].story_of))
        for part, method, name in asked
    ]


def compared(data: Data, polls: Polls, *parts: Labelled) -> list[Figure]:
    """Return what plain methods made of the same entries, and Newsfold of the invented news."""
    chosen = tuned(data)
    figures = [
        Figure(data=part.shown, method=method, scores=scores)
        for part in parts
        for method, scores in plain(data, part, polls[f"{part.shown} {ROUNDS}"], chosen)
    ]
    rows = {row["id"]: row["label"] for row in invented.of_languages()}
    languages = polls["languages"].story_of
    gold = {name: label for name, label in rows.items() if name in languages}
    scores = data.score(gold, languages)
    return [*figures, Figure(data="invented, 7 languages", method=OURS, scores=scores)]


def of_orders(data: Data, polls: Polls) -> dict[str, float]:
    """Return how alike the stories of each two orders of arrival are, as BCubed F1."""
    found = {}
    for name in ("stories", "copies"):
        for one, other in combinations((ROUNDS, BATCH, SHUFFLED), 2):
            ours, theirs = (polls[f"{name} {way}"].story_of for way in (one, other))
            both = ours.keys() & theirs.keys()
            alike = data.score({x: ours[x] for x in both}, {x: theirs[x] for x in both})
            found[f"{name} {one} and {other}"] = alike["b3_F1"]
    return found


def of_addresses(data: Data, polled: Polled) -> dict[str, int]:
    """Return how many pairs of addresses are one, how many of those folded, and how many others."""
    story, pairs = polled.story_of, data.rows("urls")
    folded = [story[f"{place}a"] == story[f"{place}b"] for place in range(len(pairs))]
    same = [bool(pair["same"]) for pair in pairs]
    return {
        "same": sum(same),
        "folded": sum(a and b for a, b in zip(folded, same, strict=True)),
        "false": sum(a and not b for a, b in zip(folded, same, strict=True)),
        "different": len(same) - sum(same),
    }


def of_series(polls: Polls) -> dict[str, tuple[int, int]]:
    """Return how many entries of recurring series were folded, of how many."""
    series = {row["id"] for row in invented.of_languages() if row["series"]}
    parts: dict[str, Mapping[str, str]] = {
        name: polls[name].story_of for name in polls if name.startswith("series")
    }
    story = polls["languages"].story_of
    parts["series in 7 languages"] = {name: story[name] for name in series}
    return {name: (len(one) - len(set(one.values())), len(one)) for name, one in parts.items()}


# ------------------------------------------------------------------------ main


def show(found: Mapping[str, Any], figures: Sequence[Figure]) -> None:
    """Print the table and what stands beside it."""
    print("\n".join(table(figures)), end="\n\n")
    if told := found.get("addresses"):
        recall = told["folded"] / told["same"]
        print(f"addresses: recall {recall:.4f} of {told['same']} pairs,")
        print(f"    {told['false']} of {told['different']} false")
    for name, (folded, count) in found.get("series", {}).items():
        print(f"{name}: {folded} of {count} folded")
    for name, alike in found.get("orders", {}).items():
        print(f"{name}: BCubed F1 {alike:.4f} (goal {GOAL_OF_ORDERS})")
    for kind, causes in found["mistakes"].items():
        print(f"{kind} pairs of stories {ROUNDS}: {sum(causes.values())}")
        for cause, count in causes.items():
            print(f"    {count:6} {cause}")


def show_mistakes(polled: Polled, part: Labelled, likeness: mistakes.Likeness, count: int) -> None:
    """Print wrong pairs, the most confident first, and missed ones, drawn at random."""
    wrong = mistakes.wrong_pairs(polled.entries, part.gold, part.ignored)
    missed = mistakes.missed_pairs(polled.entries, part.gold)
    chosen: dict[str, Sequence[mistakes.Mistake]] = {
        "wrong": mistakes.most_confident(wrong, polled.entries, count),
        "missed": mistakes.at_random(missed, count),
    }
    for kind, drawn in chosen.items():
        for place, mistake in enumerate(drawn, 1):
            print(f"\n{kind} {place}: {' and '.join(label or '-' for label in mistake.labels)}")
            print("\n".join(mistakes.told(polled, mistake, likeness)))


def arguments() -> argparse.Namespace:
    """Return what was asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SHARED, help="the folder of the data")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    parser.add_argument("--quick", action="store_true", help="stories and copies in rounds alone")
    parser.add_argument("--mistakes", type=int, default=0, metavar="N", help="show N of each kind")
    return parser.parse_args()


def measure(asked: argparse.Namespace, data: Data, farm: Farm) -> None:
    """Poll, score, print, write."""
    stories = Labelled.of(data, "stories", "story")
    copies = Labelled.of(data, "dups", "article")
    polls = (poll_fed if asked.quick else poll_all)(data, farm, stories, copies)
    polled = polls[f"stories {ROUNDS}"]
    likeness = mistakes.Likeness(stories.rows[name] for name in polled.entries)
    counted = mistakes.summary(polled, stories.gold, stories.ignored, likeness)
    figures = measured(data, polls, stories, copies)
    found: dict[str, Any] = {"mistakes": counted}
    if not asked.quick:
        figures = [*figures, *compared(data, polls, stories, copies)]
        found |= {
            "addresses": of_addresses(data, polls["addresses"]),
            "series": of_series(polls),
            "orders": of_orders(data, polls),
        }
    show(found, sorted(figures, key=lambda figure: figure.data))
    if asked.json:
        told = {"goals": GOALS, "figures": [asdict(one) for one in figures], **found}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    if asked.mistakes:
        show_mistakes(polled, stories, likeness, asked.mistakes)


def main() -> None:
    """Unpack the data, and measure."""
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        data = Data.unpacked(asked.data, Path(folder) / "data")
        measure(asked, data, Farm(folder=Path(folder), pool=pool))


if __name__ == "__main__":
    main()
