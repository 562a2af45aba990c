"""The command `newsfold` itself: its options, its errors, its list of commands."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.cli import add, check, correct, demo, feeds, fold, move, polling, stories, upkeep
from aggregator.cli.context import Context, default_path
from aggregator.cli.output import say
from aggregator.errors import ConfigError, NewsfoldError

EXIT_ERROR = 1
EXIT_BAD_CONFIG = 2
EXIT_INTERRUPTED = 130  # 128 and SIGINT's number, as shells have it

MENDS = {
    errno.EACCES: "Give this user access to it, or name another place.",
    errno.EROFS: "The file system is read-only: name another place.",
    errno.ENOENT: "Check the path.",
    errno.ENOSPC: "Free some space on the disk, then try again.",
    errno.EADDRINUSE: "Stop what listens there, or choose another port.",
}


class Newsfold(click.Group):
    """Turns trouble of a person's making into a message and an exit code.

    A bug keeps its traceback; a broken pipe is left to click, which ends quietly.
    """

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command; tell what is wrong on standard error."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                say(str(problem), err=True)
            ctx.exit(EXIT_BAD_CONFIG)
        except NewsfoldError as error:
            say(f"newsfold: {error}", err=True)
            ctx.exit(EXIT_ERROR)
        except BrokenPipeError:
            raise
        except OSError as error:
            say(f"newsfold: {as_message(error)}", err=True)
            ctx.exit(EXIT_ERROR)
        except KeyboardInterrupt:
            say("\nStopped.", err=True)
            ctx.exit(EXIT_INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """List the commands in the order in which a person meets them."""
        return [command.name or "" for command in COMMANDS]


def as_message(error: OSError) -> str:
    """Return what the system refused, where, and what to do."""
    place = f"{error.filename}: " if error.filename else ""
    mend = MENDS.get(error.errno or 0, "Check the path and the disk.")
    return f"{place}{error.strerror or error}. {mend}"


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
    ctx.obj = Context(path or default_path(), os.environ)


COMMANDS = (
    feeds.init,
    add.add,
    move.move,
    feeds.remove,
    feeds.list_feeds,
    feeds.import_opml,
    feeds.export,
    check.check,
    polling.poll,
    polling.run,
    polling.publish,
    upkeep.status,
    stories.stories,
    stories.why,
    correct.split,
    correct.join,
    fold.fold,
    stories.search,
    upkeep.backup,
    upkeep.prune,
    demo.demo,
)
for command in COMMANDS:
    newsfold.add_command(command)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no title stops a list, in any locale
    newsfold(prog_name="newsfold")
