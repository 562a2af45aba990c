"""Further addresses by which an entry is known: where its link led, its own without session tokens.

Knows nothing of texts and decides nothing; `stories` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.fold.candidates import KeyPostings
from aggregator.fold.features import key_of
from aggregator.fold.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.model import Arrival

SAME_AFTER_REDIRECTS = "same address after following redirects"
SAME_WITHOUT_TOKENS = "same address after removing {tokens}"


class MetAddresses:
    """The further addresses of the window's entries, as keys like those of their own."""

    def __init__(self) -> None:
        """Begin with no entries."""
        self._whys: dict[int, dict[int, str]] = {}  # by entry, then by key
        self._under = KeyPostings()

    def note(self, arrival: Arrival) -> None:
        """Remember the entry's further addresses, instead of what was remembered of it."""
        self.forget(arrival.entry_id)
        found: dict[int, str] = {}
        if key := key_of(arrival.bare_url):
            found[key] = SAME_WITHOUT_TOKENS.format(tokens=" and ".join(arrival.tokens))
        if key := key_of(canonical_url(arrival.met_url)):
            found[key] = SAME_AFTER_REDIRECTS
        if found:
            self._whys[arrival.entry_id] = found
            self._under.add(tuple(found), arrival.entry_id)

    def forget(self, entry_id: int) -> None:
        """Forget the entry's further addresses; an unknown one is no matter."""
        if found := self._whys.pop(entry_id, None):
            self._under.remove(tuple(found), entry_id)

    def keys(self, entry_id: int) -> tuple[int, ...]:
        """Return the keys of the entry's further addresses."""
        return tuple(self._whys.get(entry_id, ()))

    def entries(self, key: int) -> list[int]:
        """Return the entries that have a further address of this key, as they came."""
        return self._under.entries(key)

    def why(self, entries: Iterable[int], keys: Iterable[int]) -> str:
        """Return why one of these keys is an address of these entries, "" where none is a further.

        `keys` are those that the entries share.
        """
        shared = list(keys)
        found = (self._whys.get(one, {}).get(key, "") for one in entries for key in shared)
        return next(filter(None, found), "")
