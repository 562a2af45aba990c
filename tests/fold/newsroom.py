"""Invented entries for the tests of folding, and short ways to make arrivals of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from aggregator.fold.features import describe
from aggregator.fold.stories import Index
from aggregator.model import Arrival, Entry, Folding, Merged

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FOLDING = Folding(window=timedelta(hours=72), coverage=True)

BRIDGE = Entry(
    key="bridge",
    title="Marlow harbour bridge reopens after nine months of repairs",
    summary=(
        "The Marlow harbour bridge opened to traffic at dawn, nine months after a barge tore away "
        "two of its piers, engineer Odile Fenwick said, thanking crews who worked through winter."
    ),
    language="en",
)
BRIDGE_ELSEWHERE = Entry(
    key="bridge-2",
    title="Repaired Marlow harbour bridge carries its first traffic in nine months",
    summary=(
        "Drivers crossed Marlow harbour bridge again this morning. A barge had struck two piers "
        "last winter; the repairs, led by Odile Fenwick, cost more than the council had planned."
    ),
    language="en",
)
ORCHARD = Entry(
    key="orchard",
    title="Late frost ruins half of the plum harvest in the Tessel valley",
    summary=(
        "Growers in the Tessel valley expect to lose half their plums after three nights of frost "
        "in late spring, and ask the province for help with loans until the next season."
    ),
    language="en",
)


def arrival(
    entry: Entry, number: int, *, feed: int = 0, at: datetime = NOON, coverage: bool = True
) -> Arrival:
    """Return an arrival of an entry: of a feed of its own unless said."""
    feed_id = feed or 1000 + number
    return Arrival(
        entry_id=number,
        feed_id=feed_id,
        feed_url=f"https://feed{feed_id}.example/rss",
        key=f"{entry.key}-{number}",
        guid=entry.guid,
        url=entry.url,
        at=at,
        features=describe(entry),
        coverage=coverage,
    )


def entry(title: str, summary: str = "", *, url: str = "", language: str = "en") -> Entry:
    """Return an entry of a title and a text."""
    return Entry(key="k", title=title, summary=summary, url=url, language=language)


def filled(folding: Folding = FOLDING) -> Index:
    """Return an index that holds some unrelated entries, so that rarity means something."""
    index = Index(folding)
    subjects = ("choir", "ferry", "library", "stadium", "museum", "bakery", "tramway", "lighthouse")
    verbs = ("plans", "opens", "closes", "praises", "loses", "wins", "rebuilds", "sells")
    numbers = count(9_000)
    for subject in subjects:
        for verb in verbs:
            text = f"The {subject} of {verb}town {verb} a {subject} for the people of the {verb}."
            index.fold(arrival(entry(f"{subject} {verb} {verb}town", text), next(numbers)))
    return index


def stories_of(index: Index, arrivals: list[Arrival]) -> dict[int, str]:
    """Return entry -> story after folding arrivals in the given order."""
    story: dict[int, str] = {}
    for one in arrivals:
        first, *merges = index.fold(one)
        assert not isinstance(first, Merged)
        story[one.entry_id] = first.story_id
        for merge in merges:
            assert isinstance(merge, Merged)
            for member, its in story.items():
                if its == merge.absorbed_id:
                    story[member] = merge.kept_id
    return story


def groups(story: dict[int, str]) -> set[frozenset[int]]:
    """Return the sets of entries that stand together."""
    return {frozenset(one for one, its in story.items() if its == name) for name in story.values()}
