"""Draws small landscapes as PNG, one for each event, so that pages look alive. Pure."""

from __future__ import annotations

import math
import struct
import zlib
from colorsys import hsv_to_rgb
from typing import TYPE_CHECKING

from aggregator.demo.chance import seeded

if TYPE_CHECKING:
    from random import Random

WIDTH, HEIGHT = 480, 270  # pixels; 16:9 as pages show it
SKY_SHADES = 96  # palette entries of the sky; more would not be seen
HILLS = 4  # ridges, each darker than the one behind it
SUN_SHADE = SKY_SHADES
FIRST_HILL_SHADE = SKY_SHADES + 1


def landscape(name: str) -> bytes:
    """Return a PNG of hills under a sky with a sun; the same name gives the same picture."""
    draw = seeded("picture", name)
    rows = [bytearray([_sky_shade(y)]) * WIDTH for y in range(HEIGHT)]
    _paint_sun(rows, draw)
    for hill in range(HILLS):
        _paint_hill(rows, hill, draw)
    return _png(rows, _palette(draw))


def pixel() -> bytes:
    """Return a PNG of one white pixel, as trackers use it."""
    return _png([bytearray(1)], b"\xff\xff\xff")


def _sky_shade(y: int) -> int:
    return y * SKY_SHADES // HEIGHT


def _paint_sun(rows: list[bytearray], draw: Random) -> None:
    radius = draw.randint(18, 34)
    centre_x, centre_y = draw.randint(90, WIDTH - 90), draw.randint(50, 120)
    for y in range(centre_y - radius, centre_y + radius + 1):
        half = int(math.sqrt(radius**2 - (y - centre_y) ** 2))
        rows[y][centre_x - half : centre_x + half] = bytes([SUN_SHADE]) * (2 * half)


def _paint_hill(rows: list[bytearray], hill: int, draw: Random) -> None:
    base = 140 + 32 * hill
    waves = [(draw.uniform(0.006, 0.03), draw.uniform(0, 7), draw.uniform(4, 16)) for _ in range(3)]
    for x in range(WIDTH):
        ridge = base + sum(math.sin(x * pace + shift) * size for pace, shift, size in waves)
        for y in range(max(0, int(ridge)), HEIGHT):
            rows[y][x] = FIRST_HILL_SHADE + hill


def _palette(draw: Random) -> bytes:
    hue = draw.random()
    evening = (hue + draw.uniform(0.06, 0.16)) % 1
    sky = [_mix(hue, evening, shade / (SKY_SHADES - 1)) for shade in range(SKY_SHADES)]
    sun = _rgb(evening, 0.12, 1.0)
    hills = [_rgb(hue, 0.35 + 0.1 * hill, 0.62 - 0.13 * hill) for hill in range(HILLS)]
    return b"".join([*sky, sun, *hills])


def _mix(hue: float, evening: float, share: float) -> bytes:
    turn = (evening - hue) % 1
    return _rgb((hue + turn * share) % 1, 0.62 - 0.38 * share, 0.78 + 0.2 * share)


def _rgb(hue: float, saturation: float, value: float) -> bytes:
    return bytes(int(255 * part) for part in hsv_to_rgb(hue, saturation, value))


def _png(rows: list[bytearray], palette: bytes) -> bytes:
    """Return the rows as a PNG with a palette (PNG specification, sections 5 and 11)."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
