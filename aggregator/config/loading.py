"""A file's path to a `Config`: read, fill in, check, convert. All problems are told at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from aggregator.config.addresses import same_url
from aggregator.config.checking import check
from aggregator.config.document import open_source, problems_of
from aggregator.config.environment import fill
from aggregator.config.faults import Fault
from aggregator.config.opml import MAX_OPML_BYTES, read
from aggregator.config.rules import broken_rules
from aggregator.errors import ConfigError
from aggregator.model import (
    Config,
    Digest,
    DigestKind,
    FeedSpec,
    Folding,
    Format,
    Images,
    Order,
    Polling,
    Problem,
    Service,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from aggregator.config.schema import FileTable, FoldingTable, PollingTable, ServiceTable
    from aggregator.config.schema_feeds import DigestTable, FeedTable

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """What the listed OPML files hold, and what is wrong with the list and with the files."""

    feeds: tuple[FeedSpec, ...]
    faults: tuple[Fault, ...]
    problems: tuple[Problem, ...]

    @property
    def tags(self) -> frozenset[str] | None:
        """Return every tag, or None where a file could not be read as a whole."""
        if self.faults or self.problems:
            return None
        return frozenset(tag for feed in self.feeds for tag in feed.tags)


_Value = TypeVar("_Value")


def load(path: Path, *, environ: Mapping[str, str]) -> Config:
    """Return the configuration at `path`; raise ConfigError with all that is wrong with it."""
    source = open_source(path)
    folder = path.absolute().parent
    listed = _read_lists(source.document.get("opml"), folder=folder)
    faults = [*listed.faults, *fill(source.document, environ)]
    checked, more = check(source.document)
    faults += more
    faults += broken_rules(source.document, folder=str(folder), opml_tags=listed.tags)
    problems = [*problems_of(source, faults), *listed.problems]
    if checked is None or problems:
        raise ConfigError(problems)
    return _config(checked, path=path.absolute(), listed=listed.feeds)


def _read_lists(names: object, *, folder: Path) -> Subscriptions:
    feeds: list[FeedSpec] = []
    faults: list[Fault] = []
    problems: list[Problem] = []
    for number, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or not name:
            continue  # `checking` says so
        try:
            content = _read_bounded(folder / name)
        except (OSError, ValueError) as error:
            faults.append(_unread(number, error))
            continue
        more, troubles = read(content, name=str(folder / name))
        feeds += more
        problems += troubles
    return Subscriptions(feeds=tuple(feeds), faults=tuple(faults), problems=tuple(problems))


def _read_bounded(path: Path) -> bytes:
    """Return the file's bytes, at most one more than an OPML file may have."""
    with path.open("rb") as file:
        return file.read(MAX_OPML_BYTES + 1)


def _unread(number: int, error: OSError | ValueError) -> Fault:
    reason = error.strerror if isinstance(error, OSError) else "its name is no path"
    return Fault(
        loc=("opml", number),
        what=f"the OPML file cannot be read: {reason}",
        mend="Write its path relative to this file, or remove it from the list.",
    )


def _config(checked: FileTable, *, path: Path, listed: tuple[FeedSpec, ...]) -> Config:
    own = tuple(_feed(table) for table in checked.feeds)
    return Config(
        path=str(path),
        service=_service(checked.service, folder=path.parent),
        polling=_polling(checked.polling),
        folding=_folding(checked.folding),
        feeds=_first_of_each((*own, *listed)),
        digests=tuple(_digest(table) for table in checked.digests),
    )


def _first_of_each(feeds: Iterable[FeedSpec]) -> tuple[FeedSpec, ...]:
    """Return the feeds without those whose address an earlier one has."""
    first: dict[str, FeedSpec] = {}
    for feed in feeds:
        first.setdefault(same_url(feed.url), feed)
    return tuple(first.values())


def _service(table: ServiceTable, *, folder: Path) -> Service:
    host, _, port = table.listen.rpartition(":")
    return Service(
        data_dir=os.path.normpath(folder / table.data_dir),
        public_dir=os.path.normpath(folder / table.public_dir),
        public_url=table.public_url or f"http://{ANY_ADDRESS.get(host, host)}:{port}",
        listen=table.listen,
        contact=table.contact,
        hubs=_once(table.hubs),
        own_hub=table.own_hub,
        images=Images(table.images),
        search=table.search,
    )


def _polling(table: PollingTable) -> Polling:
    return Polling(
        interval=table.interval,
        min_interval=table.min_interval,
        max_interval=table.max_interval,
        timeout=table.timeout,
        max_body_bytes=table.max_body,
        allow_private_addresses=table.allow_private_addresses,
        proxy=table.proxy,
        backfill=table.backfill,
        max_redirects=table.max_redirects,
        max_headers_bytes=table.max_headers,
        read_time=table.read_time,
        read_memory_bytes=table.read_memory,
        connections_per_host=table.connections_per_host,
        archives=table.archives,
        push=table.push,
    )


def _folding(table: FoldingTable) -> Folding:
    return Folding(window=table.window, coverage=table.coverage)


def _feed(table: FeedTable) -> FeedSpec:
    return FeedSpec(
        url=table.url,
        title=table.title.strip(),
        tags=_once(table.tags),
        interval=table.interval,
        weight=float(table.weight),
        owner=table.owner,
        full_text=table.full_text,
        clutter=table.clutter,
        coverage=table.coverage,
        include=_once(table.include),
        exclude=_once(table.exclude),
        headers=tuple(table.headers.items()),
        proxy=table.proxy,
        allow_private_addresses=table.allow_private_addresses,
    )


def _digest(table: DigestTable) -> Digest:
    return Digest(
        name=table.name,
        title=table.title.strip() or table.name,
        tags=_once(table.tags),
        kind=DigestKind(table.kind),
        settle=table.settle,
        at=tuple(sorted(set(table.at))),
        timezone=table.timezone,
        weekdays=tuple(sorted(set(table.weekdays))),
        order=Order(table.order),
        half_life=table.half_life,
        cap=table.cap,
        include=_once(table.include),
        exclude=_once(table.exclude),
        limit=table.limit,
        formats=tuple(Format(name) for name in _once(table.formats)),
        retention=table.retention,
    )


def _once(values: Iterable[_Value]) -> tuple[_Value, ...]:
    """Return the values in their order, each once."""
    return tuple(dict.fromkeys(values))
