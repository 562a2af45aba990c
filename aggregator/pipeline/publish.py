"""Stories into published files: what is ready is numbered and stored first, then rendered.

Documents are made of stored publications alone, so a crash between storing and writing loses and
repeats nothing: the next pass writes the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from aggregator.digest import compose, edition, rank, render, select
from aggregator.digest.setting import Beside
from aggregator.digest.sheet import authority
from aggregator.model import Digest, DigestKind, Publication, Relation
from aggregator.pipeline import images
from aggregator.pipeline.files import remove_remains, write_documents
from aggregator.pipeline.sources import holds_key, public_sources
from aggregator.read import clutter
from aggregator.store import clutter as kept_clutter
from aggregator.store import feeds, publications, stories
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Config, Document, Edition, FeedSpec, Member, Story
    from aggregator.store.database import Database

_Held = TypeVar("_Held")
EVER = datetime.min.replace(tzinfo=UTC)  # a moment before all others
STORIES_A_STEP = 200  # in memory at a time with their texts, some 2 MB; as the store loads them
FIRST_EDITION_SPAN = timedelta(days=1)  # how far the first edition of a new digest looks back


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one pass of publishing did to a digest."""

    digest: str
    new: int = 0
    revised: int = 0


class _Place(NamedTuple):
    """Where a story stands among those that are published with it: by time, then by id."""

    at: datetime
    story_id: str
    lead_id: int
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A story that is to be published: light enough to hold all of a first poll."""

    number: int
    story_id: str
    lead_id: int


@dataclass(frozen=True, slots=True)
class Press:
    """Publishes the digests of a configuration from a store."""

    config: Config
    db: Database

    def publish(self, *, now: datetime, seen_since: datetime | None = None) -> list[Published]:
        """Store what is ready in every digest, each in a transaction of its own.

        With `seen_since`, only stories that an entry came to since then are looked at, and where
        there are filters those that changed: enough for a tick that follows one without.
        """
        done = []
        to_cut = cache(partial(clutter_to_cut, self.config, self.db))
        for digest in self.config.digests:
            desk = DigestDesk.of(digest, config=self.config, db=self.db, now=now, clutter=to_cut)
            with transaction(self.db):
                done.append(desk.publish(seen_since=seen_since))
        return done

    def write(self, names: Iterable[str] | None = None) -> int:
        """Write the documents of these digests (of all, for None) where their bytes differ.

        Returns how many files were written.
        """
        chosen = {digest.name for digest in self.config.digests} if names is None else set(names)
        if not chosen:
            return 0
        public_dir = Path(self.config.service.public_dir)
        if names is None:
            remove_remains(public_dir)
        return write_documents(public_dir, self._documents(chosen))

    def _documents(self, chosen: set[str]) -> Iterator[Document]:
        newest = {
            digest.name: publications.newest(self.db, digest.name, digest.limit)
            for digest in self.config.digests
        }
        pictures = images.shown(self.config, self.db)
        states = feeds.states(self.db)
        for digest in self.config.digests:
            if digest.name in chosen:
                sources = public_sources(digest, self.config, states)
                beside = Beside(pictures=pictures, sources=sources, is_secret=holds_key)
                yield from self._digest_documents(digest, newest[digest.name], beside)
        beside = Beside(pictures=pictures, is_secret=holds_key)
        yield render.index_page(
            self.config.digests, service=self.config.service, newest=newest, beside=beside
        )
        yield from render.stylesheets()

    def _digest_documents(
        self, digest: Digest, current: Sequence[Publication], beside: Beside
    ) -> Iterator[Document]:
        numbers = publications.archive_numbers(self.db, digest.name)
        return render.documents(
            digest,
            service=self.config.service,
            publications=rank.order(current, digest),
            archive_count=len(numbers),
            archives=self._missing_archives(digest, numbers),
            beside=beside,
        )

    def _missing_archives(
        self, digest: Digest, numbers: Sequence[int]
    ) -> Iterator[tuple[int, Sequence[Publication]]]:
        """Yield the archives of which a file is missing, one at a time."""
        folder = Path(self.config.service.public_dir) / digest.name
        written = {path.name for path in folder.glob("archive-*")}  # one look, however many
        for number in numbers:
            if any(f"archive-{number:04d}.{form}" not in written for form in digest.formats):
                yield number, publications.archive(self.db, digest.name, number) or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDesk:
    """One digest at one moment, inside one transaction."""

    config: Config
    db: Database
    digest: Digest
    now: datetime
    specs: Mapping[str, FeedSpec]  # of every feed, by URL; asked once or more for each story
    own_feeds: frozenset[str]  # the URLs of those that this digest takes
    clutter: Callable[[], Mapping[int, frozenset[int]]]  # what to cut, by feed id

    @classmethod
    def of(
        cls,
        digest: Digest,
        *,
        config: Config,
        db: Database,
        now: datetime,
        clutter: Callable[[], Mapping[int, frozenset[int]]],
    ) -> Self:
        """Take the configuration apart once for all stories."""
        return cls(
            config=config,
            db=db,
            digest=digest,
            now=now,
            specs={feed.url: feed for feed in config.feeds},
            own_feeds=select.own_feeds(digest, config.feeds),
            clutter=clutter,
        )

    def publish(self, *, seen_since: datetime | None) -> Published:
        """Store what is ready, as the digest's kind has it."""
        if self.digest.kind is DigestKind.EDITION:
            new, revised = self._issue_edition(), 0
        else:
            revised = self._revise()
            new = self._go_live(seen_since)
        if new or seen_since is None:  # also what a lowered limit has no place for any more
            self._archive()
        return Published(digest=self.digest.name, new=new, revised=revised)

    # ----------------------------------------------------------------- live

    def _go_live(self, seen_since: datetime | None) -> int:
        settle = self._settle()
        since = None if seen_since is None else seen_since - settle
        ready = self._ready(until=self.now - settle, seen_since=since)
        for step in _steps(ready):
            publications.save(self.db, self._compose(step), composed_at=self.now)
        return len(ready)

    def _settle(self) -> timedelta:
        """Return how long a story waits here; the very first need not: a whole pass gathered."""
        is_first = publications.next_number(self.db, self.digest.name) == 1
        return timedelta() if is_first else self.digest.settle

    def _revise(self) -> int:
        """Bring the current publications up to date with their stories."""
        name = self.digest.name
        current = publications.newest_numbers(self.db, name, self.digest.limit)
        first = min(current, default=1)
        revised = 0
        for previous, story_id in publications.changed(self.db, name, numbers_from=first):
            again = self._compose_again(previous, story_id)
            publications.save(self.db, [again], composed_at=self.now)
            revised += again != previous
        return revised

    def _compose_again(self, previous: Publication, story_id: str) -> Publication:
        story = next(iter(stories.load(self.db, [story_id])), None)
        shown = story and self._shown(story)
        if shown is None or all(member.entry_id != previous.lead_id for member in shown.members):
            return previous  # its lead was pruned or filtered since: it stays as it was published
        return self._said(shown, previous.lead_id, number=previous.number, previous=previous)

    # -------------------------------------------------------------- edition

    def _issue_edition(self) -> int:
        """Store the edition that is due; one that would be empty is only noted."""
        started_at = publications.started_at(self.db, self.digest.name, now=self.now)
        last = publications.last_edition(self.db, self.digest.name)
        due = edition.due(self.digest, last=last, started_at=started_at, now=self.now)
        if due is None:
            return 0
        floor = started_at - FIRST_EDITION_SPAN
        ready = self._ready(until=due.until_at, seen_since=floor, first_seen_from=floor)
        held = [one for step in _steps(ready) for one in self._compose(step)]
        return self._issue(due, held)

    def _issue(self, due: Edition, held: Sequence[Publication]) -> int:
        if not held:
            publications.add_edition(self.db, due)
            return 0
        number = publications.next_number(self.db, self.digest.name)
        issue = compose.edition(
            due,
            rank.order(held, self.digest),
            self.digest,
            number=number,
            authority=self._authority,
            service=self.config.service,
            specs=self.specs,
        )
        publications.save(self.db, [issue], composed_at=self.now)
        publications.add_edition(self.db, due, number=number)
        return 1

    # ----------------------------------------------------------------- both

    def _ready(
        self,
        *,
        until: datetime,
        seen_since: datetime | None,
        first_seen_from: datetime = EVER,
    ) -> list[_Ready]:
        """Return what to publish of the stories that this digest has yet to publish, numbered.

        They are numbered in the order in which their leads were published.
        """
        ids = publications.ready(
            self.db,
            self.digest.name,
            feed_ids=self._own_feed_ids(),
            first_seen_until=until,
            seen_since=seen_since,
            or_changed=any(select.is_filtered(self.digest, self.specs[u]) for u in self.own_feeds),
        )
        found = (place for step in _steps(ids) for place in self._places(step))
        places = sorted(place for place in found if place.first_seen_at >= first_seen_from)
        first = publications.next_number(self.db, self.digest.name)
        return [
            _Ready(number=number, story_id=place.story_id, lead_id=place.lead_id)
            for number, place in enumerate(places, first)
        ]

    def _places(self, ids: Sequence[str]) -> Iterator[_Place]:
        """Yield the places of those of these stories that show here.

        A story of one entry is led by it: its words are only asked for where they are filtered.
        """
        alone = {
            one.story_id: _place(one.story_id, one.entry_id, one.published_at, one.first_seen_at)
            for one in publications.alone(self.db, ids)
            if not select.is_filtered(self.digest, self.specs[one.feed_url])
        }
        yield from alone.values()
        others = [story_id for story_id in ids if story_id not in alone]
        for story in self._led(others):
            lead = story.lead
            yield _place(story.id, lead.entry_id, lead.entry.published_at, story.first_seen_at)

    def _led(self, ids: Sequence[str]) -> Iterator[Story]:
        """Yield those of these stories that show here, each led by what leads it here.

        That is the best of its members, unless another digest has published it under another one.
        """
        published = publications.which_published(self.db, ids)
        for story in stories.load(self.db, ids):
            shown = self._shown(story)
            if shown and story.id not in published:
                shown = select.choose_lead(shown, specs=self.specs, lead_feeds=self.own_feeds)
            if shown:
                yield shown

    def _compose(self, step: Sequence[_Ready]) -> list[Publication]:
        """Compose stories that are ready; each keeps the lead that it is first published under."""
        ids = [ready.story_id for ready in step]
        published = publications.which_published(self.db, ids)
        composed = []
        for ready, story in zip(step, stories.load(self.db, ids), strict=True):
            if story.lead.entry_id != ready.lead_id and story.id not in published:
                stories.set_lead(self.db, story.id, ready.lead_id)
            composed.append(self._composed(story, ready))
        return composed

    def _composed(self, story: Story, ready: _Ready) -> Publication:
        made = self._said(self._shown(story) or story, ready.lead_id, number=ready.number)
        if publications.has_id(self.db, made.digest, made.id):  # it went with a lead split off
            return replace(made, id=made.id.replace(":story:", f":story:{ready.number}:"))
        return made

    def _said(
        self, story: Story, lead_id: int, *, number: int, previous: Publication | None = None
    ) -> Publication:
        """Return what the digest says of the story, without its feeds' clutter."""
        led = select.with_lead(story, lead_id)
        return compose.story(
            self._without_clutter(led),
            self.digest,
            number=number,
            authority=self._authority,
            specs=self.specs,
            now=self.now,
            previous=previous,
            given=led.lead.entry,
        )

    def _without_clutter(self, story: Story) -> Story:
        """Return the story without what its feeds repeat around their articles."""
        marks = self.clutter()
        if not any(marks.get(member.feed_id) for member in story.members):
            return story
        return replace(story, members=tuple(_bare(one, marks) for one in story.members))

    def _shown(self, story: Story) -> Story | None:
        """Return the story as this digest shows it, None where it does not."""
        return select.visible(story, self.digest, specs=self.specs, lead_feeds=self.own_feeds)

    def _archive(self) -> None:
        """Freeze full archives of what no archive holds yet; the rest stands in the current one."""
        name, limit = self.digest.name, self.digest.limit
        loose = publications.unarchived(self.db, name)
        first = len(publications.archive_numbers(self.db, name)) + 1
        for number, start in enumerate(range(0, len(loose) - limit + 1, limit), first):
            publications.add_archive(
                self.db, name, number=number, holds=loose[start : start + limit]
            )

    def _own_feed_ids(self) -> list[int]:
        return [state.feed_id for state in feeds.states(self.db) if state.url in self.own_feeds]

    @property
    def _authority(self) -> str:
        return authority(self.config.service.public_url)


def clutter_to_cut(config: Config, db: Database) -> dict[int, frozenset[int]]:
    """Return the fingerprints of what to cut, by feed id, of the feeds that want it cut."""
    whole = {feed.url for feed in config.feeds if not feed.clutter}
    wanted = (state.feed_id for state in feeds.states(db) if state.url not in whole)
    return kept_clutter.marks(db, wanted)


def _bare(member: Member, marks: Mapping[int, frozenset[int]]) -> Member:
    """Return the member without clutter; a copy is only named, so it stays as it is."""
    own = marks.get(member.feed_id)
    if not own or member.relation is Relation.COPY:
        return member
    return replace(member, entry=clutter.without(member.entry, own))


def _place(
    story_id: str, lead_id: int, published_at: datetime | None, first_seen_at: datetime
) -> _Place:
    """Return a story's place: when its lead was published; a later time counts as just seen."""
    at = min(published_at or first_seen_at, first_seen_at)
    return _Place(at=at, story_id=story_id, lead_id=lead_id, first_seen_at=first_seen_at)


def _steps(values: Sequence[_Held]) -> Iterator[Sequence[_Held]]:
    for start in range(0, len(values), STORIES_A_STEP):
        yield values[start : start + STORIES_A_STEP]
