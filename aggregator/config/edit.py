"""Feeds added to, moved in and removed from the file; every comment and other line stays as it is.

tomlkit writes the new lines; they are put in at the place that toml_rs names, because tomlkit
itself counts the comments above the next table to the one before. What came out is read again
before it replaces the file, so an unusual layout ends in a message, never in a broken file.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from aggregator.config.addresses import parse_web_url, same_url
from aggregator.config.document import Source, nodes_of, open_source, span_of
from aggregator.config.environment import tables
from aggregator.config.faults import Unfit
from aggregator.config.values import format_span
from aggregator.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aggregator.model import FeedSpec

DEFAULT_WEIGHT = 1.0

LINE = re.compile(r"[^\n]*\n|[^\n]+")  # as TOML counts them; splitlines() knows more line ends
Lines = list[str]  # each with its end


def add_feed(path: Path, spec: FeedSpec) -> bool:
    """Write `[[feeds]]` for the feed and return True, or False where its address is there already.

    Headers and proxy are left out: in a FeedSpec their secrets are filled in, and would be written
    out. Raises ConfigError where the file is no TOML, UsageError where its layout defies editing.
    """
    return add_feeds(path, (spec,)) == 1


def add_feeds(path: Path, specs: Iterable[FeedSpec]) -> int:
    """Write `[[feeds]]` for all that are not there yet, at once, and return how many these were."""
    source = open_source(path)
    feeds = tables(source.document, "feeds")
    known = {same_url(url) for feed in feeds if isinstance(url := feed.get("url"), str)}
    added = [_table(spec) for spec in specs if _is_first(spec.url, known)]
    if not added:
        return 0
    text = _edited(source, inline=lambda rows: rows.extend(added), lines=_lines_added(added))
    _replace(path, text, source=source, feeds=[*feeds, *added])
    return len(added)


def _is_first(url: str, known: set[str]) -> bool:
    """Return whether the address is new, and remember it; raise UsageError where it is none."""
    same = same_url(_checked(url))
    if same in known:
        return False
    known.add(same)
    return True


def _checked(url: str) -> str:
    try:
        return parse_web_url(url)
    except Unfit as error:
        message = f"{error.what}. {error.mend}"
        raise UsageError(message) from error


def remove_feed(path: Path, url: str) -> bool:
    """Remove the feed's `[[feeds]]` and return True, or False where its address is not there.

    Comments inside its table go with it; all others stay. Raises as `add_feed` does.
    """
    source = open_source(path)
    feeds = tables(source.document, "feeds")
    number = _position(feeds, url)
    if number is None:
        return False
    text = _edited(source, inline=lambda rows: rows.pop(number), lines=_lines_without(number))
    _replace(path, text, source=source, feeds=feeds[:number] + feeds[number + 1 :])
    return True


def move_feed(path: Path, old: str, *, new: str) -> bool:
    """Give the feed another address and return True, or False where the old one is not there.

    Only the address changes, its tags, comments and all else stay. Raises as `add_feed` does, and
    UsageError where the new address is no web address or another feed's.
    """
    checked = _checked(new)
    source = open_source(path)
    feeds = tables(source.document, "feeds")
    number = _position(feeds, old)
    if number is None:
        return False
    if _position(feeds, checked) not in {None, number}:
        message = f"{checked} is another feed of {path}. `newsfold remove {old}` takes the old off."
        raise UsageError(message)
    text = _with_url(source, number, checked)
    moved = {**feeds[number], "url": checked}
    _replace(path, text, source=source, feeds=[*feeds[:number], moved, *feeds[number + 1 :]])
    return True


def _with_url(source: Source, number: int, url: str) -> str:
    """Return the text with another address for the feed, in place of the old one's characters."""
    node = nodes_of(source.text)["feeds"]["value"][number]["value"]["url"]
    lines = LINE.findall(source.text)
    line = span_of(node)[0] - 1
    start = sum(map(len, lines[:line])) + node["key_col"][0] - 1
    before, raw, rest = source.text[start:].partition(node["value_raw"])
    shown = tomlkit.string(url).as_string() if raw else ""
    return source.text[:start] + before + shown + rest


def _position(feeds: list[dict[str, Any]], url: str) -> int | None:
    urls = [feed.get("url") for feed in feeds]
    wanted = same_url(url)
    return next(
        (i for i, own in enumerate(urls) if isinstance(own, str) and same_url(own) == wanted), None
    )


def _table(spec: FeedSpec) -> dict[str, Any]:
    """Return the keys of the feed that differ from their defaults, as the file holds them."""
    keys: dict[str, Any] = {"url": spec.url}
    keys |= {"title": spec.title} if spec.title else {}
    keys |= {"tags": list(spec.tags)} if spec.tags else {}
    keys |= {"interval": format_span(spec.interval)} if spec.interval else {}
    keys |= {"weight": spec.weight} if spec.weight != DEFAULT_WEIGHT else {}
    keys |= {"full_text": True} if spec.full_text else {}
    keys |= {} if spec.coverage else {"coverage": False}
    keys |= {"include": list(map(str, spec.include))} if spec.include else {}
    keys |= {"exclude": list(map(str, spec.exclude))} if spec.exclude else {}
    return keys


def _edited(
    source: Source,
    *,
    inline: Callable[[Any], object],
    lines: Callable[[Lines, list[Any], str], Lines],
) -> str:
    """Return the text after the change: by lines for `[[feeds]]`, by tomlkit for `feeds = […]`."""
    node = nodes_of(source.text).get("feeds")
    rows = node["value"] if node else []
    if node and not _are_headed(rows):
        document = tomlkit.parse(source.text)
        inline(document["feeds"])
        return tomlkit.dumps(document)
    end = "\r\n" if "\r\n" in source.text else "\n"
    return "".join(lines(LINE.findall(source.text), rows, end))


def _are_headed(rows: list[Any]) -> bool:
    """Return whether the feeds stand as `[[feeds]]` tables, not in one `feeds = [{…}]`."""
    return bool(rows) and all(str(row.get("value_raw", "")).startswith("[[") for row in rows)


def _lines_added(added: list[dict[str, Any]]) -> Callable[[Lines, list[Any], str], Lines]:
    """Return the change that puts the new tables below the last feed, or at the file's end."""

    def change(lines: Lines, rows: list[Any], end: str) -> Lines:
        place = max((span_of(row)[1] for row in rows), default=len(lines))
        before, after = lines[:place], lines[place:]
        if before and not before[-1].endswith("\n"):
            before[-1] += end
        new = tomlkit.dumps({"feeds": added}).strip().split("\n")
        gap = [end] if before and before[-1].strip() else []
        return [*before, *gap, *(line + end for line in new), *after]

    return change


def _lines_without(number: int) -> Callable[[Lines, list[Any], str], Lines]:
    """Return the change that takes a feed's lines out, and the empty line that would be left."""

    def change(lines: Lines, rows: list[Any], _end: str) -> Lines:
        first, last = span_of(rows[number])
        before, after = lines[: first - 1], lines[last:]
        while after and not after[0].strip() and not (before and before[-1].strip()):
            after = after[1:]
        return before + after

    return change


def _replace(path: Path, text: str, *, source: Source, feeds: list[dict[str, Any]]) -> None:
    """Write the text in the file's place if it says what it should."""
    expected = {key: value for key, value in source.document.items() if key != "feeds"}
    target = path.resolve()  # a symbolic link stays one
    draft = _draft(target, text)
    try:
        if not _says(draft, expected, feeds):
            message = f"{path}: feeds stand there in an unusual way; edit the file by hand"
            raise UsageError(message)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _draft(target: Path, text: str) -> Path:
    """Return a new file beside the target with the text and the target's mode and owner."""
    status = target.stat()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
        if os.geteuid() == 0:  # only root may give a file away, and must not keep it
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, status.st_mode & 0o7777)
        file.flush()
        os.fsync(descriptor)
    return Path(name)


def _says(draft: Path, expected: dict[str, Any], feeds: list[dict[str, Any]]) -> bool:
    try:
        document = open_source(draft).document
    except ConfigError:
        return False
    return document.pop("feeds", []) == feeds and document == expected
