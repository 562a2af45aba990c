"""The sum that a story's rank comes of, as `why` shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.cli.output import say_indented
from aggregator.config.values import format_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.digest.rank import Ranking, Voice
    from aggregator.model import Config, Publication, Story

MINUTE = timedelta(minutes=1)


def rankings(
    story: Story, published: Iterable[Publication], configuration: Config
) -> Iterator[tuple[str, Ranking]]:
    """Yield each digest that published the story, with the story's rank there."""
    from aggregator.digest import rank, select  # noqa: PLC0415 - as the store itself

    specs = {feed.url: feed for feed in configuration.feeds}
    digests = {digest.name: digest for digest in configuration.digests}
    for each in published:
        digest = digests[each.digest]
        own = select.own_feeds(digest, configuration.feeds)
        shown = select.visible(story, digest, specs=specs, lead_feeds=own) or story
        led = select.with_lead(shown, each.lead_id)
        yield digest.name, rank.ranking(led, digest, specs=specs)


def show_ranking(digest: str, ranking: Ranking) -> None:
    """Print a rank and what each outlet adds to it."""
    span = format_span(ranking.half_life)
    said = f"rank in digest {digest}: {ranking.score:.2f} = log2({ranking.importance:.2f})"
    say_indented(f"{said} + {ranking.half_lives:.2f} times {span}", indent=4)
    for voice in ranking.voices:
        say_indented(f"{voice.worth:5.2f}  {_voice(voice)}", indent=8)


def _voice(voice: Voice) -> str:
    parts = [voice.outlet, f"weight {voice.weight:g}"]
    if voice.share < 1:
        parts.append(f"{voice.share:g} for another's text")
    if late := voice.delay // MINUTE:
        parts.append(f"{format_span(late * MINUTE)} after the first")
    return ", ".join(parts)
