"""What a request's header fields ask for: gzip or not, all, what is new or word of no change. Pure.

A field that makes no sense is ignored: the full, plain answer is always right.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A quoted tag, weak or strong (RFC 9110 section 8.8.3), or a bare word: some readers drop quotes.
_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)  # RFC 9110 section 12.4.2


def wants_gzip(accept_encoding: str) -> bool:
    """Return whether gzip is welcome and at least as welcome as no coding (section 12.5.3)."""
    weights = dict(_weighted(accept_encoding))
    anything = weights.get("*", 0.0)
    gzip = weights.get("gzip", weights.get("x-gzip", anything))
    return 0 < gzip >= weights.get("identity", anything)


def wants_delta(a_im: str) -> bool:
    """Return whether a part of a feed will do, and at least as well as all (RFC 3229, 10.5.3)."""
    weights = dict(_weighted(a_im))
    return 0 < weights.get("feed", 0.0) >= weights.get("identity", 0.0)


def named_tags(if_none_match: Sequence[str]) -> list[str]:
    """Return the tags that a reader says to have, without quotes, each once."""
    found = _ENTITY_TAG.finditer(", ".join(if_none_match))
    return list(dict.fromkeys(one[1] or one[2] or "" for one in found))


def is_unchanged(
    tag: str,
    modified_at: datetime,
    *,
    if_none_match: Sequence[str],
    if_modified_since: Sequence[str],
    now: datetime,
) -> bool:
    """Return whether a 304 is due (section 13.2.2): tags, where given, win over times.

    `tag` is without quotes. The sequences hold the fields as received, empty where absent.
    """
    if if_none_match:
        return _names_tag(", ".join(if_none_match), tag)
    if len(if_modified_since) != 1:
        return False
    since_at = _parse_date(if_modified_since[0])
    # A time to come was given out while a clock was wrong: believed, it would hide every change.
    return since_at is not None and modified_at <= since_at <= now


def _weighted(field: str) -> Iterator[tuple[str, float]]:
    for choice in field.lower().split(","):
        coding, *parameters = (part.strip() for part in choice.split(";"))
        if coding:
            yield coding, _weight(parameters)


def _weight(parameters: Sequence[str]) -> float:
    """Return the q-value; 1 where none is given, 0 where it makes no sense."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            weight = value.strip()
            return float(weight) if _QUALITY.fullmatch(weight) else 0.0
    return 1.0


def _names_tag(field: str, tag: str) -> bool:
    """Compare weakly (section 8.8.3.2): proxies that repack a body mark its tag as weak."""
    if field.strip() == "*":
        return True
    return any(tag in match.groups() for match in _ENTITY_TAG.finditer(field))


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
