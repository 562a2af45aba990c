"""A feed's older documents: RFC 5005 archives and pages, JSON Feed's `next_url`.

They are asked for at two moments only. At a feed's first poll, because nothing of it is known. And
after a gap, when more was published than one document holds: nothing of the document was known
before and every entry in it was published after the last body was taken in, so what came between
stands in older documents. Slices alone would not tell: where links change at each fetch, every
entry looks unknown each time. Dates alone would not either: some feeds date everything "now".

One document after the other, at most `Polling.archives` of them, within one body's size and a
minute in all, through the same fetcher and reading process as the feed itself. A document that was
met before, or that brings no new entry, ends it, and so does the first failure: what was read
stays. No other poll ever asks for an older document.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from aggregator.model import Download, Failed, ReadEntry
from aggregator.pipeline.tools import ask, task_of
from aggregator.read.identity import lower, settle

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Clutter, Fetched, Freshness, IdScheme, PollRequest
    from aggregator.pipeline.task import Reading
    from aggregator.pipeline.tools import Tools

LONGEST_S = 60.0  # for all of them: the host's other feeds wait meanwhile
SURELY_DATED = timedelta(minutes=5)  # an entry younger than that may be dated to the request
HASH_BYTES = 16

Entries = tuple[ReadEntry, ...]


async def with_history(
    request: PollRequest, fetched: Fetched, download: Download, tools: Tools
) -> Fetched:
    """Return the outcome with the entries of older documents, where this is the moment for them.

    Validators, hashes and the known slices stay those of the feed's own document.
    """
    since = _gap(request, fetched)
    is_first = request.state.last_fetched_at is None
    if fetched.is_partial or not tools.polling.archives or not (is_first or since):
        return fetched
    trail = _Trail.start(request, fetched, download, since=since)
    trail.room_bytes = tools.polling.max_body_bytes - len(download.body)
    with suppress(TimeoutError):
        async with asyncio.timeout(min(LONGEST_S, 2 * tools.polling.timeout.total_seconds())):
            await _follow(trail, request, tools)
    return trail.joined(fetched)


def _gap(request: PollRequest, fetched: Fetched) -> datetime | None:
    """Return since when entries may have been missed, or None where nothing speaks for that."""
    last, before, known = request.state.last_fetched_at, request.state.known, fetched.feed.known
    dates = [read.entry.published_at for read in fetched.entries]
    if not (last and before and known and dates) or before & known:
        return None
    are_later = all(date is not None and date > last for date in dates)
    latest = request.now - SURELY_DATED
    return last if are_later and any(date and date <= latest for date in dates) else None


async def _follow(trail: _Trail, request: PollRequest, tools: Tools) -> None:
    """Read one older document after the other until something ends it."""
    for _ in range(tools.polling.archives):
        url = trail.next_url()
        answer = await ask(url, request, tools) if url else None
        if isinstance(answer, Failed):
            trail.freshness = answer.freshness
        if not isinstance(answer, Download) or not trail.admits(answer):
            return
        task = replace(task_of(request, answer), known=trail.known, id_scheme=trail.scheme)
        task = replace(task, pieces=trail.pieces, clutter=trail.marks)
        reading = await tools.readers.read(task)
        if isinstance(reading, Failed) or not trail.take(reading):
            return


@dataclass(slots=True, kw_only=True)
class _Trail:
    """The documents met so far, the feed's own first, and where the last of them leads."""

    documents: list[Entries]
    known: frozenset[bytes]  # slices of these documents
    scheme: IdScheme
    id_reason: str
    onward: str
    met: set[str | bytes]  # URLs and hashes of bodies
    keys: set[str]  # of entries
    since: datetime | None  # of a gap; None at the first poll
    pieces: bytes | None = None  # what the entries met so far consist of; None: not looked at
    marks: frozenset[int] = frozenset()  # of what the feed is known to repeat
    clutter: list[Clutter] = field(default_factory=list)  # newly found
    room_bytes: int = 0
    freshness: Freshness | None = None  # of the failure that ended it

    @classmethod
    def start(
        cls,
        request: PollRequest,
        fetched: Fetched,
        download: Download,
        *,
        since: datetime | None,
    ) -> _Trail:
        """Return the trail at the feed's own document."""
        feed = fetched.feed
        urls = {request.spec.url, request.url, download.final_url}
        return cls(
            documents=[fetched.entries],
            known=feed.known,
            scheme=feed.id_scheme,
            id_reason=feed.id_reason,
            onward=feed.prev_archive or feed.next_url,
            met={*urls, body_hash(download.body)},
            keys={read.entry.key for read in fetched.entries},
            since=since,
            pieces=_pieces(request, fetched),
            marks=request.state.clutter | {found.mark for found in fetched.clutter},
            clutter=list(fetched.clutter),
        )

    def next_url(self) -> str:
        """Return the document to ask for next, "" where there is none that was not met."""
        url = "" if self.onward in self.met else self.onward
        self.met.add(url)
        return url

    def admits(self, download: Download) -> bool:
        """Return whether the body is another one and there is room for it."""
        mark = body_hash(download.body)
        is_new = mark not in self.met
        self.met |= {mark, download.final_url}
        self.room_bytes -= len(download.body)
        return is_new and self.room_bytes >= 0

    def take(self, reading: Reading) -> bool:
        """Take the new entries and return whether to go on: there were some, none from before."""
        wanted = tuple(read for read in reading.entries if self._is_wanted(read))
        new = tuple(read for read in wanted if read.entry.key not in self.keys)
        self.documents.append(new)
        self.keys |= {read.entry.key for read in new}
        self.known |= reading.feed.known
        self.pieces = self.pieces if reading.pieces is None else reading.pieces
        self.marks |= {found.mark for found in reading.clutter}
        self.clutter += reading.clutter
        self.onward = reading.feed.prev_archive or reading.feed.next_url
        if lower(self.scheme, reading.feed.id_scheme) is not self.scheme:
            self.scheme, self.id_reason = reading.feed.id_scheme, reading.feed.id_reason
        return bool(new) and len(wanted) == len(reading.entries)

    def _is_wanted(self, read: ReadEntry) -> bool:
        """Return whether it belongs here: in a gap, what was published before is none of it."""
        at = read.entry.published_at
        return self.since is None or (at is not None and at > self.since)

    def joined(self, fetched: Fetched) -> Fetched:
        """Return the outcome with what was read, every entry keyed by the same scheme."""
        if self.scheme is not fetched.feed.id_scheme:
            self.documents = [_rekeyed(entries, self.scheme) for entries in self.documents]
        own, *older = self.documents
        own_keys = {read.entry.key for read in own}
        archived: dict[str, ReadEntry] = {}
        for read in chain(*older):
            if read.entry.key not in own_keys:
                archived.setdefault(read.entry.key, read)
        freshness = fetched.freshness
        if self.freshness and self.freshness.retry_after:
            freshness = replace(freshness, retry_after=self.freshness.retry_after)
        return replace(
            fetched,
            entries=own,
            archived=tuple(archived.values()),
            pieces=self.pieces,
            clutter=tuple(self.clutter),
            feed=replace(fetched.feed, id_scheme=self.scheme, id_reason=self.id_reason),
            freshness=freshness,
        )


def _pieces(request: PollRequest, fetched: Fetched) -> bytes | None:
    """Return what the feed's entries consist of, None where its clutter stays."""
    if not request.spec.clutter:
        return None
    return request.state.pieces if fetched.pieces is None else fetched.pieces


def _rekeyed(entries: Entries, scheme: IdScheme) -> Entries:
    """Return the entries of one document with the keys of a lower scheme."""
    features = {replace(read.entry, key=""): read.features for read in entries}
    _, settled = settle([read.entry for read in entries], scheme)
    return tuple(
        ReadEntry(entry=entry, features=features[replace(entry, key="")]) for entry in settled
    )


def body_hash(body: bytes) -> bytes:
    """Return what a body is known by."""
    return hashlib.blake2b(body, digest_size=HASH_BYTES).digest()
