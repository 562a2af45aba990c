"""Decides who tells what, when and in which words: events and outlets in, tellings out. Pure.

A round is one look at the newsroom: what is new in it appears in the feeds from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.demo.chance import seeded
from aggregator.demo.outlets import AGENCY, OUTLETS, SERIES
from aggregator.demo.quirks import with_quirks
from aggregator.demo.rounds import LAST_ROUND, appears_at
from aggregator.demo.values import Kind, Telling, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from random import Random

    from aggregator.demo.outlets import Series
    from aggregator.demo.values import Event, Outlet

SERIES_AGE_HOURS = (5, 11)  # of the newest forecast, crossword and the like
SPAN_HOURS = 46  # the oldest event; with its neighbours that is "the last 48 hours"
YOUNGEST_MINUTES = 30  # of what stands in the feeds at the start
WIRE_EVERY = 3  # one event in three comes from the agency
LATE_EVERY = 7  # one event in seven is told by one more outlet in a later round
ROUNDS_OF_NEWEST = (3, 2, 2, 1, 1, 1)  # the newest events break while the demo runs

# What carriers of an agency text hang on its address.
CARRIED_SUFFIXES = (
    "?utm_source=partner&utm_medium=rss&utm_campaign=wire",
    "?fbclid=IwAR0demo00000000000000000000",
    "/amp",
    "?utm_content=mobile&amp=1",
)
DATELINE_DASHES = ("\N{EN DASH}", "-", "\N{EM DASH}")
QUOTES = {"de": ("„", "“"), "en": ("“", "”")}
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
OPENINGS = {"The ": "Today the ", "A ": "Today a ", "All ": "Today all ", "In ": "Today in "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An outlet's turn to tell an event."""

    outlet: Outlet
    event: Event
    wording: Wording
    published_at: datetime
    from_round: int
    carried: str | None = None  # the suffix of the agency's link, for an agency text


def tellings(events: Sequence[Event], *, now: datetime, seed: int) -> tuple[Telling, ...]:
    """Return every entry of every outlet in every version, for all rounds."""
    order = list(events)
    seeded(seed, "order").shuffle(order)
    told = [
        _told(slot, seeded(seed, event.label, slot.outlet.name))
        for rank, event in enumerate(order)
        for slot in _slots(event, rank=rank, events=len(order), now=now, seed=seed)
    ]
    recurring = [entry for series in SERIES for entry in _recurring(series, now=now, seed=seed)]
    briefs = [_brief(number, now=now) for number in range(1, LAST_ROUND + 1)]
    return with_quirks([*told, *recurring, *briefs], now=now)


def _slots(event: Event, *, rank: int, events: int, now: datetime, seed: int) -> Iterable[Slot]:
    draw = seeded(seed, "slots", event.label)
    first_round = ROUNDS_OF_NEWEST[rank] if rank < len(ROUNDS_OF_NEWEST) else 0
    outlets = _tellers(event, is_wire=rank % WIRE_EVERY == 0, draw=draw)
    own_words = len(event.wordings)
    age = timedelta(hours=1 + (SPAN_HOURS - 1) * rank / events)
    for turn, outlet in enumerate(outlets):
        is_late = turn == own_words - 1 and (first_round > 0 or rank % LATE_EVERY == 0)
        appears = max(first_round, 1 + rank % 2) + (first_round > 0) if is_late else first_round
        age -= timedelta(minutes=draw.randint(0, 40))
        yield Slot(
            outlet=outlet,
            event=event,
            wording=event.wordings[turn % own_words],
            published_at=_moment(now, appears, age=age, draw=draw),
            from_round=appears,
            carried=_carried(outlets, turn=turn, own_words=own_words, draw=draw),
        )


def _tellers(event: Event, *, is_wire: bool, draw: Random) -> list[Outlet]:
    """Return who tells the event: one outlet for each wording, then up to two that copy."""
    able = [
        outlet
        for outlet in OUTLETS
        if outlet.language == event.language and event.category in outlet.beats
    ]
    agency = [outlet for outlet in able if outlet.name == AGENCY and is_wire]
    sound = [o for o in able if o.kind is not Kind.TRUNCATED and o not in agency]
    draw.shuffle(sound)
    sound.sort(key=lambda outlet: len(outlet.beats))  # specialists have a word of their own
    writers = sound[: len(event.wordings) - len(agency)]
    draw.shuffle(writers)
    copying = [o for o in able if o not in writers and o not in agency]
    copying.sort(key=lambda outlet: (len(outlet.beats), draw.random()))
    return agency + writers + copying[: draw.randint(1 if is_wire else 0, 2)]


def _carried(outlets: Sequence[Outlet], *, turn: int, own_words: int, draw: Random) -> str | None:
    """Return the suffix of the agency's address where the turn is a copy of its text."""
    if turn < own_words:
        return None
    return draw.choice(CARRIED_SUFFIXES) if outlets[0].name == AGENCY else ""


def _moment(now: datetime, appears: int, *, age: timedelta, draw: Random) -> datetime:
    if appears:
        return appears_at(now, appears) + timedelta(seconds=draw.randint(0, 120))
    return now - max(age, timedelta(minutes=YOUNGEST_MINUTES + draw.randint(0, 9)))


def _told(slot: Slot, draw: Random) -> Telling:
    outlet, event = slot.outlet, slot.event
    link = f"/{outlet.name}/news/{event.label}"
    is_linked_away = bool(slot.carried)
    wording = slot.wording if slot.carried is None else _edited(slot, draw)
    return Telling(
        outlet=outlet.name,
        label=event.label,
        wording=wording,
        guid=_guid(outlet, event.label),
        link=f"/{AGENCY}/news/{event.label}{slot.carried}"
        if is_linked_away
        else link + outlet.link_suffix,
        at=AGENCY if is_linked_away else outlet.name,
        author=draw.choice(outlet.authors),
        categories=(event.category, event.place),
        published_at=slot.published_at.replace(microsecond=0),
        picture=event.label if draw.random() < 0.7 else "",  # noqa: PLR2004 - the share with pictures
        from_round=slot.from_round,
    )


def _edited(slot: Slot, draw: Random) -> Wording:
    """Return the agency's text as a busy desk passes it on, with small edits."""
    first, *others = slot.event.wordings[0].paragraphs
    opening = next((word for word in OPENINGS if first.startswith(word)), "")
    if slot.event.language == "en" and opening and draw.random() < 0.5:  # noqa: PLR2004 - a coin
        first = OPENINGS[opening] + first.removeprefix(opening)
    else:
        dash = draw.choice(DATELINE_DASHES)
        first = f"{slot.event.place.upper()} (Lantern) {dash} {first}"
    paragraphs = tuple(_curly(text, slot.event.language) for text in (first, *others))
    headline = _curly(slot.event.wordings[0].headline, slot.event.language)
    return Wording(headline=headline, paragraphs=paragraphs)


def _curly(text: str, language: str) -> str:
    opening, closing = QUOTES[language]
    parts = text.replace("'", APOSTROPHE).split('"')
    return "".join(
        part if at == 0 else (opening if at % 2 else closing) + part
        for at, part in enumerate(parts)
    )


def _guid(outlet: Outlet, name: str) -> str:
    """Return an id in the outlet's own manner; none of them depends on where it is served."""
    if not outlet.has_guids:
        return ""
    match outlet.kind:
        case Kind.ATOM:
            return f"http://{outlet.name}.example/news/{name}"
        case Kind.JSON:
            return f"{outlet.name}-{name}"
        case _:
            return f"tag:{outlet.name}.example,2026:{name}"


def _recurring(series: Series, *, now: datetime, seed: int) -> Iterable[Telling]:
    draw = seeded(seed, series.outlet, series.name)
    count = 48 // series.every_hours
    values = draw.sample(range(series.low, series.high + 1), count)
    if series.is_numbered:
        values = [series.high - back for back in range(count)]
    newest_age = timedelta(hours=draw.uniform(*SERIES_AGE_HOURS))  # the day's news stands above
    for back, value in enumerate(values):
        published_at = now - newest_age - back * timedelta(hours=series.every_hours)
        yield _single(
            series.outlet,
            f"{series.name}-{count - back}",
            Wording(
                headline=series.title.format(value=value),
                paragraphs=(series.summary.format(value=value),),
            ),
            published_at=published_at,
        )


def _brief(number: int, *, now: datetime) -> Telling:
    """Return the one entry that every later round brings, so that no round is empty."""
    wording = Wording(
        headline=f"Harbour log, page {40 + number}",
        paragraphs=(
            f"{3 + number} ships in, {9 - number} ships out, and a seal on pier {number}.",
        ),
    )
    published_at = appears_at(now, number)
    return _single(
        "courier", f"harbour-log-{number}", wording, published_at=published_at, since=number
    )


def _single(
    name: str, slug: str, wording: Wording, *, published_at: datetime, since: int = 0
) -> Telling:
    outlet = next(outlet for outlet in OUTLETS if outlet.name == name)
    return Telling(
        outlet=name,
        label=f"{name}:{slug}",
        wording=wording,
        guid=_guid(outlet, slug),
        link=f"/{name}/news/{slug}{outlet.link_suffix}",
        at=name,
        author=outlet.authors[0],
        categories=("service",),
        published_at=published_at.replace(microsecond=0),
        from_round=since,
    )
