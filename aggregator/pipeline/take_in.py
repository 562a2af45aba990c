"""Outcomes into the store: entries, their stories, validators and the next due time, together.

One transaction takes in the outcomes that are at hand. Where it fails, each feed is tried in a
transaction of its own, and one that fails again is deferred first and reported after: a row that
poisons the writer must not be met at once again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from aggregator.fold.stories import Index
from aggregator.model import (
    Arrival,
    Failed,
    FailureKind,
    Fetched,
    Outcome,
    PollReport,
)
from aggregator.pipeline.report import report_of
from aggregator.poll.plan import after, host_of, host_pause
from aggregator.read.identity import entry_key
from aggregator.store import entries, feeds, stories
from aggregator.store.database import transaction
from aggregator.store.entries import NewEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Config, FeedSpec, FeedState, ReadEntry, StoryUpdate
    from aggregator.store.database import Database

log = structlog.get_logger()

REMEMBERED_WINDOWS = 2  # an entry may come in a window late and meet one that is a window older


@dataclass(slots=True)
class Desk:
    """Where outcomes are taken in: the configuration, the store and the index of recent stories."""

    config: Config
    db: Database
    clock: Callable[[], datetime]
    index: Index  # empty until the first new entry: most passes bring none, and loading takes time
    specs: Mapping[str, FeedSpec]  # by URL
    generation: int  # of the stories in the index; a split or join by hand moves the store's

    @classmethod
    def open(cls, config: Config, db: Database, *, clock: Callable[[], datetime]) -> Desk:
        """Bring the list of feeds up to date; the recent stories are loaded when first needed."""
        titles = {feed.url: feed.title for feed in config.feeds}
        feeds.list_feeds(db, titles, now=clock(), titles=titles)
        specs = {feed.url: feed for feed in config.feeds}
        return cls(config, db, clock, Index(config.folding), specs, -1)

    def refresh(self) -> None:
        """Load the index, again where stories were changed by hand since it was loaded.

        Inside the transaction that folds, so that no such change comes in between.
        """
        if (generation := stories.generation(self.db)) != self.generation:
            self.index = load_index(self.db, self.config, now=self.clock())
            self.generation = generation

    def spec(self, url: str) -> FeedSpec:
        """Return what was configured for the feed."""
        return self.specs[url]

    def take_in(self, outcomes: Sequence[tuple[str, Outcome]]) -> list[PollReport]:
        """Store every outcome, whatever one of them does; return a report for each."""
        try:
            return self._take_in_together(outcomes)
        except Exception:  # the job boundary: told apart feed by feed below
            log.exception("a batch could not be taken in; trying each feed by itself")
            self.generation = -1
            return [self._take_in_alone(url, outcome) for url, outcome in outcomes]

    def _take_in_together(self, outcomes: Sequence[tuple[str, Outcome]]) -> list[PollReport]:
        with transaction(self.db):
            return [self._take_one(url, outcome) for url, outcome in outcomes]

    def _take_in_alone(self, url: str, outcome: Outcome) -> PollReport:
        try:
            return self._take_in_together([(url, outcome)])[0]
        except Exception as error:  # the job boundary
            self.generation = -1
            failed = Failed(
                kind=FailureKind.INTERNAL,
                message=f"taking this feed in met a fault of Newsfold ({error!r}). "
                "Please report it with the feed's address and the log",
            )
            reports = self._take_in_together([(url, failed)])
            log.exception("a feed could not be taken in; it was deferred", feed=url)
            return reports[0]

    def _take_one(self, url: str, outcome: Outcome) -> PollReport:
        now = self.clock()
        spec, state = self.spec(url), feeds.state(self.db, url)
        new, updated = 0, 0
        if isinstance(outcome, Fetched):
            new, updated = self._take_entries(spec, state, outcome)
        polling = self.config.polling
        feeds.save(self.db, after(state, outcome, spec=spec, polling=polling, now=now))
        if until_at := host_pause(url, outcome, now=now, polling=polling):
            feeds.pause_host(self.db, host_of(url), until_at)
        return report_of(url, outcome, new=new, updated=updated)

    def _take_entries(self, spec: FeedSpec, state: FeedState, fetched: Fetched) -> tuple[int, int]:
        now = self.clock()
        self._rekey(state, fetched)
        difference = entries.compare(self.db, state.feed_id, fetched.entries)
        backfill = self.config.polling.backfill if state.last_fetched_at is None else None
        new = _numbered(difference.new, first_id=entries.next_id(self.db), backfill=backfill)
        updates = self._fold(spec, state, new)
        entries.add(self.db, state.feed_id, new, now=now)
        stories.apply(self.db, updates, now=now)
        entries.change(self.db, difference.changed, now=now)
        entries.mark_present(
            self.db,
            state.feed_id,
            keys={read.entry.key: read.entry.slice_hash for read in fetched.entries},
            slices=fetched.feed.known,
            now=now,
        )
        return len(new), len(difference.changed)

    def _rekey(self, state: FeedState, fetched: Fetched) -> None:
        """Give the stored entries the keys of the feed's new scheme, so that none counts as new."""
        scheme = fetched.feed.id_scheme
        if scheme is state.id_scheme:
            return
        entries.rekey(
            self.db,
            state.feed_id,
            lambda entry: entry_key(
                scheme, guid=entry.guid, url=entry.url, title=entry.title, content=entry.content
            ),
        )

    def _fold(self, spec: FeedSpec, state: FeedState, new: Sequence[NewEntry]) -> list[StoryUpdate]:
        """Fold the new entries, oldest first, as if each had been met when it was published."""
        if not new:
            return []
        self.refresh()
        now = self.clock()
        coverage = self.config.folding.coverage and spec.coverage
        arrivals = [_arrival(state, entry, now=now, coverage=coverage) for entry in new]
        arrivals.sort(key=lambda arrival: (arrival.at, arrival.entry_id))
        return [update for arrival in arrivals for update in self.index.fold(arrival)]


def load_index(db: Database, config: Config, *, now: datetime) -> Index:
    """Return an index of the stories that a new entry may still join."""
    index = Index(config.folding)
    for first, second in stories.apart_pairs(db):
        index.keep_apart(first, second)
    silent = {feed.url for feed in config.feeds if not feed.coverage}
    since = now - REMEMBERED_WINDOWS * config.folding.window
    for arrival, story_id in entries.arrivals(db, since=since, without_coverage=silent):
        index.add(arrival, story_id=story_id)
    return index


def _numbered(
    new: Sequence[ReadEntry], *, first_id: int, backfill: int | None
) -> tuple[NewEntry, ...]:
    """Give ids to new entries; of a new feed, hold back all but the newest `backfill` of them."""
    newest = sorted(
        range(len(new)),
        key=lambda place: (_published(new[place]), -place),
        reverse=True,
    )
    held = set(newest[backfill:]) if backfill is not None else set()
    return tuple(
        NewEntry(entry_id=first_id + place, read=read, held=place in held)
        for place, read in enumerate(new)
    )


def _published(read: ReadEntry) -> float:
    """Return the publication time for sorting; an entry without one counts as new."""
    published_at = read.entry.published_at
    return published_at.timestamp() if published_at else float("inf")


def _arrival(state: FeedState, new: NewEntry, *, now: datetime, coverage: bool) -> Arrival:
    entry = new.read.entry
    return Arrival(
        entry_id=new.entry_id,
        feed_id=state.feed_id,
        feed_url=state.url,
        key=entry.key,
        guid=entry.guid,
        url=entry.url,
        at=entry.published_at or now,
        features=new.read.features,
        coverage=coverage,
    )
