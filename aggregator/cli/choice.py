"""What `check --preview` shows: which stories a digest would take, and why."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.cli import digests, shapes
from aggregator.cli.output import counted, print_json_lines, say
from aggregator.cli.stories import parse_since
from aggregator.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.cli.context import Context
    from aggregator.model import Config
    from aggregator.pipeline.choice import Choice


def preview_digest(
    context: Context, configuration: Config, name: str, *, since: str, as_json: bool
) -> None:
    """Print the stories first seen since then, each with the digest's verdict."""
    from aggregator.pipeline.choice import choices  # noqa: PLC0415 - as the store itself

    digest = digests.named(configuration, name)
    since_at = parse_since(since, now=datetime.now(UTC))
    with context.store() as db:
        found = list(choices(digest, configuration, db, since=since_at))
    if as_json:
        print_json_lines(map(shapes.of_choice, found))
    else:
        _show(found, name)


def _show(found: Sequence[Choice], name: str) -> None:
    rows = [
        (_word(each), each.story.lead.outlet, each.story.lead.entry.title)
        for each in sorted(found, key=lambda each: not each.is_in)
    ]
    whys = [each.reason for each in sorted(found, key=lambda each: not each.is_in)]
    if rows:
        print_table(("", "outlet", "title"), rows, notes=whys, note="why")
    count = Counter(each.is_in for each in found)
    said = f"Digest {name} would take {counted(count[True], 'story')}"
    say(f"{said} of {len(found)} and leave {count[False]}. Nothing was published.")


def _word(choice: Choice) -> str:
    if choice.is_in:
        return "in"
    return "out, but published already" if choice.is_published else "out"
