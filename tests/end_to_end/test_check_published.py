"""The check that CI makes of published files: sound ones pass, each kind of fault is named."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.pipeline.house import House
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import Clock, Plan, load, public_of, take_round, write
from tests.end_to_end.web import serve_web

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_published.py"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEAD = '<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id>'
ENTRY = "<entry><id>1</id><content>{}</content></entry>"


def checked(public: Path, *options: str) -> tuple[int, str]:
    """Run the check; return its exit code and what it printed."""
    command = [sys.executable, str(TOOL), str(public), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish a digest of 45 stories, once for all tests here."""
    folder = tmp_path_factory.mktemp("published")
    with serve_web() as web:
        url = web.put("/feed", page([invented(n, published_at=NOON) for n in range(45)]))
        path = write(folder, Plan(feeds=[url], polling={"backfill": "100"}))
        with House.open(load(path), clock=Clock(NOON)) as house:
            take_round(house)
    return public_of(load(path))


def test_what_newsfold_publishes_passes(public: Path) -> None:
    code, output = checked(public)

    assert code == 0, output
    files = "1 atom, 1 rss, 1 json, 2 html, 1 opml"
    assert output.startswith(f"Checked {files}; 45 stories in all: 0 faults.")


def test_too_few_stories_are_a_fault(public: Path) -> None:
    code, output = checked(public, "--at-least", "46")

    assert code == 1
    assert "45 stories, fewer than 46" in output


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    code, output = checked(tmp_path)

    assert code == 1
    assert "no .atom file at all" in output


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("x.atom", HEAD, "not well-formed"),
        ("x.atom", "", "empty"),
        ("x.atom", f"{HEAD}{ENTRY.format('')}{ENTRY.format('')}</feed>", "id 1 stands 2 times"),
        ("x.atom", f"{HEAD}{ENTRY.format('&lt;script>')}</feed>", "harmful: '<script'"),
        ("x.rss", "<html></html>", "no RSS channel"),
        ("x.json", '{"version": "1", "items": []}', "no JSON Feed"),
        ("x.json", '{"items": []', "not well-formed"),
        ("x.html", "<html><title>a</title><div></html>", "closes nothing"),
        ("x.html", "<html><title>a</title><a href=' JavaScript:1'>b</a></html>", "harmful address"),
        ("x.html", "<html><title>a</title><b onclick='1'>b</b></html>", "<b onclick>"),
        ("x.html", "<html><title>a\x07</title></html>", "control character"),
    ],
)
def test_each_fault_is_named_with_its_file(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    code, output = checked(tmp_path, "--at-least", "0")

    assert code == 1
    assert any(line.startswith(f"  {name}: ") and fault in line for line in output.splitlines())
