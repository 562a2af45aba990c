"""The rules that join several keys, checked on the document as written.

They hold their tongue about values that are wrong by themselves: `checking` speaks of those. So
both can report at once, and no problem is told twice.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config.addresses import same_url
from aggregator.config.environment import tables
from aggregator.config.faults import Fault, Loc, Unfit, nearest, shown
from aggregator.config.schema import PollingTable, ServiceTable
from aggregator.config.values import format_span, parse_span, parse_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta

INTERVALS = ("min_interval", "interval", "max_interval")  # from the shortest to the longest
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.1
OWN_HEADERS = frozenset(
    {  # what the poller itself decides on; another value would break politeness or the framing
        "accept-encoding", "connection", "content-length", "host", "if-modified-since",
        "if-none-match", "range", "te", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def broken_rules(
    document: dict[str, Any], *, folder: str, opml_tags: frozenset[str] | None
) -> list[Fault]:
    """Return every fault that only several keys together show.

    `folder` is the file's, absolute. `opml_tags` are the tags of the OPML files; None where one
    could not be read, so that nothing is said of tags that may stand there.
    """
    return [
        *_nested_folders(document, folder=folder),
        *_interval_order(document),
        *_short_feed_intervals(document),
        *_twins(document, table="feeds", key="url", same=same_url),
        *_twins(document, table="digests", key="name", same=str),
        *_bad_headers(document),
        *chain.from_iterable(
            _edition_times(digest, loc=("digests", number))
            for number, digest in enumerate(tables(document, "digests"))
        ),
        *(_orphan_tags(document, opml_tags) if opml_tags is not None else ()),
    ]


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _span(text: object) -> timedelta | None:
    try:
        return parse_span(text) if isinstance(text, str) else None
    except Unfit:
        return None


def _nested_folders(document: Mapping[str, Any], *, folder: str) -> Iterator[Fault]:
    service, defaults = _table(document, "service"), ServiceTable.model_fields
    texts = [service.get(key, defaults[key].default) for key in ("data_dir", "public_dir")]
    if not all(isinstance(text, str) and text for text in texts):
        return
    data, public = (Path(os.path.normpath(Path(folder) / text)) for text in texts)
    if data.is_relative_to(public):
        yield Fault(
            loc=("service", "public_dir" if "public_dir" in service else "data_dir"),
            what="public_dir holds data_dir, so the database would be published",
            mend='Give each a folder of its own, such as "data" and "public".',
        )


def _interval_order(document: Mapping[str, Any]) -> Iterator[Fault]:
    least, usual, most = (_polling_span(document, key) for key in INTERVALS)
    if least and most and least > most:
        yield _too_long(document, "min_interval", "max_interval")
        return
    if least and usual and least > usual:
        yield _too_long(document, "min_interval", "interval")
    if usual and most and usual > most:
        yield _too_long(document, "interval", "max_interval")


def _polling_span(document: Mapping[str, Any], key: str) -> timedelta | None:
    return _span(_table(document, "polling").get(key, PollingTable.model_fields[key].default))


def _too_long(document: Mapping[str, Any], shorter: str, longer: str) -> Fault:
    """Return the fault of two keys in the wrong order, placed at one that stands in the file."""
    place = longer if longer in _table(document, "polling") else shorter
    spans = [f"{key} ({_worth(document, key)})" for key in (shorter, longer)]
    return Fault(
        loc=("polling", place),
        what=f"{spans[0]} is longer than {spans[1]}",
        mend=f"Lower {shorter} or raise {longer}.",
    )


def _worth(document: Mapping[str, Any], key: str) -> str:
    span = format_span(_polling_span(document, key) or parse_span("0s"))
    return span if key in _table(document, "polling") else f"{span} by default"


def _short_feed_intervals(document: Mapping[str, Any]) -> Iterator[Fault]:
    least = _polling_span(document, "min_interval")
    for number, feed in enumerate(tables(document, "feeds")):
        own = _span(feed.get("interval"))
        if least and own and own < least:
            yield Fault(
                loc=("feeds", number, "interval"),
                what=f"is shorter than polling.min_interval ({_worth(document, 'min_interval')})",
                mend=f"Write at least {format_span(least)}, or lower polling.min_interval.",
            )


def _twins(
    document: Mapping[str, Any], *, table: str, key: str, same: Callable[[str], str]
) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, row in enumerate(tables(document, table)):
        text = row.get(key)
        if not isinstance(text, str):
            continue
        other = first.setdefault(same(text), number)
        if other != number:
            yield Fault(
                loc=(table, number, key),
                what=f"is the same {key} as that of {table}[{other + 1}]",
                mend="Remove one of the two." if table == "feeds" else "Give it another name.",
            )


def _bad_headers(document: Mapping[str, Any]) -> Iterator[Fault]:
    for number, feed in enumerate(tables(document, "feeds")):
        headers = feed.get("headers")
        seen: set[str] = set()
        for name, value in headers.items() if isinstance(headers, dict) else ():
            loc = ("feeds", number, "headers", name)
            yield from _bad_header(name, value, loc=loc, twice=name.lower() in seen)
            seen.add(name.lower())


def _bad_header(name: str, value: object, *, loc: Loc, twice: bool) -> Iterator[Fault]:
    if HEADER_NAME.fullmatch(name) is None:
        yield Fault(loc=loc, what="is no header's name", mend="Use letters, digits and -.")
    elif name.lower() in OWN_HEADERS:
        yield Fault(loc=loc, what="is a header that Newsfold sets itself", mend="Remove it.")
    elif twice:
        yield Fault(loc=loc, what="stands twice in other letters", mend="Remove one of the two.")
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        yield Fault(
            loc=loc,
            what="the value holds a character that no header may hold",
            mend="Use printable ASCII characters; look for a line's end in it.",
        )


def _edition_times(digest: Mapping[str, Any], *, loc: Loc) -> Iterator[Fault]:
    if digest.get("kind") == "edition" and digest.get("at", []) == []:
        yield Fault(
            loc=(*loc, "at"),
            what="an edition needs the times at which it comes out",
            mend='Add at = ["07:00"].',
        )


def _orphan_tags(document: Mapping[str, Any], opml_tags: frozenset[str]) -> Iterator[Fault]:
    """Find tags of digests that look like a slip; one unlike any other may wait for its feeds."""
    feeds = tables(document, "feeds")
    known = opml_tags.union(*(_tags(feed).values() for feed in feeds))
    for number, digest in enumerate(tables(document, "digests")):
        for position, tag in _tags(digest).items():
            if tag not in known and (guess := nearest(tag, known)):
                yield Fault(
                    loc=("digests", number, "tags", position),
                    what=f"no feed has the tag {shown(tag)}",
                    mend=f'Did you mean "{guess}"?',
                )


def _tags(table: Mapping[str, Any]) -> dict[int, str]:
    """Return the tags that can be one, each by its position in the list."""
    found = table.get("tags")
    tags: dict[int, str] = {}
    for position, text in enumerate(found if isinstance(found, list) else ()):
        with suppress(Unfit):
            tags[position] = parse_tag(text if isinstance(text, str) else "")
    return tags
