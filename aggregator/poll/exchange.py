"""The words of an HTTP exchange: what is said to a server and what its answer says. Pure.

Values from a server are bounded and clean before they are kept. Nothing is connected here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from aggregator import __version__
from aggregator.model import Freshness, Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
ACCEPT_ENCODING = "gzip, deflate, br, zstd"
DELTA = "feed"  # RFC 3229's way to send only what is new, for feeds: a 226 with `IM: feed`
FORM = "application/x-www-form-urlencoded"
MAX_VALIDATOR_CHARS = (
    1_000  # an honest ETag has under 100; a server refuses 8 kB when it comes back
)
MAX_FIELD_CHARS = 2_000  # of another header that is kept
MAX_URL_CHARS = 4_096  # of a redirect's target: as much as the configuration takes
MAX_SECONDS = 10 * 365 * 86_400  # beyond ten years, a span says nothing more
MAX_DATE_CHARS = 100
# What a person may not set for a feed: the exchange itself depends on these.
OWN_FIELDS = frozenset(
    {
        "host", "connection", "keep-alive", "te", "trailer", "upgrade", "transfer-encoding",
        "content-length", "accept-encoding", "if-none-match", "if-modified-since", "range", "a-im",
    }
)  # fmt: skip
LISTS = frozenset({"cache-control", "content-encoding", "im", "link"})
SECONDS = re.compile(r"[0-9]+", re.ASCII)
MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?([0-9]+)', re.IGNORECASE | re.ASCII)
UNCACHED = re.compile(r"(?:^|,)\s*no-(?:cache|store)\s*(?:,|$)", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT = 65_535

Fields = Mapping[str, str]


def user_agent(contact: str) -> str:
    """Return how Newsfold names itself, with the way to reach whoever runs it."""
    clean = "".join(char for char in contact if char.isascii() and char.isprintable()).strip()
    return f"Newsfold/{__version__} (+{clean})" if clean else f"Newsfold/{__version__}"


def request_fields(
    agent: str, validators: Validators, custom: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """Return a request's header fields: ours, both validators as they came, then the person's.

    A custom field replaces ours of the same name, but none that the exchange depends on.
    """
    fields = {"user-agent": (b"User-Agent", agent.encode("latin-1"))}
    fields["accept"] = (b"Accept", ACCEPT.encode())
    fields["accept-encoding"] = (b"Accept-Encoding", ACCEPT_ENCODING.encode())
    for name, value in custom:
        if name.lower() not in OWN_FIELDS:
            fields[name.lower()] = (name.encode(), value.encode())
    checked = clean_validators(validators.etag, validators.last_modified)
    if checked.etag:
        fields["if-none-match"] = (b"If-None-Match", checked.etag.encode("latin-1"))
        fields["a-im"] = (b"A-IM", DELTA.encode())
    if checked.last_modified:
        fields["if-modified-since"] = (
            b"If-Modified-Since",
            checked.last_modified.encode("latin-1"),
        )
    return list(fields.values())


def form_fields(agent: str) -> list[tuple[bytes, bytes]]:
    """Return the header fields of a form that is sent; its answer is not to be packed."""
    return [
        (b"User-Agent", agent.encode("latin-1")),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"identity"),
        (b"Content-Type", FORM.encode()),
    ]


def is_delta(fields: Fields, validators: Validators) -> bool:
    """Return whether an answer holds only what is new, as the request allowed (RFC 3229)."""
    made = [part.strip().lower() for part in fields.get("im", "").split(",") if part.strip()]
    return bool(clean_validator(validators.etag)) and made == [DELTA]


def fields_of(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the first value of each header field by lower-case name, byte for byte as latin-1.

    Those of `LISTS` are lists: their values are joined.
    """
    fields: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1")
        if name not in fields:
            fields[name] = value
        elif name in LISTS:
            fields[name] += f", {value}"
    return fields


def clean_validators(etag: str, last_modified: str) -> Validators:
    """Return the validators without those that could not be sent back safely."""
    return Validators(etag=clean_validator(etag), last_modified=clean_validator(last_modified))


def clean_validator(value: str) -> str:
    """Return the value unchanged, or "" where it is too long or no printable latin-1."""
    sendable = len(value) <= MAX_VALIDATOR_CHARS and value.isprintable()
    return value if sendable and all(char <= "\xff" for char in value) else ""


def validators_of(fields: Fields) -> Validators:
    """Return what an answer gives to ask with next time."""
    return clean_validators(fields.get("etag", ""), fields.get("last-modified", ""))


def freshness_of(fields: Fields, *, now: datetime) -> Freshness:
    """Return how long the server asks to be left alone, by its own clock where it shows one."""
    server_now = http_date(fields.get("date", "")) or now
    return Freshness(
        retry_after=retry_after_of(fields.get("retry-after", ""), server_now),
        max_age=max_age_of(fields, server_now),
    )


def retry_after_of(value: str, server_now: datetime) -> timedelta | None:
    """Return Retry-After as a span (RFC 9110 section 10.2.3), None where it says nothing."""
    if SECONDS.fullmatch(value.strip()):
        return span_of(value.strip())
    moment = http_date(value)
    return until(moment, server_now) if moment else None


def max_age_of(fields: Fields, server_now: datetime) -> timedelta | None:
    """Return Cache-Control's max-age less Age, else what Expires says (RFC 9111 section 4.2)."""
    control = fields.get("cache-control", "")
    if UNCACHED.search(control):
        return None
    if found := MAX_AGE.search(control):
        age = fields.get("age", "").strip()
        spent = span_of(age) if SECONDS.fullmatch(age) else timedelta()
        return max(span_of(found[1]) - spent, timedelta())
    moment = http_date(fields.get("expires", ""))
    return until(moment, server_now) if moment else None


def span_of(digits: str) -> timedelta:
    """Return that many seconds, ten years at most."""
    seconds = int(digits) if len(digits) <= len(str(MAX_SECONDS)) else MAX_SECONDS
    return timedelta(seconds=min(seconds, MAX_SECONDS))


def until(moment: datetime, now: datetime) -> timedelta:
    """Return the span from now to the moment, none where it is past, ten years at most."""
    return min(max(moment - now, timedelta()), timedelta(seconds=MAX_SECONDS))


def http_date(text: str) -> datetime | None:
    """Return an HTTP date's moment in UTC, or None where the text is no date."""
    if not text or len(text) > MAX_DATE_CHARS:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def host_name(url: httpx.URL) -> str:
    """Return the URL's host as DNS knows it: an international name stays in its ASCII form.

    `httpx.URL.host` raises on an ASCII form that stands for nothing.
    """
    return url.raw_host.decode("ascii")


def port_of(url: httpx.URL) -> int:
    """Return the URL's port, its scheme's own where none is written, 0 for an unknown scheme."""
    return DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port


def is_askable(url: httpx.URL) -> bool:
    """Return whether this is an http or https URL whose host and port can exist."""
    try:
        host = url.host
    except UnicodeError:  # an international name in an ASCII form that stands for nothing
        return False
    # httpx escapes what no host may hold.
    named = bool(host) and "%" not in host
    return named and url.scheme in DEFAULT_PORTS and 0 < port_of(url) <= MAX_PORT


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host and port, by which RFC 6454 section 4 tells origins apart."""
    return url.scheme, host_name(url), port_of(url)


def without_secrets(url: httpx.URL) -> str:
    """Return the URL without user, password and fragment: it may be shown and published."""
    return str(url.copy_with(userinfo=b"", fragment=None))


def redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    """Return where a Location leads; httpx.InvalidURL where it is none.

    A user and password go along within the origin only.
    """
    target = url.copy_with(userinfo=b"", fragment=None).join(text_of(location))
    if url.userinfo and not target.userinfo and origin_of(target) == origin_of(url):
        target = target.copy_with(userinfo=url.userinfo)
    return target


def text_of(value: str) -> str:
    """Return a URL's bytes (given as latin-1) as UTF-8, else with those beyond ASCII escaped."""
    raw = value.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)  # noqa: PLR2004 - ASCII ends there


def content_type_of(fields: Fields) -> str:
    """Return Content-Type in printable ASCII, shortened: it is a hint at most."""
    value = fields.get("content-type", "")[:MAX_FIELD_CHARS]
    return value if value.isascii() and value.isprintable() else ""


def content_location_of(fields: Fields, url: httpx.URL) -> str:
    """Return Content-Location made absolute, "" where there is none that is http(s)."""
    value = fields.get("content-location", "")
    if not value or len(value) > MAX_FIELD_CHARS:
        return ""
    try:
        target = redirect_target(url.copy_with(userinfo=b""), value)
    except httpx.InvalidURL:
        return ""
    absolute = without_secrets(target)
    return absolute if is_askable(target) and len(absolute) <= MAX_URL_CHARS else ""
