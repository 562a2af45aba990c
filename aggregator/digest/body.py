"""The HTML of a story in the feeds: the lead's own text, and what Newsfold says around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.digest.templating import render
from aggregator.model import Relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Correction, Entry, Mention, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is said around a lead's text."""

    source: Mention
    mentions: Sequence[Mention]
    points: tuple[Point, ...] = ()
    correction: Correction | None = None
    continues: Mention | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.mentions or self.correction or self.continues)


@dataclass(frozen=True, slots=True)
class Body:
    """An entry's HTML, and where in it the lead's own stands."""

    html: str
    lead_span: tuple[int, int]


def of_story(entry: Entry, around: Around, *, timezone: str) -> Body:
    """Return the lead's HTML (its summary, where it has none) with what is said around it.

    Above it stands what was corrected and which story it continues, below it what outlets agree on
    and the coverage.
    """
    if entry.content and not around:  # most stories
        return Body(entry.content, (0, len(entry.content)))
    values = {
        "summary": "" if entry.content else entry.summary,
        "points": around.points,
        "correction": around.correction,
        "continues": around.continues,
        "timezone": timezone,
        "coverage": coverage(around.mentions),
        "also_in": also_in(around.source, around.mentions),
    }
    head = render("story_head.html", values)
    html = head + entry.content + render("story_body.html", values)
    return Body(html, (len(head), len(head) + len(entry.content)))


def coverage(mentions: Sequence[Mention]) -> list[Mention]:
    """Return the mentions that are reports of their own."""
    return [mention for mention in mentions if mention.relation is not Relation.COPY]


def also_in(source: Mention, mentions: Sequence[Mention]) -> list[Mention]:
    """Return one mention for each other outlet that only has copies."""
    seen = {source.outlet} | {mention.outlet for mention in coverage(mentions)}
    outlets: dict[str, Mention] = {}
    for mention in mentions:
        if mention.outlet not in seen:
            outlets.setdefault(mention.outlet, mention)
    return list(outlets.values())
