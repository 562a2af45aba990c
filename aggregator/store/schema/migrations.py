"""The steps that bring a database to this version's shape. A step once released never changes.

What is looked at often (`entries`) is kept apart from an entry's words (`words`), because SQLite
writes a whole row anew for each change and an entry changes its story or its presence far more
often than its text. Moments are fixed-width UTC text (`codec.moment_to_text`), so they sort.

X never does Y: nothing here reads or converts values of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlite_utils.migrations import Migrations

from aggregator.store.schema.first_shape import FIRST_SHAPE
from aggregator.store.schema.signs_apart import SIGNS_APART
from aggregator.store.unspaced import cut

if TYPE_CHECKING:
    from sqlite_utils import Database

SET_NAME = "newsfold"

# `rhythm_s` is NULL until a feed's publishing has been watched for long enough.
_MANNERS = """
ALTER TABLE feeds ADD COLUMN redirect_to TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN redirects INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN hint TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN id_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN skip_hours TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN skip_days TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN rhythm_s REAL;
ALTER TABLE feeds ADD COLUMN last_whole_at TEXT;
"""

# One request an entry for ever, whatever came of it: a row here means that the matter is settled.
_PAGES_OF_ENTRIES = """
CREATE TABLE pages (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    asked_at TEXT NOT NULL,
    url TEXT NOT NULL,
    content TEXT NOT NULL,
    error TEXT NOT NULL
) STRICT;
"""

# `token` is the last part of the callback's address; `secret` signs what the hub sends. A feed has
# one subscription, and beside it those that are being left.
_PUSHES = """
CREATE TABLE subscriptions (
    token TEXT PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    topic TEXT NOT NULL,
    hub TEXT NOT NULL,
    hubs TEXT NOT NULL,
    secret TEXT NOT NULL,
    callback TEXT NOT NULL,
    standing TEXT NOT NULL,
    pending INTEGER NOT NULL,
    asked_at TEXT,
    active_since_at TEXT,
    lease_until_at TEXT,
    next_try_at TEXT,
    failures INTEGER NOT NULL,
    error TEXT NOT NULL,
    pushed_at TEXT,
    announced_at TEXT,
    pushes INTEGER NOT NULL,
    pushed_new INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    trust INTEGER NOT NULL,
    usual_poll_at TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX subscriptions_feed ON subscriptions (feed_id) WHERE standing <> 'leaving';
CREATE INDEX subscriptions_of_feed ON subscriptions (feed_id);
CREATE INDEX subscriptions_due ON subscriptions (next_try_at);
"""

# The first 8 bytes of a content hash are an entry's words (`read.identity.words_mark`).
# `grave_marks` are what a pruned entry is known by where its key is another now; `renamings` are
# the feeds that changed their ids, and when they did so last.
_IDENTITY = """
CREATE INDEX entries_words ON entries (feed_id, substr(content_hash, 1, 8));
CREATE TABLE grave_marks (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    mark INTEGER NOT NULL,
    PRIMARY KEY (feed_id, mark)
) STRICT, WITHOUT ROWID;
CREATE TABLE renamings (
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id),
    renamed_at TEXT NOT NULL
) STRICT;
"""

# What each feed repeats around its articles; `pieces` is `read.clutter`'s memory of its entries.
_CLUTTER = """
ALTER TABLE feeds ADD COLUMN pieces BLOB NOT NULL DEFAULT x'';
CREATE TABLE clutter (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    mark INTEGER NOT NULL,
    text TEXT NOT NULL,
    entries INTEGER NOT NULL,
    found_at TEXT NOT NULL,
    PRIMARY KEY (feed_id, mark)
) STRICT, WITHOUT ROWID;
"""

# What is told of changes, and to whom. `topics` are the feeds' current documents: `tag` is of the
# version that was noticed last. `versions` are what each of the last versions held, so that a
# reader is sent what is new since (RFC 3229). `pings` wait for WebSub hubs (NULL: nothing to tell);
# `subscribers` are those of our own hub, `tag` being of what they were sent last or spared.
_ANNOUNCING = """
CREATE TABLE topics (
    path TEXT PRIMARY KEY,
    tag TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE versions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL REFERENCES topics (path) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    marks BLOB NOT NULL,
    UNIQUE (path, tag)
) STRICT;
CREATE TABLE pings (
    hub TEXT NOT NULL,
    topic TEXT NOT NULL REFERENCES topics (path) ON DELETE CASCADE,
    next_try_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    told_at TEXT,
    PRIMARY KEY (hub, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX pings_due ON pings (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    callback TEXT NOT NULL,
    host TEXT NOT NULL,
    topic TEXT NOT NULL,
    secret TEXT NOT NULL,
    since_at TEXT NOT NULL,
    lease_until_at TEXT NOT NULL,
    tag TEXT NOT NULL,
    next_try_at TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    delivered_at TEXT,
    deliveries INTEGER NOT NULL DEFAULT 0,
    UNIQUE (callback, topic)
) STRICT;
CREATE INDEX subscribers_topic ON subscribers (topic, next_try_at);
"""

# From when to when a story goes by what is no copy, and the earlier story that it goes on from.
# `tokens` are the places in a host's addresses that a feed changes at each fetch; `page_pieces` is
# `read.clutter`'s memory of the pages of a feed's entries.
_THREADS = """
ALTER TABLE stories ADD COLUMN from_at TEXT;
ALTER TABLE stories ADD COLUMN until_at TEXT;
ALTER TABLE stories ADD COLUMN follows_id TEXT
    REFERENCES stories (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE stories ADD COLUMN follows_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX stories_follows ON stories (follows_id) WHERE follows_id IS NOT NULL;
UPDATE stories SET (from_at, until_at) = (
    SELECT min(e.at), max(e.at) FROM entries AS e
    WHERE e.story_id = stories.id AND e.relation <> 'copy');
CREATE TABLE tokens (
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    place TEXT NOT NULL,
    refused INTEGER NOT NULL,
    found_at TEXT NOT NULL,
    PRIMARY KEY (feed_id, host, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE page_pieces (
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    pieces BLOB NOT NULL
) STRICT;
"""

# Small copies of the pictures that pages show, by the outlet's address; the files lie in the public
# folder. `name` is '' where there is none: `error` says why, and `next_try_at` when to try again.
_IMAGES = """
CREATE TABLE images (
    url TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    used_at TEXT NOT NULL,
    failures INTEGER NOT NULL,
    error TEXT NOT NULL,
    next_try_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX images_used ON images (used_at);
"""

# What subscribers asked of our own hub and was not verified yet, in the order in which it came.
_HUB_REQUESTS = """
CREATE TABLE hub_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mode TEXT NOT NULL,
    topic TEXT NOT NULL,
    callback TEXT NOT NULL,
    secret TEXT NOT NULL,
    lease_seconds TEXT NOT NULL,
    asked_at TEXT NOT NULL
) STRICT;
"""

_STEPS: Final = {
    "0001_first_shape": FIRST_SHAPE,
    "0002_manners": _MANNERS,
    "0003_pages": _PAGES_OF_ENTRIES,
    "0004_subscriptions": _PUSHES,
    "0005_identity": _IDENTITY,
    "0006_clutter": _CLUTTER,
    "0007_threads": _THREADS,
    "0009_announcing": _ANNOUNCING,
    "0010_images": _IMAGES,
    "0011_hub_requests": _HUB_REQUESTS,
    "0012_unspaced": SIGNS_APART,
}


def all_migrations() -> Migrations:
    """Return every step that this version knows, in order."""
    migrations = Migrations(SET_NAME)
    for name, script in _STEPS.items():

        @migrations(name=name)
        def step(db: Database, script: str = script) -> None:
            db.conn.create_function("cut", 1, cut, deterministic=True)
            db.executescript(script)

    return migrations


def known_names() -> frozenset[str]:
    """Return the names of the steps that this version knows."""
    return frozenset(_STEPS)
