"""The command `demo`: the whole job on a bundled newsroom, through the same code as ever."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import click

from aggregator.cli.context import Context
from aggregator.cli.output import counted, say, say_indented
from aggregator.cli.polling import fetch_pictures, poll_once, show_pass, stoppable

if TYPE_CHECKING:
    from aggregator.demo.server import Running
    from aggregator.model import Config

ADVANCE_S = 45.0  # time to read the first digest before news comes in
SHOWN_STORIES = 6


@click.command(epilog="Example: newsfold demo --once")
@click.option("--once", is_flag=True, help="Make one pass and end.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo's configuration, database and digests go. Without it: a new folder.",
)
def demo(*, once: bool, folder: Path | None) -> None:
    """Show the whole job on an invented newsroom.

    No network, nothing to configure: the outlets are served on this machine, and polled, folded and
    published as any others would be. Without --once, the digests are served until Ctrl-C, while
    news comes in.
    """
    from aggregator.demo.newsroom import Newsroom  # noqa: PLC0415 - only this command needs it
    from aggregator.demo.server import serve  # noqa: PLC0415
    from aggregator.demo.settings import configuration  # noqa: PLC0415

    folder = (folder or Path(mkdtemp(prefix="newsfold-demo-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with serve(Newsroom(datetime.now(UTC))) as running:
        path = folder / "newsfold.toml"
        path.write_text(configuration(running, folder), "utf-8")
        say(f"{len(running.newsroom.outlets)} invented outlets are on the air.")
        _poll_once(Context(path, {}))
        if not once:
            _keep_running(Context(path, {}), running)


def _poll_once(context: Context) -> None:
    with context.house() as house, stoppable() as stop:
        reports = poll_once(house, stop, everything=False, quiet=False, told=lambda _report: None)
        show_pass(house, reports, house.publish())
        fetch_pictures(house, stop)
    stop.leave()
    _show_stories(context)
    _show_places(context.load())


def _show_stories(context: Context) -> None:
    """Print the stories that most outlets tell: what the digest shows once."""
    from aggregator.store import stories  # noqa: PLC0415 - as the store itself

    with context.store() as db:
        told = sorted(stories.recent(db), key=lambda story: (-len(story.members), story.id))
    say(f"\n{counted(len(told), 'story')}. The most told, each once:")
    for story in told[:SHOWN_STORIES]:
        outlets = ", ".join(dict.fromkeys(member.outlet for member in story.members[1:]))
        say_indented(story.lead.entry.title, indent=2)
        say_indented(f"{story.lead.outlet}; also {outlets}", indent=4)


def _show_places(configuration: Config) -> None:
    say(f"\nThe digests are in {configuration.service.public_dir}:")
    for digest in configuration.digests:
        say(f"  {digest.title}: " + ", ".join(f"{digest.name}.{f}" for f in digest.formats))
    say(f"The explanation of each merge: newsfold --config {configuration.path} stories")


def _keep_running(context: Context, running: Running) -> None:
    """Run the service on the newsroom until Ctrl-C; the newsroom goes on telling."""
    from aggregator.cli.log import set_up_log  # noqa: PLC0415 - only the service logs
    from aggregator.service import Service  # noqa: PLC0415 - 0.4 s that --help need not pay

    configuration = context.load()
    set_up_log()
    done = threading.Event()
    clock = threading.Thread(target=_tell_on, args=(running, done), daemon=True)
    clock.start()
    say(f"\nOpen http://{configuration.service.listen}/ (Ctrl-C ends the demo).")
    try:
        asyncio.run(Service(context.path, configuration).run())
    finally:
        done.set()
        clock.join()


def _tell_on(running: Running, done: threading.Event) -> None:
    while not done.wait(ADVANCE_S):
        running.advance()
