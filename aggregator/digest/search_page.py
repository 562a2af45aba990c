"""The page of a search: the form, and what was found of the stories that were published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aggregator.digest import safe
from aggregator.digest.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.digest.setting import Setting

TITLE = "Search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A story that was found, by the words of one of its outlets."""

    title: str
    url: str
    outlet: str
    published_at: datetime
    snippet: str
    language: str
    others: int  # other outlets that tell it
    story: str  # its id
    digest: str
    digest_title: str
    page: str  # where it stands on our pages, relative to the front page; "" where it does no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer to a question: one page of results, best first."""

    words: str
    digest: str
    page: int
    results: Sequence[Result]
    has_more: bool
    note: str = ""  # why there is nothing


def address(found: Found, page: int) -> str:
    """Return where another page of the same results is, relative to the front page."""
    number = str(page) if page > 1 else ""
    asked = {"q": found.words, "digest": found.digest, "page": number}
    return f"search?{urlencode({name: value for name, value in asked.items() if value})}"


def after(found: Found) -> str:
    """Return where the results go on, or ""."""
    return address(found, found.page + 1) if found.has_more else ""


def write(
    found: Found,
    *,
    digests: Sequence[tuple[str, str]],
    timezone: str,
    now: datetime,
    setting: Setting,
) -> bytes:
    """Return the page; `digests` are the names and titles to choose from."""
    words = safe.line(found.words)
    values = {
        "title": f"{words}: {TITLE}" if words else TITLE,
        "setting": setting,
        "feeds": (),
        "asked": words,
        "digest": found.digest,
        "digests": digests,
        "note": found.note,
        "results": found.results,
        "heading": _heading(found),
        "timezone": timezone,
        "now": now,
        "before": address(found, found.page - 1) if found.page > 1 else "",
        "after": after(found),
    }
    return render("search.html", values).encode()


def _heading(found: Found) -> str:
    if found.page > 1:
        return f"Page {found.page}"
    count = len(found.results)
    if found.has_more:
        return f"The best {count} stories"
    return "1 story" if count == 1 else f"{count} stories"
