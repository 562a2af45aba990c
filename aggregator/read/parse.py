"""XML feeds through feedparser: a document comes in, `RawEntry` values go out.

feedparser's sanitiser and its link joining stay off: they are slow and let attacks through. It is
always given a stream, because it opens a file whose name it is given.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, Final

import feedparser
import feedparser.api

from aggregator.read.dates import parse_date
from aggregator.read.raw import RawEnclosure, RawEntry, RawText
from aggregator.read.urls import is_absolute

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = dict[str, Any]  # feedparser's dict of an entry: any key may be missing, any value odd

# What feedparser was seen raising on hostile input (numbers, URLs and dates that are none).
_PARSER_FAULTS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip
# GML in an item makes feedparser raise on bad numbers; places are not read here.
_PLACES: Final = (b"http://www.opengis.net/gml", b"http://www.georss.org/georss")
_XML_PARSER: Final = "aggregator.read.buffered"  # feedparser has it made by name
MAX_LISTED = 100  # authors, categories, links looked at in one entry; real ones have under 40
_IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")


class ParseError(ValueError):
    """feedparser cannot read the document at all; the message says what it choked on."""


def parse(document: bytes) -> tuple[RawEntry, ...]:
    """Return every item in order, phantoms included; no items where it is no feed.

    Raises ParseError where feedparser itself breaks, with `version` judged by the caller's root.
    """
    try:
        found = _parsed(document)
    except _PARSER_FAULTS:
        found = _parsed_without_places(document)
    if not found.get("version"):
        reason = "feedparser knows no version of it"
        raise ParseError(reason)
    is_atom = str(found["version"]).startswith("atom")
    return tuple(_entry(fields, is_atom=is_atom) for fields in found["entries"])


def _parsed(document: bytes) -> Fields:
    feedparser.api.PREFERRED_XML_PARSERS[:] = [_XML_PARSER]
    result: Fields = feedparser.parse(
        io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False
    )
    return result


def _parsed_without_places(document: bytes) -> Fields:
    for namespace in _PLACES:
        document = document.replace(namespace, b"urn:none")
    try:
        return _parsed(document)
    except _PARSER_FAULTS as error:
        reason = f"feedparser stumbles over it ({type(error).__name__})"
        raise ParseError(reason) from error


def _entry(fields: Fields, *, is_atom: bool) -> RawEntry:
    return RawEntry(
        guid=_string(fields, "id"),
        links=_links(fields),
        title=_text(fields, "title", is_atom=is_atom),
        contents=_contents(fields, is_atom=is_atom),
        summary=_text(fields, "summary", is_atom=is_atom),
        published=_dates(fields, ("published", "created", "updated")),
        updated=_dates(fields, ("updated",)),
        authors=_authors(fields),
        categories=_categories(fields),
        language=_language(fields),
        images=_images(fields),
        enclosures=_enclosures(fields),
    )


def _string(fields: Fields, name: str) -> str:
    """Return a field as text. `dict.get` passes by feedparser's slow lookup of old names."""
    value = dict.get(fields, name)
    return value if isinstance(value, str) else ""


def _dicts(fields: Fields, name: str) -> list[Fields]:
    value = dict.get(fields, name)
    if not isinstance(value, list):
        return []
    return [item for item in value[:MAX_LISTED] if isinstance(item, dict)]


def _dict(fields: Fields, name: str) -> Fields:
    value = dict.get(fields, name)
    return value if isinstance(value, dict) else {}


def _text(fields: Fields, name: str, *, is_atom: bool) -> RawText | None:
    value = _string(fields, name)
    return _raw_text(value, _dict(fields, f"{name}_detail"), is_atom=is_atom) if value else None


def _raw_text(value: str, detail: Fields, *, is_atom: bool) -> RawText:
    """Return the text; only Atom's word "text" is believed, RSS has HTML everywhere."""
    plain = is_atom and _string(detail, "type") == "text/plain"
    return RawText(value=value, plain=plain, base=_string(detail, "base"))


def _contents(fields: Fields, *, is_atom: bool) -> tuple[RawText, ...]:
    return tuple(
        _raw_text(value, detail, is_atom=is_atom)
        for detail in _dicts(fields, "content")
        if (value := _string(detail, "value"))
    )


def _links(fields: Fields) -> tuple[str, ...]:
    """Return the addresses of the entry, the best first.

    feedparser takes a guid for the link when there is none: believed only if it is an address.
    """
    guid = _string(fields, "id")
    link = _string(fields, "link")
    pages = [
        _string(item, "href")
        for item in _dicts(fields, "links")
        if _string(item, "rel") == "alternate"
    ]
    candidates = (_string(fields, "feedburner_origlink"), link, *pages, guid)
    return tuple(url for url in candidates if url and (url != guid or is_absolute(url)))


def _dates(fields: Fields, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for name in names if (text := _date(fields, name)))


def _date(fields: Fields, name: str) -> str:
    """Return the text of a date, as feedparser understood it where only feedparser does."""
    text = _string(fields, name)
    parsed = dict.get(fields, f"{name}_parsed")
    if not isinstance(parsed, time.struct_time) or parse_date(text):
        return text
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", parsed)


def _authors(fields: Fields) -> tuple[str, ...]:
    """Return the authors; one alone as written, since feedparser cuts addresses wrongly."""
    names = tuple(name for author in _dicts(fields, "authors") if (name := _string(author, "name")))
    alone = _string(fields, "author")
    return (alone,) if alone and len(names) < 2 else names  # noqa: PLR2004 two are not alone


def _categories(fields: Fields) -> tuple[str, ...]:
    tags = _dicts(fields, "tags")
    return tuple(word for tag in tags if (word := _string(tag, "label") or _string(tag, "term")))


def _language(fields: Fields) -> str:
    contents = _dicts(fields, "content")
    details = [_dict(fields, "title_detail"), *contents[:1], _dict(fields, "summary_detail")]
    spoken = (_string(detail, "language") for detail in details)
    return _string(fields, "language") or next(filter(None, spoken), "")


def _images(fields: Fields) -> tuple[str, ...]:
    thumbnails = [_string(item, "url") for item in _dicts(fields, "media_thumbnail")]
    pictures = [_string(item, "url") for item in _dicts(fields, "media_content") if _is_image(item)]
    files = [_string(item, "href") for item in _attached(fields) if _is_image(item)]
    cover = _string(_dict(fields, "image"), "href")
    return tuple(url for url in (*thumbnails, *pictures, *files, cover) if url)


def _is_image(item: Fields) -> bool:
    kind = _string(item, "medium") or _string(item, "type")
    address = _string(item, "url") or _string(item, "href")
    return kind.startswith("image") or not kind and address.lower().endswith(_IMAGE_SUFFIXES)  # noqa: RUF021 reads as said


def _attached(fields: Fields) -> list[Fields]:
    return [item for item in _dicts(fields, "links") if _string(item, "rel") == "enclosure"]


def _enclosures(fields: Fields) -> tuple[RawEnclosure, ...]:
    return tuple(
        RawEnclosure(
            url=_string(item, "href"), type=_string(item, "type"), length=_string(item, "length")
        )
        for item in _attached(fields)
    )
