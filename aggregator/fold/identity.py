"""Identity: when two addresses, or two ids, name the same thing whoever publishes it.

Knows nothing of texts. Never strips a parameter that may identify: what it removes stands in the
tables of `addresses`, or was learned of the address's own host (`read.sessions`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

import can_ada

from aggregator.fold.addresses import (
    AMP_NAMES,
    AMP_VALUES,
    GOOGLE_URL_PARAMETERS,
    HOST_ALIASES,
    HOST_TRACKING,
    INDEX_NAMES,
    MOBILE_LABELS,
    REDIRECTORS,
    SESSION_VALUES,
    SOMETIMES_TRACKING,
    TRACKING,
    TRACKING_PREFIXES,
    TRACKING_VALUES,
)

MAX_URL_LENGTH = 4096  # longer ones carry data, not a place; browsers stop near there too
MAX_UNWRAPS = 3  # a redirector in a redirector has been seen, three never
MIN_LABELS = 2  # a name and its top level are never taken off
HOME_ROUTES = ("", "#!", "#/", "#!/")
STORY_ID_LENGTH = 20  # base32 characters: 100 bits, no collision in any archive

LEARNED = "the session token "

_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_AMP_TAIL = re.compile(r"(?:/amp|/amp\.html?|(?<=[^/])\.amp)$", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"[._-]amp(\.html?)$", re.IGNORECASE)
_AMP_CACHE_PATH = re.compile(r"^/(?:[a-z]{1,3}/)?(s/)?([^/]+\.[^/]+(?:/.*)?)$")
_GOOGLE = re.compile(r"^(?:news\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?$")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_TAG = re.compile(r"^tag:[^,:\s]+,\d{4}[^:\s]*:\S+$", re.IGNORECASE)  # RFC 4151
_EMPTY_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address brought to its one form, and what was taken off on the way, in words."""

    text: str  # "" where it identifies nothing
    removed: tuple[str, ...] = ()


NOWHERE = Address(text="")
Places = Mapping[str, frozenset[str]]  # of tokens, by host: "?sid", ";sid", "/build/"
NO_PLACES: Places = {}


def canonical_url(url: str) -> str:
    """Return the one form of an address, or "" when it identifies nothing."""
    return reduce_url(url).text


def reduce_url(url: str, *, places: Places = NO_PLACES) -> Address:
    """Return the one form of an address together with what was removed from it.

    `places` are those of tokens at some hosts: a parameter, or the segment after one.
    """
    removed: list[str] = []
    for _ in range(MAX_UNWRAPS + 1):
        parsed = _parse(url)
        if parsed is None:
            return NOWHERE
        host = _fold_host(parsed.hostname, removed)
        inner, through = _unwrap(host, parsed)
        if not inner:
            return _assemble(host, parsed, removed, own=places.get(host, frozenset()))
        removed.append(through)
        url = inner
    return NOWHERE


def without_tokens(url: str, places: Places) -> tuple[str, tuple[str, ...]]:
    """Return the one form of an address without its host's tokens, and what those are in words.

    Nothing where the address has none.
    """
    if not places:
        return "", ()
    found = reduce_url(url, places=places)
    tokens = tuple(word for word in found.removed if word.startswith(LEARNED))
    return (found.text, tokens) if tokens else ("", ())


def host_of(url: str) -> str:
    """Return the host of an address as its one form has it, "" for none."""
    parsed = _parse(url)
    return _fold_host(parsed.hostname, []) if parsed else ""


def guid_identity(guid: str) -> str:
    """Return what a globally unique id names, or "" for an id with a meaning in one feed only.

    Web addresses, UUIDs and tag URIs (RFC 4151) are unique by construction; "12345" is not.
    """
    guid = guid.strip()
    lower = guid.lower()
    if lower.startswith(("http://", "https://")):
        return canonical_url(guid)
    bare = lower.removeprefix("urn:").removeprefix("uuid:")
    if _UUID.match(bare):
        return "" if bare == _EMPTY_UUID else f"uuid:{bare}"
    return guid if _TAG.match(guid) else ""


def story_id(feed_url: str, key: str, *, salt: str = "") -> str:
    """Return the id of the story that this entry begins: 20 lower-case base32 characters."""
    digest = hashlib.sha256(f"{feed_url}\0{key}\0{salt}".encode("utf-8", "replace")).digest()
    return base64.b32encode(digest)[:STORY_ID_LENGTH].decode("ascii").lower()


def _parse(url: str) -> can_ada.URL | None:
    if not url or len(url) > MAX_URL_LENGTH:
        return None
    try:
        parsed = can_ada.parse(url)
    except (ValueError, TypeError):  # refused by the WHATWG rules; lone surrogates
        return None
    return parsed if parsed.protocol in ("http:", "https:") and parsed.hostname else None


# ------------------------------------------------------------------------ host


def _fold_host(hostname: str, removed: list[str]) -> str:
    labels = hostname.rstrip(".").split(".")
    while len(labels) > MIN_LABELS and labels[0] in MOBILE_LABELS:
        if labels[0] != "www":
            removed.append("the mobile host")
        labels = labels[1:]
    if len(labels) > MIN_LABELS + 1 and labels[1] == "m":
        labels = [labels[0], *labels[2:]]
        removed.append("the mobile host")
    host = ".".join(labels)
    return HOST_ALIASES.get(host, host)


# ---------------------------------------------------------- redirectors, caches


def _unwrap(host: str, parsed: can_ada.URL) -> tuple[str, str]:
    """Return the address inside a redirector's or a cache's, and the wrapper in words."""
    if host.endswith(".cdn.ampproject.org") or host in ("cdn.ampproject.org", "bing-amp.com"):
        return _cached(parsed.pathname, parsed.search), "the AMP cache"
    if host.endswith(".turbopages.org"):
        return _turbo(parsed.pathname), "the Turbo cache"
    if _GOOGLE.match(host):
        return _in_google(parsed)
    if host in REDIRECTORS:
        path, names = REDIRECTORS[host]
        if parsed.pathname.startswith(path):
            return _first_address(parsed.search, names), "a redirect"
    return "", ""


def _in_google(parsed: can_ada.URL) -> tuple[str, str]:
    path = parsed.pathname
    if path.startswith("/amp/"):
        return _cached(path.removeprefix("/amp"), parsed.search), "the AMP cache"
    if path.rstrip("/").endswith("/url"):
        return _first_address(parsed.search, GOOGLE_URL_PARAMETERS), "a redirect"
    return "", ""


def _cached(path: str, search: str) -> str:
    """Return the address in an AMP cache's path: `/c/s/host/path`, where `s` means https."""
    match = _AMP_CACHE_PATH.match(path)
    return f"https://{match[2]}{search}" if match else ""


def _turbo(path: str) -> str:
    host, _, rest = path.strip("/").partition("/s/")
    return f"https://{host}/{rest}" if rest and "/" not in host else ""


def _first_address(search: str, names: tuple[str, ...]) -> str:
    parameters = dict(_pairs(search))
    for name in names:
        value = unquote_plus(parameters.get(name, ""))
        if value.startswith(("http://", "https://")):
            return value
    return ""


# ------------------------------------------------------------------- the rest


def _assemble(
    host: str, parsed: can_ada.URL, removed: list[str], *, own: frozenset[str]
) -> Address:
    path = _fold_path(_without_own(parsed.pathname, own, removed), removed)
    query = _fold_query(parsed.search, host, removed, own=own)
    host, path, query = _rewrite(host, path, query)
    route = parsed.hash if parsed.hash.startswith(("#!", "#/")) else ""
    if path in ("", "/") and not query and route in HOME_ROUTES:
        return Address(text="", removed=tuple(removed))
    port = f":{parsed.port}" if parsed.port else ""
    text = f"https://{host}{port}{path}{'?' if query else ''}{query}{route}"
    return Address(text=text, removed=tuple(dict.fromkeys(removed)))


def _rewrite(host: str, path: str, query: str) -> tuple[str, str, str]:
    """Bring the few sites that have two forms of one address to one."""
    if host == "youtu.be" and len(path) > 1:
        return "youtube.com", "/watch", f"v={path[1:]}"
    if host == "youtube.com" and path.startswith("/shorts/"):
        return host, "/watch", f"v={path.removeprefix('/shorts/')}"
    return host, path, query


def _without_own(path: str, own: frozenset[str], removed: list[str]) -> str:
    """Return a path without the tokens of its host."""
    if not own:
        return path
    kept: list[str] = []
    before = ""
    for segment in path.removeprefix("/").split("/"):
        name, *parameters = segment.split(";")
        tokens = [one for one in parameters if f";{one.partition('=')[0]}" in own]
        removed += [f"{LEARNED}`{one.partition('=')[0]}`" for one in tokens]
        if name and f"/{before}/" in own:
            removed.append(f"{LEARNED}after `{before}/`")
        else:
            kept.append(";".join([name, *(one for one in parameters if one not in tokens)]))
        before = name
    return "/" + "/".join(kept)


def _fold_path(path: str, removed: list[str]) -> str:
    path = _plain_escapes(_SESSION.sub("", path)).rstrip("/")
    bare = _AMP_SUFFIX.sub(r"\1", _AMP_TAIL.sub("", path))
    if bare.lower().startswith("/amp/"):
        bare = bare[4:]
    if bare and bare != path:
        removed.append("AMP")
        path = bare.rstrip("/")
    head, _, last = path.rpartition("/")
    return head if last.lower() in INDEX_NAMES else path


def _fold_query(search: str, host: str, removed: list[str], *, own: frozenset[str]) -> str:
    kept = []
    for name, value in _pairs(search):
        is_token = f"?{name}" in own
        word = f"{LEARNED}`{name}`" if is_token else _why_removed(name.lower(), value.lower(), host)
        if word:
            removed.append(word)
        else:
            kept.append(f"{name}={value}" if value else name)
    return _plain_escapes("&".join(sorted(kept)).replace("+", "%20"))


def _why_removed(name: str, value: str, host: str) -> str:
    """Return what a parameter is called when it is removed, or "" when it stays."""
    if name in AMP_NAMES or AMP_VALUES.get(name) == value:
        return "AMP"
    if name in TRACKING or name.startswith(TRACKING_PREFIXES):
        return name
    if name in SOMETIMES_TRACKING and value in TRACKING_VALUES:
        return name
    if name in SESSION_VALUES and SESSION_VALUES[name].fullmatch(value):
        return name
    return name if name in _meaningless_at(host) else ""


def _meaningless_at(host: str) -> frozenset[str]:
    """Return the names without meaning on this host, or on the one that it stands below."""
    labels = host.split(".")
    for size in (2, 3):
        if found := HOST_TRACKING.get(".".join(labels[-size:])):
            return found
    return frozenset()


def _pairs(search: str) -> list[tuple[str, str]]:
    """Return the parameters as they are written; `&amp;` escaped twice in a feed is one `&`."""
    pairs = []
    for part in search.removeprefix("?").split("&"):
        name, _, value = part.partition("=")
        name = name.removeprefix("amp;")
        if name:
            pairs.append((name, value))
    return pairs


def _plain_escapes(text: str) -> str:
    """Undo escapes that nothing needs and write the others in one way (RFC 3986 6.2.2)."""
    return _ESCAPE.sub(_plain_escape, text) if "%" in text else text


def _plain_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()
