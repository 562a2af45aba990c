"""Values for the tests of the pipeline: configurations, outcomes, desks on a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from aggregator.fold.features import describe
from aggregator.model import (
    Config,
    Digest,
    Entry,
    FeedSpec,
    Fetched,
    Folding,
    Freshness,
    IdScheme,
    Polling,
    ReadEntry,
    ReadFeed,
    Service,
    Validators,
)
from aggregator.read.identity import content_hash
from tests.end_to_end.feeds import invented

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLLING = Polling(
    interval=HOUR,
    min_interval=timedelta(minutes=15),
    max_interval=timedelta(days=1),
    timeout=timedelta(seconds=5),
    max_body_bytes=1_000_000,
    allow_private_addresses=True,
    proxy="",
    backfill=20,
)
FIRST, SECOND = "https://first.example/feed", "https://second.example/feed"
LIVE = Digest(name="all", title="All", settle=timedelta())


def configured(
    folder: Path,
    *,
    feeds: Sequence[str | FeedSpec] = (FIRST, SECOND),
    digests: tuple[Digest, ...] = (LIVE,),
) -> Config:
    """Return a configuration whose data lie in the folder."""
    return Config(
        path=str(folder / "newsfold.toml"),
        service=Service(
            data_dir=str(folder / "data"),
            public_dir=str(folder / "public"),
            public_url="https://news.example.org",
            listen="127.0.0.1:8080",
            contact="",
        ),
        polling=POLLING,
        folding=Folding(window=timedelta(hours=72), coverage=True),
        feeds=tuple(each if isinstance(each, FeedSpec) else FeedSpec(url=each) for each in feeds),
        digests=digests,
    )


def read(
    number: int, *, site: str = "a", published_at: datetime | None = NOON, **words: str
) -> ReadEntry:
    """Return an entry as a reading process gives it, in words of its own."""
    item = invented(number, site=site)
    entry = Entry(
        key=item.guid, guid=item.guid, url=item.link, title=item.title, content=item.text,
        summary=item.text.removeprefix("<p>").removesuffix("</p>"), published_at=published_at,
    )  # fmt: skip
    return told(replace(entry, **words))  # type: ignore[arg-type]  # fields by name, as the test says


def told(entry: Entry) -> ReadEntry:
    """Return the entry with hashes and features that are true to its words."""
    said = content_hash(entry)
    cut = sha256(f"{entry.key}{said.hex()}".encode()).digest()[:8]
    true = replace(entry, content_hash=said, slice_hash=cut)
    return ReadEntry(entry=true, features=describe(true))


def fetched(*entries: ReadEntry, title: str = "Outlet", etag: str = '"1"') -> Fetched:
    """Return a poll that brought a body with these entries, all of them unseen."""
    slices = frozenset(each.entry.slice_hash for each in entries)
    return Fetched(
        final_url="",
        moved_to="",
        validators=Validators(etag=etag),
        freshness=Freshness(),
        body_hash=sha256(b"".join(sorted(slices))).digest()[:16],
        feed=ReadFeed(
            title=title,
            site_url="",
            language="en",
            ttl=None,
            entries=(),
            known=slices,
            id_scheme=IdScheme.GUID,
            item_count=len(entries),
        ),
        entries=entries,
    )
