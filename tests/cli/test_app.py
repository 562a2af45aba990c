"""The command line as a whole: help, errors, exit codes, completion; some of it as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from aggregator import __version__
from aggregator.cli.app import newsfold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.conftest import Desk, Web

ROOT = Path(__file__).parents[2]
COMMANDS_PAGE = ROOT / "docs" / "COMMANDS.md"
HEAVY = {
    "httpx",
    "pydantic",
    "feedparser",
    "sqlite_utils",
    "uvicorn",
    "structlog",
    "jinja2",
    "tomlkit",
}


def start(*args: str, **environ: str) -> subprocess.Popen[str]:
    """Start `python -m aggregator` in the project's folder."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # run in the background of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "aggregator", *args],
        cwd=ROOT,
        env=os.environ | environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(*args: str, **environ: str) -> tuple[int, str, str]:
    """Run `python -m aggregator` and return exit code, output and errors."""
    process = start(*args, **environ)
    output, errors = process.communicate(timeout=20)
    return process.returncode, output, errors


@pytest.mark.parametrize("name", sorted(newsfold.commands))
def test_every_help_has_an_example(name: str) -> None:
    text = CliRunner().invoke(newsfold, [name, "--help"], prog_name="newsfold").output

    example = re.search(r"Example: newsfold (.+)", text)
    assert example
    assert name in example[1].split()
    assert "…" not in newsfold.commands[name].get_short_help_str(60)


def test_the_module_is_the_command() -> None:
    assert run("--version") == (0, f"newsfold, version {__version__}\n", "")


def test_help_imports_nothing_heavy() -> None:
    """What costs time is imported by the command that needs it, so `--help` answers at once."""
    code = (
        "import sys; from aggregator.cli.app import newsfold;"
        "newsfold(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603 - our own code

    assert HEAVY.isdisjoint(done.stderr.split())


def test_a_missing_configuration_says_how_to_write_one(desk: Desk) -> None:
    result = desk.run("poll")

    assert result.exit_code == 2
    assert "there is no such file. Write one with: newsfold init." in result.stderr


@pytest.mark.parametrize("command", ["poll", "run", "publish", "status", "stories", "feeds"])
def test_a_bad_configuration_is_told_with_its_line(desk: Desk, command: str) -> None:
    desk.path.write_text("[polling]\ninterval = 5\n", "utf-8")

    result = desk.run(command)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{desk.path}:2: polling.interval:")


@pytest.mark.parametrize(
    "args",
    [("status",), ("stories",), ("why", "x"), ("split", "x"), ("search", "x"), ("backup", "x")],
    ids=lambda args: args[0],
)
def test_without_a_database_poll_is_named(desk: Desk, args: tuple[str, ...]) -> None:
    desk.write()

    result = desk.run(*args)

    assert result.exit_code == 1
    assert "`newsfold poll` makes it." in result.stderr
    assert not (desk.folder / "data").exists()


@pytest.mark.parametrize("command", ["poll", "publish"])
def test_a_data_folder_that_cannot_be_made_is_told(desk: Desk, command: str) -> None:
    (desk.folder / "data").write_text("a file in the way")
    desk.write()

    result = desk.run(command)

    assert result.exit_code == 1
    assert str(desk.folder / "data") in result.stderr
    assert result.stderr.startswith("newsfold: ")


def test_a_public_folder_that_cannot_be_made_is_told(polled: Desk) -> None:
    text = polled.path.read_text("utf-8").replace("[service]", '[service]\npublic_dir = "in/the"')
    polled.path.write_text(text, "utf-8")
    (polled.folder / "in").write_text("a file in the way")

    result = polled.run("publish")

    assert result.exit_code == 1
    assert f"newsfold: {polled.folder / 'in'}" in result.stderr


def test_init_where_nothing_can_be_written_is_told(desk: Desk) -> None:
    (desk.folder / "file").write_text("")

    result = CliRunner().invoke(
        newsfold, ["--config", str(desk.folder / "file" / "c.toml"), "init"]
    )

    assert result.exit_code == 1
    assert result.stderr.startswith(f"newsfold: {desk.folder / 'file'}")


def test_what_is_no_database_is_told(polled: Desk) -> None:
    database = polled.folder / "data" / "newsfold.db"
    database.write_text("hello, this is a letter and no database" * 100)

    result = polled.run("stories")

    assert result.exit_code == 1
    assert "set data_dir to another folder" in result.stderr


@pytest.mark.parametrize("command", ["stories", "publish"])
def test_a_database_damaged_in_the_middle_is_told(polled: Desk, command: str) -> None:
    database = polled.folder / "data" / "newsfold.db"
    db = sqlite3.connect(database)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'stories'").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)

    result = polled.run(command)

    assert result.exit_code == 1
    assert "put a backup in its place" in result.stderr


def test_a_reader_that_goes_away_is_no_trouble(polled: Desk) -> None:
    process = start("--config", str(polled.path), "stories", "--json")
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(20) == 1
    process.stderr.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_stopped_poll_keeps_and_publishes_what_it_has(
    desk: Desk, web: Web, number: signal.Signals, code: int
) -> None:
    """One outlet answers, the other never does; the line of the first comes while that waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk.write(web.url("/post.xml"), f"http://127.0.0.1:{silent.getsockname()[1]}/feed")
        process = start("--config", str(desk.path), "poll", "--json")
        assert process.stdout is not None
        line = process.stdout.readline()

        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert json.loads(line)["outcome"] == "fetched"
    assert process.returncode == code
    assert errors == "Stopped: what was taken in is kept, the rest stays due.\n"
    assert "Bridge opens" in (desk.folder / "public" / "news.atom").read_text("utf-8")
    conditions = [feed["condition"] for feed in desk.json("feeds")]
    assert conditions == ["ok", "never polled"]


def test_ctrl_c_ends_other_commands_without_a_traceback(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        desk.write(f"http://127.0.0.1:{silent.getsockname()[1]}/feed")
        process = start("--config", str(desk.path), "check", "--online", "--quiet")
        connection, _ = silent.accept()

        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        connection.close()

    assert (process.returncode, output, errors) == (130, "", "\nStopped.\n")


def test_the_demo_shows_the_whole_job(desk: Desk) -> None:
    result = desk.run("demo", "--once", "--folder", str(desk.folder / "demo"))

    assert result.exit_code == 0
    assert "16 invented outlets are on the air." in result.stdout
    assert "The most told, each once:" in result.stdout
    assert (desk.folder / "demo" / "public" / "all.atom").is_file()


def test_titles_reach_a_pipe_of_another_encoding(polled: Desk) -> None:
    code, output, errors = run(
        "--config", str(polled.path), "stories", "--json", PYTHONIOENCODING="ascii"
    )

    assert (code, errors) == (0, "")
    assert all(json.loads(line) for line in output.splitlines())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("newsfold --config {} stories --digest n", {"news"}),
        ("newsfold --config {} stories --digest x", set()),
        ("newsfold --config {} remove http", {"post", "herald", "broken", "gone", "busy"}),
        ("newsfold --config /nix stories --digest n", set()),
        ("newsfold sta", {"status"}),
    ],
    ids=["digest", "no such digest", "feeds", "no configuration", "command"],
)
def test_a_shell_completes_names(polled: Desk, words: str, expected: set[str]) -> None:
    line = words.format(polled.path)
    environ: Mapping[str, str] = {
        "_NEWSFOLD_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }

    result = CliRunner().invoke(newsfold, [], prog_name="newsfold", env=dict(environ))

    names = {value.partition(",")[2] for value in result.output.split()}
    assert {Path(name).stem for name in names} == expected


def shape(value: object) -> object:
    """Return the names in a JSON value, of a list those of its first element."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    return [shape(part) for part in value[:1]] if isinstance(value, list) else None


@pytest.mark.parametrize(
    "args",
    [
        ("feeds",),
        ("poll", "--all"),
        ("publish",),
        ("status",),
        ("stories",),
        ("why", "https://herald.example/bridge"),
        ("split", "https://herald.example/bridge"),
        ("search", "bridge"),
        ("backup", "{folder}/copy.db"),
        ("prune",),
    ],
    ids=lambda args: args[0],
)
def test_the_documented_json_is_what_comes(polled: Desk, args: tuple[str, ...]) -> None:
    section = COMMANDS_PAGE.read_text("utf-8").split(f"\n## `{args[0]}`\n")[1].split("\n## ")[0]
    documented = re.findall(r"```json\n(.*?)\n```", section, re.DOTALL)[-1]

    first, *_ = polled.json(*(arg.format(folder=polled.folder) for arg in args))

    assert shape(first) == shape(json.loads(documented))
