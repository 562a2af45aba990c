"""Publications in, files out: every form of a digest, its archives, its editions, the index.

Rendered from publications alone, so the same ones give the same bytes. Texts and addresses are
cleaned here, once for all forms.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aggregator.digest import atom, jsonfeed, opml, page, rank, rss, safe, sheet
from aggregator.digest.setting import Beside, pictured_count, setting_of
from aggregator.digest.sheet import Sheet
from aggregator.digest.templating import stylesheet
from aggregator.model import Document, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aggregator.digest.setting import Setting
    from aggregator.model import Digest, Publication, Service

PAGE_STYLES = "newsfold.css"
FEED_STYLES = "newsfold-feed.css"  # for people who open a feed in a browser


def documents(  # noqa: PLR0913 - keyword-only, each a fact of its own
    digest: Digest,
    *,
    service: Service,
    publications: Sequence[Publication],
    archive_count: int,
    archives: Iterable[tuple[int, Sequence[Publication]]],
    beside: Beside = Beside(),  # noqa: B008 - frozen
) -> Iterator[Document]:
    """Yield the files of a digest one by one, each after those that it links to.

    These are the given archives, the current documents and editions' pages. `publications` are the
    current ones, in order; `archives` gives numbers, rising from 1 for the oldest, with what is
    frozen under each, and is read as far as the documents are taken. An archive links to the one
    before it only, so it never changes.
    """
    digest = _named(digest)
    told: set[int] = set()  # the editions whose page was given out
    setting = setting_of(service, beside.pictures)
    frozen_setting = setting.without_copies()
    tell = partial(_told, is_secret=beside.is_secret)
    for number, frozen in archives:
        newest_first = rank.newest_first(frozen)
        archived = _sheet(digest, service, tell(newest_first), number=number, older=number - 1)
        yield from _edition_pages(archived, told, frozen_setting, pictured=0)
        yield from _forms(archived, frozen_setting)
    current = _sheet(digest, service, tell(publications), number=0, older=archive_count)
    yield from _edition_pages(current, told, setting, pictured=pictured_count(digest))
    if Format.HTML in digest.formats:
        sources = opml.write(digest.title, beside.sources)
        yield Document(path=opml.path(digest.name), body=sources)
    yield from _forms(current, setting)


def _named(digest: Digest) -> Digest:
    """Return the digest with a title that any document can carry."""
    return replace(digest, title=safe.line(digest.title) or digest.name)


def _told(
    publications: Iterable[Publication], *, is_secret: Callable[[str], bool]
) -> tuple[Publication, ...]:
    """Return the publications as any document may say them, without feeds' secret addresses."""
    return tuple(safe.without_feeds(safe.publication(one), is_secret) for one in publications)


def _sheet(
    digest: Digest,
    service: Service,
    publications: tuple[Publication, ...],
    *,
    number: int,
    older: int,
) -> Sheet:
    return Sheet(
        digest=digest,
        public_url=service.public_url,
        publications=publications,
        archive=number,
        older=older,
        hubs=() if number else sheet.hubs_of(service),
    )


def _forms(each: Sheet, setting: Setting) -> Iterator[Document]:
    for form in each.digest.formats:
        yield Document(path=each.path(form), body=_write(each, form, setting))


def _write(each: Sheet, form: Format, setting: Setting) -> bytes:
    styles = f"../{FEED_STYLES}" if each.archive else FEED_STYLES
    match form:
        case Format.ATOM:
            return atom.write(each, stylesheet=styles)
        case Format.RSS:
            return rss.write(each, stylesheet=styles)
        case Format.JSON:
            return jsonfeed.write(each)
        case Format.HTML:
            return page.write(each, setting)


def _edition_pages(
    each: Sheet, told: set[int], setting: Setting, *, pictured: int
) -> Iterator[Document]:
    """Yield a page for each edition not yet told, whatever the formats: its entry links to it.

    So many of the newest show pictures.
    """
    editions = {one.number: one for one in each.publications if sheet.is_edition(one)}
    newest = sorted(editions, reverse=True)[:pictured]
    for number in sorted(editions.keys() - told):
        told.add(number)
        shown = setting if number in newest else setting.without_copies()
        body = page.write_edition(
            editions[number], each.digest, public_url=each.public_url, setting=shown
        )
        yield Document(path=sheet.edition_path(each.digest.name, number), body=body)


def index_page(
    digests: Iterable[Digest],
    *,
    service: Service,
    newest: Mapping[str, Sequence[Publication]],
    beside: Beside = Beside(),  # noqa: B008 - frozen
) -> Document:
    """Return `index.html`: every digest with its newest publications and its feeds."""
    cleaned = {name: _told(some, is_secret=beside.is_secret) for name, some in newest.items()}
    setting = setting_of(service, beside.pictures)
    body = page.write_index(map(_named, digests), service=service, newest=cleaned, setting=setting)
    return Document(path="index.html", body=body)


def stylesheets() -> tuple[Document, ...]:
    """Return the two stylesheets that pages and feeds link to, the same for all digests."""
    return tuple(
        Document(path=name, body=stylesheet(name).encode()) for name in (PAGE_STYLES, FEED_STYLES)
    )
