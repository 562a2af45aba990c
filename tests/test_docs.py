"""The documentation keeps step: every command and option, every link inside the project."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from aggregator.cli.app import newsfold

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "COMMANDS.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = sorted(newsfold.commands)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def section(command: str) -> str:
    """Return what docs/COMMANDS.md says of a command."""
    _, heading, rest = PAGE.partition(f"\n## `{command}`\n")
    assert heading, f"{command} is not in docs/COMMANDS.md"
    return rest.split("\n## ")[0]


def options_of(command: click.Command) -> set[str]:
    """Return the long options of a command, --help left out."""
    return {
        max(parameter.opts, key=len)
        for parameter in command.params
        if isinstance(parameter, click.Option)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_documented_and_no_other(name: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)", section(name), re.MULTILINE)

    assert set(rows) == options_of(newsfold.commands[name])


def test_the_options_of_newsfold_itself_are_documented() -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)", PAGE.split("\n## ")[0], re.MULTILINE)

    assert set(rows) == options_of(newsfold) | {"--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_names_it(name: str) -> None:
    example = re.search(r"```sh\n(newsfold .*)\n```", section(name))

    assert example
    assert name in example[1].split()


@pytest.mark.parametrize("name", COMMANDS)
def test_what_prints_json_shows_its_shape(name: str) -> None:
    shapes = re.findall(r"```json\n(.*?)\n```", section(name), re.DOTALL)

    assert bool(shapes) == ("--json" in options_of(newsfold.commands[name]))
    assert all(isinstance(json.loads(shape), dict) for shape in shapes)


def test_no_command_is_documented_that_does_not_exist() -> None:
    assert sorted(re.findall(r"^## `(.+)`$", PAGE, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(CODE.sub("", page.read_text("utf-8")))
    paths = [link.partition("#")[0] for link in links if "://" not in link]

    assert [path for path in paths if path and not (page.parent / path).exists()] == []
