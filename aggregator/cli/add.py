"""The command `add`: from an address to a listed feed, with one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.cli.context import Context, json_option, pass_context
from aggregator.cli.output import counted, print_json, say
from aggregator.config.addresses import parse_web_url, same_url
from aggregator.config.faults import Unfit
from aggregator.errors import LockedError, UsageError
from aggregator.model import FeedSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.model import Config, Fetched, PollReport
    from aggregator.pipeline.find import Found, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one address."""

    asked: str
    outcome: str  # added, listed or not_found
    url: str = ""  # the feed's
    title: str = ""
    error: str = ""
    others: tuple[str, ...] = ()
    fetched: Fetched | None = None
    new: int | None = None  # entries taken in; None where the first poll has yet to come


@click.command(epilog="Example: newsfold add https://example.org/ --tag world")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@click.option("--tag", "tags", multiple=True, help="A tag for the feeds; repeat for more.")
@click.option("--title", default="", help="A title of your own for the feed.")
@json_option
@pass_context
def add(
    context: Context, urls: tuple[str, ...], *, tags: tuple[str, ...], title: str, as_json: bool
) -> None:
    """Add feeds, or the feeds behind pages.

    One request for each URL, and its answer counts as the feed's first poll. A feed that is listed
    already is not asked.

    With --json, a line for each URL: asked, outcome (added, listed, not_found), url, title, new,
    others, error. The exit code is 1 where a feed was not found.
    """
    if title and len(urls) > 1:
        message = "--title names one feed. Add the feeds one by one to name them."
        raise UsageError(message)
    answers = _answers(context.load(), urls)
    answers = [_listed(context, each, tags=tags, title=title) for each in answers]
    answers = _taken_in(context, answers)
    for answer in answers:
        if as_json:
            print_json(_as_json(answer))
        else:
            _tell(answer)
    if any(answer.outcome == "not_found" for answer in answers):
        raise SystemExit(1)


def _answers(configuration: Config, urls: Sequence[str]) -> list[Answer]:
    """Return what is behind each address; only those that are not listed are asked."""
    from aggregator.pipeline.find import find_feeds  # noqa: PLC0415 - httpx costs 0.1 s

    listed = {same_url(feed.url): feed for feed in configuration.feeds}
    wanted = list({same_url(url): url for url in map(_checked, urls)}.values())
    unknown = [url for url in wanted if same_url(url) not in listed]
    found = find_feeds(configuration, unknown, now=datetime.now(UTC)) if unknown else []
    answers = {each.asked: _answer(each, listed) for each in found}
    return [answers.get(url) or _known(url, listed[same_url(url)]) for url in wanted]


def _checked(url: str) -> str:
    try:
        return parse_web_url(url)
    except Unfit as error:
        message = f"{error.what}. {error.mend}"
        raise UsageError(message) from error


def _answer(found: Found | NotFound, listed: Mapping[str, FeedSpec]) -> Answer:
    from aggregator.pipeline.find import NotFound  # noqa: PLC0415 - as above

    if isinstance(found, NotFound):
        return Answer(asked=found.asked, outcome="not_found", error=found.message)
    if spec := listed.get(same_url(found.url)):
        return _known(found.asked, spec)
    return Answer(
        asked=found.asked,
        outcome="added",
        url=found.url,
        title=found.title,
        others=tuple(link.url for link in found.others),
        fetched=found.fetched,
    )


def _known(asked: str, spec: FeedSpec) -> Answer:
    return Answer(asked=asked, outcome="listed", url=spec.url, title=spec.title)


def _listed(context: Context, answer: Answer, *, tags: tuple[str, ...], title: str) -> Answer:
    """Write the feed into the configuration, if it is to be added."""
    if answer.outcome != "added":
        return answer
    spec = FeedSpec(url=answer.url, title=title, tags=tags)
    is_new = config.edit.add_feed(context.path, spec)
    return replace(answer, outcome="added" if is_new else "listed", title=title or answer.title)


def _taken_in(context: Context, answers: Sequence[Answer]) -> list[Answer]:
    """Take in the bodies that came, so that no feed is asked again at once."""
    reports: Mapping[str, PollReport] = {}
    if any(answer.outcome == "added" for answer in answers):
        reports = _take_in(context, [each for each in answers if each.outcome == "added"])
    return [
        replace(answer, new=reports[answer.url].new) if answer.url in reports else answer
        for answer in answers
    ]


def _take_in(context: Context, added: Sequence[Answer]) -> Mapping[str, PollReport]:
    outcomes = [(each.url, each.fetched) for each in added if each.fetched is not None]
    try:
        with context.house() as house:
            return {report.feed: report for report in house.desk.take_in(outcomes)}
    except LockedError as error:
        say(
            f"{error} If it is the service, let it read the configuration again to take in what "
            "you added: `systemctl reload newsfold`, or `kill -HUP` with that number.",
            err=True,
        )
        return {}


def _as_json(answer: Answer) -> dict[str, object]:
    return {
        "asked": answer.asked,
        "outcome": answer.outcome,
        "url": answer.url,
        "title": answer.title,
        "new": answer.new,
        "others": list(answer.others),
        "error": answer.error,
    }


def _tell(answer: Answer) -> None:
    if answer.outcome == "not_found":
        say(f"{answer.asked}: {answer.error}", err=True)
        return
    name = f"{answer.url} ({answer.title})" if answer.title else answer.url
    if answer.outcome == "listed":
        say(f"Listed already: {name}")
        return
    brought = "the next pass polls it" if answer.new is None else counted(answer.new, "entry")
    say(f"Added {name}: {brought}.")
    for other in answer.others:
        say(f"  The page also names {other}")
