"""Where a document leads and when it wants to be left alone: hubs, its own address, older ones.

Every address comes out absolute, http(s) and bounded, or not at all. Nothing is followed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregator.read.urls import absolute

if TYPE_CHECKING:
    from aggregator.read.raw import RawChannel

MAX_HUBS = 5  # of 4,644 real feeds none names more than three
HOURS_A_DAY = 24
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hubs_of(channel: RawChannel, base_url: str) -> tuple[str, ...]:
    """Return the WebSub hubs that the document names, each once."""
    base = _base(channel, base_url)
    hubs = dict.fromkeys(absolute(hub, base) for hub in channel.hubs)
    return tuple(filter(None, hubs))[:MAX_HUBS]


def self_of(channel: RawChannel, base_url: str) -> str:
    """Return the document's own word on its address, "" for none."""
    return absolute(channel.self_url, _base(channel, base_url))


def prev_archive_of(channel: RawChannel, base_url: str) -> str:
    """Return the next older archive document (RFC 5005 section 4), "" for none."""
    return absolute(channel.prev_archive, _base(channel, base_url))


def next_of(channel: RawChannel, base_url: str) -> str:
    """Return the next page (RFC 5005 section 3, JSON Feed's `next_url`), "" for none."""
    return absolute(channel.next_url, _base(channel, base_url))


def _base(channel: RawChannel, base_url: str) -> str:
    return absolute(channel.base, base_url) or base_url


def skip_hours_of(channel: RawChannel) -> frozenset[int]:
    """Return the UTC hours in which the document wants no poll; none where it says all of them.

    24 is midnight: RSS 0.91 counted from 1 to 24.
    """
    hours = {int(text) for text in map(str.strip, channel.skip_hours) if _is_hour(text)}
    wanted = frozenset(hour % HOURS_A_DAY for hour in hours)
    return wanted if len(wanted) < HOURS_A_DAY else frozenset()


def _is_hour(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= 2  # noqa: PLR2004 "07", "23"
    return is_number and int(text) <= HOURS_A_DAY


def skip_days_of(channel: RawChannel) -> frozenset[int]:
    """Return the weekdays (Monday is 0) without polls; none where the document says all of them."""
    names = (text.strip().lower() for text in channel.skip_days)
    days = frozenset(_DAYS.index(name) for name in names if name in _DAYS)
    return days if len(days) < len(_DAYS) else frozenset()
