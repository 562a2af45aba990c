"""Where entries' links led when they were followed: a second address by which an entry is known.

Knows nothing of texts and decides nothing; `stories` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.fold.candidates import KeyPostings
from aggregator.fold.features import key_of
from aggregator.fold.identity import canonical_url

if TYPE_CHECKING:
    from aggregator.model import Arrival

SAME_AFTER_REDIRECTS = "same address after following redirects"


class MetAddresses:
    """The addresses that entries of the window led to, as keys like those of their own."""

    def __init__(self) -> None:
        """Begin with no entries."""
        self._keys: dict[int, int] = {}
        self._under = KeyPostings()

    def note(self, arrival: Arrival) -> None:
        """Remember where the entry led, instead of what was remembered of it."""
        self.forget(arrival.entry_id)
        if key := key_of(canonical_url(arrival.met_url)):
            self._keys[arrival.entry_id] = key
            self._under.add((key,), arrival.entry_id)

    def forget(self, entry_id: int) -> None:
        """Forget where the entry led; an unknown one is no matter."""
        if key := self._keys.pop(entry_id, 0):
            self._under.remove((key,), entry_id)

    def key(self, entry_id: int) -> int:
        """Return the key of the address that the entry led to, 0 where none is known."""
        return self._keys.get(entry_id, 0)

    def entries(self, key: int) -> list[int]:
        """Return the entries that led to the address of this key, as they came."""
        return self._under.entries(key)
