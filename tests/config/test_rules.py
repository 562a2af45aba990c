from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Desk

FEED = '[[feeds]]\nurl = "https://example.org/"\n'
DIGEST = '[[digests]]\nname = "d"\n'

# id: (text, line, key, words of what, words of mend)
CASES = {
    "data in public": ('[service]\ndata_dir = "public/db"', 2, "service.data_dir",
                       "would be published", "folder of its own"),
    "data is public": ('[service]\npublic_dir = "./data/"', 2, "service.public_dir",
                       "would be published", "folder of its own"),
    "data in public, roundabout": ('[service]\ndata_dir = "x/../y/z"\npublic_dir = "y"', 3,
                                   "service.public_dir", "would be published", "own"),
    "all is public": ('[service]\npublic_dir = "/"', 2, "service.public_dir", "published", "own"),
    "interval under min": ('[polling]\ninterval = "5m"', 2, "polling.interval",
                           "min_interval (15m by default) is longer than interval (5m)",
                           "Lower min_interval or raise interval"),
    "interval over max": ('[polling]\ninterval = "2d"', 2, "polling.interval",
                          "interval (2d) is longer than max_interval (1d by default)", "raise max"),
    "min over interval": ('[polling]\nmin_interval = "2h"', 2, "polling.min_interval",
                          "is longer than interval (1h by default)", "Lower min_interval"),
    "min over max": ('[polling]\nmin_interval = "2h"\nmax_interval = "1h"', 3,
                     "polling.max_interval", "min_interval (2h) is longer than max_interval (1h)",
                     "raise max_interval"),
    "feed under min": (FEED + 'interval = "1m"', 3, "feeds[1].interval",
                       "shorter than polling.min_interval (15m by default)", "at least 15m"),
    "feed twice": (FEED + '[[feeds]]\nurl = "HTTPS://Example.org:443"', 4, "feeds[2].url",
                   "the same url as that of feeds[1]", "Remove one"),
    "digest twice": (DIGEST + "\n" + DIGEST, 5, "digests[2].name",
                     "the same name as that of digests[1]", "another name"),
    "edition without times": (DIGEST + 'kind = "edition"', 1, "digests[1].at", "needs the times",
                              'at = ["07:00"]'),
    "edition with no time": (DIGEST + 'kind = "edition"\nat = []', 4, "digests[1].at", "needs",
                             'at = ["07:00"]'),
    "misspelt tag": (FEED + 'tags = ["world"]\n' + DIGEST + 'tags = ["wrold"]', 6,
                     "digests[1].tags[1]", 'no feed has the tag "wrold"', '"world"'),
    "tag in capitals": (FEED + 'tags = ["World"]\n' + DIGEST + 'tags = ["world"]', 6,
                        "digests[1].tags[1]", "no feed has", 'Did you mean "World"?'),
    "header's name": (FEED + 'headers = {"A b" = "x"}', 3, "feeds[1].headers.A b", "no header",
                      "letters"),
    "own header": (FEED + 'headers = {If-None-Match = "x"}', 3, "feeds[1].headers.If-None-Match",
                   "sets itself", "Remove"),
    "header twice": (FEED + '[feeds.headers]\nX-A = "1"\nx-a = "2"', 5, "feeds[1].headers.x-a",
                     "twice", "Remove one"),
    "header with a line's end": (FEED + 'headers = {A = "x\\r\\nHost: y"}', 3,
                                 "feeds[1].headers.A", "no header may hold", "line's end"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "what", "mend"), CASES.values(), ids=CASES)
def test_keys_that_do_not_go_together_are_told(  # noqa: PLR0913 - a row of the table
    *, desk: Desk, text: str, line: int, key: str, what: str, mend: str
) -> None:
    (problem,) = desk.problems(text)

    assert (problem.line, problem.key) == (line, key)
    assert what in problem.what
    assert mend in problem.mend


@pytest.mark.parametrize(
    "text",
    [
        '[service]\ndata_dir = "all"\npublic_dir = "all/public"',
        '[service]\ndata_dir = "public-db"',
        '[polling]\nmin_interval = "1h"\nmax_interval = "1h"',
        '[polling]\ninterval = "1s"\nmin_interval = "1s"',
        FEED + 'interval = "15m"',
        FEED + 'interval = "30d"',
        FEED + 'tags = [" a "]\n' + DIGEST + 'tags = ["a"]',
        DIGEST + 'kind = "live"\nat = ["07:00"]\nweekdays = ["mon"]\ntimezone = "Europe/Vienna"',
        DIGEST + 'tags = ["zzzzz"]',
        FEED + 'tags = ["b", "a"]\n' + DIGEST + 'tags = ["zzzzz"]',
        FEED + 'headers = {User-Agent = "mine", Empty = ""}',
    ],
)
def test_keys_that_go_together_are_fine(desk: Desk, text: str) -> None:
    assert desk.load(text).path == str(desk.path)


def test_a_value_that_is_wrong_by_itself_is_told_once(desk: Desk) -> None:
    """The joint rules hold their tongue about what they cannot compare."""
    text = """
    service = {data_dir = 1, public_dir = ""}
    polling = {interval = "x", min_interval = 1, max_interval = "-"}
    feeds = [3, {url = 1, tags = "a", headers = 1, interval = 5, proxy = 2}]
    digests = [{name = 1, kind = "x", tags = [1, "a/b"]}, {name = "y", tags = 3}]
    """

    keys = [problem.key for problem in desk.problems(text)]

    assert len(keys) == len(set(keys)) == 16
