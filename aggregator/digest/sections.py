"""An edition's stories in sections: the parts of an issue and the order in them.

A story that stands in an edition carries its section as its only category, so that an issue can be
laid out from its publication alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator.digest import rank
from aggregator.digest.words import word_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.model import Digest, FeedSpec, Publication

MORE = "More"  # where stories without a section stand, last
_WORDS_A_MINUTE = 230  # silent reading of English: 238 on average (Brysbaert 2019)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A story in an edition; `place` counts from 1 through the whole issue."""

    place: int
    story: Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an edition; `place` counts from 1."""

    place: int
    name: str
    stories: tuple[Placed, ...]


def arrange(
    publications: Sequence[Publication], digest: Digest, *, specs: Mapping[str, FeedSpec]
) -> tuple[Publication, ...]:
    """Return the stories section by section, each with its section as its only category.

    Sections come in the order of the digest's tags; for a digest of all feeds, in the order of
    their first stories.
    """
    ordered = rank.order(publications, digest)
    named = [(_section_of(story, digest, specs), story) for story in ordered]
    names = [*digest.tags, *(name for name, _ in named if name), ""]
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    named.sort(key=lambda pair: places[pair[0]])  # a stable sort: the order inside stays
    return tuple(replace(story, categories=(name,) if name else ()) for name, story in named)


def _section_of(story: Publication, digest: Digest, specs: Mapping[str, FeedSpec]) -> str:
    """Return the first of the digest's tags that the lead's feed has, "" for none."""
    spec = specs.get(story.source.feed_url)
    tags = spec.tags if spec else ()
    wanted = digest.tags or tags
    return next((tag for tag in wanted if tag in tags), "")


def sections(stories: Iterable[Publication]) -> tuple[Section, ...]:
    """Return arranged stories as sections, with names as people write them."""
    grouped: dict[str, list[Placed]] = {}
    for place, story in enumerate(stories, start=1):
        name = story.categories[0] if story.categories else ""
        grouped.setdefault(name, []).append(Placed(place=place, story=story))
    return tuple(
        Section(place=place, name=_heading(name), stories=tuple(placed))
        for place, (name, placed) in enumerate(grouped.items(), start=1)
    )


def _heading(name: str) -> str:
    return name[:1].upper() + name[1:] if name else MORE


def outlet_count(stories: Iterable[Publication]) -> int:
    """Return how many outlets report in these stories."""
    return len({m.outlet for story in stories for m in (story.source, *story.mentions)})


def reading_minutes(stories: Iterable[Publication]) -> int:
    """Return how long titles and summaries take to read, at least a minute."""
    count = sum(word_count(f"{story.title} {story.summary}") for story in stories)
    return max(1, round(count / _WORDS_A_MINUTE))
