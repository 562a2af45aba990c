"""Measure the folding room alone, on the development data beside the project.

    python bench/folding_offline.py             prints every figure

Reads ../shared/folding; copies nothing. Entries go through the Index one by one. Stories that begin
in HELD_MONTHS were kept out of training and of the choice of thresholds and guards.
"""

from __future__ import annotations

import json
import random
import tarfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.fold import stories
from aggregator.fold.features import describe
from aggregator.fold.identity import canonical_url
from aggregator.model import Arrival, Entry, Folding, Joined, Merged, Started

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.model import StoryUpdate

ROOT = Path(__file__).resolve().parent.parent

SHARED = ROOT.parent / "shared" / "folding"
Row = dict[str, Any]
HELD_MONTHS = frozenset((2, 5, 8, 11))  # looked at when all is decided
EPOCH = datetime(2018, 1, 1, 12, tzinfo=UTC)
WINDOW = timedelta(hours=96)
FOLDING = Folding(window=WINDOW, coverage=True)
COPIES_ONLY = Folding(window=WINDOW, coverage=False)
COLD_SIZES = (60, 150)
ROUNDS = 4  # of polling, as the feeds of the development data are cut
Numbered = tuple[str, Arrival]  # with the name that the data knows it by


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
            content=row.get("content", ""),
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
    def of(cls, name: str, *, field: str, content: bool = False) -> Measured:
        """Return a development file, with full texts if asked."""
        rows = (
            undated_spread(rows_of(f"{name}.jsonl"))
            if "train" in name
            else rows_of(f"{name}.jsonl")
        )
        rows = [{**row, "content": row["text"] if content else ""} for row in rows]
        return cls(rows=rows, field=field, ignore=ignored_pairs(f"{name}.ignore.json"))

    def arrivals(self) -> list[tuple[str, Arrival]]:
        """Return (id, arrival) for each row, in order of publication."""
        return arrivals_of(self.rows)

    def parts(self) -> tuple[Measured, Measured]:
        """Return the part to train and tune on, and the one that is held out.

        A story goes whole into the part of the month in which it begins.
        """
        rows = sorted(self.rows, key=lambda row: (moment_of(row), row["id"]))
        month: dict[str, int] = {}
        for row in rows:
            month.setdefault(row[self.field] or row["id"], moment_of(row).month)
        held = [row for row in rows if month[row[self.field] or row["id"]] in HELD_MONTHS]
        tuning = [row for row in rows if month[row[self.field] or row["id"]] not in HELD_MONTHS]
        return replace(self, rows=tuning), replace(self, rows=held)


# --------------------------------------------------------------------- folding


def fold_all(arrivals: Iterable[Numbered], folding: Folding) -> dict[str, str]:
    """Return id -> story, after all entries went through the index in the given order.

    What is first seen at another moment than the entry before begins another pass.
    """
    index = stories.Index(folding)
    story_of: dict[str, str] = {}
    merged: dict[str, str] = {}
    seen_at: datetime | None = None
    for name, arrival in arrivals:
        if arrival.seen_at != seen_at:
            _note(index.settle(), merged)
            seen_at = arrival.seen_at
        first, *merges = index.fold(arrival)
        assert isinstance(first, Started | Joined)  # noqa: S101  one of them comes first
        story_of[name] = first.story_id
        _note(merges, merged)
    _note(index.settle(), merged)
    return {name: _final(story, merged) for name, story in story_of.items()}


def _note(merges: Iterable[StoryUpdate], merged: dict[str, str]) -> None:
    for merge in merges:
        if isinstance(merge, Merged):  # a link joins nothing
            merged[merge.absorbed_id] = merge.kept_id


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
    full = Measured.of("dups", field="article", content=True)
    show("dups with full texts, copies only", fold_all(full.arrivals(), COPIES_ONLY), full)
    whole = Measured.of("stories", field="story")
    tuning, held = whole.parts()
    for name, part in (("tuning part", tuning), ("held out", held), ("all", whole)):
        for way, entries in orders(part.arrivals()).items():
            show(f"stories, {name}, {way}", fold_all(entries, FOLDING), part)
    narrow = Folding(window=timedelta(hours=72), coverage=True)
    show(
        "stories, all, polled, 72 hours",
        fold_all(orders(whole.arrivals())["polled"], narrow),
        whole,
    )
    train = Measured.of("train_stories", field="story")
    show("train_stories", fold_all(train.arrivals(), FOLDING), train)
    for size in COLD_SIZES:
        measure_cold("stories", whole, size=size)
        measure_cold("train_stories", train, size=size)
    measure_series()
    measure_orders(whole)


def orders(entries: Sequence[Numbered]) -> dict[str, list[Numbered]]:
    """Return entries by time as they come, and in rounds, by feed and at random.

    Rounds are polled at once while they are young, or long after: then all that is near has come.
    """
    draw = random.Random(3)
    round_of = {
        one.entry_id: place * ROUNDS // len(entries) for place, (_, one) in enumerate(entries)
    }
    feeds = sorted({one.feed_id for _, one in entries})
    draw.shuffle(feeds)
    place_of = {feed: place for place, feed in enumerate(feeds)}
    shuffled = list(entries)
    draw.shuffle(shuffled)
    polled = sorted(
        entries,
        key=lambda one: (round_of[one[1].entry_id], place_of[one[1].feed_id], one[1].at),
    )
    return {
        "by time": list(entries),
        "polled young": polled,
        "polled": in_rounds(polled),
        "at random": in_rounds(shuffled),
    }


def in_rounds(entries: Sequence[Numbered], *, rounds: int = ROUNDS) -> list[Numbered]:
    """Return entries as first seen in so many rounds, long after all were published."""
    last_at = max(one.at for _, one in entries) + timedelta(days=99)
    return [
        (name, replace(one, seen_at=last_at + timedelta(hours=place * rounds // len(entries))))
        for place, (name, one) in enumerate(entries)
    ]


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
        found = fold_all(in_rounds(poll, rounds=1), FOLDING)
        got |= {one: f"{start}/{story}" for one, story in found.items()}
        gold |= {one: labels[one] and f"{start}/{labels[one]}" for one in found}
        ignore += [(f"{start}/{a}", f"{start}/{b}") for a, b in part.ignore]
    rows = [{"id": one, part.field: label} for one, label in gold.items()]
    show(f"{name}, first polls of {size}", got, replace(part, rows=rows, ignore=ignore))


def measure_series() -> None:
    """Print how many entries of recurring series were folded."""
    series = Measured.of("hardneg", field="story")
    for way, entries in orders(series.arrivals()).items():
        got = fold_all(entries, FOLDING)
        print(f"hardneg, {way}: {len(got) - len(set(got.values()))} of {len(got)} folded")


def measure_orders(part: Measured) -> None:
    """Print how alike the stories of two orders of arrival are."""
    ways = orders(part.arrivals())
    for name, folding in (("stories", FOLDING), ("copies", COPIES_ONLY)):
        found = {way: fold_all(entries, folding) for way, entries in ways.items()}
        for one, other in combinations(found, 2):
            result = scorer()(found[one], found[other])
            print(f"{name} {one} and {other}: BCubed F1 {result['b3_F1']:.4f}")


if __name__ == "__main__":
    measure()
