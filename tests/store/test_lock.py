from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.errors import LockedError, StoreError
from aggregator.store import lock

PROJECT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from aggregator.store import lock
with lock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
FORKING_HOLDER = """
import os, sys, time
from pathlib import Path
from aggregator.store import lock
with lock.hold(Path(sys.argv[1])):
    if os.fork() == 0:
        print("held", os.getpid(), sep="\\n", flush=True)
        time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""


def holder(data_dir: Path, script: str = HOLDER) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", script, str(data_dir)]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ)  # noqa: S603 (our own words)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_process_is_told_which_one_holds_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        expected = f"process {process.pid}). Let it finish or stop it"
        with pytest.raises(LockedError, match=re.escape(expected)), lock.hold(tmp_path):
            pass
        process.kill()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()

    with lock.hold(tmp_path):
        assert (tmp_path / lock.LOCK_NAME).read_text("ascii") == f"{os.getpid()}\n"


def test_the_lock_is_free_after_the_block(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        pass

    with lock.hold(tmp_path), pytest.raises(LockedError), lock.hold(tmp_path):
        pass


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    """A worker that outlives its killed parent must not lock the next instance out."""
    with holder(tmp_path, FORKING_HOLDER) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
        process.wait()

        with lock.hold(tmp_path):
            os.kill(child, signal.SIGKILL)  # raises where the child had not outlived its parent


def test_the_folder_and_the_lock_are_their_owners_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "kept"

    with lock.hold(data_dir):
        assert data_dir.stat().st_mode & 0o777 == 0o700
        assert (data_dir / lock.LOCK_NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError, match="Make it writable"), lock.hold(tmp_path / "file" / "x"):
        pass
