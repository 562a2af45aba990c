from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregator import config
from aggregator.config.document import line_of, nodes_of, span_of
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Desk


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "nix.toml", environ={})

    (problem,) = caught.value.problems
    assert str(problem) == (
        f"{tmp_path}/nix.toml: there is no such file. Write one with: newsfold init."
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path, environ={})

    assert "cannot be read" in caught.value.problems[0].what


def test_another_encoding_is_told_with_its_line(desk: Desk) -> None:
    desk.path.write_bytes("# a\n\n# Müller\n".encode("latin-1"))

    with pytest.raises(ConfigError) as caught:
        config.load(desk.path, environ={})

    (problem,) = caught.value.problems
    assert (problem.line, problem.what) == (3, "this line is not UTF-8")


def test_a_byte_order_mark_does_no_harm(desk: Desk) -> None:
    assert desk.load('\ufeff[service]\nlisten = "a:1"').service.listen == "a:1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[service]\nlisten = \n", 2),
        ("[service]\nlisten = yes\n", 2),
        ("# é漢字é漢字é漢字\n# é\n\n[service\n", 4),
        ('a = 1\r\n\r\n[polling]\r\ntimeout = "1s"\r\ntimeout = "2s"\r\n', 5),
        ("[service]\n[polling]\n[service]\n", 3),
        ("a = {\nb = 1}\n", 1),
    ],
)
def test_broken_toml_is_told_with_its_line(desk: Desk, text: str, line: int) -> None:
    (problem,) = desk.problems(text)

    assert (problem.line, problem.key) == (line, "")
    assert "no valid TOML: " in problem.what
    assert "\n" not in str(problem)


def test_broken_toml_shows_none_of_its_text(desk: Desk) -> None:
    (problem,) = desk.problems('[polling]\nproxy = "http://u:hunter2@x"  oops')

    assert "hunter2" not in str(problem)


TEXT = """\
opml = ["a",
  "b"]
service.listen = "a:1"

[ "polling" ]
interval = "1h"
[[feeds]]
url = '''
https://a.org'''
[feeds.headers]
key_line = "x"
value_line = "y"

[[feeds]]
tags = []
[folding]
"""


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("opml",), 1),
        (("opml", 1), 2),
        (("opml", 7), 1),
        (("service", "listen"), 3),
        (("service", "data_dir"), 3),
        (("polling",), 5),
        (("polling", "interval"), 6),
        (("polling", "proxy"), 5),
        (("feeds", 0), 7),
        (("feeds", 0, "url"), 8),
        (("feeds", 0, "headers", "key_line"), 11),
        (("feeds", 0, "headers", "value_line"), 12),
        (("feeds", 0, "headers", "absent"), 11),
        (("feeds", 1, "url"), 14),
        (("feeds", 1, "tags", 0), 15),
        (("folding", "window"), 16),
        (("nowhere", "x"), 0),
    ],
)
def test_a_key_is_found_on_its_line_or_where_it_should_stand(
    loc: tuple[str | int, ...], line: int
) -> None:
    assert line_of(nodes_of(TEXT), loc, text=TEXT) == line


def test_a_table_spans_its_keys_to_the_last_line_of_the_last_value() -> None:
    first, second = nodes_of(TEXT)["feeds"]["value"]

    assert span_of(first) == (7, 12)
    assert span_of(second) == (14, 15)
    assert span_of({}) == (0, 0)
    assert span_of(True) == (0, 0)  # noqa: FBT003 - a value of the file
