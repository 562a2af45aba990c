"""The last gate before bytes: characters that XML 1.0 and UTF-8 can carry, addresses of the web.

It does not sanitise HTML; `read` did. What it refuses it leaves out, silently.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aggregator.model import Mention, Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
# In HTML as `read` and the templates write it: a picture whole, or where a link leads.
_LED = re.compile(r'<img [^>]*?src="([^"]*)"[^>]*>| href="([^"]*)"')
_DEFAULT_PORT = re.compile(r":(?:80|443)?$")
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
    """Return the enclosure with a web address or "", a media type or "" and no negative length.

    Parameters of the type, such as its codecs, go: the forms have no place for them.
    """
    kind = value.type.partition(";")[0].strip()
    return replace(
        value,
        url=url(value.url),
        type=kind if _MEDIA_TYPE.fullmatch(kind) else "",
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
    """Return the publication without those addresses of its feeds that are told to nobody.

    Neither as a feed's nor as a link, a picture or a file: nothing in it begins with one, or lies
    below the key that one's path holds.
    """
    feeds = {one for one in _feeds(value) if is_secret(one)}
    if not feeds:
        return value
    beginnings = tuple(_beginning(one, is_secret) for one in feeds)
    return _told(value, partial(_tell, beginnings=beginnings))


def _feeds(value: Publication) -> Iterator[str]:
    """Yield the addresses of the feeds that a publication and its stories come from."""
    yield from (one.feed_url for one in (value.source, *value.mentions) if one.feed_url)
    for story in value.stories:
        yield from _feeds(story)


def _beginning(feed: str, is_secret: Callable[[str], bool]) -> str:
    """Return what no address may begin with: the feed's up to the key in its path, else all."""
    path = re.split("[?#]", feed)[0] + "/"
    ways_down = (path[: slash.start()] for slash in re.finditer("(?<![:/])/", path))
    return _bare(next(filter(is_secret, ways_down), feed))


def _bare(address: str) -> str:
    """Return an address as far as it tells documents apart, in one of its spellings."""
    try:
        parts = urlsplit(address)
    except ValueError:  # broken brackets of an IPv6 address
        return address
    host = _DEFAULT_PORT.sub("", parts.netloc.rpartition("@")[2].lower().removeprefix("www."))
    query = f"?{parts.query}" if parts.query else ""
    return unquote(f"{host}{parts.path or '/'}{query}")


def _tell(address: str, *, beginnings: tuple[str, ...]) -> str:
    """Return the address, "" where it would tell what is told to nobody."""
    return "" if _bare(address).startswith(beginnings) else address


def _told(value: Publication, tell: Callable[[str], str]) -> Publication:
    """Return the publication with those addresses only that `tell` gives back."""
    mentions = tuple(_told_mention(one, tell) for one in value.mentions)
    return replace(
        value,
        url=tell(value.url),
        html=_LED.sub(partial(_told_link, tell=tell), value.html),
        source=_told_mention(value.source, tell),
        mentions=mentions,
        image=tell(value.image),
        enclosures=tuple(file for file in value.enclosures if tell(file.url)),
        points=tuple(replace(point, url=tell(point.url)) for point in value.points),
        continues=value.continues and _told_mention(value.continues, tell),
        stories=tuple(_told(story, tell) for story in value.stories),
    )


def _told_mention(value: Mention, tell: Callable[[str], str]) -> Mention:
    feed_url, url, site_url = map(tell, (value.feed_url, value.url, value.site_url))
    return replace(value, feed_url=feed_url, url=url, site_url=site_url)


def _told_link(found: re.Match[str], *, tell: Callable[[str], str]) -> str:
    address = html.unescape(found[1] or found[2] or "")
    return found[0] if not address or tell(address) else ""


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
