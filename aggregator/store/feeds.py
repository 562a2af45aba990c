"""What is remembered of each feed and of each host between polls.

A feed that is no longer configured keeps its row, so that it goes on where it was when it returns.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aggregator.errors import NotFoundError
from aggregator.model import FeedState, IdScheme, Validators
from aggregator.store import clutter
from aggregator.store.codec import (
    hashes_from_blob,
    hashes_to_blob,
    moment_from_text,
    moment_to_text,
    numbers_from_text,
    numbers_to_text,
    optional_from_text,
    optional_to_text,
    span_from_seconds,
    span_to_seconds,
)
from aggregator.store.database import in_transaction, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlite_utils import Database


FROM_THE_FUTURE = timedelta(days=1)  # as the poll plan has it
PARKED = "moving "  # before a URL: while two rows change theirs

_STATES = """
SELECT id, url, moved_to, redirect_to, redirects, hint, title, site_url, language, etag,
       last_modified, body_hash, id_scheme, id_reason, ttl_s, skip_hours, skip_days, rhythm_s,
       failures, error, failing_since_at, gone, last_polled_at, last_fetched_at, last_whole_at,
       next_poll_at, left_alone_until_at
FROM feeds WHERE listed = 1 ORDER BY id
"""
_STATE = "SELECT * FROM feeds WHERE url = ?"
_DUE = """
SELECT * FROM feeds
WHERE listed = 1 AND gone = 0
    AND (next_poll_at IS NULL OR next_poll_at <= :now OR last_polled_at > :future)
ORDER BY next_poll_at, id
"""
_POLLABLE = """
SELECT * FROM feeds
WHERE listed = 1 AND gone = 0 ORDER BY next_poll_at, id
"""
_SAVE = """
UPDATE feeds SET
    moved_to = :moved_to, redirect_to = :redirect_to, redirects = :redirects, hint = :hint,
    title = :title, site_url = :site_url, language = :language,
    etag = :etag, last_modified = :last_modified, body_hash = :body_hash, known = :known,
    pieces = :pieces,
    id_scheme = :id_scheme, id_reason = :id_reason, ttl_s = :ttl_s, skip_hours = :skip_hours,
    skip_days = :skip_days, rhythm_s = :rhythm_s, failures = :failures, error = :error,
    failing_since_at = :failing_since_at, gone = :gone, last_polled_at = :last_polled_at,
    last_fetched_at = :last_fetched_at, last_whole_at = :last_whole_at,
    next_poll_at = :next_poll_at, left_alone_until_at = :left_alone_until_at
WHERE id = :id
"""
# What `moves_in` finds: a feed whose new address took its place in the list.
_FOLLOWING = """
SELECT old.id, old.url, old.moved_to, new.id AS other
FROM feeds AS old LEFT JOIN feeds AS new ON new.url = old.moved_to
WHERE old.listed = 1 AND coalesce(new.listed, 0) = 0
    AND old.url NOT IN (SELECT value FROM json_each(:urls))
    AND old.moved_to IN (SELECT value FROM json_each(:urls))
ORDER BY old.id
"""
_MOVE_AWAY = "UPDATE feeds SET url = ? WHERE id = ?"
_MOVE_IN = """
UPDATE feeds SET url = moved_to, moved_to = '', redirect_to = '', redirects = 0, hint = '',
    failures = 0, error = '', failing_since_at = NULL, gone = 0
WHERE id = ?
"""
_LEAD = """
UPDATE feeds SET moved_to = :new, redirect_to = '', redirects = 0, hint = '', failures = 0,
    error = '', failing_since_at = NULL, gone = 0, next_poll_at = NULL,
    etag = CASE WHEN moved_to = :new THEN etag ELSE '' END,
    last_modified = CASE WHEN moved_to = :new THEN last_modified ELSE '' END
WHERE url = :old
"""
_PLANNED = """
SELECT total(1 / ((julianday(next_poll_at) - julianday(last_polled_at)) * 1440)) AS a_minute,
    (SELECT count(*) FROM feeds WHERE listed = 1 AND gone = 0) AS feeds
FROM feeds WHERE listed = 1 AND gone = 0 AND next_poll_at > last_polled_at
"""
_UNLIST = """
UPDATE feeds SET listed = 0, unlisted_at = :now
WHERE listed = 1 AND url NOT IN (SELECT value FROM json_each(:urls))
"""
_LIST = """
INSERT INTO feeds (url, own_title) VALUES (:url, :own_title)
ON CONFLICT (url) DO UPDATE SET listed = 1, unlisted_at = NULL, own_title = excluded.own_title
WHERE listed = 0 OR own_title <> excluded.own_title
"""
_PAUSE = """
INSERT INTO host_pauses (host, until_at) VALUES (?, ?)
ON CONFLICT (host) DO UPDATE SET until_at = max(until_at, excluded.until_at)
"""
_PAUSES = "SELECT host, until_at FROM host_pauses WHERE until_at > ?"


def list_feeds(
    db: Database, urls: Iterable[str], *, now: datetime, titles: Mapping[str, str] | None = None
) -> None:
    """Give each configured feed a row and mark the others as unlisted since `now`.

    `titles` are the person's own, by URL. Where nothing changes, nothing is written. A feed that is
    no longer listed, but whose `moved_to` is now, goes on under that address with all it has.
    """
    own = titles or {}
    wanted = [{"url": url, "own_title": own.get(url, "")} for url in dict.fromkeys(urls)]
    if _is_listed_so(db, wanted):
        return
    with in_transaction(db):
        names = json.dumps([row["url"] for row in wanted])
        _let_move_in(db, names)
        db.conn.execute(_UNLIST, {"now": moment_to_text(now), "urls": names})
        db.conn.executemany(_LIST, wanted)


def _let_move_in(db: Database, names: str) -> None:
    """Give the rows of moved feeds their new address; a former feed there takes the old one."""
    moved: set[str] = set()
    for row in rows(db, _FOLLOWING, {"urls": names}):
        if row["moved_to"] in moved:
            continue  # two feeds became one: the first goes on, the other is unlisted
        moved.add(row["moved_to"])
        if row["other"] is not None:
            db.conn.execute(_MOVE_AWAY, (f"{PARKED}{row['url']}", row["other"]))
        db.conn.execute(_MOVE_IN, (row["id"],))
        if row["other"] is not None:
            db.conn.execute(_MOVE_AWAY, (row["url"], row["other"]))


def lead(db: Database, url: str, *, new: str) -> bool:
    """Let a feed be asked at a new address, beside whatever else runs; False where none is known.

    It is due at once. The row takes the address over when the list of feeds names it.
    """
    with in_transaction(db):
        return db.conn.execute(_LEAD, {"old": url, "new": new}).rowcount == 1


def planned(db: Database) -> tuple[float, int]:
    """Return how many polls a minute are planned, and how many feeds may be polled at all."""
    (row,) = rows(db, _PLANNED)
    return float(row["a_minute"]), int(row["feeds"])


def state(db: Database, url: str) -> FeedState:
    """Return all that is remembered of one feed, listed or not; NotFoundError if nothing is."""
    found = rows(db, _STATE, (url,))
    if not found:
        message = f"No feed {url} is known. `newsfold feeds` lists the known ones."
        raise NotFoundError(message)
    return _state(found[0])


def states(db: Database) -> list[FeedState]:
    """Return the listed feeds, without the hashes that they are known by: do not `save` these."""
    return [_state(row) for row in rows(db, _STATES)]


def unlisted(db: Database) -> list[int]:
    """Return the ids of feeds that are no longer configured and of which something may be kept."""
    return [row["id"] for row in rows(db, "SELECT id FROM feeds WHERE listed = 0 ORDER BY id")]


def due(db: Database, *, now: datetime) -> list[FeedState]:
    """Return the listed feeds whose time has come, the longest waiting first.

    So has that of a feed whose last poll lies days ahead: the clock was wrong then.
    """
    moments = {"now": moment_to_text(now), "future": moment_to_text(now + FROM_THE_FUTURE)}
    return _with_clutter(db, rows(db, _DUE, moments))


def pollable(db: Database) -> list[FeedState]:
    """Return the listed feeds that are not gone, due or not, the longest waiting first."""
    return _with_clutter(db, rows(db, _POLLABLE))


def save(db: Database, state: FeedState) -> None:
    """Remember a feed as it is after a poll; NotFoundError if it has no row."""
    if db.conn.execute(_SAVE, _row(state)).rowcount != 1:
        message = f"No feed {state.url} is known. List it before it is polled."
        raise NotFoundError(message)


def pause_host(db: Database, host: str, until_at: datetime) -> None:
    """Leave a whole host ("name:port") alone until then; a longer pause stands."""
    db.conn.execute(_PAUSE, (host.lower(), moment_to_text(until_at)))


def paused_hosts(db: Database, *, now: datetime) -> dict[str, datetime]:
    """Return the hosts that are left alone now, and until when."""
    found = rows(db, _PAUSES, (moment_to_text(now),))
    return {row["host"]: moment_from_text(row["until_at"]) for row in found}


def _is_listed_so(db: Database, wanted: list[dict[str, str]]) -> bool:
    listed = rows(db, "SELECT url, own_title FROM feeds WHERE listed = 1")
    return {row["url"]: row["own_title"] for row in listed} == {
        row["url"]: row["own_title"] for row in wanted
    }


def _with_clutter(db: Database, found: list[dict[str, Any]]) -> list[FeedState]:
    marks = clutter.marks(db, (row["id"] for row in found)) if found else {}
    return [_state(row, marks=marks.get(row["id"], frozenset())) for row in found]


def _state(row: Mapping[str, Any], *, marks: frozenset[int] = frozenset()) -> FeedState:
    return FeedState(
        feed_id=row["id"],
        url=row["url"],
        moved_to=row["moved_to"],
        redirect_to=row["redirect_to"],
        redirects=row["redirects"],
        hint=row["hint"],
        title=row["title"],
        site_url=row["site_url"],
        language=row["language"],
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
        body_hash=row["body_hash"],
        known=hashes_from_blob(row.get("known", b"")),
        pieces=row.get("pieces", b""),
        clutter=marks,
        id_scheme=IdScheme(row["id_scheme"]),
        id_reason=row["id_reason"],
        ttl=span_from_seconds(row["ttl_s"]),
        skip_hours=numbers_from_text(row["skip_hours"]),
        skip_days=numbers_from_text(row["skip_days"]),
        rhythm=span_from_seconds(row["rhythm_s"]),
        failures=row["failures"],
        error=row["error"],
        failing_since_at=optional_from_text(row["failing_since_at"]),
        gone=bool(row["gone"]),
        last_polled_at=optional_from_text(row["last_polled_at"]),
        last_fetched_at=optional_from_text(row["last_fetched_at"]),
        last_whole_at=optional_from_text(row["last_whole_at"]),
        next_poll_at=optional_from_text(row["next_poll_at"]),
        left_alone_until_at=optional_from_text(row["left_alone_until_at"]),
    )


def _row(state: FeedState) -> dict[str, Any]:
    return {
        "id": state.feed_id,
        "moved_to": state.moved_to,
        "redirect_to": state.redirect_to,
        "redirects": state.redirects,
        "hint": state.hint,
        "title": state.title,
        "site_url": state.site_url,
        "language": state.language,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "body_hash": state.body_hash,
        "known": hashes_to_blob(state.known),
        "pieces": state.pieces,
        "id_scheme": state.id_scheme.value,
        "id_reason": state.id_reason,
        "ttl_s": span_to_seconds(state.ttl),
        "skip_hours": numbers_to_text(state.skip_hours),
        "skip_days": numbers_to_text(state.skip_days),
        "rhythm_s": span_to_seconds(state.rhythm),
        "failures": state.failures,
        "error": state.error,
        "failing_since_at": optional_to_text(state.failing_since_at),
        "gone": state.gone,
        "last_polled_at": optional_to_text(state.last_polled_at),
        "last_fetched_at": optional_to_text(state.last_fetched_at),
        "last_whole_at": optional_to_text(state.last_whole_at),
        "next_poll_at": optional_to_text(state.next_poll_at),
        "left_alone_until_at": optional_to_text(state.left_alone_until_at),
    }
