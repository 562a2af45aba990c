"""Reads the Link header (RFC 8288): which hubs a feed has and how it calls itself. Pure.

Everything is bounded. A link with an anchor speaks of another document, so it says nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from aggregator.poll import exchange

MAX_LINKS = 50  # looked at in one answer; WordPress sends three
MAX_HUBS = 5  # kept; real feeds name one or two
MAX_URL_CHARS = 2_000
TARGET = re.compile(r"[\s,]*<([^<>]*)>")
NAME = re.compile(r"\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*")
VALUE = re.compile(r'=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))')
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the header."""

    target: str
    relations: tuple[str, ...]  # lower case
    is_anchored: bool  # it speaks of another document


def parse_links(header: str) -> list[Link]:
    """Return the links of a header up to its first fault, `MAX_LINKS` at most."""
    links: list[Link] = []
    place = 0
    while len(links) < MAX_LINKS and (found := TARGET.match(header, place)):
        parameters, place = _parameters(header, found.end())
        relations = tuple(parameters.get("rel", "").lower().split())
        is_anchored = "anchor" in parameters
        links.append(Link(target=found[1].strip(), relations=relations, is_anchored=is_anchored))
    return links


def _parameters(header: str, place: int) -> tuple[dict[str, str], int]:
    """Return a link's parameters, of each name the first (section 3.3), and where they end."""
    found: dict[str, str] = {}
    while name := NAME.match(header, place):
        place = name.end()
        text = ""
        if value := VALUE.match(header, place):
            place = value.end()
            text = ESCAPED.sub(r"\1", value[1]) if value[1] is not None else value[2]
        found.setdefault(name[1].lower(), text)
    return found, place


def urls_of(links: list[Link], relation: str, base: httpx.URL) -> tuple[str, ...]:
    """Return the absolute http(s) URLs that the links name so, each once, without fragment."""
    wanted = (link for link in links if relation in link.relations and not link.is_anchored)
    urls = (_absolute(link.target, base) for link in wanted)
    return tuple(dict.fromkeys(filter(None, urls)))


def _absolute(target: str, base: httpx.URL) -> str:
    if not target or len(target) > MAX_URL_CHARS:
        return ""
    try:
        url = exchange.redirect_target(base.copy_with(userinfo=b""), target)
    except httpx.InvalidURL:
        return ""
    text = exchange.without_secrets(url)
    return text if exchange.is_askable(url) and len(text) <= MAX_URL_CHARS else ""


def hubs_and_self(header: str, base: httpx.URL) -> tuple[tuple[str, ...], str]:
    """Return the WebSub hubs and the own address that an answer at `base` names."""
    links = parse_links(header)
    own = urls_of(links, "self", base)
    return urls_of(links, "hub", base)[:MAX_HUBS], own[0] if own else ""
