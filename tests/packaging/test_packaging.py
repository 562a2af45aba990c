"""The files that install Newsfold, checked as far as this machine can."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "newsfold.service"
DOCKERFILE = ROOT / "packaging" / "Dockerfile"

INSTALLED = "/opt/newsfold/.venv/bin/newsfold"


class Settings(RawConfigParser):
    """A unit file: names keep their case, and a name may stand several times."""

    def optionxform(self, optionstr: str) -> str:
        """Keep the name as it is written."""
        return optionstr


@pytest.fixture(scope="module")
def unit() -> Settings:
    settings = Settings(strict=False, delimiters=("=",), comment_prefixes=("#",))
    settings.read(UNIT)
    return settings


def analyse(tmp_path: Path, text: str) -> str:
    """Return what systemd has to say against a unit, with a program that exists here."""
    analyser = shutil.which("systemd-analyze")
    if analyser is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    path = tmp_path / "newsfold.service"
    path.write_text(text.replace(INSTALLED, sys.executable))
    told = subprocess.run(  # noqa: S603 - a program of the system on a file of ours
        [analyser, "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    return told.stderr + ("" if told.returncode == 0 else f"exit {told.returncode}")


def test_systemd_accepts_every_line_of_the_unit(tmp_path: Path) -> None:
    assert analyse(tmp_path, UNIT.read_text()) == ""


def test_systemd_would_object_to_a_slip(tmp_path: Path) -> None:
    """The check above can fail."""
    slip = UNIT.read_text().replace("ProtectSystem=strict", "ProtectSystem=strictly")

    assert "strictly" in analyse(tmp_path, slip)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "exec"),
        ("KillSignal", "SIGTERM"),
        ("ExecReload", "kill -HUP $MAINPID"),
        ("TimeoutStopSec", "15"),
        ("Restart", "on-failure"),
        ("User", "newsfold"),
        ("StateDirectory", "newsfold"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("MemoryMax", "1G"),
    ],
)
def test_the_unit_keeps_its_promises(unit: Settings, name: str, value: str) -> None:
    """docs/OPERATIONS.md tells operators so."""
    assert unit["Service"][name] == value


def test_the_reading_processes_may_limit_themselves() -> None:
    """`setrlimit` is among @resources: forbidden, no feed could be read."""
    forbidden = re.findall(r"^SystemCallFilter=~(.*)$", UNIT.read_text(), re.MULTILINE)

    assert forbidden == ["@privileged"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)

    assert users == ["10001:10001"]


def test_the_image_takes_only_what_the_lock_files_name() -> None:
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    installs = [
        step
        for line in lines
        for step in line.split("&&")
        if re.search(r"pip (install|wheel)", step)
    ]

    assert len(installs) == 4
    for step in installs:
        assert "--require-hashes" in step or "--no-deps" in step


def test_the_images_health_check_is_a_program_that_compiles() -> None:
    (check,) = re.findall(r"^\s+CMD (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    python, flag, program = json.loads(check)

    compile(program, "HEALTHCHECK", "exec")
    assert (python, flag) == ("python", "-c")
    assert "/healthz" in program


def test_what_the_image_copies_is_let_through_to_the_build() -> None:
    let_through = {
        line[1:]
        for line in (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
        for name in line.split()[:-1]
    }

    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
