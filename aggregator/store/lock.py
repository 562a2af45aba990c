"""One instance for a data directory. The lock is the kernel's: it ends with its process."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aggregator.errors import LockedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_NAME = "newsfold.lock"
MAX_PID_BYTES = 32  # more than any process number has digits


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Hold the data directory, made where it is missing, for this process alone.

    Raises LockedError, naming the process that holds it, at once and without waiting.
    """
    descriptor = _open(data_dir)
    try:
        _take(descriptor, data_dir)
        held = [descriptor]
        # A forked child would keep the lock past our death: it lets go of it at birth.
        os.register_at_fork(after_in_child=lambda: _let_go(held))
        try:
            yield
        finally:
            held.clear()
            os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _open(data_dir: Path) -> int:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = (
            f"The data directory {data_dir} cannot be used ({error.strerror}). "
            "Make it writable for this user, or set data_dir to another one."
        )
        raise StoreError(message) from error


def _take(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(descriptor, MAX_PID_BYTES, 0).decode("ascii", "replace").strip()
        message = (
            f"Newsfold is already running on {data_dir} (process {pid or 'unknown'}). "
            "Let it finish or stop it, then try again."
        )
        raise LockedError(message) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)


def _let_go(held: list[int]) -> None:
    while held:
        with suppress(OSError):  # closed already: nothing is kept
            os.close(held.pop())
