from __future__ import annotations

import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import edit
from aggregator.config.filters import parse_filter
from aggregator.errors import ConfigError, UsageError
from aggregator.model import FeedSpec

if TYPE_CHECKING:
    from tests.config.conftest import Desk

TEXT = """\
# Mine.
[service]   # where
listen = "a:1"

# --- feeds ---

[[feeds]]
# the first
url = "https://a.org/"  # A
tags = [
  "x",  # ex
]

[[feeds]]
url = "https://b.org/"
[feeds.headers]
X-Key = "k"

# --- digests ---
[[digests]]
name = "d"
"""
NEW = FeedSpec(url="https://new.org/", title='N"ew', tags=("x", "y"))
NEW_LINES = '[[feeds]]\nurl = "https://new.org/"\ntitle = "N\\"ew"\ntags = ["x", "y"]\n'


def test_a_feed_is_added_below_the_last_one_and_nothing_else_changes(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.add_feed(desk.path, NEW) is True

    above, below = TEXT.split("\n# --- digests")
    assert desk.path.read_text("utf-8") == f"{above}\n{NEW_LINES}\n# --- digests{below}"


def test_many_feeds_are_added_at_once_each_where_it_is_new(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")
    urls = ["https://c.org/", "https://A.org", "https://d.org/", "https://C.org"]

    added = edit.add_feeds(desk.path, [FeedSpec(url=url) for url in urls])

    assert added == 2
    assert [feed.url for feed in desk.load(desk.path.read_text("utf-8")).feeds] == [
        "https://a.org/", "https://b.org/", "https://c.org/", "https://d.org/",
    ]  # fmt: skip
    assert 'c.org/"\n\n[[feeds]]\n' in desk.path.read_text("utf-8")


def test_a_feed_that_is_there_is_not_added_again(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.add_feed(desk.path, FeedSpec(url="https://A.org")) is False
    assert desk.path.read_text("utf-8") == TEXT


def test_a_removed_feed_takes_its_own_lines_with_it_and_no_other(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.remove_feed(desk.path, "https://b.org/") is True

    expected = TEXT.replace(
        '[[feeds]]\nurl = "https://b.org/"\n[feeds.headers]\nX-Key = "k"\n\n', ""
    )
    assert desk.path.read_text("utf-8") == expected


def test_an_unknown_feed_cannot_be_removed(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.remove_feed(desk.path, "https://c.org/") is False
    assert desk.path.read_text("utf-8") == TEXT


def test_what_was_added_and_removed_leaves_the_file_as_it_was(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    edit.add_feed(desk.path, NEW)
    edit.remove_feed(desk.path, NEW.url)

    assert desk.path.read_text("utf-8") == TEXT


def test_every_feed_can_go_and_come_again(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    edit.remove_feed(desk.path, "https://a.org/")
    edit.remove_feed(desk.path, "https://b.org/")
    empty = desk.path.read_text("utf-8")
    edit.add_feed(desk.path, NEW)

    assert empty == TEXT[: TEXT.index("[[feeds]]")] + TEXT[TEXT.index("# --- digests") :]
    assert desk.path.read_text("utf-8") == f"{empty}\n{NEW_LINES}"


LAYOUTS = {
    "empty": "",
    "comment only, no end": "# mine",
    "no feeds": '[service]\nlisten = "a:1"\n',
    "no line's end": '[[feeds]]\nurl = "https://a.org/"',
    "feeds apart": '[[feeds]]\nurl = "https://a.org/"\n[folding]\n[[feeds]]\nurl="https://b.org"\n',
    "inline": 'feeds = [{url = "https://a.org/"}] # mine\n[service]\nlisten = "a:1"\n',
    "inline, many lines": 'feeds = [\n  {url = "https://a.org/"}, # A\n]\n',
    "inline, none": "feeds = []\n",
    "text over lines": '[[feeds]]\nurl = "https://a.org/"\ntitle = """\n[[feeds]]\n"""\n',
    "with a mark": '\ufeff[[feeds]]\nurl = "https://a.org/"\n',
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_feeds_are_added_and_removed_in_any_layout(desk: Desk, text: str) -> None:
    before = desk.load(text)

    edit.add_feed(desk.path, NEW)
    added = desk.load(desk.path.read_text("utf-8"))
    edit.remove_feed(desk.path, NEW.url)
    removed = desk.load(desk.path.read_text("utf-8"))

    assert added.feeds == (*before.feeds, NEW)
    assert removed == before
    assert ("mine" in desk.path.read_text("utf-8")) is ("mine" in text)


def test_line_ends_stay_as_they_are(desk: Desk) -> None:
    desk.path.write_bytes(TEXT.replace("\n", "\r\n").encode())

    edit.add_feed(desk.path, NEW)
    content = desk.path.read_bytes()

    assert b"new.org" in content
    assert content.count(b"\n") == content.count(b"\r\n")


def test_a_layout_that_defies_editing_is_left_alone(desk: Desk) -> None:
    """Another table stands inside a feed's lines: removing them would remove it too."""
    text = '[[feeds]]\nurl = "https://a.org/"\n[folding]\nwindow = "1h"\n[feeds.headers]\nA = "b"\n'
    desk.path.write_text(text, "utf-8")

    with pytest.raises(UsageError, match="edit the file by hand"):
        edit.remove_feed(desk.path, "https://a.org/")

    assert desk.path.read_text("utf-8") == text
    assert list(desk.folder.iterdir()) == [desk.path]


@pytest.mark.parametrize("rest", ["", '[[feeds]]\nurl = "https://b.org/"\n'])
def test_an_empty_subtable_left_behind_is_noticed(desk: Desk, rest: str) -> None:
    """It has no key, so nothing tells its line; what is left would say something else, or fail."""
    text = f'[[feeds]]\nurl = "https://a.org/"\n[feeds.headers]\n{rest}'
    desk.path.write_text(text, "utf-8")

    with pytest.raises(UsageError, match="edit the file by hand"):
        edit.remove_feed(desk.path, "https://a.org/")

    assert desk.path.read_text("utf-8") == text
    assert list(desk.folder.iterdir()) == [desk.path]


def test_every_key_that_a_person_may_give_is_written(desk: Desk) -> None:
    spec = FeedSpec(
        url="https://a.org/",
        title="A",
        tags=("x",),
        interval=timedelta(minutes=90),
        weight=2.5,
        full_text=True,
        coverage=False,
        include=(parse_filter("in"),),
        exclude=(parse_filter("ex"),),
    )
    desk.path.write_text("", "utf-8")

    edit.add_feed(desk.path, spec)

    assert desk.load(desk.path.read_text("utf-8")).feeds == (spec,)


def test_secrets_are_never_written(desk: Desk) -> None:
    desk.path.write_text("", "utf-8")
    spec = FeedSpec(url="https://a.org/", headers=(("A", "hunter2"),), proxy="http://hunter2:80")

    edit.add_feed(desk.path, spec)

    assert "hunter2" not in desk.path.read_text("utf-8")


def test_a_bad_address_is_not_written(desk: Desk) -> None:
    desk.path.write_text("", "utf-8")

    with pytest.raises(UsageError, match="no http or https address"):
        edit.add_feed(desk.path, FeedSpec(url="example.org"))

    assert desk.path.read_text("utf-8") == ""


def test_a_broken_file_is_not_edited(desk: Desk) -> None:
    desk.path.write_text("feeds = [", "utf-8")

    with pytest.raises(ConfigError):
        edit.add_feed(desk.path, NEW)

    assert desk.path.read_text("utf-8") == "feeds = ["


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_of_the_file_stays(desk: Desk, mode: int) -> None:
    desk.path.write_text("", "utf-8")
    desk.path.chmod(mode)

    edit.add_feed(desk.path, NEW)

    assert stat.S_IMODE(desk.path.stat().st_mode) == mode
    assert list(desk.folder.iterdir()) == [desk.path]


def test_a_symbolic_link_stays_one(desk: Desk) -> None:
    real = desk.folder / "real.toml"
    real.write_text("", "utf-8")
    desk.path.symlink_to(real)

    edit.add_feed(desk.path, NEW)

    assert desk.path.is_symlink()
    assert "new.org" in real.read_text("utf-8")


TITLES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(title=TITLES)
def test_any_title_is_written_so_that_it_reads_as_the_same(desk: Desk, title: str) -> None:
    desk.path.write_text("", "utf-8")

    edit.add_feed(desk.path, FeedSpec(url="https://a.org/", title=title))
    edit.add_feed(desk.path, FeedSpec(url="https://b.org/"))

    text = desk.path.read_bytes().decode()
    assert [feed.title for feed in desk.load(text).feeds] == [title, ""]


def test_a_moved_feed_changes_its_address_and_nothing_else(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.move_feed(desk.path, "https://A.org", new="https://z.org/new") is True

    assert desk.path.read_text("utf-8") == TEXT.replace("https://a.org/", "https://z.org/new")


def test_an_unknown_feed_cannot_be_moved(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.move_feed(desk.path, "https://c.org/", new="https://z.org/") is False
    assert desk.path.read_text("utf-8") == TEXT


@pytest.mark.parametrize(
    ("new", "words"),
    [("https://B.org", "is another feed"), ("z", "is no http or https address")],
    ids=["of another feed", "no address"],
)
def test_a_bad_address_moves_nothing(desk: Desk, new: str, words: str) -> None:
    desk.path.write_text(TEXT, "utf-8")

    with pytest.raises(UsageError, match=words):
        edit.move_feed(desk.path, "https://a.org/", new=new)
    assert desk.path.read_text("utf-8") == TEXT


def test_a_feed_may_be_spelt_anew(desk: Desk) -> None:
    desk.path.write_text(TEXT, "utf-8")

    assert edit.move_feed(desk.path, "https://a.org/", new="https://A.org/") is True
    assert 'url = "https://A.org/"  # A' in desk.path.read_text("utf-8")


ODD_SPELLINGS = {
    "inline": 'feeds = [{url = "https://b.org/"}, {tags = ["ü"], url = "https://a.org/"}] # mine\n',
    "literal": "[[feeds]]\nurl = 'https://a.org/' # mine\n",
    "escaped": '[[feeds]]\n"url" = "https://\\u0061.org/" # mine\n',
    "over lines": '[[feeds]]\nurl = """\\\n  https://a.org/""" # mine\n',
    "quoted before": '[[feeds]]\ntitle = "https://a.org/"\nurl = "https://a.org/"\n',
    "windows": '[[feeds]]\r\nurl = "https://a.org/" # mine\r\ntitle = "A"\r\n',
    "with a mark": '\ufeff[[feeds]]\nurl = "https://a.org/"\n',
}


@pytest.mark.parametrize("text", ODD_SPELLINGS.values(), ids=ODD_SPELLINGS)
def test_an_address_is_moved_however_it_is_spelt(desk: Desk, text: str) -> None:
    desk.path.write_bytes(text.encode())
    before = desk.load(text).feeds

    assert edit.move_feed(desk.path, "https://a.org/", new="https://z.org/") is True

    after = desk.path.read_bytes().decode()
    assert [feed.url for feed in desk.load(after).feeds] == [
        feed.url.replace("https://a.org/", "https://z.org/") for feed in before
    ]
    assert after.count("# mine") == text.count("# mine")
    assert after.count("\r\n") == text.count("\r\n")
