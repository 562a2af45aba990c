"""The step after which each sign of a script without spaces is found. It never changes."""

from __future__ import annotations

from typing import Final

from aggregator.store.unspaced import MARKS

# `cut_words` holds the words of the entries with such signs, as the index knows them (`cut` is
# `store.unspaced.cut`); of all other entries the index knows the words as they are.
SIGNS_APART: Final = f"""
CREATE TABLE cut_words (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    summary TEXT NOT NULL
) STRICT;
INSERT INTO cut_words (entry_id, title, summary)
SELECT entry_id, cut(title), cut(summary) FROM words
WHERE cut(title) <> title OR cut(summary) <> summary;
CREATE VIEW searched_words AS
SELECT w.entry_id, coalesce(c.title, w.title) AS title, coalesce(c.summary, w.summary) AS summary
FROM words AS w LEFT JOIN cut_words AS c ON c.entry_id = w.entry_id;
DROP TABLE words_search;
CREATE VIRTUAL TABLE words_search USING fts5 (
    title, summary, content = 'searched_words', content_rowid = 'entry_id',
    tokenize = "unicode61 remove_diacritics 2 tokenchars '{MARKS}'"
);
INSERT INTO words_search (words_search) VALUES ('rebuild');
"""  # noqa: S608 - put together of our own words alone
