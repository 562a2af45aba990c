"""The commands of the person who runs it: status, backup, prune."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import push, shapes
from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import counted, local, print_fields, print_json, say, sentence
from aggregator.cli.table import print_table

if TYPE_CHECKING:
    from aggregator.model import Config
    from aggregator.store.health import DigestHealth, FeedHealth, Health

MEGABYTE = 1_000_000
CONDITIONS = ("ok", "failing", "gone", "never polled")


@click.command(epilog="Example: newsfold status")
@json_option
@pass_context
def status(context: Context, *, as_json: bool) -> None:
    """Tell the health of feeds, digests and the database.

    Feeds in trouble are listed with what to do about them.

    With --json, one object: feeds, unlisted_feeds, entries, stories, copies, coverage, digests,
    pings, hub, database_bytes, schema_version.
    """
    from aggregator.store import health  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        told = health.report(db)
    if as_json:
        print_json(shapes.of_status(told))
        return
    print_fields(_fields(told, context.load()))
    _show_troubles([feed for feed in told.feeds if hint(feed)])
    _show_ids([feed for feed in told.feeds if feed.state.id_reason])
    push.show(told)


def _fields(told: Health, configuration: Config) -> dict[str, object]:
    feeds = ", ".join(f"{told.count(condition)} {condition}" for condition in CONDITIONS)
    off_list = f", {told.unlisted_feeds} off the list" if told.unlisted_feeds else ""
    folded = f"{counted(told.copies, 'copy')} and {told.coverage} coverage folded"
    published = {digest.digest: digest for digest in told.digests}
    return {
        "feeds": feeds + off_list,
        "entries": told.entries,
        "stories": f"{told.stories} ({folded})",
        "database": f"{told.database_bytes / MEGABYTE:.1f} MB, schema {told.schema_version}",
        **{
            f"digest {digest.name}": _digest_text(published.get(digest.name))
            for digest in configuration.digests
        },
    }


def _digest_text(digest: DigestHealth | None) -> str:
    if digest is None:
        return "nothing published yet"
    return f"{digest.publications} published, newest {local(digest.newest_at)}"


def _show_troubles(feeds: list[FeedHealth]) -> None:
    if not feeds:
        return
    say()
    print_table(
        ("condition", "since", "next poll", "feed"),
        [
            (
                "look" if feed.condition == "ok" else feed.condition,
                local(feed.state.failing_since_at),
                "" if feed.state.gone else local(feed.state.next_poll_at),
                feed.state.url,
            )
            for feed in feeds
        ],
        notes=[hint(feed) for feed in feeds],
        note="trouble",
    )


def _show_ids(feeds: list[FeedHealth]) -> None:
    """Tell of the feeds whose ids proved unreliable, and what tells their entries apart."""
    if not feeds:
        return
    say()
    print_table(
        ("told apart by", "feed"),
        [(feed.told_apart_by, feed.state.url) for feed in feeds],
        notes=[sentence(feed.state.id_reason) for feed in feeds],
        note="ids",
    )


def hint(feed: FeedHealth) -> str:
    """Return what is the matter with a feed and what to do about it, "" for nothing."""
    state = feed.state
    parts = []
    if feed.condition in {"gone", "failing"}:
        parts.append(sentence(state.error))
    if feed.condition == "failing":
        parts.append(f"Failed {counted(state.failures, 'time')} in a row.")
    if feed.condition == "gone" and not state.hint:
        parts.append(f"(newsfold remove {state.url})")  # from before hints were kept
    return " ".join(filter(None, (*parts, state.hint)))


@click.command(epilog="Example: newsfold backup newsfold-backup.db")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
@json_option
@pass_context
def backup(context: Context, file: Path, *, overwrite: bool, as_json: bool) -> None:
    """Write a consistent copy of the database.

    The service may run meanwhile. Only the owner can read the copy.

    With --json, one object: file, bytes.
    """
    from aggregator.store.backup import copy  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        copy(db, file, overwrite=overwrite)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        say(f"Wrote {file} ({size / MEGABYTE:.1f} MB).")


@click.command(epilog="Example: newsfold prune")
@quiet_option
@json_option
@pass_context
def prune(context: Context, *, quiet: bool, as_json: bool) -> None:
    """Forget now what is past its retention.

    What was pruned does not come back.

    With --json, one object: entries, stories, leads (stories that another entry leads now).
    """
    with context.house() as house:
        pruned = house.prune()
    if as_json:
        print_json(asdict(pruned))
    elif not quiet:
        say(f"Pruned {counted(pruned.entries, 'entry')} and {counted(pruned.stories, 'story')}.")
