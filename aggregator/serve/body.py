"""A published file as it is kept and sent: packed with gzip, with its tag and its time.

Only the packed form is kept: nearly every reader takes it, and for the rare one that does not it is
unpacked piece by piece while being sent. The same content gives the same bytes and the same tag on
every run (no time stands in the gzip header). This module opens files and knows no HTTP.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from aggregator.serve.files import stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.serve.files import Stamp

SMALLEST_PACKED_BYTES = 500  # below that the header outweighs the gain: it is one packet anyway
_PIECE_BYTES = 65_536  # read, packed and sent at a time; one packs in about 2 ms
_PACKED_PIECE_BYTES = 16_384  # unpacked at a time: feeds shrink to a fifth or less
_GZIP = 31  # zlib's wbits for a gzip header, without name and time
_TAG_BYTES = 16  # 128 bits: two contents never share a tag by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The content of a file: `kept` is gzip where `is_packed`, else the content itself."""

    stamp: Stamp
    tag: str  # hexadecimal digest of the content
    size_bytes: int  # of the content
    kept: bytes
    is_packed: bool

    @property
    def modified_at(self) -> datetime:
        """Return when the file was written, in whole seconds as HTTP has them."""
        return datetime.fromtimestamp(self.stamp.modified_ns // 1_000_000_000, UTC)

    def pieces(self, *, packed: bool) -> Iterator[bytes]:
        """Yield the gzip form or the content, in pieces small enough to send one by one."""
        if packed or not self.is_packed:
            return _cut(self.kept, _PIECE_BYTES)
        return _unpack(self.kept)


def read_body(path: str) -> Body:
    """Read, hash and pack a file; takes some 30 ms for a megabyte, so call it in a thread.

    The stamp is of the very file that was read, even when the path is replaced meanwhile.
    """
    # Neither a link nor a pipe put in the file's place since it was found is followed or waited on.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags), "rb") as file:
        stamp = stamp_of(os.fstat(file.fileno()))
        if stamp.size <= SMALLEST_PACKED_BYTES:
            return _small_body(stamp, file.read())
        return _packed_body(stamp, file)


def body_of(stamp: Stamp, content: bytes) -> Body:
    """Return a content that is no file of its own, as one that was read is kept."""
    if len(content) <= SMALLEST_PACKED_BYTES:
        return _small_body(stamp, content)
    return _packed_body(stamp, BytesIO(content))


def tag_of(content: bytes) -> str:
    """Return the tag of a content, as `Body.tag` has it."""
    return blake2b(content, digest_size=_TAG_BYTES).hexdigest()


def _small_body(stamp: Stamp, content: bytes) -> Body:
    tag = tag_of(content)
    return Body(stamp=stamp, tag=tag, size_bytes=len(content), kept=content, is_packed=False)


def _packed_body(stamp: Stamp, file: BinaryIO) -> Body:
    digest = blake2b(digest_size=_TAG_BYTES)
    packer = zlib.compressobj(wbits=_GZIP)
    packed = []
    size_bytes = 0
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
        packed.append(packer.compress(piece))
        size_bytes += len(piece)
    packed.append(packer.flush())
    kept = b"".join(packed)
    return Body(
        stamp=stamp, tag=digest.hexdigest(), size_bytes=size_bytes, kept=kept, is_packed=True
    )


def _cut(content: bytes, size_bytes: int) -> Iterator[bytes]:
    for start in range(0, len(content), size_bytes):
        yield content[start : start + size_bytes]


def _unpack(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    for piece in _cut(packed, _PACKED_PIECE_BYTES):
        yield unpacker.decompress(piece)
    yield unpacker.flush()
