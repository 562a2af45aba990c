"""The keys of a feed and of a digest: type, default, unit, meaning and example of each."""

from __future__ import annotations

from aggregator.config.kinds import (
    SPAN,
    SWITCH,
    TEXT,
    TEXTS,
    Cap,
    Clock,
    DigestName,
    EntryRule,
    Formats,
    Kind,
    Limit,
    Ordering,
    OwnSpan,
    PositiveSpan,
    PrivateAddresses,
    Proxy,
    Rule,
    Span,
    Tag,
    WebUrl,
    Weekdays,
    Weight,
    ZoneName,
    key,
)
from aggregator.config.table import Table


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
    owner: str = key(
        "",
        kind=TEXT,
        says="Whose outlet it is: feeds of one owner count as one when stories are ranked. "
        "Empty: by the site's host.",
        example='"Example Media"',
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
    include: list[EntryRule] = key(
        [],
        kind=TEXTS,
        says="Only entries that fit one of these filters reach a digest; see Filters below.",
        example='["climate", "title: renewable energy"]',
    )
    exclude: list[EntryRule] = key(
        [],
        kind=TEXTS,
        says="Entries that fit one of these filters reach no digest.",
        example='["sponsored", "title: /^live:/"]',
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
    half_life: PositiveSpan = key(
        "8h",
        kind=SPAN,
        says='With `order = "top"`: a story so much older needs twice the importance to keep its '
        "place.",
        example='"12h"',
    )
    cap: Cap = key(
        3,
        kind="whole number",
        unit="stories",
        says='With `order = "top"`: of any ten stories, how many one feed may lead, 1 to 10.',
        example="2",
    )
    include: list[Rule] = key(
        [],
        kind=TEXTS,
        says="Only stories of which an entry fits one of these filters.",
        example='["coverage >= 3", "tag: science"]',
    )
    exclude: list[Rule] = key(
        [],
        kind=TEXTS,
        says="Entries that fit one of these filters are left out of this digest.",
        example='["age > 3d", "lang: de && !title: Wien"]',
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
