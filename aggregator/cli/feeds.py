"""The commands that start and keep the list of feeds; `add` has a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.cli import shapes
from aggregator.cli.completion import feed_urls
from aggregator.cli.context import Context, json_option, pass_context
from aggregator.cli.output import counted, print_json, print_json_lines, say
from aggregator.cli.table import print_table
from aggregator.config.addresses import same_url
from aggregator.errors import ConfigError, UsageError
from aggregator.model import FeedState

if TYPE_CHECKING:
    from aggregator.model import FeedSpec
    from aggregator.store.health import FeedHealth

OWNER_ONLY = 0o600  # the file may come to hold keys


@click.command(epilog="Example: newsfold --config newsfold.toml init")
@click.option("--public-url", help="Where readers will reach the digests.")
@json_option
@pass_context
def init(context: Context, public_url: str | None, *, as_json: bool) -> None:
    """Write a configuration to start from.

    With --json, one object: path.
    """
    text = config.starter.text(**({"public_url": public_url} if public_url else {}))
    context.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        context.path.touch(OWNER_ONLY, exist_ok=False)
    except FileExistsError as error:
        message = f"{context.path} is there already. Edit it, or name another with --config."
        raise UsageError(message) from error
    context.path.write_text(text, "utf-8")
    if as_json:
        print_json({"path": str(context.path)})
    else:
        say(f"Wrote {context.path}. Next: `newsfold add URL`, then `newsfold run`.")


@click.command(epilog="Example: newsfold remove https://example.org/feed.xml")
@click.argument("url", shell_complete=feed_urls)
@json_option
@pass_context
def remove(context: Context, url: str, *, as_json: bool) -> None:
    """Take a feed off the list.

    What it brought is kept for as long as its digests keep it.

    With --json, one object: removed. The exit code is 2 where the configuration does not load any
    more.
    """
    if not config.edit.remove_feed(context.path, url):
        raise UsageError(_why_not_removed(context, url))
    if as_json:
        print_json({"removed": url})
    else:
        say(f"Removed {url}.")
    if _is_listed(context, url):
        say("An OPML file lists it too: it is polled still. Remove it there.", err=True)


def _is_listed(context: Context, url: str) -> bool:
    try:
        return any(same_url(feed.url) == same_url(url) for feed in context.load().feeds)
    except ConfigError:
        say("The configuration does not load any more:", err=True)
        raise


def _why_not_removed(context: Context, url: str) -> str:
    if any(same_url(feed.url) == same_url(url) for feed in context.load().feeds):
        return f"{url} is listed in an OPML file, not in {context.path}. Remove it there."
    return f"{url} is not in {context.path}. `newsfold feeds` lists the feeds."


@click.command("feeds", epilog="Example: newsfold feeds")
@json_option
@pass_context
def list_feeds(context: Context, *, as_json: bool) -> None:
    """List the feeds with their health.

    With --json, a line for each feed: url, title, tags, condition (ok, failing, gone, never
    polled), error, failures, next_poll_at and more.
    """
    feeds = context.load().feeds
    known = _healths(context)
    healths = [known.get(feed.url) or _unknown(feed) for feed in feeds]
    if as_json:
        print_json_lines(map(shapes.of_feed, feeds, healths))
    elif feeds:
        print_table(
            ("condition", "tags", "title", "feed"),
            [_row(feed, health) for feed, health in zip(feeds, healths, strict=True)],
            notes=[health.state.error for health in healths],
        )
    else:
        say("No feed is listed. `newsfold add URL` adds one.")


def _healths(context: Context) -> dict[str, FeedHealth]:
    from aggregator.store import health  # noqa: PLC0415 - as the store itself

    if not context.database_path().is_file():
        return {}
    with context.store() as db:
        return {feed.state.url: feed for feed in health.report(db).feeds}


def _unknown(feed: FeedSpec) -> FeedHealth:
    from aggregator.store.health import FeedHealth  # noqa: PLC0415 - as the store itself

    return FeedHealth(state=FeedState(feed_id=0, url=feed.url), entries=0, newest_entry_at=None)


def _row(feed: FeedSpec, health: FeedHealth) -> tuple[str, ...]:
    title = feed.title or health.state.title
    return (health.condition, ", ".join(feed.tags), title, feed.url)


@click.command("import", epilog="Example: newsfold import subscriptions.opml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@pass_context
def import_opml(context: Context, file: Path, *, as_json: bool) -> None:
    """Add the feeds of an OPML file.

    Its folders become tags. A bad outline costs only its own feed.

    With --json, one object: added, listed, problems. The exit code is 1 where no feed was found.
    """
    with file.open("rb") as stream:
        body = stream.read(config.opml.MAX_OPML_BYTES + 1)  # `read` refuses what is longer
    feeds, problems = config.opml.read(body, name=str(file))
    added = config.edit.add_feeds(context.path, feeds)
    listed = len(feeds) - added
    if as_json:
        told = [shapes.of_problem(problem) for problem in problems]
        print_json({"added": added, "listed": listed, "problems": told})
    else:
        say(f"Added {counted(added, 'feed')}; {listed} listed already.")
        for problem in problems:
            say(str(problem), err=True)
    if not feeds:
        raise SystemExit(1)


@click.command(epilog="Example: newsfold export > subscriptions.opml")
@pass_context
def export(context: Context) -> None:
    """Print the list of feeds as OPML."""
    click.echo(config.opml.write(context.load().feeds, title="Newsfold"), nl=False)
