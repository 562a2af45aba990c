"""Makes publications: what a digest says of a story, and of a whole edition, for ever after.

An id never changes and `updated_at` moves only when the lead's words did. Writes no document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator.digest import agreed, body, dates, rank, rewrite, safe, sections, sheet, words
from aggregator.digest.correction import correction
from aggregator.digest.templating import render
from aggregator.model import Mention, Publication, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aggregator.model import (
        Correction,
        Digest,
        Edition,
        Entry,
        FeedSpec,
        Member,
        Service,
        Story,
    )

_DERIVED_TITLE = 80  # characters of a summary that stand for a missing title
_CATEGORY_LIMIT = 12  # some outlets give each entry dozens of keywords
_HEADLINES = 3  # of each section, in an edition's table of contents and summary
_TOLD = 8  # of each section, stories with their summaries; the others are headlines
_PARTS_OF_DAY = ((5, "Night"), (12, "Morning"), (17, "Afternoon"), (22, "Evening"), (24, "Night"))


# ------------------------------------------------------------------------ a story


def story(  # noqa: PLR0913 - keyword-only, each a fact of its own
    story: Story,
    digest: Digest,
    *,
    number: int,
    authority: str,
    specs: Mapping[str, FeedSpec],
    now: datetime,
    previous: Publication | None = None,
    given: Entry | None = None,
) -> Publication:
    """Return what the digest says of the story; equal to `previous` where nothing changed.

    `story` is as the digest shows it, its lead chosen. `authority` is the host of the public
    address (RFC 4151); `given` is the lead as its feed gave it, where the story shows less. With
    `previous`, id, number and `published_at` stay, and `updated_at` moves to `now` only if the lead
    was rewritten; coverage that joins never moves it.
    """
    entry, source = story.lead.entry, _mention(story.lead)
    mentions = tuple(map(_mention, story.members[1:]))
    kept = _kept(story, previous, number=number, authority=authority, now=now)
    changed = _changed(entry, source, previous, given=given or entry, now=now)
    around = _around(story, source, mentions, previous, changed)
    told = body.of_story(entry, around, timezone=digest.timezone)
    return Publication(
        digest=digest.name,
        number=kept.number,
        id=kept.id,
        story_id=story.id,
        title=changed.title,
        url=source.url or _url_of_a_copy(mentions),
        html=told.html,
        summary=entry.summary,
        source=source,
        mentions=mentions,
        published_at=kept.published_at,
        updated_at=changed.updated_at,
        authors=entry.authors,
        categories=entry.categories[:_CATEGORY_LIMIT],
        language=entry.language,
        image=_image(entry),
        enclosures=entry.enclosures,
        rank=rank.score(story, digest, specs=specs),
        points=around.points,
        correction=around.correction,
        continues=around.continues,
        lead_span=told.lead_span,
        lead_hash=changed.lead_hash,
        lead_id=story.lead.entry_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What a publication is given once."""

    number: int
    id: str
    published_at: datetime


def _kept(
    story: Story, previous: Publication | None, *, number: int, authority: str, now: datetime
) -> _Kept:
    if previous:
        return _Kept(number=previous.number, id=previous.id, published_at=previous.published_at)
    said_at = story.lead.entry.published_at
    plausible = said_at is not None and said_at <= now
    return _Kept(
        number=number,
        id=f"tag:{authority},{story.first_seen_at.year}:story:{story.id}",
        published_at=said_at if said_at and plausible else story.first_seen_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """When the lead last said something else, what that was, and the words that it said then."""

    title: str
    updated_at: datetime
    lead_hash: bytes
    correction: Correction | None


def _changed(
    entry: Entry, source: Mention, previous: Publication | None, *, given: Entry, now: datetime
) -> _Changed:
    said = rewrite.sketch(entry)
    given_so = said if given is entry else rewrite.sketch(given)
    if previous and not rewrite.is_rewritten(previous, source.title, said, given_so):
        return _Changed(
            title=source.title or previous.title,
            updated_at=previous.updated_at,
            lead_hash=previous.lead_hash,
            correction=previous.correction,
        )
    told = correction(previous, entry, source.title, at=now) if previous else None
    title = source.title or _derived_title(entry) or source.outlet
    return _Changed(title=title, updated_at=now, lead_hash=said, correction=told)


def _mention(member: Member) -> Mention:
    return Mention(
        outlet=safe.line(member.outlet) or sheet.authority(member.feed_url),
        title=safe.line(member.entry.title),
        url=safe.url(member.entry.url),
        feed_url=member.feed_url,  # as configured: the key of its feed's rules
        site_url=safe.url(member.site_url),
        relation=member.relation,
    )


def _around(
    story: Story,
    source: Mention,
    mentions: tuple[Mention, ...],
    previous: Publication | None,
    changed: _Changed,
) -> body.Around:
    """Return what is said around the lead's text."""
    return body.Around(
        source=source,
        mentions=mentions,
        points=agreed.points(story),
        correction=changed.correction,
        continues=_continues(story, previous),
    )


def _continues(story: Story, previous: Publication | None) -> Mention | None:
    """Return the earlier story that this one goes on from; once said, it stays said."""
    if before := story.follows:
        title = safe.line(before.title)
        return Mention(outlet="", title=title, url=safe.url(before.url), feed_url="")
    return previous.continues if previous else None


def _derived_title(entry: Entry) -> str:
    """Return the summary's beginning, which stands for a title where the outlet wrote none."""
    return words.shorten(safe.line(entry.summary), _DERIVED_TITLE)


def _url_of_a_copy(mentions: Sequence[Mention]) -> str:
    """Return where a copy can be read, for a lead that has no page of its own."""
    copies = (mention for mention in mentions if mention.relation is Relation.COPY)
    return next((mention.url for mention in copies if mention.url), "")


def _image(entry: Entry) -> str:
    pictures = (file.url for file in entry.enclosures if file.type.startswith("image/"))
    return safe.url(entry.image) or safe.url(next(pictures, ""))


# --------------------------------------------------------------------- an edition


def edition(  # noqa: PLR0913 - keyword-only, each a fact of its own
    edition: Edition,
    publications: Sequence[Publication],
    digest: Digest,
    *,
    number: int,
    authority: str,
    service: Service,
    specs: Mapping[str, FeedSpec],
) -> Publication:
    """Return the edition as one entry; `publications` are its stories, composed, at least one.

    In `stories` they stand in the issue's order, each with its section as its only category.
    `mentions` are their leads.
    """
    stories = sections.arrange(publications, digest, specs=specs)
    url = sheet.public_address(service.public_url, sheet.edition_path(digest.name, number))
    parts = sections.sections(stories)
    return Publication(
        digest=digest.name,
        number=number,
        id=_edition_id(edition, authority),
        story_id="",
        title=edition_title(edition, digest.timezone),
        url=url,
        html=_edition_body(stories, parts, url=url),
        summary=_edition_summary(stories),
        source=_itself(digest, url, service),
        mentions=tuple(story.source for story in stories),
        published_at=edition.due_at,
        updated_at=edition.due_at,
        categories=tuple(dict.fromkeys(name for story in stories for name in story.categories)),
        image=next((story.image for story in stories if story.image), ""),
        stories=stories,
    )


def _edition_id(edition: Edition, authority: str) -> str:
    due = dates.compact(edition.due_at)
    return f"tag:{authority},{edition.due_at.year}:edition:{edition.digest}:{due}"


def _itself(digest: Digest, url: str, service: Service) -> Mention:
    page = f"{service.public_url}/"
    title = digest.title or digest.name
    return Mention(outlet=title, title=title, url=url, feed_url="", site_url=page)


def edition_title(edition: Edition, timezone: str) -> str:
    """Return the issue's name: "Morning — Wednesday, 25 November 2026"; a catch-up names its span.

    The day is that of the due moment in the digest's time zone.
    """
    until_day = dates.day(edition.until_at, timezone)
    if not edition.catch_up:
        return f"{_part_of_day(edition.due_at, timezone)} — {until_day}"
    if edition.since_at is None:
        return f"Catch-up — until {until_day}"
    since_day = dates.day(edition.since_at, timezone)
    if since_day == until_day:
        since, until = (dates.clock(at, timezone) for at in (edition.since_at, edition.until_at))
        return f"Catch-up — {until_day}, {since} to {until}"
    if since_day[-4:] == until_day[-4:]:
        since_day = dates.day_of_year(edition.since_at, timezone)
    return f"Catch-up — {since_day} to {until_day}"


def _part_of_day(at: datetime, timezone: str) -> str:
    hour = at.astimezone(ZoneInfo(timezone)).hour
    return next(name for until, name in _PARTS_OF_DAY if hour < until)


def _edition_body(
    stories: Sequence[Publication], parts: Sequence[sections.Section], *, url: str
) -> str:
    return render(
        "edition_body.html",
        {
            "page": url,
            "sections": parts,
            "headlines": _HEADLINES,
            "told": _TOLD,
            "coverage": body.coverage,
            "also_in": body.also_in,
        }
        | figures(stories),
    )


def figures(stories: Sequence[Publication]) -> dict[str, int]:
    """Return what stands above an issue: how many stories and outlets, how long to read."""
    return {
        "story_count": len(stories),
        "outlet_count": sections.outlet_count(stories),
        "minutes": sections.reading_minutes(stories),
    }


def _edition_summary(stories: Sequence[Publication]) -> str:
    headlines = [story.title for story in stories[:_HEADLINES]]
    rest = len(stories) - len(headlines)
    more = [f"and {rest} more"] if rest else []
    return " · ".join([*headlines, *more])
