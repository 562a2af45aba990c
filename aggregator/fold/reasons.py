"""Reasons in words a reader understands, made of the entries' own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.fold.identity import reduce_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_NAMED = 6  # words that a reason names
MAX_REMOVED = 3


def same_address(*urls: str) -> str:
    """Return the reason of two addresses that are one, naming what was taken off either."""
    removed = list(dict.fromkeys(word for url in urls for word in reduce_url(url).removed))
    if not removed:
        return "same address"
    return f"same address after removing {_list(removed[:MAX_REMOVED])}"


def same_id() -> str:
    """Return the reason of two globally unique ids that are one."""
    return "same id"


def same_words(share: float) -> str:
    """Return the reason of a copy."""
    return f"{_percent(share)} % of the words of title and text are the same"


def shorter_inside(share: float) -> str:
    """Return the reason of a copy that was cut shorter."""
    return f"{_percent(share)} % of the words of the shorter entry stand in the longer one"


def same_headline(share: float) -> str:
    """Return the reason of a copy where one entry tells nothing beyond its headline."""
    return f"{_percent(share)} % of the shorter headline is the same, and no more is told under it"


def same_sentences(share: float) -> str:
    """Return the reason of a copy that shows in the full text."""
    return f"{_percent(share)} % of the sentences of the shorter full text are the same"


def one_event(why: str) -> str:
    """Return the reason of two stories that coverage joins."""
    return f"two stories on one event: {why}"


def shared_words(
    shared: Iterable[int], words: Mapping[int, str], rarity: Mapping[int, float], *, part: float
) -> str:
    """Return the reason of coverage: the rarest shared words, and how much of the shorter title."""
    known = [stem for stem in words if stem in set(shared)]
    rarest = sorted(known, key=lambda stem: (-rarity.get(stem, 0.0), stem))[:MAX_NAMED]
    named = [words[stem] for stem in known if stem in rarest]
    what = ", ".join(named) or "words of the text"
    return f"shares {what}; {_percent(part)} % of the shorter title"


def _percent(share: float) -> int:
    return round(100 * min(1.0, share))


def _list(words: list[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} and {words[-1]}"
