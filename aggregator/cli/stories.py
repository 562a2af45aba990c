"""The commands about stories that change nothing: stories, why, search."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from aggregator.cli import digests, ranks, shapes
from aggregator.cli.completion import digest_names, feed_urls
from aggregator.cli.context import Context, json_option, pass_context, word
from aggregator.cli.output import local, print_json, print_json_lines, say, say_indented
from aggregator.cli.table import print_table
from aggregator.errors import UsageError
from aggregator.model import Relation

if TYPE_CHECKING:
    from aggregator.model import Config, Member, Publication, Story
    from aggregator.store.database import Database

SPAN = re.compile(r"([0-9]+)\s*([hdw])", re.IGNORECASE)
HOURS = {"h": 1, "d": 24, "w": 168}


def parse_since(text: str, *, now: datetime) -> datetime:
    """Return the moment of "36h", "3d", "2w" ago, or of an RFC 3339 date; UsageError for others."""
    try:
        if match := SPAN.fullmatch(text.strip()):
            return now - timedelta(hours=int(match[1]) * HOURS[match[2].lower()])
        at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        message = f"--since {text!r}: give a span (36h, 3d, 2w) or a date (2026-11-25)."
        raise UsageError(message) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command(epilog="Example: newsfold stories --since 24h --digest news")
@click.option("--since", help="First seen since: 36h, 3d, 2w ago, or a date (UTC).")
@click.option(
    "--digest",
    "digest_name",
    shell_complete=digest_names,
    help="Only stories of this digest's feeds.",
)
@json_option
@pass_context
def stories(context: Context, *, since: str | None, digest_name: str | None, as_json: bool) -> None:
    """List the stories with their members and reasons.

    With --json, a line for each story: id, title, url, first_seen_at, lead, entries, follows,
    followed_by.
    """
    from aggregator.store import stories as kept  # noqa: PLC0415 - as the store itself

    since_at = parse_since(since, now=datetime.now(UTC)) if since else None
    with context.store() as db:
        feed_ids = _feed_ids(context.load(), db, digest_name) if digest_name else None
        for story in kept.recent(db, since=since_at, feed_ids=feed_ids):
            if as_json:
                print_json(shapes.of_story(story))
            else:
                show_story(story)


def _feed_ids(configuration: Config, db: Database, name: str) -> list[int]:
    return digests.feed_ids(digests.named(configuration, name), configuration, db)


def show_story(story: Story) -> None:
    """Print a story: its id, when it was first seen, its title, and its members below."""
    say(f"{story.id}  {local(story.first_seen_at)}  {story.lead.entry.title}")
    if before := story.follows:
        say_indented(f"follows {before.id}: {before.title}", indent=4)
        say_indented(before.reason, indent=8)
    if after := story.followed_by:
        say_indented(f"followed by {after.id}: {after.title}", indent=4)
    for member in story.members:
        _show_member(member, story)


def _show_member(member: Member, story: Story) -> None:
    why = "" if member.relation is Relation.LEAD else f" ({member.score:.2f}): {member.reason}"
    witness = shapes.witness_of(member, story)
    if witness and witness is not story.lead:
        why = f" with [{witness.entry_id}]{why}"
    say_indented(f"{member.relation} [{member.entry_id}] {member.outlet}{why}", indent=4)
    if member.entry.title != story.lead.entry.title:
        say_indented(member.entry.title, indent=8)
    say_indented(member.entry.url, indent=8)


@click.command(epilog="Example: newsfold why https://example.org/a-story")
@click.argument("reference", metavar="ENTRY-OR-STORY", required=False, type=word)
@click.argument("other", metavar="OTHER-ENTRY", required=False, type=word)
@click.option(
    "--clutter",
    "feed",
    metavar="FEED",
    type=word,
    shell_complete=feed_urls,
    help="Show instead what this feed repeats around its articles, which is cut from them.",
)
@json_option
@pass_context
def why(
    context: Context, reference: str | None, other: str | None, *, feed: str | None, as_json: bool
) -> None:
    """Explain how a story came together, or why two entries are one story or are not.

    Name it by its id (six characters of it will do), or by an entry's number, address or id. Two
    entries are compared as they would be if one came in now.

    With --json, one object: as of `stories`, each entry with its number, digests, follows_reason;
    of two entries: entries, explanation. With --clutter and --json, a line for each thing cut:
    text, entries, mark.
    """
    if (reference is None) is (feed is None):
        message = "Name an entry or a story, or a feed with --clutter."
        raise UsageError(message)
    if feed:
        _explain_clutter(context, feed, as_json=as_json)
    elif reference and other:
        _explain_pair(context, reference, other, as_json=as_json)
    else:
        _explain_story(context, reference or "", as_json=as_json)


def _explain_clutter(context: Context, url: str, *, as_json: bool) -> None:
    from aggregator.store import clutter, feeds  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        found = clutter.of_feed(db, feeds.state(db, url).feed_id)
    if as_json:
        print_json_lines(map(shapes.of_clutter, found))
    elif found:
        print_table(("entries", "what is cut"), [(str(each.entries), each.text) for each in found])
        say("Wrong? `clutter = false` under the feed in the configuration keeps it all.")
    else:
        say("Nothing was found that this feed repeats around its articles.")


def _explain_pair(context: Context, one: str, other: str, *, as_json: bool) -> None:
    from aggregator.pipeline.take_in import load_index  # noqa: PLC0415 - as the store itself
    from aggregator.store import entries  # noqa: PLC0415

    configuration = context.load()
    with context.store() as db:
        numbers = [entries.find(db, reference) for reference in (one, other)]
        index = load_index(db, configuration, now=datetime.now(UTC))
    explanation = index.explain(*numbers)
    if as_json:
        print_json({"entries": numbers, "explanation": explanation})
    else:
        say(f"{explanation}.")


def _explain_story(context: Context, reference: str, *, as_json: bool) -> None:
    from aggregator.store import publications  # noqa: PLC0415 - as the store itself
    from aggregator.store import stories as kept  # noqa: PLC0415

    configuration = context.load()
    with context.store() as db:
        story = kept.find(db, reference)
        found = [publications.get(db, each.name, story.id) for each in configuration.digests]
    published = [each for each in found if each]
    rankings = dict(ranks.rankings(story, published, configuration))
    if as_json:
        print_json(shapes.of_explained(story, published, rankings))
    else:
        show_story(story)
        _show_places(story, published)
        for digest, ranking in rankings.items():
            ranks.show_ranking(digest, ranking)


def _show_places(story: Story, published: list[Publication]) -> None:
    for each in published:
        say_indented(
            f"in digest {each.digest} since {local(each.published_at)}: {each.id}", indent=4
        )
    if len(story.members) > 1:
        number = story.members[-1].entry_id
        say(f"Wrong? Take an entry out by its number, for good: newsfold split {number}")


@click.command(epilog="Example: newsfold search harbour bridge")
@click.argument("words", nargs=-1, required=True, type=word)
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many entries at most.",
)
@json_option
@pass_context
def search(context: Context, words: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """Search what was kept.

    It looks for every word in titles and summaries; the last word may be the beginning of one.

    With --json, a line for each entry: story, title, url, outlet, feed, published_at,
    first_seen_at, snippet.
    """
    from aggregator.store import search as finder  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        hits = finder.search(db, " ".join(words), limit=limit)
    if as_json:
        print_json_lines(map(shapes.of_hit, hits))
    elif hits:
        print_table(
            ("first seen", "outlet", "title"),
            [(local(hit.first_seen_at), hit.outlet, hit.title) for hit in hits],
            notes=[hit.url for hit in hits],
            note="address",
        )
    else:
        say("Nothing was found.")
