"""A picture from outside into a small one of our own: decoded, scaled, written anew. Pure.

Runs in a reading process, which is ended when a picture takes too much time or memory. What comes
out holds pixels alone: no metadata, no second frame, no bytes of the original.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO

from PIL import Image, ImageOps

MAX_PIXELS = 25_000_000  # 100 MB unpacked; pictures of the press have 2 to 12 million
WIDEST, TALLEST = 800, 1_000  # of ours: a page shows them at most 640 wide
NARROWEST, SHORTEST = 80, 50  # a smaller one is a logo, a button or counts its readers
QUALITY = 74  # of WebP: some 40 kB at 800 by 450
SUFFIX = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A picture of ours, as WebP."""

    body: bytes
    width: int  # pixels
    height: int

    @property
    def name(self) -> str:
        """Return the file's name: another content has another one."""
        return blake2b(self.body, digest_size=16).hexdigest() + SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPicture:
    """Why a body gives no picture to show."""

    why: str


def kind_of(body: bytes) -> str:
    """Return the format that the first bytes tell, as Pillow calls it; "" for any other.

    SVG is none of them: it is a document that may run and load things.
    """
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if body.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    return "AVIF" if body[4:12] in {b"ftypavif", b"ftypavis"} else ""


def shrink(body: bytes) -> Shrunk | NoPicture:
    """Return a small copy of the picture, or why there is none."""
    kind = kind_of(body)
    if not kind:
        return NoPicture(why="it is no PNG, JPEG, GIF, WebP or AVIF")
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(body), formats=(kind,)) as picture:
            warnings.simplefilter("ignore")  # of oddities that are mended, and of size: see below
            if refusal := _refusal(picture.size):
                return NoPicture(why=refusal)
            return _written(picture)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise what they like on broken bytes
        return NoPicture(why=f"it cannot be read as {kind} ({type(error).__name__})")


def _refusal(size: tuple[int, int]) -> str:
    width, height = size
    if width * height > MAX_PIXELS:
        return f"its {width} by {height} pixels are over {MAX_PIXELS // 10**6} million"
    if width < NARROWEST or height < SHORTEST:
        return f"its {width} by {height} pixels are too few to show"
    return ""


def _written(picture: Image.Image) -> Shrunk | NoPicture:
    picture.draft(
        "RGB", (2 * WIDEST, 2 * TALLEST)
    )  # a large JPEG is unpacked at a part of its size
    upright = ImageOps.exif_transpose(picture)
    is_clear = upright.has_transparency_data
    plain = upright.convert("RGBA" if is_clear else "RGB")
    plain.thumbnail((WIDEST, TALLEST))
    target = BytesIO()
    bare = Image.new(plain.mode, plain.size)  # carries nothing over but pixels
    bare.paste(plain)
    bare.save(target, "WEBP", quality=QUALITY, method=4)
    if refusal := _refusal(bare.size):  # an endless strip
        return NoPicture(why=refusal)
    return Shrunk(body=target.getvalue(), width=bare.width, height=bare.height)
