"""Tokens of a feed's addresses: learned as a body is taken in, taken off for folding alone.

Before the body's entries are told apart, because the kept ones then get the addresses of the body.
Runs inside the transaction that takes the body in; the feed's own identities are left as they are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.fold.identity import host_of, without_tokens
from aggregator.read import sessions
from aggregator.read.identity import words_of
from aggregator.read.sessions import Again
from aggregator.store import tokens

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.fold.identity import Places
    from aggregator.model import Arrival, Entry, FeedState, Fetched
    from aggregator.store.database import Database


def learn(db: Database, state: FeedState, fetched: Fetched, *, now: datetime) -> bool:
    """Learn from a body which parts of addresses are tokens; return whether anything changed.

    What would give unlike entries of the feed one address is refused, also after it was learned.
    """
    entries = [read.entry for read in fetched.entries]
    if state.last_fetched_at is None or not entries:
        return False
    seen = _seen_again(db, state.feed_id, entries)
    known = tokens.of_feed(db, state.feed_id)
    found = {at for at in _found(db, state, fetched, seen) if at not in known}
    trusted = {at for at, refused in known.items() if not refused}
    if not (found or trusted):
        return False
    named = tokens.named(db, state.feed_id) + [(one.url, one.title) for one in entries]
    refused = {at for at in found | trusted if _merges_unlike(named, *at)}
    for at in found | (trusted & refused):
        tokens.add(db, state.feed_id, *at, refused=at in refused, now=now)
    return bool(found | (trusted & refused))


def bare(arrival: Arrival, places: Places) -> Arrival:
    """Return an arrival with its address without tokens, where it has any."""
    bare_url, words = without_tokens(arrival.url, places)
    return replace(arrival, bare_url=bare_url, tokens=words) if bare_url else arrival


def _seen_again(db: Database, feed_id: int, entries: list[Entry]) -> list[Again]:
    """Return the addresses of entries that came again: those that alone say the same words."""
    new = {words_of(one): one.url for one in entries if one.url}
    count = Counter(map(words_of, entries))
    kept = tokens.alike(db, feed_id, list(new))
    kept_count = Counter(words for words, _ in kept)
    return [
        Again(old=url, new=new[words])
        for words, url in kept
        if url and count[words] == kept_count[words] == 1
    ]


def _found(
    db: Database, state: FeedState, fetched: Fetched, seen: list[Again]
) -> set[tuple[str, str]]:
    """Return the places that look like tokens, with the host as folding has it."""
    if sum(one.old != one.new for one in seen) < sessions.LEAST_ENTRIES:
        return set()
    unchanged = tokens.present_urls(db, state.feed_id, fetched.feed.known & state.known)
    found = sessions.places(seen, unchanged=unchanged)
    return {(host_of(f"https://{host}/"), place) for host, own in found.items() for place in own}


def _merges_unlike(named: list[tuple[str, str]], host: str, place: str) -> bool:
    places = {host: frozenset((place,))}
    return sessions.merges_unlike(named, without=lambda url: without_tokens(url, places)[0])
