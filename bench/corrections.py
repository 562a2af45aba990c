"""How much outlets change what they published: the ground of the digest's threshold.

    python bench/corrections.py CAPTURES_DIR

CAPTURES_DIR holds feeds, some captured twice (../shared/corpus/feeds.tar.xz, unpacked). Entries
that stand in two captures of one feed are compared as the digest compares them: by the words of
their titles, and by how many of their texts' words they have in common. What they say is never
printed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.digest import rewrite
from aggregator.digest.words import title_words
from aggregator.model import IdScheme, ReadFeed
from aggregator.read import feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Entry

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STEPS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)  # a change counts in the last that it reaches


def captures(folder: Path) -> dict[str, list[ReadFeed]]:
    """Return what was captured of each feed that was captured more than once, by its title."""
    found: dict[str, list[ReadFeed]] = defaultdict(list)
    for path in sorted(folder.rglob("*.xml")):
        read = feed.read(
            path.read_bytes(),
            base_url="https://bench.example/feed",
            content_type="",
            known=frozenset(),
            id_scheme=IdScheme.GUID,
            now=NOW,
        )
        if isinstance(read, ReadFeed) and read.title:
            found[read.title].append(read)
    return {title: reads for title, reads in found.items() if len(reads) > 1}


def twice_told(reads: list[ReadFeed]) -> Iterator[tuple[Entry, Entry]]:
    """Yield the entries that stand in two captures under an id that each capture uses once."""
    for one, other in combinations(reads, 2):
        before, after = by_id(one), by_id(other)
        yield from ((before[guid], after[guid]) for guid in before.keys() & after.keys())


def by_id(read: ReadFeed) -> dict[str, Entry]:
    """Return the entries whose id no other has."""
    count = Counter(entry.guid for entry in read.entries)
    return {entry.guid: entry for entry in read.entries if entry.guid and count[entry.guid] == 1}


def main() -> None:
    """Compare, and print how many changes reach which likeness."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    found = captures(parser.parse_args().folder)
    pairs = [pair for reads in found.values() for pair in twice_told(reads)]
    retitled = [pair for pair in pairs if title_words(pair[0].title) != title_words(pair[1].title)]
    likeness = [rewrite.similarity(*map(rewrite.sketch, pair)) for pair in pairs]
    touched = sum(one.content != other.content for one, other in pairs)
    changed = [share for share in likeness if share < 1]
    print(f"{len(found)} feeds captured twice, {len(pairs)} entries in both,", end=" ")
    print(f"{touched} with other markup or text, {len(changed)} with other words,", end=" ")
    print(f"{len(retitled)} with another title")
    steps = Counter(max(step for step in STEPS if share >= step) for share in changed)
    for step, until in zip(STEPS, (*STEPS[1:], 1.0), strict=True):
        print(f"words in common {step:.2f} to {until:.2f}: {steps[step]:4}")


if __name__ == "__main__":
    main()
