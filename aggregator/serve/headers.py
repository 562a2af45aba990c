"""The header fields of a published file. Tables and pure functions."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.serve.body import Body
    from aggregator.serve.files import Found

# On everything, feeds too: a browser that opens one must run and load nothing from it but styles.
PROTECTION = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' http: https: data:; style-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
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
        "Cache-Control": _FROZEN if found.is_archive else _CURRENT,
        "Vary": "Accept-Encoding",
    }
    if found.is_feed:
        fields["Access-Control-Allow-Origin"] = "*"  # readers that run in a browser
    return fields


def of_content(found: Found, body: Body, *, packed: bool, now: datetime) -> dict[str, str]:
    """Return the fields of a 200, for GET and HEAD alike."""
    length = len(body.kept) if packed else body.size_bytes
    fields = of_unchanged(found, body, packed=packed, now=now)
    fields |= {"Content-Type": found.content_type, "Content-Length": str(length)}
    if packed:
        fields["Content-Encoding"] = "gzip"
    return fields
