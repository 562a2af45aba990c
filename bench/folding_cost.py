"""CPU and memory of folding: python bench/folding_cost.py [ENTRIES], on invented text.

The text uses its words over and over, which is the worst case for postings.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.fold import stories
from aggregator.fold.features import describe
from aggregator.model import Arrival, Entry, Folding

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH = datetime(2018, 1, 1, 12, tzinfo=UTC)
FOLDING = Folding(window=timedelta(hours=72), coverage=True)
DEFAULT_ENTRIES = 35_000  # a first poll of 1,000 feeds

SYLLABLES = "ka lo mi ter ran sel dor vi na pe qu ist el ar on fo bru che sta pli gra"


def invented_entries(count: int, *, seed: int = 1) -> Iterator[Entry]:
    """Yield entries whose words are drawn from 6,000 by Zipf's law; sentences are used again."""
    draw = random.Random(seed)
    syllables = SYLLABLES.split()
    vocabulary = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(6000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    sentences = [
        " ".join(draw.choices(vocabulary, weights, k=draw.randint(6, 22))) for _ in range(12_000)
    ]
    for number in range(count):
        title = " ".join(draw.choices(vocabulary, k=draw.randint(4, 11))).capitalize()
        text = ". ".join(draw.choices(sentences, k=4)).capitalize()[:400]
        url = f"https://host{number // 35}.example/news/{number}"
        yield Entry(key=str(number), guid=url, url=url, title=title, summary=text, language="en")


def cost(count: int) -> None:
    """Print the CPU and memory that an entry takes."""
    entries = list(invented_entries(count))
    began = time.process_time()
    features = [describe(entry) for entry in entries]
    print(f"describe: {(time.process_time() - began) / count * 1e6:.0f} us an entry")
    print(f"features: {sum(map(len, features)) / count:.0f} bytes an entry")
    arrivals = [
        Arrival(
            entry_id=number, feed_id=number // 35, feed_url=entry.url, key=entry.key,
            guid=entry.guid, url=entry.url, at=EPOCH + timedelta(seconds=number), features=encoded,
        )
        for number, (entry, encoded) in enumerate(zip(entries, features, strict=True), 1)
    ]  # fmt: skip
    index = stories.Index(FOLDING)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    for place, arrival in enumerate(arrivals):
        if place == count * 4 // 5:
            late = time.process_time()
        index.fold(arrival)
    ended = time.process_time()
    print(f"fold: {(ended - began) / count * 1e6:.0f} us an entry with up to {count:,} kept")
    print(f"fold: {(ended - late) / (count - count * 4 // 5) * 1e6:.0f} us, the last fifth of them")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"index: {grown / count + sum(map(len, features)) / count / 1024:.2f} kB an entry")
    again = stories.Index(FOLDING)
    began = time.process_time()
    for arrival in arrivals:
        again.add(arrival, story_id=arrival.key)
    took = time.process_time() - began
    print(f"loading: {took / count * 1e6:.0f} us an entry, {took:.1f} s in all")


if __name__ == "__main__":
    cost(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ENTRIES)
