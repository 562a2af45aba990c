"""Values of the model as column values and back. It speaks no SQL and knows no table.

What a newer version added to a stored publication is ignored, what an older one lacks is given
its default, so that either can read the other's rows.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aggregator.model import Enclosure, Mention, Publication, Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_HASH_BYTES = 255  # the width is kept in one byte


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
    return json.dumps(_plain(enclosures), ensure_ascii=False) if enclosures else ""


def enclosures_from_json(text: str) -> tuple[Enclosure, ...]:
    """Return the enclosures that `enclosures_to_json` wrote."""
    return _enclosures(json.loads(text)) if text else ()


def publication_to_json(publication: Publication) -> str:
    """Return a publication, the stories of an edition included, as JSON text."""
    return json.dumps(_plain(publication))


def publication_from_json(text: str) -> Publication:
    """Return the publication that `publication_to_json` wrote, by this version or another."""
    return _publication(json.loads(text))


def publications_to_json(publications: Iterable[Publication]) -> str:
    """Return several publications as one JSON text."""
    return json.dumps([_plain(publication) for publication in publications])


def publications_from_json(text: str | bytes) -> tuple[Publication, ...]:
    """Return the publications that `publications_to_json` wrote."""
    return _publications(json.loads(text))


def _plain(value: Any) -> Any:  # noqa: ANN401 (every kind of field comes through here)
    """Return what JSON can say. Fields at their default are left out."""
    match value:
        case Publication() | Mention() | Enclosure():
            kept = ((field, getattr(value, field.name)) for field in fields(value))
            return {field.name: _plain(held) for field, held in kept if held != field.default}
        case tuple() | list():
            return [_plain(one) for one in value]
        case datetime():
            return moment_to_text(value)
        case bytes():
            return value.hex()
        case _:
            return value


def _enclosures(plain: Sequence[Mapping[str, Any]]) -> tuple[Enclosure, ...]:
    return tuple(Enclosure(**{"url": "", **_known(Enclosure, one)}) for one in plain)


def _mention(plain: Mapping[str, Any]) -> Mention:
    known = {"outlet": "", "title": "", "url": "", "feed_url": "", **_known(Mention, plain)}
    return Mention(**{**known, "relation": _relation(known.get("relation"))})


def _relation(text: str | None) -> Relation:
    """Return the relation; coverage, the weakest claim, where a newer version has another."""
    return Relation(text) if text in set(Relation) else Relation.COVERAGE


def _mentions(plain: Sequence[Mapping[str, Any]]) -> tuple[Mention, ...]:
    return tuple(_mention(one) for one in plain)


def _publications(plain: Sequence[Mapping[str, Any]]) -> tuple[Publication, ...]:
    return tuple(_publication(one) for one in plain)


def _publication(plain: Mapping[str, Any]) -> Publication:
    known = _known(Publication, plain)
    readers = _readers()
    values = {name: readers[name](one) if name in readers else one for name, one in known.items()}
    return Publication(**{**_absent(), **values})


def _readers() -> dict[str, Callable[[Any], Any]]:
    """Return how each field that JSON cannot say itself is read."""
    return {
        "source": _mention,
        "mentions": _mentions,
        "published_at": moment_from_text,
        "updated_at": moment_from_text,
        "authors": tuple,
        "categories": tuple,
        "enclosures": _enclosures,
        "stories": _publications,
        "lead_hash": bytes.fromhex,
    }


def _absent() -> dict[str, Any]:
    """Return what a required field says where a stored publication lacks it."""
    texts = dict.fromkeys(("digest", "id", "story_id", "title", "url", "html", "summary"), "")
    moments = dict.fromkeys(("published_at", "updated_at"), EPOCH)
    return {**texts, **moments, "number": 0, "source": _mention({}), "mentions": ()}


def _known(kind: type, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this version knows of a stored value."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in plain.items() if name in names}
