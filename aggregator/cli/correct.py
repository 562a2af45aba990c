"""The commands by which a person corrects the folding, for good: split, join."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from aggregator.cli.context import Context, json_option, pass_context, word
from aggregator.cli.output import print_json, say


@click.command(epilog="Example: newsfold split https://example.org/another-story")
@click.argument("reference", metavar="ENTRY", type=word)
@json_option
@pass_context
def split(context: Context, reference: str, *, as_json: bool) -> None:
    """Take an entry out of its story, for good.

    Name it by its number (`newsfold why` shows it), address or id. It never meets the others again.

    With --json, one object: story, the id of the entry's new story.
    """
    from aggregator.pipeline.correct import split_entry  # noqa: PLC0415 - as the store itself

    with context.store(read_only=False) as db:
        story_id = split_entry(db, reference, now=datetime.now(UTC))
    if as_json:
        print_json({"story": story_id})
    else:
        say(f"The entry is a story of its own now: {story_id}. The next pass publishes it.")


@click.command(epilog="Example: newsfold join 3erqd2bx 6tytx4tm")
@click.argument("story", type=word)
@click.argument("other", type=word)
@json_option
@pass_context
def join(context: Context, story: str, other: str, *, as_json: bool) -> None:
    """Make one story of two, for good.

    Name them as for `newsfold why`. The older story's id stays.

    With --json, one object: story, the id that stays.
    """
    from aggregator.pipeline.correct import join_stories  # noqa: PLC0415 - as the store itself

    with context.store(read_only=False) as db:
        kept_id = join_stories(db, story, other, now=datetime.now(UTC))
    if as_json:
        print_json({"story": kept_id})
    else:
        say(f"They are one story now: {kept_id}. The next pass publishes it.")
