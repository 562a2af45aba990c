"""Every kind of wrong value: its line, its key, what is said and how it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator.config.checking import EXPECTED

if TYPE_CHECKING:
    from tests.config.conftest import Desk

FEED = '[[feeds]]\nurl = "https://example.org/"\n'
DIGEST = '[[digests]]\nname = "d"\n'
EDITION = DIGEST + 'kind = "edition"\nat = ["07:00"]\n'

# id: (text, line, key, words of what, words of mend)
CASES = {
    "misspelt key": ('[polling]\nintervall = "1h"', 2, "polling.intervall",
                     'unknown key "intervall"', 'Did you mean "interval"?'),
    "misspelt key of a feed": (FEED + "tag = []", 3, "feeds[1].tag", "unknown", '"tags"'),
    "misspelt table": ('\n[pollling]\ninterval = "1h"', 2, "pollling", "unknown", '"polling"'),
    "misspelt empty table": ("\n\n[servce]", 3, "servce", "unknown", '"service"'),
    "misspelt inline table": ('\nservce = {a = "b"}', 2, "servce", "unknown", '"service"'),
    "misspelt array": ('\n[[feed]]\nurl = "https://a.org"', 2, "feed", "unknown", '"feeds"'),
    "key of another table": ('data_dir = "x"', 1, "data_dir", "unknown", "belongs in [service]"),
    "key of two tables": ('[service]\nproxy = ""', 2, "service.proxy", "unknown",
                          "belongs in [polling] or [[feeds]]"),
    "far off key": ("[folding]\nzzz = 1", 2, "folding.zzz", "unknown", "window, coverage"),
    "missing url": ('\n[[feeds]]\ntitle = "x"', 2, "feeds[1].url", '"url" is missing',
                    'url = "https://example.org/feed.xml"'),
    "missing name": ("[[digests]]\n", 1, "digests[1].name", '"name" is missing', 'name = "world"'),
    "number for a span": ("[polling]\ntimeout = 30", 2, "polling.timeout",
                          "expected a text in quotes, got a number", 'timeout = "1m"'),
    "bad span": ('[polling]\ninterval = "1 hour"', 2, "polling.interval", "no span", '"1h30m"'),
    "bad span of a feed": (FEED + 'interval = "often"', 3, "feeds[1].interval", "no span", '"90s"'),
    "zero span": ('[folding]\nwindow = "0s"', 2, "folding.window", "longer than 0", '"1h"'),
    "bad size": ('[polling]\nmax_body = "big"', 2, "polling.max_body", "no size", '"10MB"'),
    "text for a switch": ('[folding]\ncoverage = "no"', 2, "folding.coverage",
                          "expected true or false, got a text", "coverage = false"),
    "switch for a number": ("[polling]\nbackfill = true", 2, "polling.backfill",
                            "expected a whole number, got true or false", "backfill = 5"),
    "fraction": ("[polling]\nbackfill = 1.5", 2, "polling.backfill", "whole number", "5"),
    "negative backfill": ("[polling]\nbackfill = -1", 2, "polling.backfill", "between 0", "5"),
    "zero limit": (DIGEST + "limit = 0", 3, "digests[1].limit", "between 1 and", "limit = 50"),
    "weight of zero": (FEED + "weight = 0", 3, "feeds[1].weight", "above 0", "weight = 2.0"),
    "weight no number": (FEED + "weight = nan", 3, "feeds[1].weight", "above 0", "weight"),
    "weight a text": (FEED + 'weight = "1"', 3, "feeds[1].weight", "a number, got a text", "2.0"),
    "text for a list": (FEED + 'tags = "world"', 3, "feeds[1].tags",
                        "expected a list in [ ], got a text", 'tags = ["world", "politics"]'),
    "number in a list": (FEED + 'tags = ["a",\n 3]', 4, "feeds[1].tags[2]",
                         "a text in quotes, got a number", "tags ="),
    "tag with a slash": (FEED + 'tags = ["a/b"]', 3, "feeds[1].tags[1]", "cannot be a tag",
                         "no slash"),
    "empty tag": (FEED + 'tags = [" "]', 3, "feeds[1].tags[1]", "cannot be a tag", "1 to 100"),
    "title no text": (FEED + "title = 1979-05-27", 3, "feeds[1].title",
                      "got a date or time without quotes", 'title = "Example"'),
    "empty filter": (FEED + 'include = [""]', 3, "feeds[1].include[1]", "empty filter", "Remove"),
    "header no text": (FEED + "headers = {A = 1}", 3, "feeds[1].headers.A",
                       "text in quotes, got a number", "headers = {"),
    "headers in a list": (FEED + "headers = []", 3, "feeds[1].headers",
                          "expected a table in { }, got a list", "headers = {"),
    "one table for many": ("\n[feeds]\nurl = 1", 2, "feeds", "expected tables, got a table",
                           "[[feeds]], with double"),
    "many tables for one": ("\n[[service]]", 2, "service", "expected one table, got a list",
                            "[service], with single"),
    "texts for tables": ('feeds = ["https://a.org"]', 1, "feeds[1]",
                         "expected a table, got a text", "[[feeds]]"),
    "bad feed url": ('[[feeds]]\nurl = "example.org"', 2, "feeds[1].url", "no http", "https://"),
    "bad listen": ('[service]\nlisten = "8080"', 2, "service.listen", "no host and port", "127."),
    "bad public url": ('[service]\npublic_url = "x"', 2, "service.public_url", "no http", "https"),
    "bad contact": ('[service]\ncontact = "me"', 2, "service.contact", "neither", "operator"),
    "empty path": ('[service]\ndata_dir = ""', 2, "service.data_dir", "no path", "data_dir ="),
    "home path": ('[service]\ndata_dir = "~/x"', 2, "service.data_dir", "not filled in", "whole"),
    "private text": ('[polling]\nallow_private_addresses = "yes"', 2,
                     "polling.allow_private_addresses", "true, false or a list", "10.0.0.0/8"),
    "private network": ('[polling]\nallow_private_addresses = ["10.1.0.0/8"]', 2,
                        "polling.allow_private_addresses", "no network", '"10.0.0.0/8"'),
    "bad proxy": ('[polling]\nproxy = "x"', 2, "polling.proxy", "no proxy", "socks5://"),
    "digest called index": ('[[digests]]\nname = "index"', 2, "digests[1].name", "start page",
                            "another name"),
    "digest in capitals": ('[[digests]]\nname = "World"', 2, "digests[1].name", "cannot be",
                           "lower-case"),
    "digest as a path": ('[[digests]]\nname = "../x"', 2, "digests[1].name", "cannot be", "digits"),
    "unknown kind": (DIGEST + 'kind = "editon"', 3, "digests[1].kind", "not known", '"edition"'),
    "unknown order": (DIGEST + 'order = "zzz"', 3, "digests[1].order", "not known",
                      "one of: newest, top"),
    "unknown format": (DIGEST + 'formats = ["atom",\n"jsn"]', 4, "digests[1].formats[2]",
                       '"jsn" is not known', '"json"'),
    "no format": (DIGEST + "formats = []", 3, "digests[1].formats", "empty list", "at least one"),
    "no weekday": (EDITION + "weekdays = []", 5, "digests[1].weekdays", "empty list", "at least"),
    "bad weekday": (EDITION + 'weekdays = ["fry"]', 5, "digests[1].weekdays[1]", "no day of",
                    '"'),
    "bad time": (EDITION.replace("07:00", "7 am"), 4, "digests[1].at[1]", "no time of day",
                 "23:59"),
    "time without quotes": (EDITION.replace('"07:00"', "07:00:00"), 4, "digests[1].at[1]",
                            "got a date or time without quotes", 'at = ["07:00", "19:00"]'),
    "bad zone": (DIGEST + 'timezone = "Europe/Viena"', 3, "digests[1].timezone", "no time zone",
                 "Europe/Vienna"),
    "opml a text": ('opml = "x.opml"', 1, "opml", "a list in [ ], got a text", 'opml = ["feeds'),
    "opml a number": ("opml = [1]", 1, "opml[1]", "got a number", "opml ="),
    "opml empty": ('opml = [""]', 1, "opml[1]", "no path", "opml ="),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "what", "mend"), CASES.values(), ids=CASES)
def test_a_wrong_value_is_told_with_its_place_and_its_mend(  # noqa: PLR0913 - a row of the table
    *, desk: Desk, text: str, line: int, key: str, what: str, mend: str
) -> None:
    (problem,) = desk.problems(text)

    assert (problem.file, problem.line, problem.key) == (str(desk.path), line, key)
    assert what in problem.what
    assert mend in problem.mend


def test_everything_is_told_at_once_in_the_order_of_the_file(desk: Desk) -> None:
    faulty = (text for text, *_ in CASES.values())
    tables = [text for text in faulty if text.startswith(("[[feeds]]", "[[digests]]"))]

    problems = desk.problems("\n".join(tables))

    assert len(problems) >= len(tables)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_no_message_is_in_the_words_of_a_library(desk: Desk) -> None:
    """A complaint that nobody translated would say so."""
    for text, *_ in CASES.values():
        told = "\n".join(str(problem) for problem in desk.problems(text))

        assert "another type" not in told
        assert not [word for word in ("Input should", "pydantic", *EXPECTED) if word in told]


def test_a_long_value_is_shown_by_its_start_on_one_line(desk: Desk) -> None:
    text = "x" * 50 + "\\n" + "y" * 5000

    (problem,) = desk.problems(f'[polling]\ninterval = "{text}"')

    assert len(problem.what) < 120
    assert "\n" not in problem.what
    assert "…" in problem.what or "\\u2026" in problem.what
