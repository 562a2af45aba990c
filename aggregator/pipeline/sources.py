"""Which feeds of a digest anyone may see listed: none whose address may be a secret. Pure.

An address can hold a key that a person pays for, and a feed behind headers, a proxy or a private
address is nobody else's. A feed left out wrongly costs a line in a list; one listed wrongly, a key.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from aggregator.digest.select import takes
from aggregator.model import Source
from aggregator.poll.hosts import is_public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Config, Digest, FeedSpec, FeedState

URLS_KEPT = 2_000  # a document names the same feeds over and over
# Names of parameters that carry keys, whole or as a part ("api_key", "accesstoken", "user").
_SECRET_NAME = re.compile(
    r"key(?!word)|token|secret|auth(?!or)|pass|pwd|pw$|^sig|signature|hash|user|^u$|^uid$|login|session|private|"
    r"credential|member|account|email",
    re.IGNORECASE,
)
# A run of signs that nobody gave as a name: as long as the keys of private feeds are.
_SECRET_VALUE = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_=-]{28,}", re.ASCII)
_WORDS = re.compile(r"[A-Za-z]+|\d+", re.ASCII)
_LONG_WORDS = (
    3.0  # letters in a row on average: "top-10-stories-of-the-year" is words, a key is not
)


def public_sources(digest: Digest, config: Config, states: Sequence[FeedState]) -> list[Source]:
    """Return the digest's feeds that may be listed, by their own titles and with their sites.

    Where the digest is published at a private address, its readers are at home there too: feeds at
    such addresses are listed then.
    """
    known = {state.url: state for state in states}
    at_home = not is_public(config.service.public_url)
    return [
        _source(spec, known.get(spec.url))
        for spec in config.feeds
        if takes(digest, spec) and may_be_listed(spec, at_home=at_home)
    ]


def _source(spec: FeedSpec, state: FeedState | None) -> Source:
    return Source(
        title=spec.title or (state.title if state else ""),
        feed_url=spec.url,
        site_url=state.site_url if state else "",
        tags=spec.tags,
    )


def may_be_listed(spec: FeedSpec, *, at_home: bool = False) -> bool:
    """Return whether nothing in a feed's settings or address looks like a secret.

    A private address is one, unless its readers are `at_home` there.
    """
    if spec.headers or spec.proxy or spec.allow_private_addresses:
        return False
    return (at_home or is_public(spec.url)) and not holds_key(spec.url)


@lru_cache(maxsize=URLS_KEPT)
def holds_key(url: str) -> bool:
    """Return whether an address holds a user or what looks like a key, and is told to nobody."""
    try:
        parts = urlsplit(url)
    except ValueError:  # broken brackets of an IPv6 address
        return True
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return (
        bool(parts.username or parts.password)
        or any(_SECRET_NAME.search(name) or _is_key(value) for name, value in pairs)
        or any(_is_key(segment) for segment in parts.path.split("/"))
    )


def _is_key(text: str) -> bool:
    if not _SECRET_VALUE.fullmatch(text):
        return False
    runs = _WORDS.findall(text)
    return sum(map(len, runs)) / len(runs) < _LONG_WORDS or "-" not in text
