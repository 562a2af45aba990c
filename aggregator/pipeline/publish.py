"""Stories into published files: what is ready is numbered and stored first, then rendered.

Documents are made of stored publications alone, so a crash between storing and writing loses and
repeats nothing: the next pass writes the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aggregator.digest import compose, edition, rank, render, select
from aggregator.digest.sheet import authority
from aggregator.model import Digest, DigestKind, Publication
from aggregator.pipeline.files import remove_remains, write_documents
from aggregator.store import feeds, publications, stories
from aggregator.store.database import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Config, Document, Edition, FeedSpec, Story
    from aggregator.store.database import Database

FIRST_EDITION_SPAN = timedelta(days=1)  # how far the first edition of a new digest looks back


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one pass of publishing did to a digest."""

    digest: str
    new: int = 0
    revised: int = 0


@dataclass(frozen=True, slots=True)
class Press:
    """Publishes the digests of a configuration from a store."""

    config: Config
    db: Database

    def publish(self, *, now: datetime, seen_since: datetime | None = None) -> list[Published]:
        """Store what is ready in every digest, each in a transaction of its own.

        With `seen_since`, only stories that an entry came to since then are looked at: enough for
        a tick that follows one without.
        """
        done = []
        for digest in self.config.digests:
            desk = DigestDesk.of(digest, config=self.config, db=self.db, now=now)
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
        for digest in self.config.digests:
            if digest.name in chosen:
                yield from self._digest_documents(digest, newest[digest.name])
        yield render.index_page(self.config.digests, service=self.config.service, newest=newest)
        yield from render.stylesheets()

    def _digest_documents(
        self, digest: Digest, current: Sequence[Publication]
    ) -> Iterable[Document]:
        folder = Path(self.config.service.public_dir) / digest.name
        numbers = publications.archive_numbers(self.db, digest.name)
        written = {path.name for path in folder.glob("archive-*")}  # one look, however many
        missing = [
            number
            for number in numbers
            if any(f"archive-{number:04d}.{form}" not in written for form in digest.formats)
        ]
        made = render.documents(
            digest,
            service=self.config.service,
            publications=rank.order(current, digest.order),
            archive_count=len(numbers),
            archive={
                number: publications.archive(self.db, digest.name, number) or ()
                for number in missing
            },
        )
        # What is linked first: whoever sees the current document finds its archives there.
        return sorted(made, key=lambda document: "/" not in document.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDesk:
    """One digest at one moment, inside one transaction."""

    config: Config
    db: Database
    digest: Digest
    now: datetime
    specs: Mapping[str, FeedSpec]  # of every feed, by URL; asked once or more for each story
    own_feeds: frozenset[str]  # the URLs of those that this digest takes

    @classmethod
    def of(cls, digest: Digest, *, config: Config, db: Database, now: datetime) -> Self:
        """Take the configuration apart once for all stories."""
        tags = set(digest.tags)
        own = (feed.url for feed in config.feeds if not tags or tags & set(feed.tags))
        return cls(
            config=config,
            db=db,
            digest=digest,
            now=now,
            specs={feed.url: feed for feed in config.feeds},
            own_feeds=frozenset(own),
        )

    def publish(self, *, seen_since: datetime | None) -> Published:
        """Store what is ready, as the digest's kind has it."""
        if self.digest.kind is DigestKind.EDITION:
            new, revised = self._issue_edition(), 0
        else:
            revised = self._revise()
            new = self._go_live(seen_since)
        if new:
            self._archive()
        return Published(digest=self.digest.name, new=new, revised=revised)

    # ----------------------------------------------------------------- live

    def _go_live(self, seen_since: datetime | None) -> int:
        settle = self._settle()
        settled_at = self.now - settle
        since = None if seen_since is None else seen_since - settle
        fresh = self._compose(self._ready(until=settled_at, seen_since=since))
        publications.save(self.db, fresh, composed_at=self.now)
        return len(fresh)

    def _settle(self) -> timedelta:
        """Return how long a story waits here; the very first need not: a whole pass gathered."""
        is_first = publications.next_number(self.db, self.digest.name) == 1
        return timedelta() if is_first else self.digest.settle

    def _revise(self) -> int:
        """Bring the current publications up to date with their stories."""
        first = publications.next_number(self.db, self.digest.name) - self.digest.limit
        revised = 0
        for previous, story_id in publications.changed(
            self.db, self.digest.name, numbers_from=first
        ):
            again = self._compose_again(previous, story_id)
            publications.save(self.db, [again], composed_at=self.now)
            revised += again != previous
        return revised

    def _compose_again(self, previous: Publication, story_id: str) -> Publication:
        story = next(iter(stories.load(self.db, [story_id])), None)
        shown = story and select.visible(story, specs=self.specs, lead_feeds=self.own_feeds)
        if shown is None or all(member.entry_id != previous.lead_id for member in shown.members):
            return previous  # its lead was pruned or filtered since: it stays as it was published
        return compose.story(
            select.with_lead(shown, previous.lead_id),
            self.digest,
            number=previous.number,
            authority=self._authority,
            specs=self.specs,
            now=self.now,
            previous=previous,
        )

    # -------------------------------------------------------------- edition

    def _issue_edition(self) -> int:
        """Store the edition that is due; one that would be empty is only noted."""
        started_at = publications.started_at(self.db, self.digest.name, now=self.now)
        last = publications.last_edition(self.db, self.digest.name)
        due = edition.due(self.digest, last=last, started_at=started_at, now=self.now)
        if due is None:
            return 0
        floor = started_at - FIRST_EDITION_SPAN
        ready = [
            story
            for story in self._ready(until=due.until_at, seen_since=floor)
            if story.first_seen_at >= floor
        ]
        return self._issue(due, self._compose(ready))

    def _issue(self, due: Edition, held: Sequence[Publication]) -> int:
        if not held:
            publications.add_edition(self.db, due)
            return 0
        number = publications.next_number(self.db, self.digest.name)
        issue = compose.edition(
            due,
            rank.order(held, self.digest.order),
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

    def _ready(self, *, until: datetime, seen_since: datetime | None) -> list[Story]:
        """Return the stories that this digest has yet to publish, each with its lead, as shown."""
        ids = publications.ready(
            self.db,
            self.digest.name,
            feed_ids=self._own_feed_ids(),
            first_seen_until=until,
            seen_since=seen_since,
        )
        shown = (
            select.visible(story, specs=self.specs, lead_feeds=self.own_feeds)
            for story in stories.load(self.db, ids)
        )
        return [self._with_lead(story) for story in shown if story is not None]

    def _with_lead(self, story: Story) -> Story:
        """Choose the story's lead, unless another digest has published it under the one it has."""
        if publications.is_published(self.db, story.id):
            return story
        chosen = select.choose_lead(story, specs=self.specs, lead_feeds=self.own_feeds)
        stories.set_lead(self.db, story.id, chosen.lead.entry_id)
        return chosen

    def _compose(self, ready: Iterable[Story]) -> list[Publication]:
        """Compose the stories, numbered in the order in which their leads were published."""
        first = publications.next_number(self.db, self.digest.name)
        in_order = sorted(ready, key=lambda story: (_at(story), story.id))
        return [
            compose.story(
                story,
                self.digest,
                number=number,
                authority=self._authority,
                specs=self.specs,
                now=self.now,
            )
            for number, story in enumerate(in_order, first)
        ]

    def _archive(self) -> None:
        """Freeze full archives of what no archive holds yet; the rest stands in the current one."""
        name, limit = self.digest.name, self.digest.limit
        numbers = publications.archive_numbers(self.db, name)
        last = publications.archive(self.db, name, numbers[-1]) if numbers else ()
        held = max((one.number for one in last or ()), default=0)
        loose = publications.numbered(
            self.db, name, first=held + 1, last=publications.next_number(self.db, name)
        )
        for count, start in enumerate(range(0, len(loose) - limit + 1, limit), len(numbers) + 1):
            publications.add_archive(
                self.db, name, number=count, publications=loose[start : start + limit]
            )

    def _own_feed_ids(self) -> list[int]:
        return [state.feed_id for state in feeds.states(self.db) if state.url in self.own_feeds]

    @property
    def _authority(self) -> str:
        return authority(self.config.service.public_url)


def _at(story: Story) -> datetime:
    """Return when the lead was published; what names a later time counts as just seen."""
    published_at = story.lead.entry.published_at
    return min(published_at or story.first_seen_at, story.first_seen_at)
