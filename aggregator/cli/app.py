"""The command `newsfold` itself: its options, its errors, its list of commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator import __version__
from aggregator.cli import demo, feeds, polling, stories, upkeep
from aggregator.cli.context import Context
from aggregator.errors import ConfigError, NewsfoldError

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES = (Path("config/newsfold.toml"), Path("newsfold.toml"))
EXIT_ERROR = 1
EXIT_BAD_CONFIG = 2


class Newsfold(click.Group):
    """Turns our own errors into a message and an exit code; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command; tell what is wrong on standard error."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            ctx.exit(EXIT_BAD_CONFIG)
        except NewsfoldError as error:
            click.echo(f"newsfold: {error}", err=True)
            ctx.exit(EXIT_ERROR)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """List the commands in the order in which a person meets them."""
        return [command.name or "" for command in COMMANDS]


@click.group(cls=Newsfold, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="NEWSFOLD_CONFIG",
    help="The configuration. Without it: config/newsfold.toml, else newsfold.toml, here.",
)
@click.version_option(__version__, prog_name="newsfold")
@click.pass_context
def newsfold(ctx: click.Context, path: Path | None) -> None:
    """One feed, every story once.

    Newsfold polls the feeds you list, folds copies and coverage of the same event into one story,
    and publishes digests for any feed reader.

    \b
    To start:      newsfold init
                   newsfold add https://example.org/
                   newsfold run
    To look first: newsfold demo
    Completion:    eval "$(_NEWSFOLD_COMPLETE=bash_source newsfold)"
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    ctx.obj = Context(path or default_path(PLACES), os.environ)


def default_path(places: Sequence[Path]) -> Path:
    """Return the first place that holds a file, else the first place."""
    return next((place for place in places if place.is_file()), places[0])


COMMANDS = (
    feeds.init,
    feeds.add,
    feeds.remove,
    feeds.list_feeds,
    feeds.import_opml,
    feeds.export,
    feeds.check,
    polling.poll,
    polling.run,
    polling.publish,
    upkeep.status,
    stories.stories,
    stories.why,
    stories.split,
    stories.join,
    stories.search,
    upkeep.backup,
    upkeep.prune,
    demo.demo,
)
for command in COMMANDS:
    newsfold.add_command(command)


def main() -> None:
    """Run the command line."""
    newsfold(prog_name="newsfold")
