"""The header fields of a published file. Tables and pure functions."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.serve.body import Body
    from aggregator.serve.delta import Delta, Feeds
    from aggregator.serve.files import Found

# On everything, feeds too: a browser that opens one must run and load nothing from it but styles.
_POLICY = (
    "default-src 'none'; img-src {images}; style-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_OWN_IMAGES, _ANY_IMAGES = "'self' data:", "'self' http: https: data:"


def policy(*, direct_images: bool) -> dict[str, str]:
    """Return the field that says what a browser may load: pictures of our own host, or of any."""
    images = _ANY_IMAGES if direct_images else _OWN_IMAGES
    return {"Content-Security-Policy": _POLICY.format(images=images)}


PROTECTION = policy(direct_images=False) | {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# A tick publishes within seconds, and readers ask at most every few minutes anyway.
_CURRENT = "public, max-age=300"
_FROZEN = "public, max-age=31536000, immutable"  # one year: RFC 9111 knows no longer in practice


def entity_tag(body: Body, *, packed: bool) -> str:
    """Return the tag of the representation, without its quotes: each coding has its own."""
    return f"{body.tag}-gzip" if packed else body.tag


def last_modified(body: Body, *, now: datetime) -> datetime:
    """Return when the file changed, never a time to come (RFC 9110 section 8.8.2.1)."""
    return min(body.modified_at, now)


def of_unchanged(found: Found, body: Body, *, packed: bool, now: datetime) -> dict[str, str]:
    """Return the fields that a 304 and a 200 share (RFC 9110 section 15.4.5)."""
    fields = PROTECTION | {
        "ETag": f'"{entity_tag(body, packed=packed)}"',
        "Last-Modified": format_datetime(last_modified(body, now=now), usegmt=True),
        "Cache-Control": _FROZEN if found.is_frozen else _CURRENT,
        "Vary": "Accept-Encoding",
    }
    if found.is_feed:
        fields["Access-Control-Allow-Origin"] = "*"  # readers that run in a browser
    return fields


def of_delta(
    found: Found, body: Body, delta: Delta, *, packed: bool, now: datetime
) -> dict[str, str]:
    """Return the fields of a 226: the tag and time are of the whole (RFC 3229 section 10.4.1).

    No cache may keep it: one that does not know the status could give it to a reader that wants
    the whole (sections 5.6 and 10.8). So only wholes are ever kept, and those need no more Vary.
    """
    is_whole_packed = body.is_packed and packed
    is_delta_packed = delta.body.is_packed and packed
    length = len(delta.body.kept) if is_delta_packed else delta.body.size_bytes
    fields = of_unchanged(found, body, packed=is_whole_packed, now=now) | {
        "IM": "feed",
        "Delta-Base": f'"{delta.base}"',
        "Cache-Control": "no-store",
        "Vary": "Accept-Encoding, A-IM, If-None-Match",
        "Content-Type": found.content_type,
        "Content-Length": str(length),
    }
    return fields | ({"Content-Encoding": "gzip"} if is_delta_packed else {})


def link_of(found: Found, feeds: Feeds) -> dict[str, str]:
    """Return the field by which subscribers find hub and topic (WebSub section 4), if any."""
    if not feeds.hubs or not found.is_current:
        return {}
    links = [f'<{hub}>; rel="hub"' for hub in feeds.hubs]
    return {"Link": ", ".join([*links, f'<{feeds.public_url}/{found.name}>; rel="self"'])}


def of_content(found: Found, body: Body, *, packed: bool, now: datetime) -> dict[str, str]:
    """Return the fields of a 200, for GET and HEAD alike."""
    length = len(body.kept) if packed else body.size_bytes
    fields = of_unchanged(found, body, packed=packed, now=now)
    fields |= {"Content-Type": found.content_type, "Content-Length": str(length)}
    if packed:
        fields["Content-Encoding"] = "gzip"
    return fields
