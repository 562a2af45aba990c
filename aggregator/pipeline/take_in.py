"""Outcomes into the store: entries, their stories, validators and the next due time, together.

One transaction takes in the outcomes that are at hand. Where it fails, each feed is tried in a
transaction of its own, and one that fails again is deferred first and reported after: a row that
poisons the writer must not be met at once again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING

import structlog

from aggregator.errors import StoreError
from aggregator.fold import identity
from aggregator.fold.stories import Index
from aggregator.model import (
    Arrival,
    Failed,
    FailureKind,
    Fetched,
    Outcome,
    PollReport,
)
from aggregator.pipeline import sessions
from aggregator.pipeline.bare import bare, bare_features, marks_of
from aggregator.pipeline.identify import identify
from aggregator.pipeline.report import report_of
from aggregator.pipeline.subscribing import Polled, settle
from aggregator.poll.plan import after, asked_url, host_of, host_pause, longest_wait
from aggregator.read.fulltext import as_read, completed
from aggregator.store import clutter, entries, feeds, identities, pages, stories, threads, tokens
from aggregator.store.database import rehearsal, transaction
from aggregator.store.entries import NewEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from aggregator.fold.identity import Places
    from aggregator.model import Config, FeedSpec, FeedState, ReadEntry, StoryUpdate
    from aggregator.pipeline.identify import Identified
    from aggregator.store.database import Database
    from aggregator.store.entries import ChangedEntry

log = structlog.get_logger()

FORGET_EVERY = timedelta(hours=1)  # what is past; a look at all that is remembered
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
    forgot_at: datetime | None = None  # when the index last forgot what no new entry can join
    tokens: Places = field(default_factory=dict)  # of addresses, by host
    listens: bool = False  # whether hubs can push to us: then a feed that they push is asked less

    @classmethod
    def open(cls, config: Config, db: Database, *, clock: Callable[[], datetime]) -> Desk:
        """Bring the list of feeds up to date; the recent stories are loaded when first needed."""
        titles = {feed.url: feed.title for feed in config.feeds}
        feeds.list_feeds(db, titles, now=clock(), titles=titles)
        specs = {feed.url: feed for feed in config.feeds}
        return cls(config, db, clock, Index(config.folding), specs, -1)

    def refresh(self) -> None:
        """Load the index, again where stories were changed by hand since it was loaded.

        Inside the transaction that folds, so that no such change comes in between. What has grown
        too old for any new entry is forgotten every hour.
        """
        now = self.clock()
        if (generation := stories.generation(self.db)) != self.generation:
            self.index = load_index(self.db, self.config, now=now)
            self.tokens = tokens.places(self.db)
            self.generation = generation
        elif self.forgot_at is None or now - self.forgot_at >= FORGET_EVERY:
            recent = entries.first_since(self.db, _remembered_since(self.config, now=now))
            self.index.forget_before(recent or entries.next_id(self.db))
        else:
            return
        self.forgot_at = now

    def settle(self) -> None:
        """Merge what a second look at the backlog, an earlier process's too, shows to be one."""
        if stories.unsettled_from(self.db) is None:
            return
        with transaction(self.db):
            self.refresh()
            generation, self.generation = self.generation, -1  # should it fail, it is loaded anew
            stories.apply(self.db, self.index.settle(), now=self.clock())
            stories.note_settled(self.db)
        self.generation = generation

    def spec(self, url: str) -> FeedSpec:
        """Return what was configured for the feed."""
        return self.specs[url]

    def take_in(self, outcomes: Sequence[tuple[str, Outcome]]) -> list[PollReport]:
        """Store every outcome, whatever one of them does; return a report for each."""
        try:
            return self._take_in_together(outcomes)
        except StoreError:  # no feed's fault: all of them stay due
            self.generation = -1
            raise
        except Exception:  # the job boundary: told apart feed by feed below
            log.exception("a batch could not be taken in; trying each feed by itself")
            self.generation = -1
            return [self._take_in_alone(url, outcome) for url, outcome in outcomes]

    def foresee(self, url: str, fetched: Fetched) -> list[int]:
        """Return which of a body's entries would be new and news, by their place, newest first.

        As if it were taken in now; nothing is kept of it.
        """
        state = feeds.state(self.db, url)
        try:
            with rehearsal(self.db):
                found = identify(self.db, state, fetched, now=self.clock())
        except Exception:  # the job boundary: taking it in will tell
            log.exception("a body could not be looked at ahead", feed=url)
            return []
        new = _numbered(found.difference.new, first_id=0)
        news = [
            one for one in self._with_held(new, state, archived=fetched.archived) if not one.held
        ]
        news.sort(key=lambda one: _newness(one, frozenset()), reverse=True)
        places: dict[str, int] = {}
        for place, read in enumerate(found.fetched.entries):
            places.setdefault(read.entry.key, place)
        keys = (one.read.entry.key for one in news)
        return [places[key] for key in keys if key in places]

    def _take_in_together(self, outcomes: Sequence[tuple[str, Outcome]]) -> list[PollReport]:
        with transaction(self.db):
            return [self._take_one(url, outcome) for url, outcome in outcomes]

    def _take_in_alone(self, url: str, outcome: Outcome) -> PollReport:
        try:
            return self._take_in_together([(url, outcome)])[0]
        except StoreError:
            raise
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
            clutter.add(self.db, state.feed_id, outcome.clutter, now=now)
            if spec.clutter:
                outcome = bare(self.db, state.feed_id, outcome, now=now)
            if sessions.learn(self.db, state, outcome, now=now):
                self.generation = -1  # what is known of addresses: the index is loaded again
            found = identify(self.db, state, outcome, now=now)
            new, updated = self._take_entries(spec, state, found)
            outcome = found.fetched
            state = replace(
                state,
                id_scheme=found.id_scheme,
                id_reason=found.id_reason,
                pieces=state.pieces if outcome.pieces is None else outcome.pieces,
            )
        polling = self.config.polling
        known = new if isinstance(outcome, Fetched) else None
        planned = after(state, outcome, spec=spec, polling=polling, now=now, new=known)
        polled = Polled(
            before=state,
            new=new,
            listens=self.listens,
            longest=longest_wait(spec, polling),
            now=now,
        )
        feeds.save(self.db, settle(self.db, planned, outcome, polled=polled))
        asked = asked_url(state)
        if until_at := host_pause(asked, outcome, now=now, polling=polling, state=state):
            feeds.pause_host(self.db, host_of(asked), until_at)
        return report_of(url, outcome, new=new, updated=updated)

    def _take_entries(self, spec: FeedSpec, state: FeedState, found: Identified) -> tuple[int, int]:
        now, fetched, difference = self.clock(), found.fetched, found.difference
        new = _numbered(difference.new, first_id=entries.next_id(self.db))
        new = self._with_held(new, state, archived=fetched.archived)
        updates = self._fold(spec, state, new)
        entries.add(self.db, state.feed_id, new, now=now)
        pages.add(self.db, {one.entry_id: one.read.page for one in new if one.read.page}, now=now)
        stories.apply(self.db, updates, now=now)
        if new and self.index.has_backlog:
            stories.note_unsettled(self.db, new[0].entry_id)
        changed = self._with_page_texts(spec, state, difference.changed)
        entries.change(self.db, changed, now=now)
        entries.mark_present(
            self.db,
            state.feed_id,
            keys={read.entry.key: read.entry.slice_hash for read in fetched.entries},
            slices=fetched.feed.known,
            now=now,
            partial=fetched.is_partial,
        )
        return len(new), len(difference.changed)

    def _with_page_texts(
        self, spec: FeedSpec, state: FeedState, changed: Sequence[ChangedEntry]
    ) -> list[ChangedEntry]:
        """Let what a page told of an entry stand when its feed tells it in other words."""
        texts = pages.texts(self.db, [one.entry_id for one in changed])
        marks = marks_of(self.db, state.feed_id) if texts and spec.clutter else frozenset()
        return [
            replace(one, read=_as_page_tells(one.read, texts[one.entry_id], marks))
            if one.entry_id in texts
            else one
            for one in changed
        ]

    def _with_held(
        self, new: Sequence[NewEntry], state: FeedState, *, archived: Sequence[ReadEntry]
    ) -> tuple[NewEntry, ...]:
        """Hold back what is no news: of a new feed, all but the newest `backfill` entries.

        Of an old one's older documents, all but what came since it was last read.
        """
        older = {read.entry.key for read in archived}
        since = state.last_fetched_at
        if since is None:
            newest = sorted(new, key=lambda one: _newness(one, older), reverse=True)
            held = {one.entry_id for one in newest[self.config.polling.backfill :]}
        else:
            old = (one for one in new if one.read.entry.key in older)
            held = {one.entry_id for one in old if not _is_since(one.read, since)}
        return tuple(replace(one, held=one.entry_id in held) for one in new)

    def _fold(self, spec: FeedSpec, state: FeedState, new: Sequence[NewEntry]) -> list[StoryUpdate]:
        """Fold the new entries, oldest first, as if each had been met when it was published."""
        if not new:
            return []
        self.refresh()
        now = self.clock()
        coverage = self.config.folding.coverage and spec.coverage
        arrivals = [_arrival(state, entry, now=now, coverage=coverage) for entry in new]
        arrivals = [sessions.bare(arrival, self.tokens) for arrival in arrivals]
        arrivals = self._with_free_ids(arrivals, now=now)
        arrivals.sort(key=lambda arrival: (arrival.at, arrival.entry_id))
        self._remember(arrivals, now=now)
        self.index.expect(arrivals)
        return [update for arrival in arrivals for update in self.index.fold(arrival)]

    def _remember(self, arrivals: Sequence[Arrival], *, now: datetime) -> None:
        """Bring back to the index what stands at the addresses of entries older than it reaches.

        A feed that is added late, or an archive, brings what another feed has long told.
        """
        since = _remembered_since(self.config, now=now)
        links = {link for one in arrivals if one.at < since for link in _forms_of(one.url)}
        silent = _without_coverage(self.config)
        for arrival, story_id in entries.arrivals_at(self.db, links, without_coverage=silent):
            if arrival.entry_id not in self.index:
                self.index.add(sessions.bare(arrival, self.tokens), story_id=story_id)

    def _with_free_ids(self, arrivals: Sequence[Arrival], *, now: datetime) -> list[Arrival]:
        """Return the arrivals so that none begins a story under the id of another one.

        A key that an entry had before its feed changed its ids is free again; the story that began
        under it goes on.
        """
        ids = {one.key: identity.story_id(one.feed_url, one.key) for one in arrivals}
        taken = identities.known_stories(self.db, ids.values())
        return [
            replace(one, key=f"{one.key}\n{now.isoformat()}") if ids[one.key] in taken else one
            for one in arrivals
        ]


def _forms_of(url: str) -> set[str]:
    """Return a link as it is, and its one form as feeds write it."""
    _, _, rest = identity.canonical_url(url).partition("://")
    starts = ("https://", "http://", "https://www.", "http://www.") if rest else ()
    return {url, *(start + rest for start in starts)}


def _without_coverage(config: Config) -> set[str]:
    """Return the feeds whose entries fold as copies only."""
    return {feed.url for feed in config.feeds if not feed.coverage}


def _remembered_since(config: Config, *, now: datetime) -> datetime:
    return now - REMEMBERED_WINDOWS * config.folding.window


def load_index(db: Database, config: Config, *, now: datetime) -> Index:
    """Return an index of the stories that a new entry may still join."""
    index = Index(config.folding)
    for first, second in stories.apart_pairs(db):
        index.keep_apart(first, second)
    silent = _without_coverage(config)
    since = _remembered_since(config, now=now)
    places, unsettled_from = tokens.places(db), stories.unsettled_from(db)
    for arrival, story_id in entries.arrivals(db, since=since, without_coverage=silent):
        index.add(
            sessions.bare(arrival, places),
            story_id=story_id,
            is_settled=unsettled_from is None or arrival.entry_id < unsettled_from,
        )
    for thread in threads.recent(db, since=since):
        index.note(thread)
    return index


def _numbered(new: Sequence[ReadEntry], *, first_id: int) -> tuple[NewEntry, ...]:
    return tuple(NewEntry(entry_id=first_id + place, read=read) for place, read in enumerate(new))


def _newness(new: NewEntry, older: AbstractSet[str]) -> tuple[float, int]:
    """Return what newer entries have more of: the date, then the place near the document's top.

    One without a date counts as new, unless it comes from an older document.
    """
    published_at = new.read.entry.published_at
    if published_at is not None:
        return published_at.timestamp(), -new.entry_id
    return -inf if new.read.entry.key in older else inf, -new.entry_id


def _as_page_tells(read: ReadEntry, text: str, marks: frozenset[int]) -> ReadEntry:
    entry = completed(read.entry, text)
    return replace(read, entry=entry, features=bare_features(as_read(entry, text), marks))


def _is_since(read: ReadEntry, moment: datetime) -> bool:
    published_at = read.entry.published_at
    return published_at is not None and published_at > moment


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
        seen_at=now,
        features=new.read.features,
        coverage=coverage,
        met_url=new.read.page.url if new.read.page else "",
    )
