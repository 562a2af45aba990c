"""The outlets' own web pages: a front page that names its feed, and a page for each entry. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aggregator.demo.formats import CONTENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.demo.values import Outlet, Telling

_STYLE = (
    "body{font:18px/1.6 Georgia,serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fdfcf8}h1{line-height:1.25}img{max-width:100%;height:auto;"
    "border-radius:6px}header,footer{color:#666;font-size:.85em}a{color:#1a5276}"
)


def entry_page(outlet: Outlet, entry: Telling) -> bytes:
    """Return the page that an entry links to."""
    picture = f'<img src="/{outlet.name}/img/{entry.picture}.png" alt="">' if entry.picture else ""
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in entry.wording.paragraphs)
    return _page(
        outlet,
        entry.wording.headline,
        f"<article><h1>{escape(entry.wording.headline)}</h1><header>{escape(entry.author)}</header>"
        f"{picture}{paragraphs}</article>",
    )


def front_page(outlet: Outlet, entries: Sequence[Telling]) -> bytes:
    """Return the outlet's home page with its headlines."""
    rows = "".join(
        f'<li><a href="/{outlet.name}/news/{_slug(entry)}">'
        f"{escape(entry.wording.headline)}</a></li>"
        for entry in entries
        if entry.at == outlet.name
    )
    return _page(outlet, outlet.title, f"<h1>{escape(outlet.title)}</h1><ul>{rows}</ul>")


def _slug(entry: Telling) -> str:
    return entry.link.partition("?")[0].rsplit("/", 1)[-1]


def _page(outlet: Outlet, title: str, body: str) -> bytes:
    feed_type = CONTENT_TYPES.get(outlet.kind, "application/rss+xml")
    return (
        f'<!doctype html>\n<html lang="{outlet.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="alternate" type="{feed_type}" title="{escape(outlet.title)}" '
        f'href="{outlet.path}">\n<style>{_STYLE}</style>\n</head>\n<body>\n'
        f'<header><a href="/">{escape(outlet.title)}</a></header>\n{body}\n'
        "<footer><p>Every name, place and event here is invented.</p></footer>\n"
        "</body>\n</html>\n"
    ).encode()
