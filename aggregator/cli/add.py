"""The command `add`: from an address to listed feeds, with one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator import config
from aggregator.cli.context import Context, json_option, pass_context, word
from aggregator.cli.output import counted, print_json, say
from aggregator.config.addresses import parse_web_url, same_url
from aggregator.config.faults import Unfit
from aggregator.config.values import parse_tag
from aggregator.errors import LockedError, UsageError
from aggregator.model import FeedSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.model import Config, Fetched, PollReport
    from aggregator.pipeline.find import Finding, FoundList

ONE_TITLE = "--title names one feed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one address, or of one feed of the list behind it."""

    asked: str
    outcome: str  # added, listed or not_found
    url: str = ""  # the feed's
    title: str = ""
    own_title: str = ""  # as the configuration is to name it
    tags: tuple[str, ...] = ()  # as the list gives them
    error: str = ""
    others: tuple[str, ...] = ()
    fetched: Fetched | None = None
    new: int | None = None  # entries taken in; None where the first poll has yet to come


def _tags(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[str]:
    """Return the tags as the configuration takes them; nothing is asked for with a wrong one."""
    try:
        return [parse_tag(text) for text in texts]
    except Unfit as error:
        message = f"{error.what}. {error.mend}"
        raise click.BadParameter(message) from error


@click.command(epilog="Example: newsfold add https://example.org/ --tag world")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@click.option(
    "--tag", "tags", multiple=True, callback=_tags, help="A tag for the feeds; repeat for more."
)
@click.option(
    "--title", default="", type=word, metavar="TEXT", help="A title of your own for the feed."
)
@json_option
@pass_context
def add(
    context: Context, urls: tuple[str, ...], *, tags: list[str], title: str, as_json: bool
) -> None:
    """Add feeds, the feeds behind pages, or those of OPML lists.

    One request for each URL. Where it is a feed, the answer counts as the feed's first poll. A
    feed that is listed already is not asked. The feeds of a list are polled by the next pass; its
    folders become tags.

    With --json, a line for each feed: asked, outcome (added, listed, not_found), url, title, new,
    others, error. The exit code is 1 where a feed was not found.
    """
    if title and len(urls) > 1:
        message = f"{ONE_TITLE} Add the feeds one by one to name them."
        raise UsageError(message)
    answers = _titled(_answers(context.load(), urls), title)
    _write(context, [each for each in answers if each.outcome == "added"], tags=tags)
    for answer in _taken_in(context, answers):
        if as_json:
            print_json(_as_json(answer))
        else:
            _tell(answer)
    if any(answer.outcome == "not_found" for answer in answers):
        raise SystemExit(1)


def _titled(answers: Sequence[Answer], title: str) -> list[Answer]:
    if title and len(answers) > 1:
        message = f"{ONE_TITLE} This list names several; nothing was added."
        raise UsageError(message)
    if not title:
        return list(answers)
    return [
        replace(each, title=title, own_title=title) if each.outcome == "added" else each
        for each in answers
    ]


def _answers(configuration: Config, urls: Sequence[str]) -> list[Answer]:
    """Return what is behind each address, each feed added once; listed ones are not asked."""
    from aggregator.pipeline.find import find_feeds  # noqa: PLC0415 - httpx costs 0.1 s

    listed = {same_url(feed.url): feed for feed in configuration.feeds}
    wanted = list({same_url(url): url for url in map(_checked, urls)}.values())
    unknown = [url for url in wanted if same_url(url) not in listed]
    found = find_feeds(configuration, unknown, now=datetime.now(UTC)) if unknown else []
    findings = {each.asked: each for each in found}
    answers: list[Answer] = []
    for url in wanted:
        finding = findings.get(url)
        told = _of_finding(finding) if finding else [Answer(asked=url, outcome="added", url=url)]
        answers += [_once(answer, listed) for answer in told]
    return answers


def _once(answer: Answer, listed: dict[str, FeedSpec]) -> Answer:
    """Return the answer, "listed" where the feed is; one to be added is listed from now on."""
    if answer.outcome != "added":
        return answer
    spec = listed.get(same_url(answer.url))
    if spec:
        return Answer(asked=answer.asked, outcome="listed", url=spec.url, title=spec.title)
    listed[same_url(answer.url)] = FeedSpec(url=answer.url, title=answer.title)
    return answer


def _checked(url: str) -> str:
    try:
        return parse_web_url(url)
    except Unfit as error:
        message = f"{error.what}. {error.mend}"
        raise UsageError(message) from error


def _of_finding(found: Finding) -> list[Answer]:
    from aggregator.pipeline.find import FoundList, NotFound  # noqa: PLC0415 - as above

    if isinstance(found, NotFound):
        return [Answer(asked=found.asked, outcome="not_found", error=found.message)]
    if isinstance(found, FoundList):
        return _of_list(found)
    answer = Answer(
        asked=found.asked,
        outcome="added",
        url=found.url,
        title=found.title,
        others=tuple(link.url for link in found.others),
        fetched=found.fetched,
    )
    return [answer]


def _of_list(found: FoundList) -> list[Answer]:
    feeds = [
        Answer(
            asked=found.asked,
            outcome="added",
            url=spec.url,
            title=spec.title,
            own_title=spec.title,
            tags=spec.tags,
        )
        for spec in found.feeds
    ]
    faults = [
        Answer(
            asked=found.asked, outcome="not_found", error=f"line {it.line}: {it.what}. {it.mend}"
        )
        for it in found.problems
    ]
    return [*feeds, *faults]


def _write(context: Context, added: Sequence[Answer], *, tags: Sequence[str]) -> None:
    """Write the feeds into the configuration, all at once."""
    specs = [
        FeedSpec(url=each.url, title=each.own_title, tags=tuple(dict.fromkeys((*each.tags, *tags))))
        for each in added
    ]
    if specs:
        config.edit.add_feeds(context.path, specs)


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
