"""The command `fold`: what changed folding settings would do, before they do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli import shapes
from aggregator.cli.context import Context, json_option, pass_context
from aggregator.cli.output import counted, print_json, say, say_indented
from aggregator.cli.stories import parse_since
from aggregator.config.faults import Unfit
from aggregator.config.values import format_span, parse_positive_span
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.model import Config, Folding, Member
    from aggregator.pipeline.preview import Parting, Preview, Union

SHOWN = 20  # of each kind; --json has all


@click.command(epilog="Example: newsfold fold --preview --window 48h --since 3d")
@click.option("--preview", "is_preview", is_flag=True, help="Show what would be otherwise.")
@click.option("--window", help="Another `folding.window`, such as 48h.")
@click.option("--coverage/--no-coverage", default=None, help="Another `folding.coverage`.")
@click.option(
    "--since",
    default="7d",
    show_default=True,
    help="Look at entries first seen since: 36h, 3d, 2w ago, or a date (UTC).",
)
@json_option
@pass_context
def fold(  # noqa: PLR0913 - one for each option
    context: Context,
    *,
    is_preview: bool,
    window: str | None,
    coverage: bool | None,
    since: str,
    as_json: bool,
) -> None:
    """Show what changed folding settings would do to the last days.

    The entries are folded anew by the settings of the configuration, or by those given here, and
    compared with the stories as they are. Nothing is changed: settings count for new entries alone.

    With --json, one object: entries, stories, stories_then, unions, partings.
    """
    if not is_preview:
        message = "Entries are folded as they come. `newsfold fold --preview` shows what changed "
        message += "settings would do; `newsfold split` and `join` correct single stories."
        raise UsageError(message)
    configuration = _changed(context.load(), window=window, coverage=coverage)
    since_at = parse_since(since, now=datetime.now(UTC))
    from aggregator.pipeline.preview import preview  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        found = preview(db, configuration, since=since_at)
    if as_json:
        print_json(shapes.of_preview(found))
    else:
        _show(found, configuration.folding)


def _changed(configuration: Config, *, window: str | None, coverage: bool | None) -> Config:
    folding = configuration.folding
    try:
        folding = replace(folding, window=parse_positive_span(window) if window else folding.window)
    except Unfit as error:
        message = f"--window: {error.what}. {error.mend}"
        raise UsageError(message) from error
    if coverage is not None:
        folding = replace(folding, coverage=coverage)
    return replace(configuration, folding=folding)


def _show(found: Preview, folding: Folding) -> None:
    kinds = "copies and coverage" if folding.coverage else "copies only"
    say(f"With a window of {format_span(folding.window)}, {kinds}:")
    say(
        f"{counted(found.entries, 'entry')} make {counted(found.stories, 'story')} now "
        f"and would make {found.stories_then}."
    )
    for union in found.unions[:SHOWN]:
        _show_union(union)
    for parting in found.partings[:SHOWN]:
        _show_parting(parting)
    left = sum(max(0, len(kind) - SHOWN) for kind in (found.unions, found.partings))
    if left:
        say(f"And {left} more: --json tells all.")


def _show_union(union: Union) -> None:
    say("\nWould be one story:")
    for story in union.stories:
        say_indented(f"{story.id}  {story.lead.entry.title}", indent=2)
    for reason in union.reasons:
        say_indented(f"because: {reason}", indent=4)


def _show_parting(parting: Parting) -> None:
    say(f"\n{parting.story.id} would part into {len(parting.parts)}:")
    for part in parting.parts:
        for mark, member in zip(["-", *" " * len(part)], part, strict=False):
            say_indented(f"{mark} {_named(member)}", indent=2)
    for reason in parting.reasons:
        say_indented(f"because: {reason}", indent=4)


def _named(member: Member) -> str:
    return f"[{member.entry_id}] {member.outlet}: {member.entry.title}"
