"""The first step: feeds, entries and stories, and what is published of them. It never changes."""

from __future__ import annotations

from typing import Final

# `story_id` starts as '' and its key is checked at commit, so an entry without a story cannot be
# committed. No foreign key on `witness_id`: a witness may be pruned, the reason stays.
_FEEDS_AND_ENTRIES = """
CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    listed INTEGER NOT NULL DEFAULT 1,
    unlisted_at TEXT,
    own_title TEXT NOT NULL DEFAULT '',
    moved_to TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    site_url TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_hash BLOB NOT NULL DEFAULT x'',
    id_scheme TEXT NOT NULL DEFAULT 'guid',
    ttl_s REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    failing_since_at TEXT,
    gone INTEGER NOT NULL DEFAULT 0,
    last_polled_at TEXT,
    last_fetched_at TEXT,
    next_poll_at TEXT,
    left_alone_until_at TEXT,
    known BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX feeds_due ON feeds (next_poll_at) WHERE listed = 1 AND gone = 0;

CREATE TABLE host_pauses (
    host TEXT PRIMARY KEY,
    until_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stories (
    id TEXT PRIMARY KEY,
    first_seen_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    lead_id INTEGER REFERENCES entries (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    merged_into TEXT REFERENCES stories (id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX stories_first_seen ON stories (first_seen_at);
CREATE INDEX stories_lead ON stories (lead_id);
CREATE INDEX stories_merged ON stories (merged_into);

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    key TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    slice_hash BLOB NOT NULL,
    held INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    left_at TEXT,
    at TEXT NOT NULL,
    story_id TEXT NOT NULL DEFAULT ''
        REFERENCES stories (id) DEFERRABLE INITIALLY DEFERRED,
    relation TEXT NOT NULL DEFAULT 'lead',
    reason TEXT NOT NULL DEFAULT '',
    score REAL NOT NULL DEFAULT 1.0,
    witness_id INTEGER NOT NULL DEFAULT 0,
    UNIQUE (feed_id, key)
) STRICT;
CREATE INDEX entries_story ON entries (story_id);
CREATE INDEX entries_presence ON entries (feed_id, left_at);
CREATE INDEX entries_first_seen ON entries (first_seen_at);

CREATE TABLE words (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    features BLOB NOT NULL,
    guid TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    published_at TEXT,
    updated_at TEXT,
    authors TEXT NOT NULL,
    categories TEXT NOT NULL,
    enclosures TEXT NOT NULL,
    language TEXT NOT NULL,
    image TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX words_url ON words (url);
CREATE INDEX words_guid ON words (guid);

CREATE VIRTUAL TABLE words_search USING fts5 (
    title, summary,
    content = 'words', content_rowid = 'entry_id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE tombstones (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    key_hash INTEGER NOT NULL,
    pruned_on TEXT NOT NULL,
    PRIMARY KEY (feed_id, key_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE apart (
    entry_a INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    entry_b INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_a, entry_b),
    CHECK (entry_a < entry_b)
) STRICT, WITHOUT ROWID;
CREATE INDEX apart_b ON apart (entry_b);
"""

# `publications.story_version` is the story's version when it was composed: where they differ, the
# story has changed since. `digests.last_number` is the last number given, whatever is kept.
_PUBLISHED = """
CREATE TABLE digests (
    name TEXT PRIMARY KEY,
    started_at TEXT,
    last_number INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE publications (
    digest TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    story_id TEXT NOT NULL,
    story_version INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    composed_at TEXT NOT NULL,
    published_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (digest, number),
    UNIQUE (digest, id)
) STRICT;
CREATE INDEX publications_story ON publications (story_id);

CREATE TABLE published (
    digest TEXT NOT NULL,
    story_id TEXT NOT NULL REFERENCES stories (id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    PRIMARY KEY (digest, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_story ON published (story_id);

CREATE TABLE archives (
    digest TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (digest, number)
) STRICT;

CREATE TABLE editions (
    digest TEXT NOT NULL,
    due_at TEXT NOT NULL,
    since_at TEXT,
    until_at TEXT NOT NULL,
    catch_up INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (digest, due_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('generation', 0);
"""

FIRST_SHAPE: Final = _FEEDS_AND_ENTRIES + _PUBLISHED
