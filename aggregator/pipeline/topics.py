"""The feeds that can be subscribed to: which there are, and which have changed.

It looks at the files themselves, so that a change is noticed whoever wrote it, and once, whatever
crashes between writing and telling.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.digest.sheet import current_path, hubs_of, public_address
from aggregator.model import Format
from aggregator.serve.body import tag_of
from aggregator.serve.cut import cut
from aggregator.serve.files import stamp_of
from aggregator.store import topics
from aggregator.store.database import transaction
from aggregator.store.topics import Topic

__all__ = ["Topics", "hubs_of", "topics_of"]  # the service may not ask the digest room itself

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aggregator.model import Config
    from aggregator.serve.files import Stamp
    from aggregator.store.database import Database


def topics_of(config: Config) -> dict[str, str]:
    """Return the paths of the current feed documents by their public addresses."""
    paths = (
        current_path(digest.name, form)
        for digest in config.digests
        for form in digest.formats
        if form is not Format.HTML
    )
    return {public_address(config.service.public_url, path): path for path in paths}


class Topics:
    """Notices changes. Made and used in the writer thread."""

    def __init__(self, config: Config, db: Database) -> None:
        """Look at nothing yet."""
        self._folder = Path(config.service.public_dir)
        self._db = db
        self._paths = tuple(topics_of(config).values())
        self._stamps: dict[str, Stamp] = {}

    def look(self, *, now: datetime, then: Callable[[Sequence[str]], None]) -> None:
        """Keep which documents are others than when they were looked at last.

        `then` is called with these topics in the transaction that keeps them. A topic that is met
        for the first time counts as changed; one that is no longer configured is forgotten.
        """
        touched = self._touched()
        known = topics.everything(self._db)
        gone = known.keys() - set(self._paths)
        if not touched and not gone:
            return
        with transaction(self._db):
            for path in gone:
                topics.remove(self._db, path)
            then([path for path in touched if self._keep(path, known.get(path), now=now)])
        self._stamps |= touched  # only now: what could not be kept is looked at again

    def _touched(self) -> dict[str, Stamp]:
        """Return the files that were replaced since the last look, as they look now."""
        found: dict[str, Stamp] = {}
        for path in self._paths:
            with suppress(FileNotFoundError):
                stamp = stamp_of((self._folder / path).stat())
                if stamp != self._stamps.get(path):
                    found[path] = stamp
        return found

    def _keep(self, path: str, known: Topic | None, *, now: datetime) -> bool:
        content = (self._folder / path).read_bytes()
        tag = tag_of(content)
        if known is not None and known.tag == tag:
            return False
        pieces = cut(content, path)
        marks = pieces.marks() if pieces else None
        topics.save(self._db, Topic(path=path, tag=tag, changed_at=now), marks=marks)
        return True
