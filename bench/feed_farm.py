"""Invents the synthetic feeds that `bench/feeds.py` serves. Opens nothing, reads no clock."""

from __future__ import annotations

import gzip
import time
from dataclasses import asdict, dataclass
from email.utils import formatdate
from html import escape
from random import Random

NEWEST_AT = (
    1_795_600_000  # unix time of the newest entry at the start, unless --newest-at says else
)
DEFAULT_HOSTS = 1_000  # each is a listening socket
HOSTS_A_NET = 250  # 127.64.x.1 to 127.64.x.250
MIN_ENTRIES, MAX_ENTRIES = 20, 50
MIN_CHARACTERS, MAX_CHARACTERS = 300, 1_950  # of an entry's HTML, an agency's last line left out
ATOM_SHARE = 0.4
WIRE_SHARE = 0.06  # of all entries; the text of an agency, carried by several feeds
CARRIERS = 5  # feeds that carry one agency text, on average
ENTRY_STEP_S = 1_800  # between two entries of a feed
WORDS, SENTENCES = 4_000, 6_000  # of the invented language; drawn once, shared by all feeds
# fmt: off
SYLLABLES = (
    "an", "bel", "cor", "dan", "el", "fer", "gal", "hin", "is", "jor", "kel", "lun",
    "mar", "nor", "ost", "pel", "quin", "ras", "sol", "tor", "und", "vel", "wes",
    "yar", "zin", "bra", "cho", "dre", "flo", "gru",
)
# fmt: on


class Language:
    """An invented language: enough words and sentences that texts differ as real ones do."""

    def __init__(self, seed: int) -> None:
        """Draw the words and sentences."""
        draw = Random(f"{seed}/language")
        self.words = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(WORDS)]
        common = [1 / (rank + 5) for rank in range(WORDS)]  # frequent words first, as Zipf saw it
        self.sentences = [
            " ".join(draw.choices(self.words, common, k=draw.randint(7, 20))).capitalize() + "."
            for _ in range(SENTENCES)
        ]

    def headline(self, draw: Random) -> str:
        """Return a title of four to ten words."""
        return " ".join(draw.choices(self.words, k=draw.randint(4, 10))).capitalize()

    def html(self, draw: Random) -> str:
        """Return paragraphs, links, pictures and lists of the length that was drawn."""
        wanted = MIN_CHARACTERS * (MAX_CHARACTERS / MIN_CHARACTERS) ** draw.random()
        parts = [f"<p>{draw.choice(self.sentences)}</p>"]
        length = len(parts[0])
        while length < wanted:
            part = self._part(draw)
            length += len(part)
            if length > MAX_CHARACTERS:
                break
            parts.append(part)
        return "".join(parts)

    def _part(self, draw: Random) -> str:
        sentence, word = draw.choice(self.sentences), draw.choice(self.words)
        shape = draw.randrange(6)
        if shape == 0:
            return (
                f'<p>{sentence} <a href="https://www.example.org/{word}?a=1&amp;b=2">{word}</a></p>'
            )
        if shape == 1:
            return f'<p><img src="/img/{word}.jpg" alt="{word}" width="640" height="360"/></p>'
        if shape == 2:  # noqa: PLR2004 - a die
            return f"<ul><li>{sentence}</li><li><em>{word}</em> &#8217;s &amp; Söhne</li></ul>"
        return f"<p>{sentence} {draw.choice(self.sentences)}</p>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed."""

    uid: str
    title: str
    link: str
    html: str
    author: str
    at: int  # unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A feed's document at one state, ready to send."""

    etag: bytes
    packed: bytes  # the body in gzip
    length: int  # of the body as it is
    full: bytes  # head of a 200, without lengths and coding
    bare: bytes  # the same without validators
    unchanged: bytes  # a whole 304


@dataclass(slots=True, kw_only=True)
class Feed:
    """A feed and how far it has come; its text follows from the seed and `newest` alone."""

    number: int
    base_url: str
    is_atom: bool
    size: int  # entries in the document
    newest: int  # serial of the newest entry
    rendered: Rendered | None = None

    @property
    def path(self) -> str:
        """Return the feed's path on its host."""
        return f"/feed/{self.number}.xml"


@dataclass(slots=True, kw_only=True)
class Counts:
    """What the farm has answered so far."""

    requests: int = 0
    full: int = 0  # 200
    unchanged: int = 0  # 304
    missing: int = 0  # 404
    sent_bytes: int = 0


class Farm:
    """All feeds: invents, renders, advances. Opens nothing; `serve` does."""

    def __init__(
        self, feeds: int, *, port: int, hosts: int = 0, seed: int = 1, newest_at: int = NEWEST_AT
    ) -> None:
        """Lay out the feeds; nothing is rendered yet."""
        self.seed = seed
        self.newest_at = newest_at
        self.generation = 0
        self.is_conditional = True
        self.counts = Counts()
        self.hosts = [host(number) for number in range(min(feeds, hosts or DEFAULT_HOSTS))]
        self.language = Language(seed)
        self.wires = max(1, int(feeds * 35 * WIRE_SHARE / CARRIERS))
        self.feeds = [self._feed(number, port) for number in range(feeds)]

    def _feed(self, number: int, port: int) -> Feed:
        draw = Random(f"{self.seed}/feed/{number}")
        size = draw.randint(MIN_ENTRIES, MAX_ENTRIES)
        return Feed(
            number=number,
            base_url=f"http://{self.hosts[number % len(self.hosts)]}:{port}",
            is_atom=draw.random() < ATOM_SHARE,
            size=size,
            newest=size - 1,
        )

    def urls(self) -> list[str]:
        """Return each feed's address."""
        return [feed.base_url + feed.path for feed in self.feeds]

    def entries(self, feed: Feed) -> list[Entry]:
        """Return what stands in a feed now, newest first."""
        oldest = feed.newest - feed.size
        return [self._entry(feed, serial) for serial in range(feed.newest, oldest, -1)]

    def _entry(self, feed: Feed, serial: int) -> Entry:
        draw = Random(f"{self.seed}/{feed.number}/{serial}")
        ahead = serial - feed.size + 1  # how many entries past the start
        at = self.newest_at + ahead * ENTRY_STEP_S + draw.randrange(ENTRY_STEP_S)
        uid, words = f"{feed.number}-{serial}", self.language.words
        link = f"{feed.base_url}/story/{uid}"
        text = draw
        if draw.random() < WIRE_SHARE:
            wire = draw.randrange(self.wires)
            link = f"http://wire.example.org/story/{wire}?utm_source=feed{feed.number}"
            text = Random(f"{self.seed}/wire/{wire}")
        title, html = self.language.headline(text), self.language.html(text)
        if text is not draw:  # an editor's small change
            html += f"<p>{draw.choice(words)} ({feed.number})</p>"
        author = draw.choice(words).title()
        return Entry(uid=uid, title=title, link=link, html=html, author=author, at=at)

    def document(self, feed: Feed) -> bytes:
        """Return the feed's document as it stands now."""
        entries = self.entries(feed)
        text = atom(feed, entries) if feed.is_atom else rss(feed, entries)
        return text.encode()

    def rendered(self, feed: Feed) -> Rendered:
        """Return the feed ready to send; rendered once for each state."""
        if feed.rendered is None:
            feed.rendered = ready_to_send(feed, self.document(feed), self._changed_at(feed))
        return feed.rendered

    def _changed_at(self, feed: Feed) -> str:
        """Return the Last-Modified of a feed: it moves with each new entry."""
        return formatdate(
            self.newest_at + (feed.newest - feed.size + 2) * ENTRY_STEP_S, usegmt=True
        )

    def advance(self, share: float) -> dict[str, int]:
        """Give a share (percent) of the feeds one to three new entries each."""
        self.generation += 1
        draw = Random(f"{self.seed}/advance/{self.generation}")
        chosen = draw.sample(self.feeds, min(len(self.feeds), round(len(self.feeds) * share / 100)))
        added = 0
        for feed in chosen:
            new = draw.randint(1, 3)
            feed.newest += new
            feed.rendered = None
            self.rendered(feed)
            added += new
        return {"generation": self.generation, "advanced": len(chosen), "added": added}

    def stats(self) -> dict[str, object]:
        """Return what the farm holds and what it has answered."""
        return {
            "feeds": len(self.feeds),
            "hosts": len(self.hosts),
            "entries": sum(feed.size for feed in self.feeds),
            "bytes": sum(self.rendered(feed).length for feed in self.feeds),
            "generation": self.generation,
            "conditional": self.is_conditional,
            **asdict(self.counts),
        }


def host(number: int) -> str:
    """Return the loopback address of a host."""
    return f"127.{64 + number // HOSTS_A_NET**2}.{number // HOSTS_A_NET % HOSTS_A_NET}." + str(
        number % HOSTS_A_NET + 1
    )


def rss(feed: Feed, entries: list[Entry]) -> str:
    """Return an RSS 2.0 document."""
    items = "\n".join(
        f"<item><title>{entry.title}</title><link>{escape(entry.link)}</link>"
        f'<guid isPermaLink="false">{entry.uid}</guid><pubDate>{formatdate(entry.at)}</pubDate>'
        f"<dc:creator>{entry.author}</dc:creator>"
        f"<description>{escape(entry.html)}</description></item>"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n'
        f"<title>Synthetic feed {feed.number}</title>\n<link>{feed.base_url}/</link>\n"
        f"<description>For benchmarks</description>\n{items}\n</channel>\n</rss>\n"
    )


def atom(feed: Feed, entries: list[Entry]) -> str:
    """Return an Atom document."""
    items = "\n".join(
        f"<entry><id>tag:feed{feed.number}.example.org,2026:{entry.uid}</id><title>{entry.title}"
        f'</title><link href="{escape(entry.link)}"/><published>{rfc3339(entry.at)}</published>'
        f"<updated>{rfc3339(entry.at)}</updated><author>"
        f'<name>{entry.author}</name></author><content type="html">{escape(entry.html)}</content>'
        "</entry>"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>Synthetic feed {feed.number}</title>\n<id>tag:feed{feed.number}.example.org,2026:"
        f'</id>\n<link href="{feed.base_url}/"/>\n<updated>'
        f"{rfc3339(max(entry.at for entry in entries))}</updated>\n{items}\n</feed>\n"
    )


def rfc3339(at: int) -> str:
    """Return a unix time as Atom writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def ready_to_send(feed: Feed, body: bytes, changed_at: str) -> Rendered:
    """Return a document with everything prepared that an answer needs."""
    etag = f'"{feed.number}-{feed.newest}"'
    validators = f"ETag: {etag}\r\nLast-Modified: {changed_at}\r\nVary: Accept-Encoding\r\n"
    kind = "atom" if feed.is_atom else "rss"
    bare = f"HTTP/1.1 200 OK\r\nContent-Type: application/{kind}+xml; charset=utf-8\r\n"
    return Rendered(
        etag=etag.encode(),
        packed=gzip.compress(body, 5, mtime=0),
        length=len(body),
        full=(bare + validators).encode(),
        bare=bare.encode(),
        unchanged=f"HTTP/1.1 304 Not Modified\r\n{validators}\r\n".encode(),
    )
