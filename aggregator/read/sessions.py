"""Which parts of a feed's addresses are tokens, by how they change from one fetch to the next.

The same entry comes again with another session, another build of the site: what changes for every
entry of a host at once, while it says the same, identifies nothing. No name is known here. Pure.

X never does Y: a part that one entry keeps over a fetch is no token, and neither is one without
which two unlike entries of the feed would have the same address.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LEAST_ENTRIES: Final = 3  # seen again with another value, in one fetch
MOST_PLACES: Final = 3  # of one address; where more changes it is another address


@dataclass(frozen=True, slots=True)
class _Parts:
    host: str
    segments: tuple[str, ...]
    values: dict[str, str]  # of parameters of path and query, by place


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The addresses of one entry at two fetches, one after the other."""

    old: str
    new: str


def places(seen: Sequence[Again], *, unchanged: Iterable[str] = ()) -> dict[str, frozenset[str]]:
    """Return the places that took another value in every address that has them, by host.

    `unchanged` are the addresses of entries that came again as they were. A place is "?name" or
    ";name" of a parameter, "/before/" of the segment that follows another one ("//": the first).
    """
    changed: Counter[tuple[str, str]] = Counter()
    values: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in seen:
        for host, place, value in _changed(one):
            changed[host, place] += 1
            values[host, place].add(value)
    stays = {at for one in seen if one.old == one.new for at in _has(one.new)}
    stays |= _kept(seen) | {at for url in unchanged for at in _has(url)} if changed else set()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for (host, place), count in changed.items():
        one_value = not place.startswith("/") or len(values[host, place]) == 1
        if count >= LEAST_ENTRIES and one_value and (host, place) not in stays:
            found[host].add(place)
    return {host: frozenset(own) for host, own in found.items()}


def merges_unlike(entries: Iterable[tuple[str, str]], *, without: Callable[[str], str]) -> bool:
    """Return whether `without` gives one address to entries of different titles.

    `entries` are addresses with titles; of "" as an address nothing follows.
    """
    first: dict[str, str] = {}
    for url, title in entries:
        told = " ".join(title.casefold().split())
        if (address := without(url)) and first.setdefault(address, told) != told:
            return True
    return False


def _changed(one: Again) -> list[tuple[str, str, str]]:
    """Return (host, place, new value) of what changed, nothing where it is another address."""
    old, new = _parts(one.old), _parts(one.new)
    if old.host != new.host or len(old.segments) != len(new.segments):
        return []
    if old.values.keys() != new.values.keys():
        return []
    found = [
        (new.host, place, value)
        for place, value in new.values.items()
        if old.values[place] != value
    ]
    pairs = list(zip(old.segments, new.segments, strict=True))
    at = [place for place, (before, after) in enumerate(pairs) if before != after]
    if len(at) > 1:
        return []
    found += [(new.host, _after(new.segments, place), new.segments[place]) for place in at]
    return found if len(found) <= MOST_PLACES else []


def _kept(seen: Sequence[Again]) -> set[tuple[str, str]]:
    """Return the places that have the same value in both addresses of an entry."""
    found = set()
    for one in seen:
        old = dict(_valued(_parts(one.old)))
        found |= {
            (host, place)
            for (host, place), value in _valued(_parts(one.new))
            if old.get((host, place)) == value
        }
    return found


def _has(url: str) -> set[tuple[str, str]]:
    return {place for place, _ in _valued(_parts(url))}


def _valued(parts: _Parts) -> list[tuple[tuple[str, str], str]]:
    """Return every place of an address with its value."""
    found = [((parts.host, place), value) for place, value in parts.values.items()]
    for place, segment in enumerate(parts.segments):
        found.append(((parts.host, _after(parts.segments, place)), segment))
    return found


def _after(segments: Sequence[str], place: int) -> str:
    return f"/{segments[place - 1] if place else ''}/"


def _parts(url: str) -> _Parts:
    try:
        split = urlsplit(url)
        host = split.hostname or ""
    except ValueError:  # brackets that hold no address
        return _Parts("", (), {})
    values: dict[str, str] = {}
    segments = []
    for segment in split.path.removeprefix("/").split("/"):
        name, *parameters = segment.split(";")
        segments.append(name)
        for one in parameters:
            key, _, value = one.partition("=")
            values[f";{key}"] = value
    for one in split.query.replace("&amp;", "&").split("&"):
        key, _, value = one.partition("=")
        if key:
            values[f"?{key}"] = values.get(f"?{key}", "") + value
    return _Parts(host, tuple(segments), values)
