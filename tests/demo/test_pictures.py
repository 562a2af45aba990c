"""Pictures are real PNG files and small."""

from __future__ import annotations

import struct
import zlib

import pytest

from aggregator.demo import pictures


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Return each chunk's kind and data, with its checksum checked."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = [], 8
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", png, at + 8 + size)[0] == zlib.crc32(kind + data)
        found.append((kind, data))
        at += size + 12
    return found


@pytest.mark.parametrize(
    ("png", "width", "height"),
    [
        pytest.param(pictures.landscape("x"), pictures.WIDTH, pictures.HEIGHT, id="landscape"),
        pytest.param(pictures.pixel(), 1, 1, id="pixel"),
    ],
)
def test_a_picture_is_a_png_of_its_size(png: bytes, width: int, height: int) -> None:
    parts = dict(chunks(png))

    pixels = zlib.decompress(parts[b"IDAT"])
    assert struct.unpack_from(">II", parts[b"IHDR"]) == (width, height)
    assert len(pixels) == height * (width + 1)
    assert max(pixels) < len(parts[b"PLTE"]) // 3
    assert len(png) < 20_000


def test_events_have_different_pictures_that_stay_the_same() -> None:
    assert pictures.landscape("a") == pictures.landscape("a") != pictures.landscape("b")
