"""The commands about stories: list, explain, split, join, search."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from aggregator.cli.context import Context, json_option, pass_context
from aggregator.cli.output import moment, moment_or_none, print_json, print_table
from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.model import Config, Member, Story
    from aggregator.store.database import Database

SPAN = re.compile(r"(\d+)\s*([hdw])", re.IGNORECASE)
SPAN_HOURS = {"h": 1, "d": 24, "w": 168}


def parse_since(text: str, *, now: datetime) -> datetime:
    """Return the moment of "36h", "3d", "2w" ago, or of an RFC 3339 date; UsageError for others."""
    if match := SPAN.fullmatch(text.strip()):
        return now - timedelta(hours=int(match[1]) * SPAN_HOURS[match[2].lower()])
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no span (36h, 3d, 2w) and no date (2026-11-25)."
        raise UsageError(message) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command()
@click.option("--since", help="First seen since: 36h, 3d, 2w, or a date.")
@click.option("--digest", "digest_name", help="Only stories of this digest's feeds.")
@json_option
@pass_context
def stories(context: Context, *, since: str | None, digest_name: str | None, as_json: bool) -> None:
    """List the stories with their members and reasons.

    \b
    Example: newsfold stories --since 24h
    With --json: a line for each story with id, title, url, first_seen_at, lead, entries.
    """  # noqa: D301 - \b is click's mark
    from aggregator.store import stories as kept  # noqa: PLC0415 - as the store itself

    since_at = parse_since(since, now=datetime.now(UTC)) if since else None
    with context.store() as db:
        feed_ids = _digest_feed_ids(context.load(), db, digest_name) if digest_name else None
        for story in kept.recent(db, since=since_at, feed_ids=feed_ids):
            show_story(story, as_json=as_json)


def _digest_feed_ids(configuration: Config, db: Database, name: str) -> list[int]:
    from aggregator.store import feeds  # noqa: PLC0415 - as the store itself

    digest = next((each for each in configuration.digests if each.name == name), None)
    if digest is None:
        known = ", ".join(each.name for each in configuration.digests)
        message = f"There is no digest {name!r}. There are: {known}."
        raise NotFoundError(message)
    own = {
        feed.url
        for feed in configuration.feeds
        if not digest.tags or set(digest.tags) & set(feed.tags)
    }
    return [state.feed_id for state in feeds.states(db) if state.url in own]


def show_story(story: Story, *, as_json: bool) -> None:
    """Print one story: a line of JSON, or its lead with the other members below it."""
    if as_json:
        print_json(story_as_json(story))
        return
    click.echo(f"{story.id}  {moment(story.first_seen_at)}  {story.lead.entry.title}")
    for line in _member_lines(story.members):
        click.echo(line)


def _member_lines(members: Iterable[Member]) -> Iterator[str]:
    for member in members:
        why = "" if member.relation is Relation.LEAD else f": {member.reason} ({member.score:.2f})"
        yield f"    {member.relation.value} [{member.entry_id}] {member.outlet}{why}"
        yield f"        {member.entry.title}  {member.entry.url}"


def story_as_json(story: Story) -> dict[str, object]:
    """Return the story as the contract of `newsfold stories --json` has it."""
    lead = story.lead
    return {
        "id": story.id,
        "title": lead.entry.title,
        "url": lead.entry.url,
        "first_seen_at": moment(story.first_seen_at),
        "lead": {"feed": lead.feed_url, "id": lead.entry.guid},
        "entries": [_member_as_json(member) for member in story.members],
    }


def _member_as_json(member: Member) -> dict[str, object]:
    return {
        "feed": member.feed_url,
        "id": member.entry.guid,
        "url": member.entry.url,
        "title": member.entry.title,
        "published_at": moment_or_none(member.entry.published_at),
        "relation": member.relation.value,
        "reason": member.reason,
        "score": round(member.score, 4),
    }


@click.command()
@click.argument("reference", metavar="ENTRY-OR-STORY")
@json_option
@pass_context
def why(context: Context, reference: str, *, as_json: bool) -> None:
    """Explain how a story came together. Name it by its id, or by an entry's address or id.

    \b
    Example: newsfold why https://example.org/a-story
    """  # noqa: D301 - \b is click's mark
    from aggregator.store import publications  # noqa: PLC0415 - as the store itself
    from aggregator.store import stories as kept  # noqa: PLC0415

    with context.store() as db:
        story = kept.find(db, reference)
        show_story(story, as_json=as_json)
        if as_json:
            return
        for digest in context.load().digests:
            if found := publications.get(db, digest.name, story.id):
                click.echo(
                    f"    in digest {digest.name} since {moment(found.published_at)}: {found.id}"
                )
        if len(story.members) > 1:
            click.echo(
                "Wrong? `newsfold split NUMBER` takes the entry with this number out, for good."
            )


@click.command()
@click.argument("reference", metavar="ENTRY")
@pass_context
def split(context: Context, reference: str) -> None:
    """Take an entry out of its story, for good. Name it by number, address or id.

    \b
    Example: newsfold split https://example.org/another-story
    """  # noqa: D301 - \b is click's mark
    from aggregator.pipeline.correct import split_entry  # noqa: PLC0415 - as the store itself

    with context.store(read_only=False) as db:
        story_id = split_entry(db, reference, now=datetime.now(UTC))
    click.echo(f"The entry is a story of its own now: {story_id}. The next pass publishes it.")


@click.command()
@click.argument("story")
@click.argument("other")
@pass_context
def join(context: Context, story: str, other: str) -> None:
    """Make one story of two, for good. The older id stays.

    \b
    Example: newsfold join abcdef2345 ghijkl6723
    """  # noqa: D301 - \b is click's mark
    from aggregator.pipeline.correct import join_stories  # noqa: PLC0415 - as the store itself

    with context.store(read_only=False) as db:
        kept_id = join_stories(db, story, other, now=datetime.now(UTC))
    click.echo(f"They are one story now: {kept_id}.")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@json_option
@pass_context
def search(context: Context, words: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """Search the titles and summaries of what was kept; the last word may be a beginning.

    \b
    Example: newsfold search harbour bridge
    """  # noqa: D301 - \b is click's mark
    from aggregator.store import search as finder  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        hits = finder.search(db, " ".join(words), limit=limit)
    for hit in hits if as_json else ():
        print_json(
            {
                "story": hit.story_id,
                "title": hit.title,
                "url": hit.url,
                "outlet": hit.outlet,
                "feed": hit.feed_url,
                "published_at": moment_or_none(hit.published_at),
                "first_seen_at": moment(hit.first_seen_at),
                "snippet": hit.snippet,
            }
        )
    if not as_json:
        print_table(
            ("seen", "outlet", "title", "address"),
            [(moment(hit.first_seen_at), hit.outlet, hit.title, hit.url) for hit in hits],
        )
        if not hits:
            click.echo("Nothing was found.")
