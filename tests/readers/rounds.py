"""The rounds of the readers' test: what changes in the world and what becomes of the service.

Each round tells at least one new story, which shows that the pass over all feeds has been made.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import feedparser

from tests.end_to_end.processes import wait_until
from tests.readers.clients import FORMS, subscribe
from tests.readers.scene import OUTLETS, Outlets, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from pathlib import Path

    from tests.end_to_end.web import Web
    from tests.readers.clients import Client, News

CORRECTED = "second-hill"  # it stands in the current document then
HEADLINE = "Corrected: what the hill first told was not so"
EVENT = "seal-count"  # of the bundled newsroom; told by two outlets
FIRST = (*(f"first-{name}" for name in OUTLETS), EVENT, "early", "dawn", "noon")
LATER = ("second-harbour", "second-hill", "second-river", "second-field")
PRUNED = "early"
WALKED = ("atom", "rss")  # forms with archives that feedparser reads


class Round(NamedTuple):
    """What happens, in one round, before the readers refresh."""

    name: str
    new: tuple[str, ...]  # the stories that it brings
    act: Callable[[Service], None]


def _begin(service: Service) -> None:
    outlets = service.outlets
    for name in OUTLETS:
        outlets.tell(name, f"first-{name}")
    outlets.wording("hill", EVENT, 0)
    for label in ("early", "dawn", "noon"):
        outlets.tell("river", label)
    outlets.show()
    service.start()


def _new_stories(service: Service) -> None:
    for name in OUTLETS:
        service.outlets.tell(name, f"second-{name}")
    _go_on(service)


def _late_coverage(service: Service) -> None:
    """Tell a copy, and a report in other words, of stories that stand published."""
    outlets = service.outlets
    outlets.tell("field", "second-harbour")
    outlets.tell("harbour", "second-river")
    outlets.wording("field", EVENT, 1)
    outlets.tell("hill", "third")
    _go_on(service)


def _correction(service: Service) -> None:
    outlets = service.outlets
    outlets.correct("hill", CORRECTED, title=HEADLINE)
    outlets.tell("hill", "fourth")
    _go_on(service)


def _restart(service: Service) -> None:
    service.stop()
    service.outlets.tell("river", "while-down")
    _go_on(service, again=True)


def _killed(service: Service) -> None:
    """Kill it in the middle of a pass, with news of every outlet on their way."""
    for name in OUTLETS:
        service.outlets.tell(name, f"killed-{name}")
    service.outlets.show()
    asked = len(service.outlets.web.asked)
    service.make_due()
    wait_until(lambda: len(service.outlets.web.asked) > asked, timeout_s=20, every_s=0.002)
    service.stop(signal.SIGKILL)
    _go_on(service, again=True)


def _other_ids(service: Service) -> None:
    service.outlets.rename("harbour")
    service.outlets.rename("river")
    service.outlets.tell("harbour", "after-renaming")
    _go_on(service)


def _left(service: Service) -> None:
    """Outlets drop all but their newest entries."""
    outlets = service.outlets
    for name in OUTLETS:
        outlets.items[name] = outlets.items[name][:2]
    outlets.tell("field", "after-leaving")
    _go_on(service)


def _pruned(service: Service) -> None:
    """Prune what left its feed and is past its retention; then let an outlet show it again."""
    service.stop()
    service.age()
    service.command("prune")
    service.outlets.tell("river", PRUNED)
    service.outlets.tell("harbour", "after-pruning")
    _go_on(service, again=True)


def _other_order(service: Service) -> None:
    """Let every outlet serve the same entries in another order."""
    outlets = service.outlets
    for name in OUTLETS:
        outlets.items[name].reverse()
    outlets.tell("hill", "last")
    _go_on(service)


def _go_on(service: Service, *, again: bool = False) -> None:
    """Let the service poll what the outlets tell now."""
    service.outlets.show()
    service.make_due()
    if again:
        service.start()


ROUNDS = (
    Round("first stories", FIRST, _begin),
    Round("new stories", LATER, _new_stories),
    Round("late coverage", ("third",), _late_coverage),
    Round("a correction", ("fourth",), _correction),
    Round("a restart", ("while-down",), _restart),
    Round("a kill", tuple(f"killed-{name}" for name in OUTLETS), _killed),
    Round("other ids", ("after-renaming",), _other_ids),
    Round("entries leave", ("after-leaving",), _left),
    Round("pruning", ("after-pruning",), _pruned),
    Round("another order", ("last",), _other_order),
)


Key = tuple[str, str]  # a reader's name and the form that it follows


@dataclass
class Seen:
    """All rounds, and what each reader held to be new in each."""

    service: Service
    clients: dict[Key, Client]
    news: list[dict[Key, list[News]]] = field(default_factory=list)  # by round
    absent: dict[str, Absent] = field(default_factory=dict)  # by form


class Absent(NamedTuple):
    """The headlines that a subscriber saw before it went away, and those that it finds then."""

    before: list[str]
    after: list[str]


def play(folder: Path, web: Web, names: Iterable[str]) -> Seen:
    """Go through the rounds with these readers, and one who is away from the first to the last."""
    service, chosen = Service(folder, Outlets(web)), set(names)
    clients = {
        (name, form): subscribe(name, folder / name / form, service.url(form))
        for name, form in FORMS
        if name in chosen
    }
    seen = Seen(service, clients)
    known: dict[str, dict[str, str]] = {}
    for one in ROUNDS:
        one.act(service)
        service.wait_for(*one.new)
        seen.news.append({key: client.refresh() for key, client in clients.items()})
        known = known or {form: _entries(feedparser.parse(service.url(form))) for form in WALKED}
    for form, before in known.items():
        seen.absent[form] = Absent([*before.values()], walk_back(service.url(form), before))
    service.stop()
    return seen


def walk_back(url: str, known: Container[str]) -> list[str]:
    """Return the titles of what is not known, from the current document and its archives."""
    met: dict[str, str] = {}
    while url:
        parsed = feedparser.parse(url)
        entries = _entries(parsed)
        new = {name: title for name, title in entries.items() if name not in known}
        met = new | met
        if len(new) < len(entries):
            break  # here begins what it knows
        links = {link.rel: link.href for link in parsed.feed.links}
        url = links.get("prev-archive", "")
    return list(met.values())


def _entries(parsed: feedparser.FeedParserDict) -> dict[str, str]:
    return {one.id: one.title for one in parsed.entries}
