"""The small copies of pictures that pages show: which are there, which are to be fetched.

A copy is a file below the public folder, named by its content, and a row in the store. It stays
while a page shows it, and a while longer for readers who have an older page. All copies together
keep to a bound: where it is reached, no more are fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.digest.setting import picture_urls
from aggregator.model import FeedSpec, Images, Picture
from aggregator.pipeline.files import replace_file
from aggregator.pipeline.image_fetch import ImageAnswer, ImageRequest
from aggregator.store import images, publications
from aggregator.store.database import transaction
from aggregator.store.images import KeptImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aggregator.model import Config
    from aggregator.store.database import Database

FOLDER = "images"  # below public_dir
MOST_BYTES = 150_000_000  # of all copies: some 4,000
MOST_A_PASS = 120  # pictures that are fetched in one go
NOTED_EVERY = timedelta(hours=6)  # that a page shows a picture is written down no more often
KEPT_UNUSED = timedelta(days=2)
MOST_TRIES = 3
FIRST_RETRY = timedelta(hours=1)
RETRY_FACTOR = 6
_OURS = re.compile(r"[0-9a-f]{32}\.webp")


def shown(config: Config, db: Database) -> dict[str, Picture]:
    """Return the copies that are there, by the outlet's address; none where pages show none."""
    if config.service.images is not Images.PROXY:
        return {}
    present = {path.name for path in _files(config)}
    return {
        url: Picture(path=f"{FOLDER}/{one.name}", width=one.width, height=one.height)
        for url, one in images.everything(db).items()
        if one.name in present
    }


def _files(config: Config) -> Iterator[Path]:
    folder = Path(config.service.public_dir) / FOLDER
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _OURS.fullmatch(path.name))


@dataclass(slots=True)
class Gallery:
    """The copies of one house. Used in the writer thread."""

    config: Config
    db: Database

    def due(self, *, now: datetime) -> list[ImageRequest]:
        """Return the pictures to fetch now, the newest first; first forget what is not needed."""
        if self.config.service.images is not Images.PROXY:
            return []
        wanted = self._wanted()
        self._tidy(wanted, now=now)
        known = images.everything(self.db)
        present = {path.name for path in _files(self.config)}
        if sum(one.size_bytes for one in known.values()) >= MOST_BYTES:
            return []
        due = [
            ImageRequest(url=url, spec=spec)
            for url, spec in wanted.items()
            if _is_due(known.get(url), present, now=now)
        ]
        return due[:MOST_A_PASS]

    def take(self, answers: Sequence[ImageAnswer], *, now: datetime) -> int:
        """Keep what came; return how many pictures are there that were not."""
        known = images.everything(self.db)
        kept = [self._kept(one, known.get(one.url), now=now) for one in answers]
        with transaction(self.db):
            images.save(self.db, kept, now=now)
        return sum(1 for one in kept if one.name)

    def _kept(self, answer: ImageAnswer, before: KeptImage | None, *, now: datetime) -> KeptImage:
        """Write the file, if any, and return what to remember."""
        made = answer.shrunk
        if made is None:
            return _failed(answer, before, now=now)
        folder = Path(self.config.service.public_dir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / made.name).is_file():
            replace_file(folder / made.name, made.body)
        return KeptImage(
            url=answer.url,
            name=made.name,
            width=made.width,
            height=made.height,
            size_bytes=len(made.body),
        )

    def _wanted(self) -> dict[str, FeedSpec]:
        """Return the pictures that pages would show, with the feeds that name them."""
        specs = {feed.url: feed for feed in self.config.feeds}
        wanted: dict[str, FeedSpec] = {}
        for digest in self.config.digests:
            newest = publications.newest(self.db, digest.name, digest.limit)
            for url, feed_url in picture_urls(digest, newest):
                wanted.setdefault(url, specs.get(feed_url, FeedSpec(url=feed_url)))
        return wanted

    def _tidy(self, wanted: dict[str, FeedSpec], *, now: datetime) -> None:
        """Forget copies that no page needs any more, and remove files that nobody knows."""
        with transaction(self.db):
            images.note_use(self.db, wanted, now=now, before=now - NOTED_EVERY)
            images.forget_unused(self.db, since=now - KEPT_UNUSED)
            images.forget_oldest(self.db, limit_bytes=MOST_BYTES, but=wanted.keys())
        names = {one.name for one in images.everything(self.db).values()}
        for path in _files(self.config):
            if path.name not in names:
                path.unlink(missing_ok=True)


def _is_due(known: KeptImage | None, present: set[str], *, now: datetime) -> bool:
    if known is None:
        return True
    if known.name:
        return known.name not in present
    return known.next_try_at is not None and known.next_try_at <= now


def _failed(answer: ImageAnswer, before: KeptImage | None, *, now: datetime) -> KeptImage:
    failures = (before.failures if before else 0) + 1
    is_over = answer.is_final or failures >= MOST_TRIES
    wait = FIRST_RETRY * RETRY_FACTOR ** (failures - 1)
    return KeptImage(
        url=answer.url,
        failures=failures,
        error=answer.error,
        next_try_at=None if is_over else now + wait,
    )
