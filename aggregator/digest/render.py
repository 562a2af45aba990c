"""Publications in, files out: every form of a digest, its archives, its editions, the index.

Rendered from publications alone, so the same ones give the same bytes. Texts and addresses are
cleaned here, once for all forms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.digest import atom, jsonfeed, page, rank, rss, safe, sheet
from aggregator.digest.sheet import Sheet
from aggregator.digest.templating import stylesheet
from aggregator.model import Document, Format, Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.model import Digest, Publication, Service

PAGE_STYLES = "newsfold.css"
FEED_STYLES = "newsfold-feed.css"  # for people who open a feed in a browser


def documents(
    digest: Digest,
    *,
    service: Service,
    publications: Sequence[Publication],
    archive_count: int,
    archive: Mapping[int, Sequence[Publication]],
) -> tuple[Document, ...]:
    """Return the files of a digest: the current ones, the given archives, and editions' pages.

    `publications` are the current ones, in order; `archive` maps an archive's number (1 is the
    oldest) to what is frozen in it. An archive links to the one before it only, so it never
    changes.
    """
    digest = _named(digest)
    sheets = [_sheet(digest, service, publications, number=0, older=archive_count)]
    for number, frozen in sorted(archive.items()):
        newest_first = rank.order(frozen, Order.NEWEST)
        sheets.append(_sheet(digest, service, newest_first, number=number, older=number - 1))
    made = [document for each in sheets for document in _forms(each)]
    return (*made, *_edition_pages(sheets))


def _named(digest: Digest) -> Digest:
    """Return the digest with a title that any document can carry."""
    return replace(digest, title=safe.line(digest.title) or digest.name)


def _sheet(
    digest: Digest,
    service: Service,
    publications: Sequence[Publication],
    *,
    number: int,
    older: int,
) -> Sheet:
    return Sheet(
        digest=digest,
        public_url=service.public_url,
        publications=tuple(map(safe.publication, publications)),
        archive=number,
        older=older,
    )


def _forms(each: Sheet) -> Iterable[Document]:
    for form in each.digest.formats:
        yield Document(path=each.path(form), body=_write(each, form))


def _write(each: Sheet, form: Format) -> bytes:
    styles = f"../{FEED_STYLES}" if each.archive else FEED_STYLES
    match form:
        case Format.ATOM:
            return atom.write(each, stylesheet=styles)
        case Format.RSS:
            return rss.write(each, stylesheet=styles)
        case Format.JSON:
            return jsonfeed.write(each)
        case Format.HTML:
            return page.write(each)


def _edition_pages(sheets: Sequence[Sheet]) -> Iterable[Document]:
    """Yield a page for each edition once, whatever the formats: its entry links to it."""
    digest, public_url = sheets[0].digest, sheets[0].public_url
    editions = {
        publication.number: publication
        for each in sheets
        for publication in each.publications
        if sheet.is_edition(publication)
    }
    for number, edition in sorted(editions.items()):
        body = page.write_edition(edition, digest, public_url=public_url)
        yield Document(path=sheet.edition_path(digest.name, number), body=body)


def index_page(
    digests: Iterable[Digest], *, service: Service, newest: Mapping[str, Sequence[Publication]]
) -> Document:
    """Return `index.html`: every digest with its newest publications and its feeds."""
    cleaned = {name: tuple(map(safe.publication, some)) for name, some in newest.items()}
    body = page.write_index(map(_named, digests), service=service, newest=cleaned)
    return Document(path="index.html", body=body)


def stylesheets() -> tuple[Document, ...]:
    """Return the two stylesheets that pages and feeds link to, the same for all digests."""
    return tuple(
        Document(path=name, body=stylesheet(name).encode()) for name in (PAGE_STYLES, FEED_STYLES)
    )
