"""The commands that do the work: poll, run, publish."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import asdict
from threading import Event
from typing import TYPE_CHECKING

import click

from aggregator.cli.context import Context, json_option, pass_context, quiet_option
from aggregator.cli.output import print_json, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import PollReport
    from aggregator.pipeline.house import House
    from aggregator.pipeline.publish import Published

FEW_ROWS = 60  # a longer table leaves out the feeds that brought nothing
QUIET_OUTCOMES = {"not_modified", "deferred"}


@click.command()
@click.option("--all", "everything", is_flag=True, help="Poll every feed, not only what is due.")
@quiet_option
@json_option
@pass_context
def poll(context: Context, *, everything: bool, quiet: bool, as_json: bool) -> None:
    """Make one pass: poll what is due, fold, publish.

    \b
    Example: newsfold poll --all
    With --json: a line for each feed with feed, outcome, new, updated, error, seconds.
    """  # noqa: D301 - \b is click's mark
    with context.house() as house:
        reports = poll_once(house, everything=everything, quiet=quiet or as_json)
        published = house.publish()
    if as_json:
        for report in reports:
            print_json(asdict(report))
    elif not quiet:
        show_pass(reports, published)


def poll_once(house: House, *, everything: bool, quiet: bool) -> list[PollReport]:
    """Poll and take in, with progress; Ctrl-C ends after the transaction in hand."""
    states = house.due(everything=everything)
    reports: list[PollReport] = []
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        with progress("polling", len(states), quiet=quiet) as step:

            def on_report(report: PollReport) -> None:
                reports.append(report)
                step()

            house.poll(states, on_report=on_report, stop=stop, meanwhile=house.publish_at_times)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if stop.is_set():
        click.echo("Stopped: what was taken in is kept, the rest stays due.", err=True)
    return reports


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def show_pass(reports: Sequence[PollReport], published: Sequence[Published]) -> None:
    """Print what happened: a row for each feed worth one, and the sum."""
    if not reports:
        click.echo("No feed is due. `newsfold poll --all` polls every feed.")
    shown = [
        report
        for report in sorted(reports, key=lambda report: (report.outcome, report.feed))
        if len(reports) <= FEW_ROWS or report.outcome not in QUIET_OUTCOMES
    ]
    if shown:
        print_table(
            ("feed", "outcome", "new", "updated", "seconds", "error"),
            [
                (each.feed, each.outcome, each.new, each.updated, f"{each.seconds:.2f}", each.error)
                for each in shown
            ],
        )
    click.echo(summary(reports))
    for each in published:
        if each.new or each.revised:
            click.echo(f"Digest {each.digest}: {each.new} new, {each.revised} revised.")


def summary(reports: Sequence[PollReport]) -> str:
    """Return the sum of a pass as a sentence."""
    counts = Counter(report.outcome for report in reports)
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()))
    new, updated = (
        (sum(values) for values in zip(*((r.new, r.updated) for r in reports), strict=True))
        if reports
        else (0, 0)
    )
    return f"{len(reports)} feeds polled ({told or 'none'}): {new} new entries, {updated} updated."


@click.command()
@pass_context
def run(context: Context) -> None:
    """Run the service: poll, fold, publish and serve until told to stop.

    \b
    Example: newsfold --config config/newsfold.toml run
    SIGTERM stops it in order, SIGHUP reads the configuration again.
    """  # noqa: D301 - \b is click's mark
    from aggregator.cli.log import set_up_log  # noqa: PLC0415 - only the service logs
    from aggregator.service import Service  # noqa: PLC0415 - 0.4 s that --help need not pay

    configuration = context.load()
    set_up_log()
    asyncio.run(Service(context.path, configuration).run())


@click.command()
@quiet_option
@json_option
@pass_context
def publish(context: Context, *, quiet: bool, as_json: bool) -> None:
    """Build the published files again from the database.

    \b
    Example: newsfold publish
    """  # noqa: D301 - \b is click's mark
    with context.house() as house:
        published = house.publish()
        folder = house.config.service.public_dir
    if as_json:
        for each in published:
            print_json(asdict(each))
    elif not quiet:
        for each in published:
            click.echo(f"{each.digest}: {each.new} new, {each.revised} revised.")
        click.echo(f"Published in {folder}.")
