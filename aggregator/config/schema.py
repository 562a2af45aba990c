"""Every key of the configuration: its type, default, unit, meaning and example, in one place.

The reference page is written from this module, so a key cannot go undocumented. Rules that join
several keys are in `rules`; the words for pydantic's own complaints are in `checking`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from aggregator.config.kinds import (
    SPAN,
    SWITCH,
    TEXT,
    TEXTS,
    Archives,
    Backfill,
    Clock,
    Connections,
    Contact,
    DigestName,
    FilePath,
    Formats,
    HeadSize,
    Kind,
    Limit,
    Listen,
    Ordering,
    OwnSpan,
    PositiveSpan,
    PrivateAddresses,
    Proxy,
    PublicUrl,
    ReadMemory,
    ReadSpan,
    Redirects,
    Size,
    Span,
    Tag,
    WebUrl,
    Weekdays,
    Weight,
    Words,
    ZoneName,
    key,
)


class Table(BaseModel):
    """One table of the file: no unknown keys, no guessing of types, no values in messages."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


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
        says="For reading one document, in a process of its own that is ended when it takes "
        "longer; at most 5m.",
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


class FeedTable(Table):
    """A feed to follow, once for each feed."""

    url: WebUrl = key(
        None,
        required=True,
        kind="URL",
        says="The feed's address, http or https.",
        example='"https://example.org/feed.xml"',
    )
    title: str = key(
        "",
        kind=TEXT,
        says="What the outlet is called in digests. Empty: as the feed calls itself.",
        example='"Example"',
    )
    tags: list[Tag] = key(
        [],
        kind=TEXTS,
        says="By these, digests choose their feeds. No comma and no slash in a tag.",
        example='["world", "politics"]',
    )
    interval: OwnSpan = key(
        None,
        kind=SPAN,
        says="Time between two polls of this feed, instead of one that adapts; "
        "not shorter than `polling.min_interval`.",
        example='"30m"',
    )
    weight: Weight = key(
        1.0,
        kind="number",
        says="How much this feed counts when a story's lead is chosen and when "
        "stories are ranked; above 0.",
        example="2.0",
    )
    full_text: bool = key(
        default=False,
        kind=SWITCH,
        says="Whether each new entry's page is fetched, once for ever, for its whole text. "
        "robots.txt is respected; without a text of the page, the feed's own stays.",
        example="true",
    )
    clutter: bool = key(
        default=True,
        kind=SWITCH,
        says="Whether what this feed repeats around its articles (pleas, newsletter boxes, lists "
        "of links) is cut; `newsfold why --clutter URL` shows it.",
        example="false",
    )
    coverage: bool = key(
        default=True,
        kind=SWITCH,
        says="`false`: this feed's entries fold as copies, and never group with others.",
        example="false",
    )
    include: list[Words] = key(
        [],
        kind=TEXTS,
        says="Only entries that hold one of these words or phrases reach a digest.",
        example='["climate", "renewable energy"]',
    )
    exclude: list[Words] = key(
        [],
        kind=TEXTS,
        says="Entries that hold one of these words or phrases reach no digest.",
        example='["sponsored"]',
    )
    headers: dict[str, str] = key(
        {},
        kind="table of texts",
        says="Request headers for this feed; a value may hold `${NAME}`.",
        example='{ Authorization = "Bearer ${EXAMPLE_TOKEN}" }',
    )
    proxy: Proxy = key(
        "",
        kind="URL",
        says="Proxy for this feed, instead of `polling.proxy`; may hold `${NAME}`.",
        example='"http://user:${PROXY_PASSWORD}@proxy.example.org:3128"',
    )
    allow_private_addresses: PrivateAddresses = key(
        default=False,
        kind="true, false or list of texts",
        says="Whether this feed may lie at a private address, beside what `[polling]` allows.",
        example='["192.168.1.10:8080"]',
    )


class DigestTable(Table):
    """A digest to publish, once for each digest."""

    name: DigestName = key(
        None,
        required=True,
        kind="name",
        says="Name of the published files. Lower-case letters, digits, `-` and `_`; "
        "not `index`; no two digests share one.",
        example='"world"',
    )
    title: str = key(
        "",
        kind=TEXT,
        says="What readers see. Empty: the name.",
        example='"World, every story once"',
    )
    tags: list[Tag] = key(
        [], kind=TEXTS, says="Feeds with one of these tags; none: all feeds.", example='["world"]'
    )
    kind: Kind = key(
        "live",
        kind='"live" or "edition"',
        says="`live`: one entry for each story, as it comes in. "
        "`edition`: whole issues at set times.",
        example='"edition"',
    )
    settle: Span = key(
        "10m",
        kind=SPAN,
        says="How long a story of a live digest waits, so that its coverage gathers.",
        example='"20m"',
    )
    at: list[Clock] = key(
        [],
        kind=TEXTS,
        says="Times at which an edition comes out, on the 24-hour clock; editions only.",
        example='["07:00", "19:00"]',
    )
    timezone: ZoneName = key(
        "UTC",
        kind="time zone",
        says="The time zone of `at` and of an edition's dates, by its IANA name.",
        example='"Europe/Vienna"',
    )
    weekdays: Weekdays = key(
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        kind=TEXTS,
        says="Days on which an edition comes out, by whole name or three letters; editions only.",
        example='["mon", "friday"]',
    )
    order: Ordering = key(
        "newest",
        kind='"newest" or "top"',
        says="Whether the newest stories come first or those with most coverage and weight.",
        example='"top"',
    )
    limit: Limit = key(
        100,
        kind="whole number",
        unit="stories",
        says="Stories in the current document; older ones stand in its archives.",
        example="50",
    )
    formats: Formats = key(
        ["atom", "rss", "json", "html"],
        kind=TEXTS,
        says="The forms in which the digest is published.",
        example='["atom", "html"]',
    )
    retention: PositiveSpan = key(
        "90d",
        kind=SPAN,
        says="How long entries are kept after they were last seen in their feed. "
        "Of a feed in several digests, the longest counts.",
        example='"1w"',
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
