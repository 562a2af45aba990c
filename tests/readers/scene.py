"""An invented world that changes round by round, and a running service that tells of it.

The list of stories is kept here, from what the outlets were made to tell: never from what Newsfold
says.
"""

from __future__ import annotations

import signal
import urllib.request
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.demo.events import load as load_events
from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import Item, invented, page
from tests.end_to_end.newsrooms import Plan, load, public_of, store_of, write
from tests.end_to_end.processes import Runner, free_port, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable
    from pathlib import Path

    from tests.end_to_end.web import Web

OUTLETS = ("harbour", "hill", "river", "field")
LIMIT = 10  # stories in the current documents
DIGEST = (
    f'[[digests]]\nname = "all"\ntitle = "All"\nsettle = "0s"\nlimit = {LIMIT}\n'
    'formats = ["atom", "rss", "json"]\nretention = "10d"\n'
)
TICK_S = 30.0  # a tick comes every five seconds
LONG_AGO = timedelta(days=100)


@dataclass
class Outlets:
    """What the outlets tell, newest first, and which stories that makes."""

    web: Web
    items: dict[str, list[Item]] = field(default_factory=lambda: {name: [] for name in OUTLETS})
    titles: dict[str, set[str]] = field(default_factory=dict)  # of each story, by its label
    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=2))

    @property
    def urls(self) -> list[str]:
        """Return the addresses of the feeds."""
        return [self.web.url(f"/{name}", host=n) for n, name in enumerate(OUTLETS, 1)]

    def tell(self, outlet: str, label: str) -> None:
        """Let an outlet tell a story in words of its own."""
        self.put(outlet, invented(1, site=label), label)

    def put(self, outlet: str, item: Item, label: str) -> None:
        """Let an outlet tell an entry that belongs to a story."""
        self.now += timedelta(minutes=1)
        own = replace(
            item,
            guid=f"{outlet}-{label}",
            link=f"https://{outlet}.example/{label}",
            published_at=self.now,
        )
        self.items[outlet].insert(0, own)
        self.titles.setdefault(label, set()).add(item.title)

    def wording(self, outlet: str, event: str, number: int) -> None:
        """Let an outlet tell one of the bundled newsroom's events in one of its wordings."""
        wording = next(one for one in load_events("en") if one.label == event).wordings[number]
        text = "".join(f"<p>{paragraph}</p>" for paragraph in wording.paragraphs)
        self.put(outlet, Item(guid="", title=wording.headline, text=text), event)

    def correct(self, outlet: str, label: str, *, title: str) -> None:
        """Let an outlet rewrite an entry: another headline and text under the same id."""
        place = next(n for n, one in enumerate(self.items[outlet]) if one.link.endswith(label))
        old = self.items[outlet][place]
        text = old.text + invented(2, site=label).text
        self.items[outlet][place] = replace(old, title=title, text=text)
        self.titles[label].add(title)

    def rename(self, outlet: str) -> None:
        """Let an outlet give all its entries other ids, as a new system does."""
        self.items[outlet] = [
            replace(one, guid=f"https://cms.example/?p={one.guid}") for one in self.items[outlet]
        ]

    def show(self) -> None:
        """Put what the outlets tell now on the air."""
        for number, name in enumerate(OUTLETS, 1):
            title = f"{name.capitalize()} News"
            self.web.put(f"/{name}", page(self.items[name], title=title), host=number)

    def label_of(self, title: str) -> str:
        """Return the story that a headline belongs to."""
        return next(label for label, titles in self.titles.items() if title in titles)

    def labels(self, titles: Iterable[str]) -> Counter[str]:
        """Return how often each story is told by these headlines."""
        return Counter(map(self.label_of, titles))


@dataclass
class Service:
    """`newsfold run` on these outlets, made to poll when the test says so."""

    folder: Path
    outlets: Outlets
    runner: Runner = field(default_factory=Runner)
    listen: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")

    def __post_init__(self) -> None:
        """Write the configuration."""
        plan = Plan(feeds=self.outlets.urls, digests=DIGEST, listen=self.listen)
        self.path = write(self.folder, plan)
        self.public = public_of(load(self.path))
        self.store = store_of(load(self.path))
        self.process: subprocess.Popen[str] | None = None

    def url(self, form: str) -> str:
        """Return the address of the digest in a form."""
        return f"http://{self.listen}/all.{form}"

    def start(self) -> None:
        """Run the service until it is stopped; come back when it has published."""
        self.process = self.runner.start("--config", self.path, "run")
        assert wait_until((self.public / "all.json").is_file, timeout_s=TICK_S)
        assert wait_until(self._answers, timeout_s=TICK_S)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it in order, or kill it."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.communicate(timeout=20)
        self.process = None
        assert wait_until(self._is_over, timeout_s=10)

    def command(self, *arguments: str) -> None:
        """Run another command on the same configuration."""
        done = self.runner.run("--config", self.path, *arguments)
        assert done.code == 0, done.errors

    def make_due(self) -> None:
        """Let every feed be due: a test does not wait an interval."""
        soundness.tell(self.store, "UPDATE feeds SET next_poll_at = '2020-01-01T00:00:00.000000Z'")

    def age(self) -> None:
        """Let what left its feed have left it long ago."""
        then = (datetime.now(UTC) - LONG_AGO).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        soundness.tell(self.store, "UPDATE entries SET left_at = ? WHERE left_at IS NOT NULL", then)

    def told(self) -> set[str]:
        """Return the stories that the published files tell."""
        titles = [one.title for one in published.everything(self.public, "all")]
        return {self.outlets.label_of(title) for title in titles}

    def wait_for(self, *labels: str) -> None:
        """Wait until these stories are published in every form, and the pass is over."""
        assert wait_until(lambda: set(labels) <= self.told(), timeout_s=TICK_S, every_s=0.1), labels
        titles = {title for label in labels for title in self.outlets.titles[label]}
        current = self.public / "all.json"  # the form that is written last

        def stands() -> bool:
            text = current.read_text("utf-8")
            return any(title in text for title in titles)

        assert not labels or wait_until(stands, timeout_s=TICK_S)

    def _is_over(self) -> bool:
        return not self.runner.alive()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url("json"), timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False
