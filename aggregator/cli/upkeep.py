"""The commands of the person who runs it: status, backup, prune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import moment, moment_or_none, print_fields, print_json, print_table

if TYPE_CHECKING:
    from aggregator.store.health import FeedHealth, Health

MEGABYTE = 1_000_000


@click.command()
@json_option
@pass_context
def status(context: Context, *, as_json: bool) -> None:
    """Tell the health of feeds, digests and the database.

    \b
    Example: newsfold status
    """  # noqa: D301 - \b is click's mark
    from aggregator.store import health  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        told = health.report(db)
    if as_json:
        print_json(status_as_json(told))
    else:
        _show_status(told)


def _show_status(told: Health) -> None:
    print_fields(
        {
            "feeds": ", ".join(
                f"{told.count(condition)} {condition}"
                for condition in ("ok", "failing", "gone", "never polled")
            ),
            "entries": told.entries,
            "stories": f"{told.stories} ({told.copies} copies and {told.coverage} coverage folded)",
            "database": f"{told.database_bytes / MEGABYTE:.1f} MB, schema {told.schema_version}",
            **{
                f"digest {digest.digest}": f"{digest.publications} published, "
                f"newest {moment(digest.newest_at)}"
                for digest in told.digests
            },
        }
    )
    trouble = [feed for feed in told.feeds if feed.condition in {"failing", "gone"}]
    if trouble:
        click.echo()
        print_table(("feed", "since", "next poll", "trouble"), [_trouble(feed) for feed in trouble])


def _trouble(feed: FeedHealth) -> tuple[str, ...]:
    state = feed.state
    return (state.url, moment(state.failing_since_at), moment(state.next_poll_at), state.error)


def status_as_json(told: Health) -> dict[str, object]:
    """Return everything that `newsfold status` knows, for a program."""
    return {
        "feeds": [_feed_as_json(feed) for feed in told.feeds],
        "unlisted_feeds": told.unlisted_feeds,
        "entries": told.entries,
        "stories": told.stories,
        "copies": told.copies,
        "coverage": told.coverage,
        "digests": [
            {
                "name": digest.digest,
                "publications": digest.publications,
                "newest_at": moment_or_none(digest.newest_at),
            }
            for digest in told.digests
        ],
        "database_bytes": told.database_bytes,
        "schema_version": told.schema_version,
    }


def _feed_as_json(feed: FeedHealth) -> dict[str, object]:
    state = feed.state
    return {
        "url": state.url,
        "title": state.title,
        "condition": feed.condition,
        "error": state.error,
        "failures": state.failures,
        "failing_since_at": moment_or_none(state.failing_since_at),
        "last_polled_at": moment_or_none(state.last_polled_at),
        "last_fetched_at": moment_or_none(state.last_fetched_at),
        "next_poll_at": moment_or_none(state.next_poll_at),
        "moved_to": state.moved_to,
        "id_scheme": state.id_scheme.value,
        "entries": feed.entries,
        "newest_entry_at": moment_or_none(feed.newest_entry_at),
    }


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@pass_context
def backup(context: Context, file: Path, *, overwrite: bool) -> None:
    """Write a consistent copy of the database, also while the service runs.

    \b
    Example: newsfold backup newsfold-backup.db
    """  # noqa: D301 - \b is click's mark
    from aggregator.store.backup import copy  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        copy(db, file, overwrite=overwrite)
    click.echo(f"Wrote {file} ({file.stat().st_size / MEGABYTE:.1f} MB).")


@click.command()
@quiet_option
@json_option
@pass_context
def prune(context: Context, *, quiet: bool, as_json: bool) -> None:
    """Forget now what is past its retention. What was pruned does not come back.

    \b
    Example: newsfold prune
    """  # noqa: D301 - \b is click's mark
    with context.house() as house:
        pruned = house.prune()
    if as_json:
        print_json({"entries": pruned.entries, "stories": pruned.stories})
    elif not quiet:
        click.echo(f"Pruned {pruned.entries} entries and {pruned.stories} stories.")
