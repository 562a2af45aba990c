"""What must hold at the end of a simulated year, from the published files and the list of the told.

Every entry that an outlet told, and that no filter took, stands in one story; every story was told
in each of its digests exactly once; editions follow each other without a gap.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Self
from xml.etree import ElementTree as ET

from aggregator.digest.select import takes
from aggregator.model import DigestKind, Format
from bench.year_plan import BERLIN
from bench.year_told import fail, read, unique
from bench.year_world import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from aggregator.model import Digest
    from bench.year_told import Item, Subscriber
    from bench.year_watch import Watch
    from bench.year_web import Name
    from bench.year_world import World

PUBLISHED = "SELECT story_id, count(*) FROM published WHERE digest = ? GROUP BY story_id"
SETTLING = timedelta(days=30)  # after the longest retention
MOST_SWING = 1.5  # of the number of kept entries: months are not alike
EDITIONS = """
SELECT due_at, since_at, until_at, catch_up FROM editions WHERE digest = ? ORDER BY due_at
"""


@dataclass(frozen=True, slots=True)
class Span:
    """What an edition covers, as it is kept."""

    due: datetime
    since: datetime | None
    until: datetime
    catch_up: bool

    @classmethod
    def of(cls, due: str, since: str | None, until: str, catch_up: int) -> Self:
        """Return the span of a row."""
        start = _moment(since) if since else None
        return cls(_moment(due), start, _moment(until), bool(catch_up))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The figures of a run that kept every promise."""

    told: int  # entries that stood in a document given out
    filtered: int
    stories: int
    merged_after: int  # stories that were told apart before they proved to be one
    recall: float  # of events that several outlets told: pairs in one story
    publications: Mapping[str, int]
    archives: Mapping[str, int]
    catch_ups: int
    corrections: int  # that moved `updated`


@dataclass(frozen=True)
class End:
    """A finished simulation."""

    world: World
    watch: Watch

    def judge(self) -> Verdict:
        """Check everything; raise Trouble at the first promise that was broken."""
        merged = self._merged()
        stories = {name: merged.get(story, story) for name, story in self.watch.stories.items()}
        expected = self._expected(stories)
        catch_ups = 0
        for one in self.watch.subscribers:
            items = list(self._documents(one))
            self._check_published(one.digest, expected[one.digest.name], gone=merged.keys())
            _check_files(one, items)
            self._check_forms(one.digest)
            if one.digest.kind is DigestKind.EDITION:
                catch_ups += self._check_editions(one.digest, items, stories)
        self._check_bounded()
        return self._verdict(stories, merged_after=len(merged), catch_ups=catch_ups)

    def _verdict(self, stories: dict[Name, str], *, merged_after: int, catch_ups: int) -> Verdict:
        groups = defaultdict(set)
        for name, story in stories.items():
            groups[story].add(name[1])
        if wrong := [story for story, events in groups.items() if len(events) > 1]:
            fail(f"{len(wrong)} stories tell more than one event: {wrong[:3]}")
        every = self.watch.subscribers
        return Verdict(
            told=len(self.watch.web.told),
            filtered=len(self._filtered() & self.watch.web.told.keys()),
            stories=len(groups),
            merged_after=merged_after,
            recall=_recall(stories),
            publications={one.digest.name: len(one.first) for one in every},
            archives={one.digest.name: len(one.archives) for one in every},
            catch_ups=catch_ups,
            corrections=sum(sum(one.moves.values()) for one in every),
        )

    def _check_bounded(self) -> None:
        """Once the retention is over, what is kept of entries stays level."""
        longest = max(digest.retention for digest in self.watch.config.digests)
        since = self.world.start + longest + SETTLING
        end = self.world.start + self.world.days * DAY
        level = [size.entries for size in self.watch.sizes if since <= size.at <= end]
        if level and max(level) > MOST_SWING * min(level):
            fail(f"the number of kept entries is not level: {level}")

    # ------------------------------------------------------------------ entries

    def _merged(self) -> dict[str, str]:
        with self.watch.ask() as db:
            return dict(
                db.execute("SELECT id, merged_into FROM stories WHERE merged_into IS NOT NULL")
            )

    def _filtered(self) -> set[Name]:
        return {
            (outlet.number, one.number)
            for outlet, tellings in self.world.per_outlet()
            for one in tellings
            if one.is_quiz and outlet.excludes
        }

    def _expected(self, stories: dict[Name, str]) -> dict[str, set[str]]:
        """Return the stories that each digest must have told: those with an entry to show."""
        told = self.watch.web.told
        if lost := told.keys() - stories.keys():
            fail(f"{len(lost)} entries were told and not kept: {sorted(lost)[:5]}")
        shown = told.keys() - self._filtered()
        specs = {feed.url: feed for feed in self.watch.config.feeds}
        takes_outlet = {
            (digest.name, outlet.number): takes(digest, specs[outlet.url])
            for digest in self.watch.config.digests
            for outlet in self.world.outlets
        }
        return {
            digest.name: {stories[name] for name in shown if takes_outlet[digest.name, name[0]]}
            for digest in self.watch.config.digests
        }

    def _check_published(
        self, digest: Digest, expected: set[str], *, gone: AbstractSet[str]
    ) -> None:
        with self.watch.ask() as db:
            counts = dict(db.execute(PUBLISHED, (digest.name,)).fetchall())
        if missing := expected - counts.keys():
            fail(f"{digest.name} never told {len(missing)} stories: {list(missing)[:5]}")
        if twice := [story for story, number in counts.items() if number != 1]:
            fail(f"{digest.name} told {twice[:5]} more than once")
        if others := counts.keys() - expected - gone:
            fail(f"{digest.name} told stories that nobody told it: {list(others)[:5]}")

    # -------------------------------------------------------------------- files

    def _archives(self, digest: Digest, form: Format) -> Iterator[Path]:
        yield from sorted((self.watch.public / digest.name).glob(f"archive-*.{form}"))

    def _documents(self, one: Subscriber) -> Iterator[Item]:
        """Yield the entries of the archives and the current document: each id once."""
        archived: set[str] = set()
        for path in self._archives(one.digest, Format.ATOM):
            for item in read(path):
                if item.id in archived:
                    fail(f"{item.id} stands in two archives")
                archived.add(item.id)
                yield item
        for item in read(self.watch.public / f"{one.digest.name}.atom"):
            if item.id not in archived:
                yield item

    def _check_forms(self, digest: Digest) -> None:
        """Every form of a document tells the same entries."""
        stems = [path.with_suffix("") for path in self._archives(digest, Format.ATOM)]
        for stem in [*stems, self.watch.public / digest.name]:
            atom = sorted(item.id for item in read(stem.with_suffix(".atom")))
            for form in digest.formats:
                ids = _ids(stem.with_suffix(f".{form}"), form)
                if ids is not None and sorted(ids) != atom:
                    fail(f"{stem.name}.{form} tells other entries than its Atom form")

    # ----------------------------------------------------------------- editions

    def _check_editions(self, digest: Digest, items: list[Item], stories: dict[Name, str]) -> int:
        """Check spans, times and titles, and that each story stands in one; count catch-ups."""
        with self.watch.ask() as db:
            rows = db.execute(EDITIONS, (digest.name,)).fetchall()
        spans = [Span.of(*row) for row in rows]
        for before, span in pairwise(spans):
            _check_span(digest, before, span)
        titles = {item.published: item.title for item in items}
        for span in spans:
            _check_title(digest, span, titles.get(f"{span.due:%Y-%m-%dT%H:%M:%SZ}", ""))
        _check_once(digest, items, stories, self._filtered())
        self._check_windows(digest, items, spans, stories)
        return sum(span.catch_up for span in spans)

    def _check_windows(
        self, digest: Digest, items: list[Item], spans: list[Span], stories: dict[Name, str]
    ) -> None:
        """Each edition tells what was first met in its span; an hour more where that came twice.

        A story whose first entries a filter took shows when another one joins it.
        """
        told = self.watch.web.told
        met = _earliest(stories, told, told.keys())
        shown = _earliest(stories, told, told.keys() - self._filtered())
        by_due = {f"{span.due:%Y-%m-%dT%H:%M:%SZ}": span for span in spans}
        for item in items:
            span = by_due[item.published]
            since = span.since - HOUR if span.since else None
            for story in {stories[name] for name in item.names}:
                if met[story] > span.until or (since and shown[story] <= since):
                    fail(f"{digest.name} {span}: tells {story}, met at {met[story]}")


def _earliest(
    stories: Mapping[Name, str], told: Mapping[Name, datetime], names: AbstractSet[Name]
) -> dict[str, datetime]:
    """Return when the first of these entries of each story was given out."""
    found: dict[str, datetime] = {}
    for name in names:
        found[stories[name]] = min(found.get(stories[name], told[name]), told[name])
    return found


def _check_once(
    digest: Digest, items: list[Item], stories: dict[Name, str], filtered: set[Name]
) -> None:
    counts = Counter(story for item in items for story in {stories[name] for name in item.names})
    wanted = {story for name, story in stories.items() if name not in filtered}
    if missing := wanted - counts.keys():
        fail(f"no edition of {digest.name} tells {len(missing)}: {list(missing)[:3]}")
    if twice := [story for story, number in counts.items() if number > 1]:
        fail(f"several editions of {digest.name} tell {len(twice)}: {twice[:3]}")


def _check_files(one: Subscriber, items: list[Item]) -> None:
    unique((item.id for item in items), one.digest.name)
    for item in items:
        known = one.first.get(item.id)
        if known is None or (item.lead, item.published) != (known.lead, known.published):
            fail(f"{one.digest.name}: {item.id} was {known}, is {item}")
    if gone := one.first.keys() - {item.id for item in items}:
        fail(f"{one.digest.name}: {len(gone)} ids are in no file: {list(gone)[:3]}")


def _ids(path: Path, form: Format) -> list[str] | None:
    match form:
        case Format.RSS:
            root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own output
            return [item.findtext("guid", "") for item in root.iter("item")]
        case Format.JSON:
            return [item["id"] for item in json.loads(path.read_bytes())["items"]]
        case _:
            return None


def _recall(stories: dict[Name, str]) -> float:
    """Return the share of pairs of one event's entries that stand in one story."""
    by_event: dict[int, list[str]] = defaultdict(list)
    for name, story in stories.items():
        by_event[name[1]].append(story)
    true = together = 0
    for told in by_event.values():
        true += len(told) * (len(told) - 1) // 2
        together += sum(n * (n - 1) // 2 for n in Counter(told).values())
    return together / true if true else 1.0


def _check_span(digest: Digest, before: Span, span: Span) -> None:
    if span.since != before.until or span.until != span.due or not _is_set_time(digest, span.due):
        fail(f"{digest.name}: a gap or another time: {before}, {span}")
    if span.catch_up != (_set_times_between(digest, before.until, span.due) > 1):
        fail(f"{digest.name}: {span}")


def _check_title(digest: Digest, span: Span, title: str) -> None:
    """Check that a catch-up edition names both days of its span; "" is one without stories."""
    if title and span.catch_up != title.startswith("Catch-up"):
        fail(f"{digest.name} {span}: {title!r}")
    if title and span.catch_up and span.since:
        days = [at.astimezone(BERLIN) for at in (span.since, span.until)]
        if missing := [day for day in days if f"{day.day} {day:%B}" not in title]:
            fail(f"{digest.name} {span}: {title!r} does not name {missing}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_set_time(digest: Digest, moment: datetime) -> bool:
    local = moment.astimezone(BERLIN)
    return local.weekday() in digest.weekdays and local.time().replace(fold=0) in digest.at


def _set_times_between(digest: Digest, since: datetime, until: datetime) -> int:
    """Return how many set times lie in a span, its end included."""
    day, count = since.astimezone(BERLIN).date(), 0
    while day <= until.astimezone(BERLIN).date():
        for at in digest.at:
            moment = datetime.combine(day, at, BERLIN).astimezone(UTC)
            count += since < moment <= until and day.weekday() in digest.weekdays
        day += timedelta(days=1)
    return count
