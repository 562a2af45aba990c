"""What `/healthz` tells of the store: counts alone, for it may be open to the world.

Feed addresses and error messages stay out: an address can hold a key that a person pays for.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from aggregator.store import health
from aggregator.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONDITIONS = ("ok", "failing", "gone", "never polled")


def report(store_path: Path) -> Mapping[str, object]:
    """Return the state of the database file in counts; the status is "ok" where it can be read.

    A failing feed does not make the service unwell: nobody would mend it by a restart. Opens the
    database for this one reading, so that any thread may call it. Raises StoreError.
    """
    with closing(open_store(store_path, read_only=True)) as db:
        told = health.report(db)
    return {
        "status": "ok",
        "feeds": {condition.replace(" ", "_"): told.count(condition) for condition in CONDITIONS},
        "entries": told.entries,
        "stories": told.stories,
        "digests": {
            digest.digest: {"publications": digest.publications, "newest_at": digest.newest_at}
            for digest in told.digests
        },
        "database_bytes": told.database_bytes,
        "schema_version": told.schema_version,
    }
