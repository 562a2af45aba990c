"""Texts as written in the file to values and back: spans, sizes, times, days, zones, names.

Every `parse_…` raises Unfit. Nothing here knows pydantic or the file.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import time, timedelta

from aggregator.config.faults import Unfit, nearest, one_of, shown

SPAN = re.compile(
    r"(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?"
    r"(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"
)
SPAN_UNITS = (
    timedelta(weeks=1),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
)
MAX_SPAN = timedelta(days=3660)  # ten years: any longer is a slip, and dates must not overflow

SIZE = re.compile(r"([0-9]{1,12}) ?([a-z]+)", re.IGNORECASE)
SIZE_UNITS = {
    "GiB": 1 << 30,
    "GB": 10**9,
    "MiB": 1 << 20,
    "MB": 10**6,
    "KiB": 1 << 10,
    "kB": 10**3,
    "B": 1,
}
MAX_SIZE = 1 << 30  # a feed of a gigabyte is no feed, and the body is held in memory

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT_DAY = 3  # "mon"

DIGEST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RESERVED_NAMES = frozenset({"index"})  # index.html lists the digests
MAX_TAG_CHARACTERS = 100


def parse_span(text: str) -> timedelta:
    """Return a span of time such as "90s", "10m", "1h30m", "3d" or "2w"."""
    match = SPAN.fullmatch(text)
    if match is None or not any(match.groups()):
        raise Unfit(
            what=f"{shown(text)} is no span of time",
            mend='Write whole numbers with units, the longest first: "90s", "1h30m", "3d", "2w".',
        )
    amounts = (int(amount or 0) for amount in match.groups())
    seconds = sum(
        amount * int(unit.total_seconds()) for amount, unit in zip(amounts, SPAN_UNITS, strict=True)
    )
    if seconds > MAX_SPAN.total_seconds():
        raise Unfit(what=f"{shown(text)} is longer than ten years", mend="Write a shorter span.")
    return timedelta(seconds=seconds)


def parse_positive_span(text: str) -> timedelta:
    """Return a span of time longer than nothing."""
    span = parse_span(text)
    if not span:
        raise Unfit(what="must be longer than 0", mend='Write a span such as "1h".')
    return span


def format_span(span: timedelta) -> str:
    """Return the span of whole seconds as `parse_span` reads it: "1h30m", "2w"."""
    if span and not span % SPAN_UNITS[0]:
        return f"{span // SPAN_UNITS[0]}w"
    text, rest = "", span
    for unit, letter in zip(SPAN_UNITS[1:], "dhms", strict=True):
        amount, rest = divmod(rest, unit)
        text += f"{amount}{letter}" if amount else ""
    return text or "0s"


def parse_size(text: str) -> int:
    """Return a size in bytes: "10MB" and "512kB" count in thousands, "1MiB" in 1024s."""
    units = {name.lower(): size for name, size in SIZE_UNITS.items()}
    match = SIZE.fullmatch(text)
    if match is None or match[2].lower() not in units:
        raise Unfit(
            what=f"{shown(text)} is no size",
            mend=f'Write a number with a unit, such as "10MB". Units: {", ".join(SIZE_UNITS)}.',
        )
    size = int(match[1]) * units[match[2].lower()]
    if not 0 < size <= MAX_SIZE:
        raise Unfit(
            what=f"{shown(text)} is not between 1B and 1GiB", mend='Write a size such as "10MB".'
        )
    return size


def format_size(size_bytes: int) -> str:
    """Return the size as `parse_size` reads it, in the largest unit that is exact."""
    for name, unit in SIZE_UNITS.items():
        if size_bytes >= unit and not size_bytes % unit:
            return f"{size_bytes // unit}{name}"
    return f"{size_bytes}B"


def parse_clock(text: str) -> time:
    """Return a wall-clock time such as "07:00", on the 24-hour clock."""
    match = CLOCK.fullmatch(text)
    if match is None:
        raise Unfit(
            what=f"{shown(text)} is no time of day",
            mend='Write hours and minutes with two digits each, from "00:00" to "23:59".',
        )
    return time(int(match[1]), int(match[2]))


def parse_weekday(text: str) -> int:
    """Return the day's number, Monday being 0, from "mon" or "Monday"."""
    word = text.lower()
    for number, name in enumerate(WEEKDAYS):
        if word in {name, name[:SHORT_DAY]}:
            return number
    guess = nearest(text, WEEKDAYS)
    mend = f'Did you mean "{guess}"?' if guess else 'Write "mon", "tue" … or the whole names.'
    raise Unfit(what=f"{shown(text)} is no day of the week", mend=mend)


def parse_timezone(text: str) -> str:
    """Return the name of a time zone that this machine knows."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = zoneinfo.available_timezones()
        if not known:
            raise Unfit(
                what="this machine has no time zone data", mend="Install the tzdata package."
            ) from error
        guess = nearest(text, known)
        mend = f'Did you mean "{guess}"?' if guess else 'Write a name such as "Europe/Vienna".'
        raise Unfit(what=f"{shown(text)} is no time zone", mend=mend) from error
    return text


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """Return the text if it is one of the choices."""
    if text not in choices:
        raise Unfit(what=f"{shown(text)} is not known here", mend=one_of(text, choices))
    return text


def parse_digest_name(text: str) -> str:
    """Return a name that can be a file's name and stand in a URL as it is."""
    if DIGEST_NAME.fullmatch(text) is None:
        raise Unfit(
            what=f"{shown(text)} cannot be a digest's name",
            mend="Use up to 64 lower-case letters, digits, - and _, the first a letter or digit.",
        )
    if text in RESERVED_NAMES:
        raise Unfit(
            what=f'"{text}" is the name of the start page', mend="Give the digest another name."
        )
    return text


def parse_tag(text: str) -> str:
    """Return the tag without spaces around it.

    Commas and slashes part tags in OPML's categories, so they are no part of one.
    """
    tag = text.strip()
    if not tag or len(tag) > MAX_TAG_CHARACTERS or not tag.isprintable() or {",", "/"} & set(tag):
        raise Unfit(
            what=f"{shown(text)} cannot be a tag",
            mend=f"Use 1 to {MAX_TAG_CHARACTERS} characters, no comma and no slash.",
        )
    return tag
