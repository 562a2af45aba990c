"""The command `check`: every problem of the configuration, and of its feeds if asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.cli import shapes
from aggregator.cli.choice import preview_digest
from aggregator.cli.completion import digest_names
from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import counted, print_json, print_json_lines, say
from aggregator.cli.progress import progress
from aggregator.cli.table import print_table
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aggregator.model import Config, FeedState, PollReport, Problem

BAD_OUTCOMES = {"failed", "gone"}
EXIT_BAD_FEED = 1
EXIT_BAD_CONFIG = 2


@click.command(epilog="Example: newsfold check --online")
@click.option("--online", is_flag=True, help="Try the feeds too: one request for each.")
@click.option(
    "--preview",
    metavar="DIGEST",
    shell_complete=digest_names,
    help="Show which stories this digest would take, and why.",
)
@click.option(
    "--since",
    default="3d",
    show_default=True,
    help="With --preview, of stories first seen since: 36h, 3d, 2w ago, or a date (UTC).",
)
@quiet_option
@json_option
@pass_context
def check(  # noqa: PLR0913 - one for each option
    context: Context,
    *,
    online: bool,
    preview: str | None,
    since: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tell every problem of the configuration.

    Each has its file and line and says how to mend it. A warning is no problem: the configuration
    works, but others may not reach what it offers them. With --online, the feeds are asked as in a
    poll, with conditional requests, and nothing is kept of what they say. With --preview, the
    stories that are kept are judged by the digest's filters as they stand in the file.

    With --json, a line for each problem: file, line, key, what, mend; a warning has "warning": true
    as well. Instead, with --online, a line for each feed: feed, outcome, error; with --preview, a
    line for each story: story, title, outlet, in, why, published. The exit code is 2 for a bad
    configuration, 1 where a feed does not answer well.
    """
    try:
        configuration = context.load()
        _refuse_missing(context)
    except ConfigError as error:
        if not as_json:
            raise
        print_json_lines(map(shapes.of_problem, error.problems))
        raise SystemExit(EXIT_BAD_CONFIG) from None
    if not as_json and not quiet:
        _tell(context, configuration)
    elif as_json and not online and not preview:
        print_json_lines(map(shapes.of_warning, _warnings(context, configuration)))
    if preview:
        preview_digest(context, configuration, preview, since=since, as_json=as_json)
    if online and not _check_feeds(context, configuration, quiet=quiet, as_json=as_json):
        raise SystemExit(EXIT_BAD_FEED)


def _refuse_missing(context: Context) -> None:
    """Raise ConfigError where the configuration asks for what is not installed."""
    if problems := config.extras.missing_extras(context.path):
        raise ConfigError(problems)


def _tell(context: Context, configuration: Config) -> None:
    for warning in _warnings(context, configuration):
        say(f"Warning: {warning}")
    parts = f"{counted(len(configuration.feeds), 'feed')}, "
    say(f"{context.path}: no problem. {parts}{counted(len(configuration.digests), 'digest')}.")


def _warnings(context: Context, configuration: Config) -> list[Problem]:
    from aggregator.poll.hosts import is_public  # noqa: PLC0415 - only here

    return config.reach.out_of_reach(context.path, configuration.service, is_public=is_public)


def _check_feeds(context: Context, configuration: Config, *, quiet: bool, as_json: bool) -> bool:
    """Tell which feeds do not answer well; return whether all do."""
    reports: list[PollReport] = []
    with progress("asking", len(configuration.feeds), quiet=quiet or as_json) as step:

        def on_report(report: PollReport) -> None:
            reports.append(report)
            if as_json:
                print_json({"feed": report.feed, "outcome": report.outcome, "error": report.error})
            step()

        _try(context, configuration, on_report=on_report)
    bad = [report for report in reports if report.outcome in BAD_OUTCOMES]
    if not as_json:
        _show(bad, len(reports), quiet=quiet)
    return not bad


def _try(
    context: Context, configuration: Config, *, on_report: Callable[[PollReport], None]
) -> None:
    """Ask the feeds that may be asked; tell of the others what is known."""
    from aggregator.pipeline.find import try_feeds  # noqa: PLC0415 - httpx costs 0.1 s

    now = datetime.now(UTC)
    states, alone = _remembered(context, now=now)
    for feed in configuration.feeds:
        if feed.url in alone:
            on_report(alone[feed.url])
    asked = [feed for feed in configuration.feeds if feed.url not in alone]
    try_feeds(configuration, asked, states=states, now=now, on_report=on_report)


def _remembered(
    context: Context, *, now: datetime
) -> tuple[Mapping[str, FeedState], Mapping[str, PollReport]]:
    """Return what is known of the feeds, and which of them are to be left alone."""
    from aggregator.pipeline.find import left_alone  # noqa: PLC0415 - as above
    from aggregator.store import feeds  # noqa: PLC0415 - as the store itself

    if not context.database_path().is_file():
        return {}, {}
    with context.store() as db:
        states = {state.url: state for state in feeds.states(db)}
        return states, {report.feed: report for report in left_alone(db, now=now)}


def _show(bad: Sequence[PollReport], total: int, *, quiet: bool) -> None:
    if bad:
        rows = [(report.outcome, report.feed) for report in bad]
        print_table(("outcome", "feed"), rows, notes=[report.error for report in bad])
    if not quiet:
        say(f"{total - len(bad)} of {counted(total, 'feed')} answer well.")
