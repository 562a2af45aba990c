"""A body that is no feed, with the feeds that it leads to: plain values.

Apart from the parsers, because such a value goes back to processes that read nothing themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model import Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page names."""

    url: str  # absolute http(s)
    title: str = ""
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger(Failed):
    """Why a body is no feed, and what it is good for instead."""

    links: tuple[FeedLink, ...] = ()  # the feeds that a page names, the best first
    is_list: bool = False  # an OPML document
