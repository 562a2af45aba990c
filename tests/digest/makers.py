"""Small stories and digests for the tests of this room."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from aggregator.digest import compose
from aggregator.model import (
    Digest,
    DigestKind,
    Edition,
    Entry,
    FeedSpec,
    Member,
    Mention,
    Publication,
    Relation,
    Service,
    Story,
)

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
AUTHORITY = "news.example.org"
SERVICE = Service(
    data_dir="/data",
    public_dir="/public",
    public_url="https://news.example.org",
    listen="127.0.0.1:8080",
    contact="",
)
LIVE = Digest(name="world", title="World")
ISSUE = Digest(
    name="morning",
    title="The Morning",
    kind=DigestKind.EDITION,
    at=(time(7),),
    timezone="Europe/Berlin",
    tags=("world", "science"),
)
TIDE = "<p>Seven towns signed the plan for a barrier. Work starts when the survey is done.</p>"


def feed_url(outlet: str) -> str:
    return f"https://{outlet}.example/feed.xml"


def entry(key: str = "1", **changes: object) -> Entry:
    made = Entry(
        key=key,
        url=f"https://a.example/{key}",
        title="Harbour towns agree on a barrier",
        content=TIDE,
        summary="Seven towns signed the plan for a barrier.",
        published_at=NOW - HOUR,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name, as the test says


def member(
    outlet: str = "a",
    number: int = 1,
    relation: Relation = Relation.LEAD,
    *,
    first_seen_at: datetime = NOW - HOUR / 2,
    **changes: object,
) -> Member:
    about = {"url": f"https://{outlet}.example/{number}"} | changes
    return Member(
        entry_id=number,
        feed_id=1,
        feed_url=feed_url(outlet),
        outlet=f"Outlet {outlet}",
        site_url=f"https://{outlet}.example/",
        entry=entry(str(number), **about),
        first_seen_at=first_seen_at,
        last_seen_at=NOW,
        relation=relation,
        reason="",
        score=1.0,
    )


def story(*members: Member, identity: str = "s1", first_seen_at: datetime = NOW - HOUR) -> Story:
    return Story(id=identity, first_seen_at=first_seen_at, members=members or (member(),))


def covered() -> Story:
    """Return a story with a report of another outlet and a copy."""
    report = member("b", 2, Relation.COVERAGE, title="Towns sign after two decades")
    return story(member(), report, member("c", 3, Relation.COPY), identity="covered")


def publish(
    told: Story,
    previous: Publication | None = None,
    *,
    number: int = 1,
    now: datetime = NOW,
    specs: dict[str, FeedSpec] | None = None,
) -> Publication:
    return compose.story(
        told,
        LIVE,
        number=number,
        authority=AUTHORITY,
        specs=specs or {},
        now=now,
        previous=previous,
    )


def publications(count: int) -> list[Publication]:
    """Return so many stories of as many feeds, the newest first."""
    return [
        publish(
            story(member(f"o{n}", n, title=f"Headline {n}"), identity=f"s{n}"),
            number=n,
        )
        for n in range(count, 0, -1)
    ]


def issue(
    stories: list[Publication],
    *,
    number: int = 1,
    specs: dict[str, FeedSpec] | None = None,
    digest: Digest = ISSUE,
    due_at: datetime = NOW - HOUR,
) -> Publication:
    due = Edition(digest=digest.name, due_at=due_at, since_at=due_at - DAY, until_at=due_at)
    return compose.edition(
        due,
        stories,
        digest,
        number=number,
        authority=AUTHORITY,
        service=SERVICE,
        specs=specs or {},
    )


def bare(feed: str, number: int, rank: float) -> Publication:
    """Return a publication with nothing but what ordering looks at."""
    said = Mention(outlet=feed, title="", url="", feed_url=feed)
    return Publication(
        digest="world",
        number=number,
        id=f"tag:{number}",
        story_id=f"s{number}",
        title="",
        url="",
        html="",
        summary="",
        source=said,
        mentions=(),
        published_at=NOW,
        updated_at=NOW,
        rank=rank,
    )
