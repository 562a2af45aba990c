"""Measure and train the folding room alone, on the development data beside the project.

    python bench/folding_offline.py             prints every figure
    python bench/folding_offline.py --train     trains the coverage model, prints its table
    python bench/folding_offline.py --cost      CPU and memory of an entry, with a full window

Reads ../shared/folding; copies nothing. Entries go through the Index one by one, in order of
publication. Half of `stories.jsonl` (by time) is held out from training and tuning.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tarfile
import time
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from math import exp
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from aggregator.fold import decide, stories  # noqa: E402: the project is put on the path first
from aggregator.fold.features import describe  # noqa: E402
from aggregator.fold.identity import canonical_url  # noqa: E402
from aggregator.model import Arrival, Entry, Folding, Merged  # noqa: E402

SHARED = ROOT.parent / "shared" / "folding"
Row = dict[str, Any]
EPOCH = datetime(2018, 1, 1, 12, tzinfo=UTC)
FOLDING = Folding(window=timedelta(hours=72), coverage=True)
COPIES_ONLY = Folding(window=timedelta(hours=72), coverage=False)


# ------------------------------------------------------------------------ data


def rows_of(name: str) -> list[Row]:
    with tarfile.open(SHARED / "dev.tar.xz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == name:
                found = archive.extractfile(member)
                assert found is not None  # noqa: S101: a regular file
                return [json.loads(line) for line in found.read().decode("utf-8").splitlines()]
    raise FileNotFoundError(name)


def ignored_pairs(name: str) -> list[tuple[str, str]]:
    with tarfile.open(SHARED / "dev.tar.xz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == name:
                found = archive.extractfile(member)
                assert found is not None  # noqa: S101: a regular file
                return [tuple(pair) for pair in json.loads(found.read())]
    return []


def moment_of(row: Row) -> datetime:
    text = row["published"]
    if not text:
        return EPOCH
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00+00:00")


def feed_of(row: Row) -> str:
    """Return the feed: the source, or the outlet's number at the end of a training entry's id."""
    if row.get("source"):
        return str(row["source"])
    return f"outlet-{row['id'].rsplit('-', 1)[-1]}"


def arrivals_of(rows: Sequence[Row], *, with_text: bool = False) -> list[tuple[str, Arrival]]:
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
            content=row.get("text", "") if with_text else "",
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
            row = {**row, "published": moment.isoformat()}  # noqa: PLW2901: the dated row
        spread.append(row)
    return spread


# --------------------------------------------------------------------- folding


def fold_all(arrivals: Iterable[tuple[str, Arrival]], folding: Folding) -> dict[str, str]:
    """Return id -> story, after all entries went through the index in the given order."""
    index = stories.Index(folding)
    story_of: dict[str, str] = {}
    merged: dict[str, str] = {}
    for name, arrival in arrivals:
        first, *merges = index.fold(arrival)
        assert not isinstance(first, Merged)  # noqa: S101: a Started or Joined comes first
        story_of[name] = first.story_id
        for merge in merges:
            assert isinstance(merge, Merged)  # noqa: S101: only merges follow
            merged[merge.absorbed_id] = merge.kept_id
    return {name: _final(story, merged) for name, story in story_of.items()}


def _final(story: str, merged: Mapping[str, str]) -> str:
    while story in merged:
        story = merged[story]
    return story


def scorer() -> Any:  # noqa: ANN401: a script without types
    spec = spec_from_file_location("score", SHARED / "score.py")
    assert spec is not None  # noqa: S101: the file is there
    assert spec.loader is not None  # noqa: S101: a Python file has a loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.score


def show(name: str, rows: Sequence[Row], got: Mapping[str, str], field: str, ignore: Any) -> None:  # noqa: ANN401, PLR0913, PLR0917: a table's line
    result = scorer()({row["id"]: row[field] for row in rows}, got, ignore)
    print(
        f"{name:34} pairs P {result['pair_P']:.4f} R {result['pair_R']:.4f}   "
        f"BCubed P {result['b3_P']:.4f} R {result['b3_R']:.4f} F1 {result['b3_F1']:.4f}"
    )
