"""Feed readers that nobody here wrote, each driven as a person uses it.

Every client follows one feed. It refreshes it and says what it holds to be new, by its own rules;
then it takes all as read.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import feedparser

from bench.peer_reader import opened, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
NODE_MODULES = CACHE / "newsfold-readers" / "node_modules"  # as tools/readers.sh has it
SCRIPT = Path(__file__).with_name("rss_parser.cjs")
LIMIT_S = 30.0  # for one refresh; normal is under one second
TSV_TITLE, TSV_ID = 1, 5  # fields of sfeed(5)
NOT_MODIFIED = 304
ANSWERS = {200, 226, NOT_MODIFIED}


class News(NamedTuple):
    """One entry that a reader shows."""

    id: str  # as the reader keeps it
    title: str


class Client(Protocol):
    """A feed reader with its subscription."""

    def refresh(self) -> list[News]:
        """Fetch the feed; return what it holds to be new or unread, and take that as read."""
        ...

    def everything(self) -> list[News]:
        """Return every entry that it keeps."""
        ...


def run(*arguments: str | Path, home: Path) -> str:
    """Run a program with a home of its own and return what it prints."""
    done = subprocess.run(  # noqa: S603 - a reader under test, on a feed of ours
        [*map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "NODE_PATH": str(NODE_MODULES),
        },
    )
    assert done.returncode == 0, f"{arguments[0]}: {done.stderr}{done.stdout}"
    return done.stdout


@dataclass
class Newsboat:
    """Debian's newsboat: its cache keeps an entry by its guid, with a flag for unread."""

    home: Path
    url: str
    missing: ClassVar[str] = "" if shutil.which("newsboat") else "apt-get install newsboat"

    def __post_init__(self) -> None:
        """Write its list of feeds."""
        (self.home / "urls").write_text(f"{self.url}\n", "utf-8")
        (self.home / "config").touch()

    def refresh(self) -> list[News]:
        """Reload the feed."""
        files = {"-u": "urls", "-c": "cache.db", "-C": "config"}
        named = (part for option, name in files.items() for part in (option, self.home / name))
        run("newsboat", *named, "-x", "reload", home=self.home)
        with closing(sqlite3.connect(self.home / "cache.db")) as db, db:
            unread = db.execute("SELECT guid, title FROM rss_item WHERE unread = 1").fetchall()
            db.execute("UPDATE rss_item SET unread = 0")  # as its own "mark all feeds read" does
        return [News(*row) for row in unread]

    def everything(self) -> list[News]:
        """Return its cache."""
        with closing(sqlite3.connect(self.home / "cache.db")) as db:
            return [News(*row) for row in db.execute("SELECT guid, title FROM rss_item")]


@dataclass
class Sfeed:
    """Debian's sfeed: a table with a line for each id, title and link."""

    home: Path
    url: str
    missing: ClassVar[str] = (
        ""
        if shutil.which("sfeed_update") and shutil.which("curl")
        else "apt-get install sfeed curl"
    )
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Write its configuration, a shell script."""
        config = f"sfeedpath='{self.home}/feeds'\nfeeds() {{\n\tfeed 'digest' '{self.url}'\n}}\n"
        (self.home / "sfeedrc").write_text(config, "utf-8")

    def refresh(self) -> list[News]:
        """Update the table."""
        run("sfeed_update", self.home / "sfeedrc", home=self.home)
        new = [one for one in self.everything() if one.id not in self.known]
        self.known |= {one.id for one in new}
        return new

    def everything(self) -> list[News]:
        """Return one entry for each id of the table."""
        return [
            News(name, title) for name, title in {one.id: one.title for one in self.lines()}.items()
        ]

    def lines(self) -> list[News]:
        """Return every line of the table."""
        text = (self.home / "feeds" / "digest").read_text("utf-8")
        rows = (line.split("\t") for line in text.splitlines())
        return [News(row[TSV_ID], row[TSV_TITLE]) for row in rows]


@dataclass
class ReaderLibrary:
    """PyPI's reader: an entry by feed and id, with a flag for read."""

    home: Path
    url: str
    missing: ClassVar[str] = ""  # it is among the development requirements

    def __post_init__(self) -> None:
        """Subscribe."""
        prepare(self.home, [self.url])

    def refresh(self) -> list[News]:
        """Update the feed."""
        with opened(self.home) as reader:
            reader.update_feed(self.url)
            unread = list(reader.get_entries(read=False))
            for entry in unread:
                reader.mark_entry_as_read(entry)
        return [News(entry.id, entry.title or "") for entry in unread]

    def everything(self) -> list[News]:
        """Return its entries."""
        with opened(self.home) as reader:
            entries = list(reader.get_entries())
            counts = reader.get_entry_counts()
        assert (counts.total, counts.read) == (len(entries), len(entries))
        return [News(entry.id, entry.title or "") for entry in entries]


@dataclass
class RssParser:
    """npm's rss-parser in the loop that its users write: a set of ids."""

    home: Path
    url: str
    missing: ClassVar[str] = (
        ""
        if shutil.which("node") and (NODE_MODULES / "rss-parser").is_dir()
        else "tools/readers.sh, with Node.js and npm"
    )
    known: list[News] = field(default_factory=list)

    def refresh(self) -> list[News]:
        """Ask for the feed."""
        printed = run("node", SCRIPT, self.home / "seen.json", self.url, home=self.home)
        new = [News(*one) for one in json.loads(printed)]
        self.known += new
        return new

    def everything(self) -> list[News]:
        """Return what was ever new."""
        return self.known


@dataclass
class FeedparserLoop:
    """PyPI's feedparser in such a loop: conditional requests that take deltas, ids seen."""

    home: Path
    url: str
    missing: ClassVar[str] = ""
    known: dict[str, str] = field(default_factory=dict)
    validators: tuple[str | None, str | None] = None, None

    def refresh(self) -> list[News]:
        """Ask for the feed, with the validators of the last time."""
        etag, modified = self.validators
        parsed = feedparser.parse(self.url, etag=etag, modified=modified)
        assert parsed.status in ANSWERS, parsed
        assert parsed.status == NOT_MODIFIED or not parsed.bozo, parsed.get("bozo_exception")
        self.validators = parsed.get("etag", etag), parsed.get("modified", modified)
        new = [News(one.id, one.title) for one in parsed.entries if one.id not in self.known]
        self.known |= dict(new)
        return new

    def everything(self) -> list[News]:
        """Return what was ever new."""
        return [News(*one) for one in self.known.items()]


Kind = type[Newsboat | Sfeed | ReaderLibrary | RssParser | FeedparserLoop]
KINDS: Mapping[str, Kind] = {
    "newsboat": Newsboat,
    "sfeed": Sfeed,
    "reader": ReaderLibrary,
    "rss-parser": RssParser,
    "feedparser": FeedparserLoop,
}
FORMS = [(name, form) for name in KINDS for form in ("atom", "rss")] + [("reader", "json")]


def subscribe(name: str, home: Path, url: str) -> Client:
    """Return a reader of this name that follows this feed."""
    home.mkdir(parents=True)
    return KINDS[name](home, url)
