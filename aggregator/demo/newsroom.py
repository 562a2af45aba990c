"""The bundled newsroom: invented outlets that tell invented events, round by round.

Pure: the same `now` and seed give the same bytes. It opens no connection; `server` serves it.
"""

from __future__ import annotations

import hashlib
from email.utils import format_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from aggregator.demo.events import LANGUAGES, load
from aggregator.demo.formats import CONTENT_TYPES, Places, render
from aggregator.demo.oddities import gone, hostile, hostile_truth, page_instead_of_feed, truncated
from aggregator.demo.outlets import OUTLETS
from aggregator.demo.pages import entry_page, front_page
from aggregator.demo.pictures import landscape, pixel
from aggregator.demo.rounds import appears_at
from aggregator.demo.schedule import tellings
from aggregator.demo.values import Answer, Kind, Outlet, Telling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOT_FOUND = Answer(
    status=404, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"Not found.\n"
)
AMP_SUFFIX = "/amp"  # another address of the same page


class Newsroom:
    """A few hundred entries of a dozen outlets, spread over the 48 hours before `now`."""

    def __init__(self, now: datetime, *, seed: int = 1) -> None:
        """Plan who tells what and when."""
        self.now = now
        told = [event for language in LANGUAGES for event in load(language)]
        self._tellings = tellings(told, now=now, seed=seed)
        self._pictures = frozenset(event.label for event in told)

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """Return every outlet, the odd ones last."""
        return OUTLETS

    def entries(self, outlet: Outlet, *, round: int) -> tuple[Telling, ...]:  # noqa: A002 - the newsroom's own word
        """Return what stands in the outlet's feed in a round, newest first."""
        standing = [
            entry
            for entry in self._tellings
            if entry.outlet == outlet.name and entry.from_round <= round < entry.until_round
        ]
        return tuple(sorted(standing, key=lambda entry: entry.published_at or self.now)[::-1])

    def document(
        self,
        outlet_path: str,
        *,
        round: int,  # noqa: A002 - the newsroom's own word
        base_url: str,
        agency_url: str = "",
    ) -> Answer:
        """Return what the outlet with this feed path answers in a round.

        `base_url` is where the outlet is reached; entries that carry an agency text link to
        `agency_url`, where one is given.
        """
        outlet = self._outlet_at(outlet_path)
        if outlet is None:
            return NOT_FOUND
        places = Places(base_url=base_url, agency_url=agency_url or base_url)
        match outlet.kind:
            case Kind.GONE:
                return gone()
            case Kind.HTML:
                return page_instead_of_feed(outlet)
            case Kind.HOSTILE:
                body = hostile(outlet, now=self.now, base_url=base_url)
            case Kind.TRUNCATED:
                entries = self.entries(outlet, round=round)
                body = truncated(render(outlet, entries, places))
            case _:
                body = render(outlet, self.entries(outlet, round=round), places)
        return self._feed_answer(outlet, body, appearing_round=round)

    def page(self, target: str, *, round: int) -> Answer:  # noqa: A002 - the newsroom's own word
        """Return an entry's page or a picture; `target` is a path with or without a query."""
        path = target.partition("?")[0].removesuffix(AMP_SUFFIX)
        name, _, rest = path.removeprefix("/").partition("/")
        if rest == "pixel.png":
            return _picture_answer(pixel())
        if rest.startswith("img/"):
            return self._picture(rest.removeprefix("img/").removesuffix(".png"))
        if rest.startswith("news/") and (outlet := self._hostile_named(name)):
            return self.front_page(outlet, round=round)
        versions = [
            entry
            for entry in self._tellings
            if entry.at == entry.outlet == name
            and entry.link.partition("?")[0] == path
            and entry.from_round <= round
        ]
        if not versions:
            return NOT_FOUND
        return _html_answer(entry_page(self._outlet_named(name), versions[-1]))

    def front_page(self, outlet: Outlet, *, round: int) -> Answer:  # noqa: A002 - the newsroom's own word
        """Return the outlet's home page, which names its feed."""
        return _html_answer(front_page(outlet, self.entries(outlet, round=round)))

    def truth(self) -> Mapping[tuple[str, str], str]:
        """Return each entry's label by feed path and guid; entries of one event share a label.

        Where an outlet gives no guids, the second part is the link without scheme and host.
        """
        paths = {outlet.name: outlet.path for outlet in self.outlets}
        labels = {(paths[entry.outlet], entry.key): entry.label for entry in self._tellings}
        for outlet in self.outlets:
            if outlet.kind is Kind.HOSTILE:
                guids = hostile_truth(outlet)
                labels |= {(outlet.path, guid): label for guid, label in guids.items()}
        return MappingProxyType(labels)

    def _outlet_at(self, path: str) -> Outlet | None:
        return next((outlet for outlet in self.outlets if outlet.path == path), None)

    def _outlet_named(self, name: str) -> Outlet:
        return next(outlet for outlet in self.outlets if outlet.name == name)

    def _hostile_named(self, name: str) -> Outlet | None:
        outlet = next((outlet for outlet in self.outlets if outlet.name == name), None)
        return outlet if outlet and outlet.kind is Kind.HOSTILE else None

    def _picture(self, label: str) -> Answer:
        if label not in self._pictures:
            return NOT_FOUND
        return _picture_answer(landscape(label))

    def _feed_answer(self, outlet: Outlet, body: bytes, *, appearing_round: int) -> Answer:
        content_type = CONTENT_TYPES.get(outlet.kind, "application/rss+xml")
        changed_at = appears_at(self.now, self._last_change(outlet, appearing_round))
        headers = (
            ("Content-Type", f"{content_type}; charset={outlet.encoding}"),
            ("ETag", f'"{hashlib.sha256(body).hexdigest()[:24]}"'),
            ("Last-Modified", format_datetime(changed_at, usegmt=True)),
        )
        return Answer(status=200, headers=headers, body=body)

    def _last_change(self, outlet: Outlet, appearing_round: int) -> int:
        """Return the round in which the outlet's feed last changed."""
        rounds = {
            moment
            for entry in self._tellings
            if entry.outlet == outlet.name
            for moment in (entry.from_round, entry.until_round)
        }
        return max((moment for moment in rounds if moment <= appearing_round), default=0)


def _html_answer(body: bytes) -> Answer:
    return Answer(status=200, headers=(("Content-Type", "text/html; charset=utf-8"),), body=body)


def _picture_answer(body: bytes) -> Answer:
    headers = (("Content-Type", "image/png"), ("Cache-Control", "max-age=3600"))
    return Answer(status=200, headers=headers, body=body)
