from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.serve.body import SMALLEST_PACKED_BYTES, read_body

if TYPE_CHECKING:
    from pathlib import Path

LONG = b"".join(b"<entry>%d</entry>" % number for number in range(50_000))
NOISE = b"".join(blake2b(b"%d" % number).digest() for number in range(4_000))


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"x" * SMALLEST_PACKED_BYTES, b"x" * (SMALLEST_PACKED_BYTES + 1), LONG, NOISE],
    ids=["empty", "one byte", "at the bound", "over the bound", "long", "incompressible"],
)
def test_both_forms_hold_the_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "world.atom"
    path.write_bytes(content)

    body = read_body(str(path))

    assert b"".join(body.pieces(packed=False)) == content
    assert body.size_bytes == len(content)
    assert body.is_packed == (len(content) > SMALLEST_PACKED_BYTES)
    if body.is_packed:
        assert gzip.decompress(b"".join(body.pieces(packed=True))) == content


@given(st.binary(max_size=5_000), st.integers(1, 40))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_comes_back(tmp_path: Path, content: bytes, times: int) -> None:
    path = tmp_path / "any.html"
    path.write_bytes(content * times)

    body = read_body(str(path))

    assert b"".join(body.pieces(packed=False)) == content * times


def test_a_large_body_comes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "noise.html"
    path.write_bytes(NOISE)

    body = read_body(str(path))

    assert max(len(piece) for piece in body.pieces(packed=False)) <= 65_536
    assert max(len(piece) for piece in body.pieces(packed=True)) <= 65_536


def test_the_same_content_gives_the_same_bytes_and_tag_at_another_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.atom", tmp_path / "second.atom"
    first.write_bytes(LONG)
    second.write_bytes(LONG)
    os.utime(second, (1, 1))

    one, other = read_body(str(first)), read_body(str(second))

    assert (one.tag, one.kept) == (other.tag, other.kept)
    assert one.stamp != other.stamp


def test_other_content_of_the_same_size_has_another_tag(tmp_path: Path) -> None:
    path = tmp_path / "world.atom"
    path.write_bytes(b"a" * 1000)
    before = read_body(str(path))
    path.write_bytes(b"b" * 1000)

    assert read_body(str(path)).tag != before.tag


def test_the_time_is_in_whole_seconds(tmp_path: Path) -> None:
    path = tmp_path / "world.atom"
    path.write_bytes(b"x")
    os.utime(path, ns=(0, 1_700_000_000_999_999_999))

    assert read_body(str(path)).modified_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_link_put_in_the_files_place_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"private")
    (tmp_path / "world.atom").symlink_to("secret")

    with pytest.raises(OSError, match="symbolic links"):
        read_body(str(tmp_path / "world.atom"))
