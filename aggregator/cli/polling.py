"""The commands that do the work: poll, run, publish."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event
from typing import TYPE_CHECKING

import click

from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import counted, local, print_json, print_json_lines, say, sentence
from aggregator.cli.progress import progress
from aggregator.cli.table import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from aggregator.model import PollReport
    from aggregator.pipeline.house import House
    from aggregator.pipeline.publish import Published
    from aggregator.pipeline.waiting import Waiting

FEW_ROWS = 60  # a longer table leaves out the feeds that brought nothing
TELLING_OUTCOMES = {"failed", "gone"}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 128  # and the signal's number: a shell's exit code for what a signal ended


@click.command(epilog="Example: newsfold poll --all")
@click.option("--all", "everything", is_flag=True, help="Poll every feed, not only what is due.")
@quiet_option
@json_option
@pass_context
def poll(context: Context, *, everything: bool, quiet: bool, as_json: bool) -> None:
    """Make one pass: poll what is due, fold, publish, tell the configured hubs.

    With --all, requests are conditional still; a feed that is gone or whose server wants to be left
    alone is not asked, and reported so.

    With --json, a line for each feed as soon as it is done: feed, outcome (fetched, not_modified,
    failed, gone, deferred), new, updated, error, seconds. Failed feeds leave the exit code at 0.
    """
    told = print_report if as_json else _nothing
    with context.house() as house, stoppable() as stop:
        reports = poll_once(house, stop, everything=everything, quiet=quiet or as_json, told=told)
        published = house.publish()
        if not quiet and not as_json:
            show_pass(house, reports, published)
        tell_hubs(house, stop, quiet=quiet or as_json)
        fetch_pictures(house, stop)
    stop.leave()


class Stop(Event):
    """Set by the first Ctrl-C or SIGTERM; the next one ends the process at once."""

    number = 0

    def leave(self) -> None:
        """End the command with the signal's exit code if there was one."""
        if self.number:
            say("Stopped: what was taken in is kept, the rest stays due.", err=True)
            raise SystemExit(STOPPED + self.number)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let Ctrl-C and SIGTERM end the work after the transaction in hand."""
    stop = Stop()
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.number = number
        stop.set()
        restore()

    for number in STOP_SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        restore()


def poll_once(
    house: House,
    stop: Event,
    *,
    everything: bool,
    quiet: bool,
    told: Callable[[PollReport], None],
) -> list[PollReport]:
    """Poll and take in, with progress; each report is told as it comes."""
    reports: list[PollReport] = []
    states = house.due(everything=everything)
    with progress("polling", len(states), quiet=quiet) as step:

        def on_report(report: PollReport) -> None:
            reports.append(report)
            told(report)
            step()

        house.poll(states, on_report=on_report, stop=stop, meanwhile=house.publish_at_times)
    asked = {state.url for state in states}
    for report in _unasked(house) if everything and not stop.is_set() else ():
        if report.feed not in asked:
            reports.append(report)
            told(report)
    return reports


def _unasked(house: House) -> list[PollReport]:
    from aggregator.pipeline.find import left_alone  # noqa: PLC0415 - as the house itself

    return left_alone(house.desk.db, now=house.clock())


def tell_hubs(house: House, stop: Event, *, quiet: bool) -> None:
    """Tell the configured hubs what has changed; say which of them have yet to take it."""
    from aggregator.pipeline import announce  # noqa: PLC0415 - as the house itself

    untold = [] if stop.is_set() else announce.tell_hubs(house, stop=stop)
    for each in () if quiet else untold:
        reason = sentence(each.error or "it has not answered yet")
        say(f"The hub {each.hub} was not told: {reason} A later pass tells it.", err=True)


def fetch_pictures(house: House, stop: Event) -> None:
    """Fetch pictures that the pages are to show, for a while; the others come with later passes."""
    from aggregator.pipeline.illustrate import Illustrator  # noqa: PLC0415 - as the house itself

    if not stop.is_set():
        Illustrator(house, wake=lambda: None).finish(stop=stop)


def print_report(report: PollReport) -> None:
    """Print a feed's poll as a line of JSON."""
    print_json(asdict(report))


def _nothing(_report: PollReport) -> None:
    """Leave the report for the table."""


def show_pass(house: House, reports: Sequence[PollReport], published: Sequence[Published]) -> None:
    """Print what happened: a row for each feed worth one, the sum, and what waits."""
    from aggregator.pipeline.waiting import settling  # noqa: PLC0415 - as the house itself

    if reports:
        _print_reports(reports)
        say(summary(reports))
    else:
        say(_nothing_due(house))
    for each in published:
        if each.new or each.revised:
            say(f"Digest {each.digest}: {each.new} new, {each.revised} revised.")
    if waiting := settling(house.config, house.desk.db, now=house.clock()):
        say(waiting_text(waiting))


def _nothing_due(house: House) -> str:
    if not house.config.feeds:
        return "No feed is listed. `newsfold add URL` adds one."
    return "No feed is due. `newsfold poll --all` polls every feed."


def _print_reports(reports: Sequence[PollReport]) -> None:
    shown = [
        report
        for report in sorted(reports, key=lambda report: (report.outcome, report.feed))
        if len(reports) <= FEW_ROWS or report.outcome in TELLING_OUTCOMES or report.new
    ]
    if shown:
        print_table(
            ("outcome", "new", "updated", "seconds", "feed"),
            [
                (each.outcome, each.new, each.updated, f"{each.seconds:.2f}", each.feed)
                for each in shown
            ],
            notes=[each.error for each in shown],
        )


def summary(reports: Sequence[PollReport]) -> str:
    """Return the sum of a pass as a sentence."""
    counts = Counter(report.outcome for report in reports)
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()))
    new = counted(sum(report.new for report in reports), "new entry")
    updated = sum(report.updated for report in reports)
    return f"{counted(len(reports), 'feed')} ({told}): {new}, {updated} updated."


def waiting_text(waiting: Waiting) -> str:
    """Return what waits to settle as a sentence, with the time by this machine's clock."""
    subject = "1 story waits" if waiting.stories == 1 else f"{waiting.stories} stories wait"
    return f"{subject} until {local(waiting.until_at)[-5:]} to settle; a pass after that publishes."


@click.command(epilog="Example: newsfold --config config/newsfold.toml run")
@pass_context
def run(context: Context) -> None:
    """Run the service.

    It polls, folds, publishes and serves until SIGTERM or Ctrl-C stops it in order. SIGHUP makes it
    read the configuration again.
    """
    from aggregator.cli.log import set_up_log  # noqa: PLC0415 - only the service logs
    from aggregator.service import Service  # noqa: PLC0415 - 0.4 s that --help need not pay

    configuration = context.load()
    set_up_log()
    asyncio.run(Service(context.path, configuration).run())


@click.command(epilog="Example: newsfold publish")
@quiet_option
@json_option
@pass_context
def publish(context: Context, *, quiet: bool, as_json: bool) -> None:
    """Build the published files again from the database.

    With --json, a line for each digest: digest, new, revised.
    """
    with context.house() as house:
        published = house.publish()
        folder = house.config.service.public_dir
    if as_json:
        print_json_lines(map(asdict, published))
    elif not quiet:
        for each in published:
            say(f"Digest {each.digest}: {each.new} new, {each.revised} revised.")
        say(f"Published in {folder}.")
