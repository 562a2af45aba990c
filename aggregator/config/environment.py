"""`${NAME}` in header values and proxies, filled in from the environment.

No value of the environment ever stands in a message: a fault names the variable alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aggregator.config.faults import Fault, Loc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fill(document: dict[str, Any], environ: Mapping[str, str]) -> list[Fault]:
    """Fill in every reference, in place, and return what could not be filled in."""
    faults: list[Fault] = []
    for loc, table, key in _secret_places(document):
        text = table[key]
        if isinstance(text, str) and "${" in text:
            faults += _faults_of(text, loc=loc, environ=environ)
            table[key] = REFERENCE.sub(lambda match: environ.get(match[1], ""), text)
    return faults


def _faults_of(text: str, *, loc: Loc, environ: Mapping[str, str]) -> Iterator[Fault]:
    for name in dict.fromkeys(REFERENCE.findall(text)):
        if name not in environ:
            yield Fault(
                loc=loc,
                what=f"the environment variable {name} is not set",
                mend=f"Set {name} where Newsfold is started.",
            )
    if "${" in REFERENCE.sub("", text):
        yield Fault(
            loc=loc,
            what='"${" begins no variable\'s name',
            mend="Write ${NAME}, with letters, digits and _ only.",
        )


def _secret_places(document: dict[str, Any]) -> Iterator[tuple[Loc, dict[str, Any], str]]:
    """Yield each place where a reference may stand: the way to it, its table, its key."""
    polling = document.get("polling")
    if isinstance(polling, dict) and "proxy" in polling:
        yield ("polling", "proxy"), polling, "proxy"
    for number, feed in enumerate(tables(document, "feeds")):
        if "proxy" in feed:
            yield ("feeds", number, "proxy"), feed, "proxy"
        headers = feed.get("headers")
        if isinstance(headers, dict):
            for name in headers:
                yield ("feeds", number, "headers", name), headers, name


def tables(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the array of tables at `key`; what is no table stands as an empty one."""
    found = document.get(key)
    rows = found if isinstance(found, list) else []
    return [row if isinstance(row, dict) else {} for row in rows]
