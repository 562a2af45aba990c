"""The room's door: a body comes in, a `ReadFeed` or a `Failed` goes out.

Whatever the body holds, it answers with a value. Of a document cut surely, only the items that are
not yet known are parsed, each as if it stood alone: what one entry reads as never depends on its
neighbours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.model import Failed, FailureKind, IdScheme, ReadFeed
from aggregator.read import channel, identity, normalise, onward, recognise, unseen, wellformed
from aggregator.read.discover import feed_links
from aggregator.read.jsonfeed import read_json
from aggregator.read.parse import ParseError, parse
from aggregator.read.raw import RawChannel, RawEntry, RawFeed
from aggregator.read.stranger import Stranger

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.read.unseen import Cut

WITH_GUIDS = frozenset({IdScheme.GUID, IdScheme.GUID_AND_LINK})  # a cut relies on guids
MAX_ALONE_BYTES = 50_000_000  # parsed in all when ill-formed items are read one by one


def read(  # noqa: PLR0913 each a separate fact of the poll
    body: bytes,
    *,
    base_url: str,
    content_type: str,
    known: frozenset[bytes],
    id_scheme: IdScheme,
    now: datetime,
) -> ReadFeed | Failed:
    """Return the feed's words and its entries not in `known`, or why the body is no feed.

    `base_url` is where relative links start from; `known` are the slice hashes of the body taken
    in before. A body that is no feed at all comes back as a Stranger, with what it leads to.
    """
    raw = _raw(body, content_type, known if id_scheme in WITH_GUIDS else None)
    if isinstance(raw, Stranger):
        return replace(raw, links=feed_links(body, base_url=base_url))
    if isinstance(raw, Failed):
        return raw
    language = normalise.language_tag(raw.channel.language)
    normaliser = normalise.Normaliser(base_url=base_url, language=language, now=now)
    scheme, entries = identity.settle([normaliser.entry(entry) for entry in raw.entries], id_scheme)
    return ReadFeed(
        title=normalise.channel_title(raw.channel),
        site_url=normalise.channel_site(raw.channel, base_url),
        language=language,
        ttl=normalise.ttl_of(raw.channel),
        entries=entries,
        known=raw.known,
        id_scheme=scheme,
        item_count=raw.item_count,
        skip_hours=onward.skip_hours_of(raw.channel),
        skip_days=onward.skip_days_of(raw.channel),
        hubs=onward.hubs_of(raw.channel, base_url),
        self_url=onward.self_of(raw.channel, base_url),
        prev_archive=onward.prev_archive_of(raw.channel, base_url),
        next_url=onward.next_of(raw.channel, base_url),
    )


def _raw(body: bytes, content_type: str, known: frozenset[bytes] | None) -> RawFeed | Failed:
    """Return the document taken apart. `known` None: nothing may be passed over."""
    match recognise.recognise(body, content_type=content_type):
        case recognise.JsonText(data=data):
            found = read_json(data, known=known or frozenset())
            return found if known is not None or isinstance(found, Failed) else _unmarked(found)
        case recognise.XmlText(data=data):
            return _xml(data, known)
        case failed:
            return failed


def _unmarked(found: RawFeed) -> RawFeed:
    entries = tuple(replace(entry, slice_hash=b"") for entry in found.entries)
    return replace(found, entries=entries, known=frozenset())


def _xml(document: bytes, known: frozenset[bytes] | None) -> RawFeed | Failed:
    try:
        found = _by_slices(document, known) if known is not None else None
        found = found or _whole(document)
    except ParseError as error:
        return _unreadable(str(error))
    if not found.item_count and _is_hollow(document, found.channel):
        return _unreadable("it has a feed's root, but neither entries nor words in good order")
    return found


def _is_hollow(document: bytes, words: RawChannel) -> bool:
    """Return whether a document without entries is a torn one rather than a feed with no news."""
    return words == RawChannel() or not wellformed.is_well_formed(document)


def _unreadable(why: str) -> Failed:
    return Failed(
        kind=FailureKind.UNPARSABLE,
        message=f"The document cannot be read: {why}. If it stays so, tell the feed's owner",
    )


def _whole(document: bytes) -> RawFeed:
    document = _at_its_best(document)
    entries = tuple(entry for entry in parse(document) if not entry.is_phantom)
    return RawFeed(channel=channel.read_channel(document), entries=entries, item_count=len(entries))


def _by_slices(document: bytes, known: frozenset[bytes]) -> RawFeed | None:
    """Return the feed read through a cut, or None where the cut is not sure."""
    cut = unseen.cut(document, known=known)
    if cut is None:
        return None
    shell = _at_its_best(cut.shell)
    if not wellformed.is_well_formed(shell):
        return None
    entries = _entries(cut, cut.hashes - known)
    if entries is None:
        return None
    return RawFeed(
        channel=channel.read_channel(shell),
        entries=tuple(entry for entry in entries if not entry.is_phantom),
        known=cut.hashes,
        item_count=len(cut.slices),
    )


def _entries(cut: Cut, wanted: frozenset[bytes]) -> list[RawEntry] | None:
    """Return the entries of the wanted slices, None where slices and entries do not match."""
    if not wanted:
        return []
    together = _at_its_best(cut.document(wanted))
    if wellformed.is_well_formed(together):
        return _matched(cut, wanted, parse(together))
    if len(wanted) * len(cut.shell) + len(together) > MAX_ALONE_BYTES:
        return None
    return _entries_apart(cut, wanted)


def _entries_apart(cut: Cut, wanted: frozenset[bytes]) -> list[RawEntry] | None:
    """Return the entries of ill-formed slices, each parsed alone, and of the others, together."""
    alone = {mark: _at_its_best(cut.document(frozenset({mark}))) for mark in wanted}
    good = frozenset(mark for mark, text in alone.items() if wellformed.is_well_formed(text))
    if good == wanted:  # each is sound alone, not together: one declares a prefix for itself
        good = frozenset()
    found = _entries(cut, good)
    if found is None:
        return None
    for mark in wanted - good:
        entries = _matched(cut, frozenset({mark}), parse(alone[mark]))
        if entries is None:
            return None
        found += entries
    order = {piece.hash: at for at, piece in enumerate(cut.slices)}
    return sorted(found, key=lambda entry: order[entry.slice_hash])


def _matched(
    cut: Cut, wanted: frozenset[bytes], entries: tuple[RawEntry, ...]
) -> list[RawEntry] | None:
    marks = [piece.hash for piece in cut.slices if piece.hash in wanted]
    if len(marks) != len(entries):
        return None
    return [replace(entry, slice_hash=mark) for entry, mark in zip(entries, marks, strict=True)]


def _at_its_best(document: bytes) -> bytes:
    """Return the document, mended where it is not well-formed."""
    return document if wellformed.is_well_formed(document) else wellformed.mended(document)
