"""Bodies that wait for the pages of their new entries before they are taken in.

Which pages to ask for is decided here, once for each body; what comes back is put beside the feed's
own words. A body waits for at most a few minutes, and no other feed waits for it. Until it is taken
in, nothing of it is in the store: where the process is killed meanwhile, feed and pages are asked
again. An orderly end takes in what has come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from aggregator.fold.identity import canonical_url
from aggregator.model import Fetched
from aggregator.pipeline.pages import LONGEST_S, PageBatch, PageRequest, given_up
from aggregator.poll.hosts import host_of
from aggregator.read.fulltext import completed, is_available
from aggregator.store import feeds, pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from aggregator.model import Outcome, Page, ReadEntry
    from aggregator.pipeline.pages import PageAnswer, PageAnswers
    from aggregator.pipeline.take_in import Desk

MOST_PAGES = 50  # of one body; a feed that brings more at once is an archive
SAME_PAGE = "several entries of the feed lead to this page"


def wanted(desk: Desk, url: str, outcome: Outcome) -> tuple[PageRequest, ...]:
    """Return the pages to ask for before the outcome is taken in, those of the newest first.

    Of entries that are new and no old news, with an address of their own that was not asked for
    before on behalf of the feed, and whose host wants no pause.
    """
    spec = desk.spec(url)
    if not (spec.full_text and isinstance(outcome, Fetched) and outcome.entries):
        return ()
    if not is_available():
        return ()
    now, entries = desk.clock(), outcome.entries
    places: dict[str, int] = {}
    for place in desk.foresee(url, outcome):
        places.setdefault(entries[place].entry.url, place)
    asked = pages.asked(desk.db, feeds.state(desk.db, url).feed_id, places)
    paused = feeds.paused_hosts(desk.db, now=now)
    requests = [
        PageRequest(spec=spec, place=place, entry=entries[place].entry, now=now)
        for page_url, place in places.items()
        if page_url not in asked and canonical_url(page_url) and host_of(page_url) not in paused
    ]
    return tuple(requests[:MOST_PAGES])


@dataclass(slots=True, kw_only=True)
class _Parked:
    """One body, the pages that it still waits for, and those that came."""

    outcome: Fetched
    waits_for: set[int]  # places in the body
    ends_at: float  # time.monotonic(): from then on, only for what is being asked
    answers: dict[int, PageAnswer] = field(default_factory=dict)


class Parking:
    """The bodies that wait, by their feed's URL, and the pages that wait for their host."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parked: dict[str, _Parked] = {}
        self._queues: dict[str, list[PageRequest]] = {}  # by host

    def __contains__(self, url: str) -> bool:
        """Return whether a body of the feed waits."""
        return url in self._parked

    def park(
        self, url: str, outcome: Fetched, requests: Sequence[PageRequest], *, at_s: float
    ) -> None:
        """Let a body wait for these pages."""
        self._parked[url] = _Parked(
            outcome=outcome,
            waits_for={request.place for request in requests},
            ends_at=at_s + LONGEST_S,
        )
        for request in requests:
            self._queues.setdefault(host_of(request.entry.url), []).append(request)

    def next_batch(self, *, busy: Collection[str]) -> PageBatch | None:
        """Return the pages of a host that is not busy, the feeds taking turns; None for none."""
        host = next((one for one in self._queues if one not in busy), None)
        if host is None:
            return None
        by_feed: dict[str, list[PageRequest]] = {}
        for request in self._queues.pop(host):
            by_feed.setdefault(request.spec.url, []).append(request)
        turns = chain.from_iterable(zip_longest(*by_feed.values()))
        return PageBatch(requests=tuple(one for one in turns if one))

    def take(self, batch: PageBatch, told: PageAnswers) -> None:
        """Note what came of a batch; what was not asked for is waited for no longer."""
        for answer in told.answers:
            if parked := self._parked.get(answer.feed_url):
                parked.answers[answer.place] = answer
        for request in batch.requests:
            if parked := self._parked.get(request.spec.url):
                parked.waits_for.discard(request.place)

    def give_up(self, batch: PageBatch, *, why: str) -> None:
        """Note that nothing can be known of a batch."""
        self.take(batch, given_up(batch.requests, why=why))

    def ready(self, desk: Desk, *, at_s: float) -> list[tuple[str, Outcome]]:
        """Return the bodies that wait for nothing more, each with its pages, and forget them."""
        for url in [url for url, parked in self._parked.items() if parked.ends_at <= at_s]:
            self._leave_queues(url)
        done = [url for url, parked in self._parked.items() if not parked.waits_for]
        return self._leave(desk, done)

    def leave(self, desk: Desk) -> list[tuple[str, Outcome]]:
        """Return every body with the pages that came so far, and forget all."""
        self._queues.clear()
        return self._leave(desk, list(self._parked))

    def _leave_queues(self, url: str) -> None:
        """Ask for no more pages of the feed that were not begun."""
        for host, queue in list(self._queues.items()):
            own = {request.place for request in queue if request.spec.url == url}
            self._parked[url].waits_for -= own
            self._queues[host] = [request for request in queue if request.spec.url != url]
            if not self._queues[host]:
                del self._queues[host]

    def _leave(self, desk: Desk, urls: Iterable[str]) -> list[tuple[str, Outcome]]:
        return [(url, _with_pages(desk, url, self._parked.pop(url))) for url in urls]


def _with_pages(desk: Desk, url: str, parked: _Parked) -> Fetched:
    """Return the body with what came of its pages beside the feed's words."""
    answers = parked.answers
    if not answers or url not in desk.specs:
        return parked.outcome
    shared = _shared(desk, url, [answer.page for answer in answers.values()])
    entries = list(parked.outcome.entries)
    for place, answer in answers.items():
        entries[place] = _with_page(entries[place], answer, shared=shared)
    return replace(parked.outcome, entries=tuple(entries))


def _shared(desk: Desk, url: str, found: Sequence[Page]) -> frozenset[str]:
    """Return addresses and texts that more than one entry of the feed leads to.

    A site's notice, not the entries' pages: were they kept, unlike entries would count as one.
    """
    urls = Counter(page.url for page in found if page.url)
    texts = Counter(page.content for page in found if page.content)
    twice = {one for counts in (urls, texts) for one, count in counts.items() if count > 1}
    return pages.met(desk.db, feeds.state(desk.db, url).feed_id, urls) | twice


def _with_page(read: ReadEntry, answer: PageAnswer, *, shared: frozenset[str]) -> ReadEntry:
    page = answer.page
    if page.url in shared or page.content in shared:
        return replace(read, page=replace(page, url="", content="", error=SAME_PAGE))
    if not (page.content and answer.features):
        return replace(read, page=page)
    entry = completed(read.entry, page.content)
    return replace(read, entry=entry, features=answer.features, page=page)
