"""What a site's robots.txt lets Newsfold ask for (RFC 9309), and the pace that it asks for.

Rules are kept in memory for a day, those that could not be had for an hour. Nothing here opens a
connection: what asks is handed in. Only pages of entries are asked for under these rules; a feed
is there to be polled.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from aggregator.model import Download, Failed, FailureKind, Gone
from aggregator.poll.hosts import host_of, split

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from protego import Protego

    from aggregator.poll.fetch import Answer

TOKEN: Final = "Newsfold"  # noqa: S105 - a product token (RFC 9110 section 10.1.5), no secret
MAX_BYTES: Final = 500 * 1024  # what RFC 9309 section 2.5 asks a reader to read at least
MAX_LINES: Final = 20_000  # of 500 kB, lines of 25 characters; all are compared with a URL
MAX_LINE_CHARS: Final = 2_000  # no URL that is asked for is longer
MAX_KEPT_CHARS: Final = 5_000_000  # of all sites; parsed, they weigh some ten times as much
KEPT_S: Final = 86_400.0  # RFC 9309 section 2.4: not longer than a day
UNKNOWN_S: Final = 3_600.0  # a site in trouble is asked again after an hour
PAUSE_S: Final = 1.0  # between two pages of a site that asks for no other pace
MAX_DELAY_S: Final = 30.0  # a crawl-delay above it is met by asking for fewer pages, not slower

# RFC 9309 section 2.3.1.3: such an answer means that there are no rules.
_UNRULED: Final = frozenset(
    {FailureKind.CLIENT_ERROR, FailureKind.REDIRECT, FailureKind.EMPTY},
)
_AGENT: Final = re.compile(r"\s*user[- ]?agent\s*:?\s*([^#]*)", re.IGNORECASE)
_ANOTHER: Final = "user-agent: x-another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one site allows."""

    host: str
    parsed: Protego | None = None  # None: everything, or nothing where `is_known` is False
    is_known: bool = True
    size_chars: int = 0
    delay_s: float = PAUSE_S  # between two pages

    def refusal(self, url: str) -> str:
        """Return why the URL is not to be asked for, "" where it may be."""
        if not self.is_known:
            return f"robots.txt of {self.host} could not be read, so no page is asked for now"
        if self.parsed is None or self.parsed.can_fetch(url, TOKEN):
            return ""
        return f"robots.txt of {self.host} does not allow it"


@dataclass(frozen=True, slots=True)
class _Kept:
    rules: Rules
    until_s: float


class Robots:
    """The rules of the sites met lately, and when each of them was last asked for a page."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet; `clock` tells seconds that only ever go up."""
        self._clock = clock
        self._kept: dict[str, _Kept] = {}  # by origin, the longest known first
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._paced: dict[str, float] = {}  # by origin: from when on it may be asked again

    async def rules(self, url: str, ask: Callable[[str], Awaitable[Answer]]) -> Rules:
        """Return the rules of the URL's site; `ask` is called with robots.txt's URL if needed."""
        origin = origin_of(url)
        async with self._asking.setdefault(origin, asyncio.Lock()):
            kept = self._kept.get(origin)
            if kept and self._clock() < kept.until_s:
                return kept.rules
            rules = rules_of(await ask(f"{origin}/robots.txt"), host=host_of(url))
            self._remember(origin, rules)
            return rules

    def wait_s(self, url: str, rules: Rules) -> float:
        """Return for how long to wait before the URL is asked for, and count it as asked then."""
        origin, now = origin_of(url), self._clock()
        at = max(now, self._paced.pop(origin, now))
        self._paced = {one: free for one, free in self._paced.items() if free > now}
        self._paced[origin] = at + rules.delay_s
        return at - now

    def _remember(self, origin: str, rules: Rules) -> None:
        now = self._clock()
        self._kept.pop(origin, None)
        self._kept = {one: kept for one, kept in self._kept.items() if now < kept.until_s}
        self._kept[origin] = _Kept(rules, now + (KEPT_S if rules.is_known else UNKNOWN_S))
        size = sum(kept.rules.size_chars for kept in self._kept.values())
        while size > MAX_KEPT_CHARS and len(self._kept) > 1:
            size -= self._kept.pop(next(iter(self._kept))).rules.size_chars


def origin_of(url: str) -> str:
    """Return the URL's scheme, host and port, which have one robots.txt together."""
    parts = split(url)
    return f"{parts.scheme if parts else ''}://{host_of(url)}"


def rules_of(answer: Answer, *, host: str) -> Rules:
    """Return the rules that an answer to a request for robots.txt comes to."""
    match answer:
        case Download(body=body):
            return parse(body, host=host)
        case Gone():
            return Rules(host=host)
        case Failed(kind=kind) if kind in _UNRULED:
            return Rules(host=host)
        case _:
            return Rules(host=host, is_known=False)


def parse(body: bytes, *, host: str) -> Rules:
    """Return the rules that a robots.txt has for us; what is no rule is passed over."""
    from protego import Protego  # noqa: PLC0415 - 15 ms at the start of each worker, rarely needed

    text = "\n".join(_lines(body))
    parsed = Protego.parse(text)
    asked = parsed.crawl_delay(TOKEN)
    delay_s = PAUSE_S if asked is None else min(max(asked, PAUSE_S), MAX_DELAY_S)
    return Rules(host=host, parsed=parsed, size_chars=len(text), delay_s=delay_s)


def _lines(body: bytes) -> list[str]:
    """Return the lines to heed, with every name of another robot made one and the same.

    A file of many names above many rules would otherwise grow with their product; and a name that
    is the beginning of ours is another's (RFC 9309 section 2.2.1).
    """
    text = body[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.splitlines()
    if len(body) > MAX_BYTES:
        lines = lines[:-1]  # it was cut
    return [_heeded(line) for line in lines[:MAX_LINES] if len(line) <= MAX_LINE_CHARS]


def _heeded(line: str) -> str:
    agent = _AGENT.match(line)
    if agent is None:
        return line
    name = agent[1].strip().partition("/")[0].strip().lower()
    return f"user-agent: {name}" if name in {"*", TOKEN.lower()} else _ANOTHER
