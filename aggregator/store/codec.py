"""Values of the model as column values and back. It speaks no SQL and knows no table.

What a newer version added to a stored publication is ignored, what an older one lacks is given
its default, so that either can read the other's rows.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aggregator.model import Correction, Enclosure, Mention, Point, Publication, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS_KEPT = 1_000  # most moments of a row stand in its neighbours or its JSON as well
_RELATIONS = {relation.value: relation for relation in Relation}
# Texts cannot hold it: a quotation mark inside one is written with a backslash.
_LEAD_HASH = re.compile(r', "lead_hash": "[0-9a-f]*"')
MAX_HASH_BYTES = 255  # the width is kept in one byte


@lru_cache(maxsize=_TEXTS_KEPT)
def moment_to_text(moment: datetime) -> str:
    """Return an aware moment as fixed-width UTC text, which sorts as the moments do."""
    if moment.tzinfo is None:
        message = f"{moment!r} has no time zone"
        raise ValueError(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def moment_from_text(text: str) -> datetime:
    """Return the moment that `moment_to_text` wrote, in UTC."""
    return datetime.fromisoformat(text)


def optional_to_text(moment: datetime | None) -> str | None:
    """Return the text of a moment, or None for none."""
    return None if moment is None else moment_to_text(moment)


def optional_from_text(text: str | None) -> datetime | None:
    """Return the moment of a text, or None for none."""
    return None if text is None else moment_from_text(text)


def span_to_seconds(span: timedelta | None) -> float | None:
    """Return a span in seconds, or None for none."""
    return None if span is None else span.total_seconds()


def span_from_seconds(seconds: float | None) -> timedelta | None:
    """Return the span of so many seconds, or None for none."""
    return None if seconds is None else timedelta(seconds=seconds)


def numbers_to_text(numbers: Iterable[int]) -> str:
    """Return whole numbers in order, with commas between them; "" for none."""
    return ",".join(map(str, sorted(numbers)))


def numbers_from_text(text: str) -> frozenset[int]:
    """Return the numbers that `numbers_to_text` wrote."""
    return frozenset(map(int, text.split(","))) if text else frozenset()


def hashes_to_blob(hashes: Iterable[bytes]) -> bytes:
    """Return hashes of one width as one blob: the width in a byte, then the hashes in order."""
    ordered = sorted(hashes)
    if not ordered:
        return b""
    widths = {len(one) for one in ordered}
    if len(widths) > 1 or not 0 < (width := widths.pop()) <= MAX_HASH_BYTES:
        message = "hashes kept together have one width, from 1 to 255 bytes"
        raise ValueError(message)
    return bytes([width]) + b"".join(ordered)


def hashes_from_blob(blob: bytes) -> frozenset[bytes]:
    """Return the hashes that `hashes_to_blob` packed."""
    if not blob:
        return frozenset()
    width = blob[0]
    return frozenset(blob[at : at + width] for at in range(1, len(blob), width))


def texts_to_json(texts: Sequence[str]) -> str:
    """Return texts as JSON, "" for none: most entries have none."""
    return json.dumps(texts, ensure_ascii=False) if texts else ""


def texts_from_json(text: str) -> tuple[str, ...]:
    """Return the texts that `texts_to_json` wrote."""
    return tuple(json.loads(text)) if text else ()


def enclosures_to_json(enclosures: Sequence[Enclosure]) -> str:
    """Return enclosures as JSON, "" for none."""
    return (
        json.dumps(list(map(_plain_enclosure, enclosures)), ensure_ascii=False)
        if enclosures
        else ""
    )


def enclosures_from_json(text: str) -> tuple[Enclosure, ...]:
    """Return the enclosures that `enclosures_to_json` wrote."""
    return _enclosures(json.loads(text)) if text else ()


def publication_to_json(publication: Publication) -> str:
    """Return a publication, the stories of an edition included, as JSON text in ASCII."""
    return json.dumps(_plain(publication))


def publication_from_json(text: str) -> Publication:
    """Return the publication that `publication_to_json` wrote, by this version or another."""
    return _publication(json.loads(text))


def publications_to_json(texts: Iterable[str]) -> str:
    """Return what `publication_to_json` made of several publications as one JSON text.

    Without the hashes by which a change is told: what is put together here changes no more, and
    compressed they would be a third of it.
    """
    return _LEAD_HASH.sub("", f"[{', '.join(texts)}]")


def publications_from_json(text: str | bytes) -> tuple[Publication, ...]:
    """Return the publications that `publications_to_json` joined."""
    return _publications(json.loads(text))


# Written out field by field: asking a dataclass for its fields takes three times as long, and each
# publication goes through here. Fields at their default are left out.


def _plain(publication: Publication) -> dict[str, Any]:
    """Return what JSON can say of a publication."""
    return {
        "digest": publication.digest,
        "number": publication.number,
        "id": publication.id,
        "story_id": publication.story_id,
        "title": publication.title,
        "url": publication.url,
        "html": publication.html,
        "summary": publication.summary,
        "source": _plain_mention(publication.source),
        "mentions": list(map(_plain_mention, publication.mentions)),
        "published_at": moment_to_text(publication.published_at),
        "updated_at": moment_to_text(publication.updated_at),
    } | _said({
        "authors": publication.authors,
        "categories": publication.categories,
        "language": publication.language,
        "image": publication.image,
        "enclosures": list(map(_plain_enclosure, publication.enclosures)),
        "rank": publication.rank,
        "points": list(map(_plain_point, publication.points)),
        "correction": publication.correction and _plain_correction(publication.correction),
        "continues": publication.continues and _plain_mention(publication.continues),
        "stories": list(map(_plain, publication.stories)),
        "lead_span": publication.lead_span if any(publication.lead_span) else None,
        "lead_hash": publication.lead_hash.hex(),
        "lead_id": publication.lead_id,
    })  # fmt: skip


def _plain_mention(mention: Mention) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "outlet": mention.outlet,
        "title": mention.title,
        "url": mention.url,
        "feed_url": mention.feed_url,
    }
    if mention.site_url:
        plain["site_url"] = mention.site_url
    if mention.relation is not Relation.COVERAGE:
        plain["relation"] = mention.relation.value
    return plain


def _plain_point(point: Point) -> dict[str, Any]:
    return {
        "text": point.text,
        "outlet": point.outlet,
        "url": point.url,
        "others": point.others,
    }


def _plain_correction(correction: Correction) -> dict[str, Any]:
    return {"at": moment_to_text(correction.at)} | _said({
        "former_title": correction.former_title,
        "added": correction.added,
        "removed": correction.removed,
    })  # fmt: skip


def _plain_enclosure(enclosure: Enclosure) -> dict[str, Any]:
    optional = {"type": enclosure.type, "length_bytes": enclosure.length_bytes}
    return {"url": enclosure.url} | _said(optional)


def _said(optional: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in optional.items() if value}


def _enclosures(plain: Sequence[Mapping[str, Any]]) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(
            url=one.get("url", ""),
            type=one.get("type", ""),
            length_bytes=one.get("length_bytes", 0),
        )
        for one in plain
    )


def _mention(plain: Mapping[str, Any]) -> Mention:
    """Return a mention; as coverage, the weakest claim, where a newer version has another."""
    given = plain.get
    return Mention(
        outlet=given("outlet", ""),
        title=given("title", ""),
        url=given("url", ""),
        feed_url=given("feed_url", ""),
        site_url=given("site_url", ""),
        relation=_RELATIONS.get(given("relation", ""), Relation.COVERAGE),
    )


def _publications(plain: Sequence[Mapping[str, Any]]) -> tuple[Publication, ...]:
    return tuple(map(_publication, plain))


def _publication(plain: Mapping[str, Any]) -> Publication:
    given = plain.get
    return Publication(
        digest=given("digest", ""),
        number=given("number", 0),
        id=given("id", ""),
        story_id=given("story_id", ""),
        title=given("title", ""),
        url=given("url", ""),
        html=given("html", ""),
        summary=given("summary", ""),
        source=_mention(given("source", {})),
        mentions=tuple(map(_mention, given("mentions", ()))),
        published_at=_moment(given("published_at")),
        updated_at=_moment(given("updated_at")),
        authors=tuple(given("authors", ())),
        categories=tuple(given("categories", ())),
        language=given("language", ""),
        image=given("image", ""),
        enclosures=_enclosures(given("enclosures", ())),
        rank=given("rank", 0.0),
        points=tuple(map(_point, given("points", ()))),
        correction=_correction(given("correction")),
        continues=_mention(plain["continues"]) if "continues" in plain else None,
        stories=_publications(given("stories", ())),
        lead_span=_span(given("lead_span", (0, 0))),
        lead_hash=bytes.fromhex(given("lead_hash", "")),
        lead_id=given("lead_id", 0),
    )


def _span(plain: Sequence[int]) -> tuple[int, int]:
    start, end = plain
    return start, end


def _point(plain: Mapping[str, Any]) -> Point:
    given = plain.get
    return Point(
        text=given("text", ""),
        outlet=given("outlet", ""),
        url=given("url", ""),
        others=given("others", 0),
    )


def _correction(plain: Mapping[str, Any] | None) -> Correction | None:
    if plain is None:
        return None
    return Correction(
        at=_moment(plain.get("at")),
        former_title=plain.get("former_title", ""),
        added=tuple(plain.get("added", ())),
        removed=plain.get("removed", 0),
    )


def _moment(text: str | None) -> datetime:
    return EPOCH if text is None else moment_from_text(text)
