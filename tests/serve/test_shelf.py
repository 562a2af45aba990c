from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest

from aggregator.serve import shelf as shelf_module
from aggregator.serve.body import Body, read_body
from aggregator.serve.files import Found, find
from aggregator.serve.shelf import Shelf

if TYPE_CHECKING:
    from pathlib import Path


def noise(seed: str, size_bytes: int) -> bytes:
    """Return bytes that no packing makes smaller."""
    blocks = (blake2b(f"{seed}{number}".encode()).digest() for number in range(size_bytes // 64))
    return b"".join(blocks)


def put(folder: Path, name: str, content: bytes) -> Found:
    (folder / f".{name}").write_bytes(content)
    (folder / f".{name}").replace(folder / name)
    found = find(folder, f"/{name}")
    assert found is not None
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count which paths are read; they are read all the same."""
    paths: list[str] = []

    def read(path: str) -> Body:
        paths.append(path)
        return read_body(path)

    monkeypatch.setattr(shelf_module, "read_body", read)
    return paths


async def test_a_file_is_read_once(tmp_path: Path, reads: list[str]) -> None:
    shelf = Shelf()
    found = put(tmp_path, "world.atom", b"x" * 1000)

    first, second = await shelf.fetch(found), await shelf.fetch(found)

    assert first is second
    assert reads == [found.path]


async def test_a_crowd_for_one_new_file_reads_it_once(tmp_path: Path, reads: list[str]) -> None:
    shelf = Shelf()
    found = put(tmp_path, "world.atom", b"x" * 1000)

    bodies = await asyncio.gather(*(shelf.fetch(found) for _ in range(50)))

    assert len({id(body) for body in bodies}) == 1
    assert len(reads) == 1


async def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    """Same name, same size: the inode and the time tell."""
    shelf = Shelf()
    old = await shelf.fetch(put(tmp_path, "world.atom", b"a" * 1000))
    new = await shelf.fetch(put(tmp_path, "world.atom", b"b" * 1000))

    assert old is not None
    assert new is not None
    assert b"".join(new.pieces(packed=False)) == b"b" * 1000
    assert shelf.kept_bytes == len(new.kept)


async def test_the_body_least_lately_used_goes_first(tmp_path: Path, reads: list[str]) -> None:
    shelf = Shelf(limit_bytes=25_000)
    one, two, three = (put(tmp_path, f"{n}.html", noise(n, 10_000)) for n in ("1", "2", "3"))
    for found in (one, two, one, three):
        await shelf.fetch(found)
    reads.clear()

    for found in (one, three, two):
        await shelf.fetch(found)

    assert reads == [two.path]
    assert shelf.kept_bytes <= 25_000


async def test_a_body_over_the_bound_is_kept_alone(tmp_path: Path, reads: list[str]) -> None:
    """Packed anew for each reader, it would cost more than it takes."""
    shelf = Shelf(limit_bytes=5_000)
    await shelf.fetch(put(tmp_path, "small.html", b"x"))
    large = put(tmp_path, "large.html", noise("large", 10_000))

    await shelf.fetch(large)
    kept = await shelf.fetch(large)

    assert kept is not None
    assert shelf.kept_bytes == len(kept.kept)
    assert reads.count(large.path) == 1


async def test_a_file_that_vanished_meanwhile_is_none(tmp_path: Path) -> None:
    found = put(tmp_path, "world.atom", b"x" * 1000)
    (tmp_path / "world.atom").unlink()

    assert await Shelf().fetch(found) is None
