"""Makes a few entries odd as real feeds do: lost dates, new guids, corrections. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.demo.rounds import appears_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from aggregator.demo.values import Telling

FUTURE = timedelta(days=400)  # how far the clock of one outlet is off
CORRECTION = "Correction: an earlier version of this report gave a wrong first name."


def with_quirks(entries: Iterable[Telling], *, now: datetime) -> tuple[Telling, ...]:
    """Return the entries with the odd ones made odd; an entry that changes becomes two versions."""
    counts: dict[str, int] = {}
    changed: list[Telling] = []
    for entry in entries:
        quirk = None
        if entry.from_round == 0 and entry.at == entry.outlet:
            place = counts[entry.outlet] = counts.get(entry.outlet, 0) + 1
            quirk = _QUIRKS.get((entry.outlet, place))
        changed += quirk(entry, now) if quirk else (entry,)
    return tuple(changed)


def _undated(entry: Telling, _now: datetime) -> tuple[Telling, ...]:
    return (replace(entry, published_at=None),)


def _from_the_future(entry: Telling, now: datetime) -> tuple[Telling, ...]:
    return (replace(entry, published_at=(now + FUTURE).replace(microsecond=0)),)


def _with_a_new_guid(entry: Telling, _now: datetime) -> tuple[Telling, ...]:
    return (
        replace(entry, until_round=1),
        replace(entry, guid=f"{entry.guid}:v2", from_round=1),
    )


def _with_a_secure_guid(entry: Telling, _now: datetime) -> tuple[Telling, ...]:
    secure = entry.guid.replace("http://", "https://")
    return (replace(entry, until_round=1), replace(entry, guid=secure, from_round=1))


def _corrected(entry: Telling, now: datetime) -> tuple[Telling, ...]:
    wording = replace(entry.wording, paragraphs=(*entry.wording.paragraphs, CORRECTION))
    later = replace(entry, wording=wording, updated_at=appears_at(now, 2), from_round=2)
    return (replace(entry, until_round=2), later)


# The outlet, and which of its own entries that stand in the feed from the start (1 is the first).
_QUIRKS: dict[tuple[str, int], Callable[[Telling, datetime], tuple[Telling, ...]]] = {
    ("fieldnotes", 2): _undated,
    ("tidewater", 4): _undated,
    ("gazette", 3): _from_the_future,
    ("tidewater", 1): _with_a_new_guid,
    ("rundschau", 2): _with_a_secure_guid,
    ("meridian", 3): _corrected,
}
