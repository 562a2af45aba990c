"""A digest as pages for people: the current one, its archives, each edition, and the index.

Plain HTML that needs no script and passes a strict Content-Security-Policy: every style is in the
stylesheet, and every address from outside is checked once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator.digest import body, compose, dates, opml, qr, rank, sections, sheet
from aggregator.digest.setting import Setting
from aggregator.digest.templating import render
from aggregator.model import DigestKind, Format, Order, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.digest.sheet import Sheet
    from aggregator.model import Digest, Mention, Publication, Service

_FORM_NAMES = {Format.ATOM: "Atom", Format.RSS: "RSS", Format.JSON: "JSON Feed"}
_HEADLINES = 5  # of each digest, on the index
_LEAD_SPAN = timedelta(days=1)  # what most outlets told the day before is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed of a digest: its form, its title, where to subscribe."""

    name: str
    title: str
    type: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A digest as the index shows it."""

    title: str
    page: str  # relative; "" where it has none
    sources: str  # likewise
    feeds: tuple[Subscription, ...]
    timezone: str
    changed_at: datetime | None  # None while there is nothing
    figures: Mapping[str, int]  # of its current page
    newest: tuple[Publication, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Stories under one heading: a local date, or "" where they do not go by time."""

    name: str
    stories: tuple[Publication, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a page of a digest needs beside its stories: whose times, which pictures, the words."""

    timezone: str
    changed_at: datetime | None  # None while there is nothing
    picture: Callable[[str], Picture | None]
    coverage: Callable[[Sequence[Mention]], list[Mention]] = body.coverage
    also_in: Callable[[Mention, Sequence[Mention]], list[Mention]] = body.also_in


def write(page: Sheet, setting: Setting = Setting()) -> bytes:  # noqa: B008 - frozen
    """Return the sheet as a page."""
    digest, publications = page.digest, page.publications
    editions = [item for item in publications if sheet.is_edition(item)]
    stories = [item for item in publications if not sheet.is_edition(item)]
    whole = editions[0] if editions and not page.archive else None
    changed_at = _changed_at(publications)
    lead, rest = (None, stories) if page.archive else front(stories, digest.order)
    setting = setting.at("../" if page.archive else "")
    values: dict[str, object] = {
        "title": page.title,
        "setting": setting,
        "frame": Frame(timezone=digest.timezone, changed_at=changed_at, picture=setting.picture),
        "newest": whole,
        "sections": sections.sections(whole.stories) if whole else (),
        "editions": editions[1:] if whole else editions,
        "lead": lead,
        "days": days(rest, digest, beside=changed_at),
        "archive": page.archive,
        "older": page.older_address(Format.HTML),
        "current": page.current_address(Format.HTML),
        "is_issue": digest.kind is DigestKind.EDITION,
    }
    values |= _subscribing(digest, page.public_url, setting)
    return _page("digest.html", values | _figures(whole, stories))


def _subscribing(digest: Digest, public_url: str, setting: Setting) -> dict[str, object]:
    """Return what the box for subscribing shows."""
    feeds = subscriptions(digest, public_url)
    has_page = Format.HTML in digest.formats
    return {
        "feeds": feeds,
        "code": qr.code(feeds[0].address) if feeds else None,
        "sources": setting.root + opml.path(digest.name) if has_page else "",
    }


def _figures(whole: Publication | None, stories: Sequence[Publication]) -> dict[str, int]:
    """Return what stands above a page; how long it takes to read is said of an issue only."""
    if whole:
        return compose.figures(whole.stories)
    return {"story_count": len(stories), "outlet_count": sections.outlet_count(stories)}


def write_edition(
    edition: Publication,
    digest: Digest,
    *,
    public_url: str,
    setting: Setting = Setting(),  # noqa: B008 - frozen
) -> bytes:
    """Return an edition's own page."""
    previous = edition.number - 1
    setting = setting.at("../")
    shown = setting.picture
    values = {
        "title": edition.title,
        "setting": setting,
        "frame": Frame(timezone=digest.timezone, changed_at=edition.updated_at, picture=shown),
        "edition": edition,
        "sections": sections.sections(edition.stories),
        "digest_title": digest.title,
        "home": _home(digest),
        "previous": f"edition-{previous}.html" if previous else "",
    }
    values |= _subscribing(digest, public_url, setting)
    return _page("edition.html", values | compose.figures(edition.stories))


def _home(digest: Digest) -> str:
    """Return the way from an edition's page to the digest's, or to the index without one."""
    return f"../{digest.name}.html" if Format.HTML in digest.formats else "../index.html"


def front(
    stories: Sequence[Publication], order: Order
) -> tuple[Publication | None, Sequence[Publication]]:
    """Return the story that leads the page, and the others in the order that people read them.

    A page by time goes by the times that it shows, not by when a story came in, and is led by what
    most outlets tell of its last day; a page by rank has its lead in first place already.
    """
    if not stories:
        return None, ()
    if order is Order.TOP:
        return stories[0], stories[1:]
    since = max(story.published_at for story in stories) - _LEAD_SPAN
    fresh = (story for story in stories if story.published_at >= since)
    lead = max(fresh, key=lambda s: (sections.outlet_count([s]), s.rank, s.number))
    return lead, _latest_first(story for story in stories if story is not lead)


def _latest_first(stories: Iterable[Publication]) -> list[Publication]:
    return sorted(stories, key=lambda story: (story.published_at, story.number), reverse=True)


def days(
    stories: Sequence[Publication], digest: Digest, *, beside: datetime | None
) -> tuple[Day, ...]:
    """Return the stories by local day; all under no heading where the order is not by time.

    A day names its year only where it is not that of `beside`.
    """
    if digest.order is Order.TOP:
        return (Day(name="", stories=tuple(stories)),) if stories else ()

    zone = ZoneInfo(digest.timezone)
    year = beside.astimezone(zone).year if beside else 0

    def name(story: Publication) -> str:
        same_year = story.published_at.astimezone(zone).year == year
        return (dates.day_of_year if same_year else dates.day)(story.published_at, digest.timezone)

    grouped = groupby(_latest_first(stories), key=name)
    return tuple(Day(name=day, stories=tuple(told)) for day, told in grouped)


def _changed_at(publications: Sequence[Publication]) -> datetime | None:
    return dates.last_change(publications) if publications else None


def write_index(
    digests: Iterable[Digest],
    *,
    service: Service,
    newest: Mapping[str, Sequence[Publication]],
    setting: Setting = Setting(),  # noqa: B008 - frozen
) -> bytes:
    """Return the page that lists the digests, each with its newest headlines."""
    cards = [_card(digest, service, newest.get(digest.name, ())) for digest in digests]
    feeds = [feed for card in cards for feed in card.feeds]
    values = {"title": "Newsfold", "setting": setting, "digests": cards, "feeds": feeds}
    return _page("index.html", values)


def _card(digest: Digest, service: Service, newest: Sequence[Publication]) -> Card:
    return Card(
        title=digest.title,
        page=f"{digest.name}.html" if Format.HTML in digest.formats else "",
        sources=opml.path(digest.name) if Format.HTML in digest.formats else "",
        feeds=subscriptions(digest, service.public_url),
        timezone=digest.timezone,
        changed_at=_changed_at(newest),
        figures=compose.figures(_stories_of(newest)),
        newest=_headlines(digest, newest),
    )


def _stories_of(newest: Sequence[Publication]) -> tuple[Publication, ...]:
    """Return the stories of the current page: the newest edition's, or the live ones."""
    if newest and sheet.is_edition(newest[0]):
        return newest[0].stories
    return tuple(newest)


def _headlines(digest: Digest, newest: Sequence[Publication]) -> tuple[Publication, ...]:
    """Return the first headlines of the digest's page, in its order."""
    if newest and sheet.is_edition(newest[0]):
        return tuple(newest[:_HEADLINES])
    lead, rest = front(rank.order(newest, digest), digest.order)
    return (lead, *rest[: _HEADLINES - 1]) if lead else ()


def _page(template: str, values: Mapping[str, object]) -> bytes:
    return render(template, values).encode()


def subscriptions(digest: Digest, public_url: str) -> tuple[Subscription, ...]:
    """Return the digest's feeds in the forms that it is published in."""
    title = digest.title
    return tuple(
        Subscription(
            name=name,
            title=f"{title} ({name})",
            type=sheet.MEDIA_TYPES[form],
            address=sheet.public_address(public_url, f"{digest.name}.{form}"),
        )
        for form, name in _FORM_NAMES.items()
        if form in digest.formats
    )
