"""Every key of the configuration: its type, default, unit, meaning and example.

The reference page is written from this module and `schema_feeds`, so a key cannot go undocumented.
Rules that join several keys are in `rules`; the words for pydantic's own complaints are in
`checking`.
"""

from __future__ import annotations

from pydantic import Field

from aggregator.config.kinds import (
    SPAN,
    SWITCH,
    TEXTS,
    Archives,
    Backfill,
    Connections,
    Contact,
    FilePath,
    HeadSize,
    Hubs,
    ImageSource,
    Listen,
    PositiveSpan,
    PrivateAddresses,
    Proxy,
    PublicUrl,
    ReadMemory,
    ReadSpan,
    Redirects,
    Size,
    key,
)
from aggregator.config.schema_feeds import DigestTable, FeedTable
from aggregator.config.table import Table


class ServiceTable(Table):
    """Where things lie and how the published files are reached."""

    data_dir: FilePath = key(
        "data",
        kind="path",
        says="Folder of the database, its lock and its backups; relative to this file.",
        example='"/var/lib/newsfold"',
    )
    public_dir: FilePath = key(
        "public",
        kind="path",
        says="Folder of the published files; relative to this file. "
        "It must not hold `data_dir`, which would be published with it.",
        example='"/var/www/news"',
    )
    public_url: PublicUrl = key(
        "",
        kind="URL",
        says="Where readers reach the published files: goes into ids and links. "
        "Set it once and keep it. Empty: `http://` and `listen`.",
        example='"https://news.example.org"',
    )
    listen: Listen = key(
        "127.0.0.1:8080",
        kind="host:port",
        says="Where the service listens. `0.0.0.0` and `[::]` mean every address of the machine.",
        example='"0.0.0.0:8080"',
    )
    contact: Contact = key(
        "",
        kind="URL or e-mail address",
        says="Tells the feeds' operators how to reach you; goes into the User-Agent.",
        example='"https://example.org/about"',
    )
    hubs: Hubs = key(
        [],
        kind=TEXTS,
        says="WebSub hubs, at most 5: named in every feed and told at once when one changes, so "
        "that their subscribers need not wait for a poll. One at a private address has to be "
        "allowed by `polling.allow_private_addresses`.",
        example='["https://hub.example/"]',
    )
    own_hub: bool = key(
        default=False,
        kind=SWITCH,
        says="Whether `newsfold run` is itself a WebSub hub for its own feeds, at `/hub` below "
        "`public_url`.",
        example="true",
    )
    images: ImageSource = key(
        "proxy",
        kind='"proxy", "direct" or "none"',
        says="Where the pictures on pages come from. `proxy`: from this host, which fetches each "
        "once and keeps a small copy in `public_dir`, so that no other site learns who reads. "
        "`direct`: from the outlets. Feeds name the outlets' own addresses in any case.",
        example='"none"',
    )
    search: bool = key(
        default=False,
        kind=SWITCH,
        says="Whether `newsfold run` answers searches of what its digests published, at `/search`; "
        "each page has a form for it then. Leave it off where another web server gives out the "
        "pages.",
        example="true",
    )


class PollingTable(Table):
    """How often and how gently feeds are asked."""

    interval: PositiveSpan = key(
        "1h",
        kind=SPAN,
        says="Time between two polls of a feed that says nothing of it; "
        "it adapts between `min_interval` and `max_interval`.",
        example='"30m"',
    )
    min_interval: PositiveSpan = key(
        "15m", kind=SPAN, says="No feed is polled more often than this.", example='"10m"'
    )
    max_interval: PositiveSpan = key(
        "1d", kind=SPAN, says="A quiet feed is still polled this often.", example='"2d"'
    )
    timeout: PositiveSpan = key(
        "30s", kind=SPAN, says="For a whole request, every redirect included.", example='"1m"'
    )
    max_body: Size = key(
        "10MB",
        kind="size",
        says="The largest feed that is read, after decompression; at most 1GiB.",
        example='"5MB"',
    )
    allow_private_addresses: PrivateAddresses = key(
        default=False,
        kind="true, false or list of texts",
        says="Whether feeds may lie at private addresses. A list allows only the networks "
        "(`10.0.0.0/8`), or single addresses with a port (`127.0.0.1:8099`), that it names.",
        example='["10.0.0.0/8", "127.0.0.1:8099"]',
    )
    proxy: Proxy = key(
        "",
        kind="URL",
        says="Proxy for every feed: `http://`, `https://` or `socks5://`; may hold `${NAME}`. "
        "Empty: none.",
        example='"socks5://127.0.0.1:9050"',
    )
    max_redirects: Redirects = key(
        5,
        kind="whole number",
        unit="redirects",
        says="How many redirects one poll follows, each checked like the feed's own address.",
        example="3",
    )
    max_headers: HeadSize = key(
        "64kB",
        kind="size",
        says="The largest head of an answer that is read; at most 1MB.",
        example='"32kB"',
    )
    read_time: ReadSpan = key(
        "10s",
        kind=SPAN,
        says="The processor's time for reading one document, in a process of its own that is "
        "ended when it takes more, or twice as long by the clock; at most 5m.",
        example='"20s"',
    )
    read_memory: ReadMemory = key(
        "512MB",
        kind="size",
        says="Memory for reading one document; the process is ended when it takes more. "
        "From 128MB to 1GiB.",
        example='"800MB"',
    )
    connections_per_host: Connections = key(
        1,
        kind="whole number",
        unit="connections",
        says="How many feeds of one host are asked at a time. Leave it at 1 for hosts of others.",
        example="4",
    )
    archives: Archives = key(
        10,
        kind="whole number",
        unit="documents",
        says="Of a new feed that names older documents (RFC 5005, JSON Feed's `next_url`), so many "
        "are fetched, once. 0: none.",
        example="0",
    )
    push: bool = key(
        default=True,
        kind=SWITCH,
        says="Whether feeds that name a WebSub hub are subscribed to there, so that new entries "
        "come at once. It needs a `public_url` that the hub can reach; where it cannot, polling "
        "goes on as ever.",
        example="false",
    )
    backfill: Backfill = key(
        20,
        kind="whole number",
        unit="entries",
        says="Of a new feed, so many of the newest entries reach its digests; "
        "older ones are kept and folded only.",
        example="5",
    )


class FoldingTable(Table):
    """Which entries become one story."""

    window: PositiveSpan = key(
        "72h",
        kind=SPAN,
        says="How far apart two entries of a story may be: between their publication times "
        "where these are plausible, else between the times when they were first seen.",
        example='"48h"',
    )
    coverage: bool = key(
        default=True,
        kind=SWITCH,
        says="Whether other outlets' entries about one event join its story. "
        "`false`: only copies fold.",
        example="false",
    )


class FileTable(Table):
    """The whole file."""

    opml: list[FilePath] = key(
        [],
        kind=TEXTS,
        says="OPML files whose feeds are followed too, relative to this file; their folders become "
        "tags. `[[feeds]]` with the same address wins.",
        example='["feeds.opml"]',
    )
    service: ServiceTable = Field(default_factory=ServiceTable)
    polling: PollingTable = Field(default_factory=PollingTable)
    folding: FoldingTable = Field(default_factory=FoldingTable)
    feeds: list[FeedTable] = Field(default_factory=list)
    digests: list[DigestTable] = Field(default_factory=list)


SINGLE_TABLES: dict[str, type[Table]] = {
    "service": ServiceTable,
    "polling": PollingTable,
    "folding": FoldingTable,
}
REPEATED_TABLES: dict[str, type[Table]] = {"feeds": FeedTable, "digests": DigestTable}
TABLES = SINGLE_TABLES | REPEATED_TABLES


def table_of(loc: tuple[str | int, ...]) -> type[Table]:
    """Return the table that the first key of the way opens, or the whole file's."""
    return TABLES.get(str(loc[0]), FileTable) if len(loc) > 1 else FileTable


def example_of(loc: tuple[str | int, ...]) -> str:
    """Return the line to write for the key that the way leads to or through."""
    fields = table_of(loc).model_fields
    name = next(part for part in loc if isinstance(part, str) and part in fields)
    return f"{name} = {(fields[name].examples or [''])[0]}"
