"""Who is who in a body: entries under other keys than those they are kept by find their rows.

Runs inside the transaction that takes the body in, and asks the store nothing more where every key
is known or the feed has no history. Where a feed's ids prove unreliable, its scheme moves down for
good, and why is kept in words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.model import IdScheme
from aggregator.read import renamed
from aggregator.read.identity import WORDS_BYTES, entry_key, keyed, lower, words_of
from aggregator.read.renamed import Kept, Place
from aggregator.store import entries, identities

if TYPE_CHECKING:
    from aggregator.model import Entry, FeedState, Fetched, ReadEntry
    from aggregator.read.renamed import Renaming
    from aggregator.store.database import Database
    from aggregator.store.entries import ChangedEntry, Difference

AGAIN_WITHIN = timedelta(days=30)  # two changes of all ids so near are a habit, no move of the site
MAX_SHOWN_CHARS = 60  # of a guid or a link, in a reason

REPEATED = "One document uses an id for several entries, so ids count together with links"
REUSED = "The id {guid!r} came again for another entry, so ids count together with links"
LINK_REUSED = "The link {url} came again for another entry, so title and text tell entries apart"
RENAMED = "Its ids changed on {day:%Y-%m-%d}: {count} of its entries were known by their words"
BY_LINK = "Its ids change at each fetch, so links tell its entries apart"
BY_TEXT = "Its ids and links change at each fetch, so title and text tell its entries apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A body whose entries have the keys that they are kept by, next to what is kept."""

    fetched: Fetched
    difference: Difference
    id_scheme: IdScheme
    id_reason: str


def identify(db: Database, state: FeedState, fetched: Fetched, *, now: datetime) -> Identified:
    """Return the body and what of it is new; what is kept under other keys gets those of the body.

    Older documents' entries (`archived`) are told apart together with the body's own.
    """
    case = _Case(db, state, fetched, now)
    case.agree()
    if state.last_fetched_at is not None:
        case.part_reused()
        case.recognise()
        case.leave_buried()
    return case.told()


class _Case:
    """One body on its way: every step leaves keys, scheme and difference in agreement."""

    def __init__(self, db: Database, state: FeedState, fetched: Fetched, now: datetime) -> None:
        self._db = db
        self._state = state
        self._fetched = fetched
        self._now = now
        self._scheme, self._reason = state.id_scheme, state.id_reason
        self._reads: tuple[ReadEntry, ...] = (*fetched.entries, *fetched.archived)
        self._keys_here = frozenset(read.entry.key for read in fetched.entries)
        self._difference = self._compared()

    def agree(self) -> None:
        """Bring body and store to one scheme: the lower of the two."""
        feed = self._fetched.feed
        if lower(feed.id_scheme, self._scheme) is not self._scheme:
            self._rekey_store(feed.id_scheme, feed.id_reason or REPEATED)
            self._difference = self._compared()
        elif feed.id_scheme is not self._scheme:  # read before another body moved the scheme
            self._settle()

    def part_reused(self) -> None:
        """Let what came under the key of quite another entry be an entry of its own."""
        suspects = [one for one in self._difference.changed if not self._is_same_words(one)]
        if not suspects:
            return
        kept = identities.of_ids(self._db, [one.entry_id for one in suspects])
        stale = set()
        for one in suspects:
            old, new = kept[one.entry_id].entry, one.read.entry
            if self._scheme is IdScheme.GUID and renamed.is_another(new, old):
                reason = REUSED.format(guid=new.guid[:MAX_SHOWN_CHARS])
                self._move(IdScheme.GUID_AND_LINK, reason)
                return
            if self._scheme is IdScheme.LINK and renamed.is_another_at_link(new, old):
                self._move(IdScheme.TEXT, LINK_REUSED.format(url=new.url[:MAX_SHOWN_CHARS]))
                return
            if renamed.is_older(new, old):
                stale.add(one.entry_id)
        self._keep_newer(stale)

    def recognise(self) -> None:
        """Find the kept entries that come under new keys, and give these to them."""
        new = self._new()
        if not new:
            return
        kept = [self._placed(one) for one in identities.alike(self._db, self._state.feed_id, new)]
        if not any(one.place is not Place.HERE for one in kept):
            return
        feed = self._fetched.feed
        found = renamed.recognise(new, kept, item_count=feed.item_count)
        if not found.pairs:
            return
        if found.is_of_feed and (scheme := self._scheme_after(found)) is not self._scheme:
            self._move(scheme, BY_LINK if scheme is IdScheme.LINK else BY_TEXT)
        keys = {_face(read.entry): read.entry for read in self._reads}
        identities.rename(
            self._db,
            [(pair.kept.entry_id, keys.get(_face(pair.new), pair.new)) for pair in found.pairs],
        )
        self._difference = self._compared()

    def leave_buried(self) -> None:
        """Take out of the new ones those that were pruned under another key."""
        new = self._new()
        met = identities.graves_met(self._db, self._state.feed_id, new) if new else {}
        if not met:
            return
        buried = renamed.buried(
            new,
            marks_met=lambda one: met[one.key],
            scheme=self._scheme,
            changes_ids=bool(self._reason),
        )
        left = tuple(read for read in self._difference.new if read.entry.key not in buried)
        self._difference = replace(self._difference, new=left)

    def told(self) -> Identified:
        """Return how it came out."""
        count = len(self._fetched.entries)
        feed = replace(self._fetched.feed, id_scheme=self._scheme, id_reason=self._reason)
        fetched = replace(
            self._fetched,
            feed=feed,
            entries=self._reads[:count],
            archived=self._reads[count:],
        )
        return Identified(
            fetched=fetched,
            difference=self._difference,
            id_scheme=self._scheme,
            id_reason=self._reason,
        )

    # ------------------------------------------------------------------- steps

    def _compared(self) -> Difference:
        return entries.compare(self._db, self._state.feed_id, self._reads)

    def _new(self) -> list[Entry]:
        return [read.entry for read in self._difference.new]

    def _move(self, scheme: IdScheme, reason: str) -> None:
        self._rekey_store(scheme, reason)
        self._settle()

    def _rekey_store(self, scheme: IdScheme, reason: str) -> None:
        self._scheme, self._reason = scheme, reason
        identities.rekey_feed(self._db, self._state.feed_id, lambda one: entry_key(scheme, one))

    def _settle(self) -> None:
        """Give the body's entries the keys of the scheme."""
        settled = keyed([read.entry for read in self._reads], self._scheme)
        pairs = zip(self._reads, settled, strict=True)
        self._reads = tuple(replace(read, entry=entry) for read, entry in pairs)
        count = len(self._fetched.entries)
        self._keys_here = frozenset(read.entry.key for read in self._reads[:count])
        self._difference = self._compared()

    def _is_same_words(self, one: ChangedEntry) -> bool:
        return one.content_hash[:WORDS_BYTES] == words_of(one.read.entry)

    def _keep_newer(self, stale: set[int]) -> None:
        """Let a copy that is older than what is kept change nothing."""
        if not stale:
            return
        changed = self._difference.changed
        self._difference = replace(
            self._difference,
            changed=tuple(one for one in changed if one.entry_id not in stale),
            unchanged=(
                *self._difference.unchanged,
                *(one.read for one in changed if one.entry_id in stale),
            ),
        )

    def _placed(self, one: identities.Kept) -> Kept:
        """Return a kept entry with its place next to the body.

        What a partial body leaves out may be there still: nothing vanishes by it.
        """
        fetched, entry = self._fetched, one.entry
        if entry.key in self._keys_here:
            place = Place.HERE
        elif fetched.is_partial:
            place = Place.LEFT
        elif entry.slice_hash in fetched.feed.known:
            place = Place.HERE
        else:
            place = Place.LEFT if one.has_left else Place.VANISHED
        return Kept(entry_id=one.entry_id, entry=entry, place=place, words=words_of(entry))

    def _scheme_after(self, found: Renaming) -> IdScheme:
        """Return the scheme after all ids of the feed changed: the same at the first time."""
        before = identities.note_renaming(self._db, self._state.feed_id, now=self._now)
        if before is None or self._now - before > AGAIN_WITHIN:
            told = RENAMED.format(day=self._now, count=len(found.pairs))
            self._reason = self._reason or told
            return self._scheme
        if not found.by_link or identities.repeats_links(self._db, self._state.feed_id):
            return IdScheme.TEXT
        return lower(self._scheme, IdScheme.LINK)


def _face(entry: Entry) -> tuple[str, str, bytes, bytes]:
    """Return what names an entry of a body whatever its key."""
    return (entry.guid, entry.url, entry.content_hash, entry.slice_hash)
