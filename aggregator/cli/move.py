"""The command that gives a feed another address and keeps everything else."""

from __future__ import annotations

import click

from aggregator import config
from aggregator.cli.completion import feed_urls
from aggregator.cli.context import Context, json_option, pass_context
from aggregator.cli.output import print_json, say
from aggregator.config.addresses import same_url
from aggregator.errors import LockedError, NewsfoldError, UsageError


@click.command(epilog="Example: newsfold move https://example.org/old.xml https://example.org/new")
@click.argument("old", shell_complete=feed_urls)
@click.argument("new")
@json_option
@pass_context
def move(context: Context, old: str, new: str, *, as_json: bool) -> None:
    """Give a feed another address.

    Its tags, its comments and what it brought stay with it; nothing comes twice.

    With --json, one object: moved, url.
    """
    listed = _listed(context, old)
    _refuse_taken(context, listed, new)
    is_known = _lead(context, listed, new)  # first: whoever reads the file finds the row ready
    try:
        _write(context, listed, new)
    except NewsfoldError:
        _lead(context, listed, "")
        raise
    if as_json:
        print_json({"moved": listed, "url": new})
    else:
        say(f"Moved {listed} to {new}.")
    if is_known:
        _let_follow(context)


def _write(context: Context, listed: str, new: str) -> None:
    if not config.edit.move_feed(context.path, listed, new=new):
        message = f"{listed} is listed in an OPML file, not in {context.path}. Change it there."
        raise UsageError(message)


def _listed(context: Context, url: str) -> str:
    """Return the listed feed's address as the configuration spells it."""
    feeds = context.load().feeds
    found = next((feed.url for feed in feeds if same_url(feed.url) == same_url(url)), None)
    if found is None:
        message = f"{url} is not in {context.path}. `newsfold feeds` lists the feeds."
        raise UsageError(message)
    return found


def _refuse_taken(context: Context, listed: str, new: str) -> None:
    """Refuse an address that another feed has, one of an OPML file too."""
    others = (feed.url for feed in context.load().feeds if feed.url != listed)
    if any(same_url(other) == same_url(new) for other in others):
        message = f"{new} is another feed of yours. `newsfold remove {listed}` takes the old off."
        raise UsageError(message)


def _lead(context: Context, listed: str, new: str) -> bool:
    """Let the feed be asked at its new address, "" for the listed one; False where none is known.

    A small write, beside whatever else runs. The feed's row takes the address over when the list
    of feeds is next brought up to date, by whoever holds the data directory then.
    """
    from aggregator.store import feeds  # noqa: PLC0415 - as the store itself

    if not context.database_path().is_file():
        return False
    with context.store(read_only=False) as db:
        return feeds.lead(db, listed, new=new)


def _let_follow(context: Context) -> None:
    """Bring the list of feeds up to date now, or say how the service does it."""
    try:
        with context.house():
            pass
    except LockedError as error:
        say(
            f"{error} If it is the service, let it read the configuration again: "
            "`systemctl reload newsfold`, or `kill -HUP` with that number.",
            err=True,
        )
