"""The outlets that no reader should stumble over: hostile, cut off, no feed at all, gone. Pure."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from aggregator.demo.values import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.demo.values import Outlet

HOSTILE_AGE = timedelta(hours=36)  # of the newest: below what a visitor is to see first
KEPT_SHARE = 0.62  # of a truncated feed; any share that ends inside an entry would do

# title, link (below the base), body: raw text of an RSS item, harm included
_HOSTILE_ITEMS = (
    (
        "Jester finds a hole in the fence",
        "{base}/jester/news/hole",
        """&lt;p&gt;A harmless first line.&lt;/p&gt;&lt;script&gt;alert('jester')&lt;/script&gt;
        &lt;p onclick=&quot;alert(1)&quot;&gt;Click me, says the second one.&lt;/p&gt;""",
    ),
    (
        "A link that is no link",
        "javascript:alert('link')",
        """&lt;p&gt;The jester offers &lt;a href=&quot;javascript:alert(2)&quot;&gt;a shortcut
        &lt;/a&gt; to nowhere.&lt;/p&gt;""",
    ),
    (
        "Bells \x07 and whistles \x1b[31m in red",
        "{base}/jester/news/bells",
        "&lt;p&gt;Control \x00 characters \x0b have no place in a feed.&lt;/p&gt;",
    ),
    (
        "The end of CDATA ]]&gt; comes early",
        "{base}/jester/news/cdata",
        "<![CDATA[<p>The section ends here: ]]>&lt;p&gt;or does it? ]]&gt;&lt;/p&gt;",
    ),
    (
        "&lt;img src=x onerror=alert(3)&gt; in a headline",
        "{base}/jester/news/headline",
        """&lt;iframe src=&quot;{base}/jester/&quot;&gt;&lt;/iframe&gt;&lt;p&gt;Framed, but
        readable.&lt;/p&gt;&lt;style&gt;body {{ display: none }}&lt;/style&gt;""",
    ),
)


def hostile(outlet: Outlet, *, now: datetime, base_url: str) -> bytes:
    """Return an RSS document that tries scripts, false links, control characters and `]]>`."""
    items = "".join(
        f"<item><title>{title}</title><link>{link.format(base=base_url)}</link>"
        f'<guid isPermaLink="false">{hostile_guid(outlet, number)}</guid>'
        f"<pubDate>{format_datetime(now - HOSTILE_AGE - number * timedelta(hours=1))}</pubDate>"
        f"<description>{body.format(base=base_url)}</description></item>\n"
        for number, (title, link, body) in enumerate(_HOSTILE_ITEMS)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{outlet.title}</title><link>{base_url}/</link>"
        f"<description>Nothing here is meant well</description>\n{items}</channel></rss>\n"
    ).encode()


def hostile_guid(outlet: Outlet, number: int) -> str:
    """Return the id of the hostile outlet's entry with this number."""
    return f"{outlet.name}-{number}"


def hostile_truth(outlet: Outlet) -> Mapping[str, str]:
    """Return a label for each hostile entry, by guid; each stands alone."""
    guids = [hostile_guid(outlet, number) for number in range(len(_HOSTILE_ITEMS))]
    return {guid: f"{outlet.name}:{guid}" for guid in guids}


def truncated(document: bytes) -> bytes:
    """Return a document as a connection that breaks off would leave it."""
    return document[: int(len(document) * KEPT_SHARE)]


def page_instead_of_feed(outlet: Outlet) -> Answer:
    """Return an HTML page with status 200, as a redesigned site does at its old feed."""
    body = (
        f'<!doctype html><html lang="{outlet.language}"><head><title>{outlet.title}</title></head>'
        "<body><h1>We have a new home page</h1><p>What you were looking for has moved. Please use "
        "the search.</p></body></html>\n"
    )
    return Answer(
        status=200, headers=(("Content-Type", "text/html; charset=utf-8"),), body=body.encode()
    )


def gone() -> Answer:
    """Return the answer of an outlet that has closed its feed for good."""
    return Answer(
        status=410,
        headers=(("Content-Type", "text/plain; charset=utf-8"),),
        body=b"This newspaper has ceased publication. Thank you for reading.\n",
    )
