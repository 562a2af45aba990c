"""The last gate before bytes: characters that XML 1.0 and UTF-8 can carry, addresses of the web.

It does not sanitise HTML; `read` did. What it refuses it leaves out, silently.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.model import Mention, Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.model import Correction, Enclosure, Point

# Everything outside the Char production of XML 1.0 (section 2.2), lone surrogates included.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What browsers drop or refuse in an address, and what would end it in a listing.
_NOT_IN_URL = re.compile('[\u0000-\u0020\u007f-\u00a0\u2028\u2029"<>\\\\^`{|}]')
# What nearly every address looks like: of the web, with a host, and nothing in it to mend.
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:/[!#-;=?-\[\]_a-z~]*)?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*", re.ASCII)


def text(value: str) -> str:
    """Return the text with only characters that every form of a digest can carry."""
    if value.isprintable():  # holds no control, no surrogate, no non-character, no line end
        return value
    return _NOT_XML.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def line(value: str) -> str:
    """Return the text on one line, for titles and names."""
    if value.isprintable() and "  " not in value and value == value.strip():
        return value
    return " ".join(text(value).split())


def url(value: str) -> str:
    """Return an absolute http or https address with a host, or ""."""
    return value if _PLAIN_URL.fullmatch(value) else _mended(value)


def _mended(value: str) -> str:
    """Return any address as `url` does, the long way."""
    address = _NOT_IN_URL.sub(_percent, value.strip())
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    return text(address) if parts.scheme in {"http", "https"} and host else ""


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def language(value: str) -> str:
    """Return a language tag as xml:lang and `lang` take it, or ""."""
    return value if _LANGUAGE.fullmatch(value) else ""


def enclosure(value: Enclosure) -> Enclosure:
    """Return the enclosure with a web address or "", a media type or "" and no negative length."""
    return replace(
        value,
        url=url(value.url),
        type=value.type if _MEDIA_TYPE.fullmatch(value.type) else "",
        length_bytes=max(0, value.length_bytes),
    )


def mention(value: Mention) -> Mention:
    """Return the mention with texts and addresses that may stand in any document."""
    return Mention(
        outlet=line(value.outlet),
        title=line(value.title),
        url=url(value.url),
        feed_url=url(value.feed_url),
        site_url=url(value.site_url),
        relation=value.relation,
    )


def publication(value: Publication) -> Publication:
    """Return the publication with texts and addresses that may stand in any document."""
    return Publication(
        digest=value.digest,
        number=value.number,
        story_id=value.story_id,
        published_at=value.published_at,
        updated_at=value.updated_at,
        rank=value.rank,
        lead_span=value.lead_span,
        lead_hash=value.lead_hash,
        lead_id=value.lead_id,
        id=line(value.id),
        title=line(value.title),
        url=url(value.url),
        html=text(value.html),
        summary=text(value.summary),
        source=mention(value.source),
        mentions=tuple(map(mention, value.mentions)),
        authors=_names(value.authors),
        categories=_names(value.categories),
        language=language(value.language),
        image=url(value.image),
        enclosures=tuple(kept for kept in map(enclosure, value.enclosures) if kept.url),
        points=tuple(map(_point, value.points)),
        correction=_correction(value.correction),
        continues=value.continues and mention(value.continues),
        stories=tuple(map(publication, value.stories)),
    )


def without_feeds(value: Publication, is_secret: Callable[[str], bool]) -> Publication:
    """Return the publication without those addresses of feeds that are told to nobody."""
    named = (value.source, *value.mentions)
    stories = tuple(without_feeds(story, is_secret) for story in value.stories)
    if stories == value.stories and not any(is_secret(one.feed_url) for one in named):
        return value
    source, *mentions = (
        replace(one, feed_url="") if is_secret(one.feed_url) else one for one in named
    )
    return replace(value, source=source, mentions=tuple(mentions), stories=stories)


def _point(value: Point) -> Point:
    return replace(value, text=line(value.text), outlet=line(value.outlet), url=url(value.url))


def _correction(value: Correction | None) -> Correction | None:
    if value is None:
        return None
    added = tuple(map(line, value.added))
    return replace(value, former_title=line(value.former_title), added=added)


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that are any, each once."""
    return tuple(dict.fromkeys(filter(None, map(line, values))))
