"""The commands that start and keep the list of feeds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import moment, moment_or_none, print_json, print_table
from aggregator.errors import ConfigError, LockedError, UsageError
from aggregator.model import FeedSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import FeedState, Problem
    from aggregator.pipeline.find import Found

tag_option = click.option(
    "--tag", "tags", multiple=True, help="A tag for the feed; repeat for more."
)


@click.command()
@click.option("--public-url", default=None, help="Where the digests will be reached.")
@pass_context
def init(context: Context, public_url: str | None) -> None:
    """Write a configuration to start from.

    \b
    Example: newsfold --config newsfold.toml init
    """  # noqa: D301 - \b is click's mark
    if context.path.exists():
        message = f"{context.path} is there already. Edit it, or name another with --config."
        raise UsageError(message)
    text = config.starter.text(**({"public_url": public_url} if public_url else {}))
    context.path.parent.mkdir(parents=True, exist_ok=True)
    context.path.write_text(text, "utf-8")
    context.path.chmod(0o600)  # it may come to hold keys
    click.echo(f"Wrote {context.path}. Next: `newsfold add URL`, then `newsfold run`.")


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@tag_option
@click.option("--title", default="", help="A title of your own for the feed.")
@pass_context
def add(context: Context, urls: tuple[str, ...], tags: tuple[str, ...], title: str) -> None:
    """Add feeds, or the feeds behind pages. One request for each URL.

    \b
    Example: newsfold add https://example.org/ --tag world
    """  # noqa: D301 - \b is click's mark
    from aggregator.pipeline.find import NotFound, find_feeds  # noqa: PLC0415 - httpx costs 0.1 s

    results = find_feeds(context.load(), urls, now=datetime.now(UTC))
    for result in results:
        if isinstance(result, NotFound):
            click.echo(f"{result.url}: {result.message}", err=True)
            continue
        spec = FeedSpec(url=result.url, title=title, tags=tags)
        added = config.edit.add_feed(context.path, spec)
        click.echo(f"{'Added' if added else 'Listed already:'} {result.url} ({result.title})")
        for other in result.others:
            click.echo(f"  The page also offers {other.url} ({other.title})")
    _take_in(context, [result for result in results if not isinstance(result, NotFound)])
    if any(isinstance(result, NotFound) for result in results):
        raise SystemExit(1)


def _take_in(context: Context, found: Sequence[Found]) -> None:
    """Use the bodies that were fetched, so that the feeds are not asked for again at once."""
    outcomes = [(each.url, each.fetched) for each in found if each.fetched is not None]
    if not outcomes:
        return
    try:
        with context.house() as house:
            house.desk.take_in(outcomes)
    except LockedError:
        click.echo(
            "The running service polls the new feeds once it is told to: kill -HUP its process."
        )


@click.command()
@click.argument("url")
@pass_context
def remove(context: Context, url: str) -> None:
    """Take a feed off the list. What it brought is kept as long as its digests keep it.

    \b
    Example: newsfold remove https://example.org/feed.xml
    """  # noqa: D301 - \b is click's mark
    if config.edit.remove_feed(context.path, url):
        click.echo(f"Removed {url}.")
        return
    listed = any(feed.url == url for feed in context.load().feeds)
    where = (
        "It comes from an OPML file: remove it there." if listed else "`newsfold feeds` lists them."
    )
    message = f"{url} is not in {context.path}. {where}"
    raise UsageError(message)


@click.command("feeds")
@json_option
@pass_context
def list_feeds(context: Context, *, as_json: bool) -> None:
    """List the feeds with their health.

    \b
    Example: newsfold feeds
    """  # noqa: D301 - \b is click's mark
    configuration = context.load()
    states = _states(context)
    for feed in configuration.feeds if as_json else ():
        print_json(_feed_row(feed, states.get(feed.url)))
    if as_json:
        return
    print_table(
        ("feed", "title", "tags", "next poll", "trouble"),
        [_table_row(feed, states.get(feed.url)) for feed in configuration.feeds],
    )
    if not configuration.feeds:
        click.echo("No feed is listed. `newsfold add URL` adds one.")


def _states(context: Context) -> dict[str, FeedState]:
    from aggregator.store import feeds  # noqa: PLC0415 - as the store itself

    try:
        with context.store() as db:
            return {state.url: state for state in feeds.states(db)}
    except UsageError:  # no database yet: nothing is known of any feed
        return {}


def _table_row(feed: FeedSpec, state: FeedState | None) -> tuple[str, ...]:
    title = feed.title or (state.title if state else "")
    due = moment(state.next_poll_at) if state else "now"
    return (feed.url, title, ", ".join(feed.tags), due, state.error if state else "")


def _feed_row(feed: FeedSpec, state: FeedState | None) -> dict[str, object]:
    return {
        "url": feed.url,
        "title": feed.title or (state.title if state else ""),
        "tags": feed.tags,
        "next_poll_at": moment_or_none(state.next_poll_at) if state else None,
        "last_polled_at": moment_or_none(state.last_polled_at) if state else None,
        "failures": state.failures if state else 0,
        "gone": state.gone if state else False,
        "error": state.error if state else "",
    }


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def import_opml(context: Context, file: Path) -> None:
    """Add the feeds of an OPML file, with its folders as tags.

    \b
    Example: newsfold import subscriptions.opml
    """  # noqa: D301 - \b is click's mark
    feeds, problems = config.opml.read(file.read_bytes(), name=str(file))
    added = config.edit.add_feeds(context.path, feeds)
    click.echo(f"Added {added} feeds; {len(feeds) - added} were listed already.")
    _tell(problems)


@click.command()
@pass_context
def export(context: Context) -> None:
    """Print the list of feeds as OPML.

    \b
    Example: newsfold export > subscriptions.opml
    """  # noqa: D301 - \b is click's mark
    click.echo(config.opml.write(context.load().feeds, title="Newsfold"), nl=False)


@click.command()
@click.option("--online", is_flag=True, help="Try the feeds too: one request for each.")
@quiet_option
@json_option
@pass_context
def check(context: Context, *, online: bool, quiet: bool, as_json: bool) -> None:
    """Tell every problem of the configuration, with file and line.

    \b
    Example: newsfold check --online
    Exit code 0: no problem; 1: a feed does not answer well; 2: a bad configuration.
    """  # noqa: D301 - \b is click's mark
    try:
        configuration = context.load()
    except ConfigError as error:
        _tell(error.problems, as_json=as_json)
        raise SystemExit(2) from None
    if not quiet and not as_json:
        click.echo(
            f"{context.path}: no problem. {len(configuration.feeds)} feeds, "
            f"{len(configuration.digests)} digests."
        )
    if online and not _try_feeds(context, quiet=quiet, as_json=as_json):
        raise SystemExit(1)


def _tell(problems: tuple[Problem, ...], *, as_json: bool = False) -> None:
    for problem in problems:
        if as_json:
            print_json(
                {
                    "file": problem.file,
                    "line": problem.line,
                    "key": problem.key,
                    "what": problem.what,
                    "mend": problem.mend,
                }
            )
        else:
            click.echo(str(problem), err=True)


def _try_feeds(context: Context, *, quiet: bool, as_json: bool) -> bool:
    from aggregator.pipeline.find import try_feeds  # noqa: PLC0415 - httpx costs 0.1 s

    reports = try_feeds(context.load(), now=datetime.now(UTC))
    bad = [report for report in reports if report.outcome != "fetched"]
    if as_json:
        for report in reports:
            print_json({"feed": report.feed, "outcome": report.outcome, "error": report.error})
    elif bad:
        print_table(("feed", "outcome", "error"), [(r.feed, r.outcome, r.error) for r in bad])
    if not quiet and not as_json:
        click.echo(f"{len(reports) - len(bad)} of {len(reports)} feeds answer well.")
    return not bad
