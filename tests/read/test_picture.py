from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aggregator.demo.pictures import landscape, pixel
from aggregator.read.picture import MAX_PIXELS, WIDEST, NoPicture, Shrunk, kind_of, shrink

GPS = {0x8825: {1: "N", 2: (52.0, 31.0, 0.0)}}


def drawn(
    kind: str, size: tuple[int, int] = (1600, 900), mode: str = "RGB", **how: object
) -> bytes:
    target = BytesIO()
    Image.new(mode, size).save(target, kind, **how)
    return target.getvalue()


def shrunk(body: bytes) -> Shrunk:
    made = shrink(body)
    assert isinstance(made, Shrunk), made
    return made


def opened(made: Shrunk) -> Image.Image:
    return Image.open(BytesIO(made.body), formats=("WEBP",))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_large_picture_of_any_kind_becomes_a_small_webp(kind: str) -> None:
    body = drawn(kind)

    made = shrunk(body)

    assert kind_of(body) == kind
    assert (made.width, made.height) == opened(made).size == (WIDEST, 450)
    assert kind_of(made.body) == "WEBP"


@pytest.mark.parametrize(
    ("mode", "left"),
    [("P", "RGB"), ("L", "RGB"), ("CMYK", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA")],
)
def test_every_kind_of_pixel_is_understood(mode: str, left: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    body = drawn("JPEG" if kind == "TIFF" else kind, (200, 100), mode)

    assert opened(shrunk(body)).mode == left


def test_a_small_picture_keeps_its_size() -> None:
    made = shrunk(landscape("harbour"))

    assert (made.width, made.height) == (480, 270)
    assert len(made.body) < 20_000


def test_nothing_but_pixels_comes_through() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    body = drawn("JPEG", exif=exif, comment=b"made by me", icc_profile=b"profile")

    made = shrunk(body)

    assert b"where I live" in body
    assert not any(
        text in made.body for text in (b"where I live", b"made by me", b"profile", b"EXIF")
    )
    assert opened(made).info.keys() <= {"loop", "background", "timestamp", "duration"}


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right

    assert shrunk(drawn("JPEG", (400, 200), exif=exif)).width == 200


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (200, 100), colour) for colour in ("red", "blue", "green")]
    target = BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])

    assert getattr(opened(shrunk(target.getvalue())), "n_frames", 1) == 1


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of few bytes that says to be so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no PNG, JPEG"),
        (b"", "no PNG, JPEG"),
        (b"<!doctype html>", "no PNG, JPEG"),
        (b"%PDF-1.7", "no PNG, JPEG"),
        (drawn("TIFF"), "no PNG, JPEG"),
        (drawn("BMP"), "no PNG, JPEG"),
        (bomb(6_000, 6_000), f"over {MAX_PIXELS // 10**6} million"),
        (bomb(60_000, 60_000), "DecompressionBombError"),
        (pixel(), "too few"),
        (drawn("PNG", (800, 20)), "too few"),
        (drawn("PNG", (100, 9_000)), "too few"),
        (drawn("PNG")[:300], "cannot be read as PNG"),
        (b"\xff\xd8\xff" + b"x" * 200, "cannot be read as JPEG"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "cannot be read as WEBP"),
        (b"\0\0\0\x20ftypavif" + b"x" * 50, "cannot be read as AVIF"),
    ],
)
def test_what_is_no_picture_to_show_is_refused(body: bytes, why: str) -> None:
    made = shrink(body)

    assert isinstance(made, NoPicture)
    assert why in made.why


def test_the_name_is_that_of_the_content() -> None:
    one, same, other = (shrunk(landscape(name)) for name in ("a", "a", "b"))

    assert one.name == same.name != other.name
    assert one.name.endswith(".webp")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broken_bytes_never_raise(data: st.DataObject) -> None:
    body = bytearray(drawn(data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"])), (120, 80)))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    assert isinstance(shrink(bytes(body)), Shrunk | NoPicture)
