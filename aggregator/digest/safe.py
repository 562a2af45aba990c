"""The last gate before bytes: characters that XML 1.0 and UTF-8 can carry, addresses of the web.

It does not sanitise HTML; `read` did. What it refuses it leaves out, silently.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from aggregator.model import Enclosure, Mention, Publication

# Everything outside the Char production of XML 1.0 (section 2.2), lone surrogates included.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What browsers drop or refuse in an address, and what would end it in a listing.
_NOT_IN_URL = re.compile('[\u0000-\u0020\u007f-\u00a0\u2028\u2029"<>\\\\^`{|}]')
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*", re.ASCII)


def text(value: str) -> str:
    """Return the text with only characters that every form of a digest can carry."""
    return _NOT_XML.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def line(value: str) -> str:
    """Return the text on one line, for titles and names."""
    return " ".join(text(value).split())


def url(value: str) -> str:
    """Return an absolute http or https address with a host, or ""."""
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
    return replace(
        value,
        outlet=line(value.outlet),
        title=line(value.title),
        url=url(value.url),
        feed_url=url(value.feed_url),
        site_url=url(value.site_url),
    )


def publication(value: Publication) -> Publication:
    """Return the publication with texts and addresses that may stand in any document."""
    return replace(
        value,
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
        stories=tuple(map(publication, value.stories)),
    )


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that are any, each once."""
    return tuple(dict.fromkeys(filter(None, map(line, values))))
