"""Published files: whole or not at all, and only where their bytes differ."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from aggregator.model import Document
from aggregator.pipeline.files import remove_remains, replace_file, write_documents

if TYPE_CHECKING:
    from pathlib import Path


def document(path: str, body: bytes) -> Document:
    return Document(path=path, body=body)


def test_documents_are_written_with_their_folders(tmp_path: Path) -> None:
    public = tmp_path / "public"
    written = write_documents(public, [document("all.atom", b"a"), document("all/1.atom", b"b")])

    assert written == 2
    assert (public / "all.atom").read_bytes() == b"a"
    assert (public / "all" / "1.atom").read_bytes() == b"b"


def test_a_file_with_the_same_bytes_is_left_alone(tmp_path: Path) -> None:
    """Its modification time is what Last-Modified may be made of."""
    write_documents(tmp_path, [document("all.atom", b"a")])
    os.utime(tmp_path / "all.atom", (1, 1))
    written = write_documents(tmp_path, [document("all.atom", b"a"), document("all.rss", b"r")])

    assert written == 1
    assert (tmp_path / "all.atom").stat().st_mtime == 1


def test_other_servers_may_read_the_files(tmp_path: Path) -> None:
    write_documents(tmp_path, [document("all.atom", b"a")])

    assert (tmp_path / "all.atom").stat().st_mode & 0o777 == 0o644


def test_nothing_but_the_documents_is_left_in_the_folder(tmp_path: Path) -> None:
    write_documents(tmp_path, [document("all.atom", b"a")])
    write_documents(tmp_path, [document("all.atom", b"b")])

    assert [path.name for path in tmp_path.iterdir()] == ["all.atom"]


def test_a_failed_write_leaves_the_old_file_and_no_remains(tmp_path: Path) -> None:
    """A folder stands where the file should go, so that the last step fails."""
    (tmp_path / "all.atom").mkdir()

    with pytest.raises(OSError, match=r"all\.atom"):
        replace_file(tmp_path / "all.atom", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["all.atom"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".newsfold-abc.tmp", "all/.newsfold-xyz.tmp", ".htaccess", "all.atom", "x.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    remove_remains(tmp_path)

    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == [".htaccess", "all.atom", "x.tmp"]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """While two bodies take turns, no read is short or mixed."""
    path, bodies = tmp_path / "all.atom", (b"a" * 300_000, b"b" * 200_000)
    replace_file(path, bodies[0])
    done = threading.Event()

    def write_on() -> None:
        for turn in range(60):
            replace_file(path, bodies[turn % 2])
        done.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    writer.join()

    assert seen <= set(bodies)
