"""Takes one content coding off a body, within a limit. Pure.

The output is bounded at every step, so a bomb costs no more than the limit and one step; a coding
that lies is taken for what the body is; a body that ends too early is a failure, never half a body.
"""

from __future__ import annotations

import zlib

import brotli  # type: ignore[import-untyped]  # it publishes no types
import zstandard

from aggregator.model import Failed, FailureKind

STEP_BYTES = 256 * 1024  # brotli overshoots its limit by up to a step of its own growth
ZSTD_SLICE_BYTES = 128  # may grow to 4 MB: a block of 4 bytes says 128 kB, RFC 8878 section 3.1.1.2
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # the largest that RFC 9659 lets a server use
MAX_MEMBERS = 1_000  # gzip members or zstd frames in one body; pigz and BGZF make some hundred
MAX_CODING_CHARS = 40  # of a server's own word repeated in a message
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
KNOWN_CODINGS = frozenset({"gzip", "deflate", "br", "zstd"})


class _BrokenError(Exception):
    """The body is not in the coding, or ends before its end."""


class _TooLargeError(Exception):
    """The decoded body passes the limit."""


def decode(wire: bytes, content_encoding: str, *, limit_bytes: int) -> bytes | Failed:
    """Return the body without its one coding, at most `limit_bytes` long, or why not.

    Failed is TOO_LARGE beyond the limit, PROTOCOL for more than one layer, an unknown coding, a
    broken or a truncated body. A body that is plain text in spite of its coding is returned as is.
    """
    codings = layers_of(content_encoding)
    if len(codings) > 1:
        return _protocol(
            f"The body is packed {len(codings)} times over (Content-Encoding). Newsfold takes one"
            " layer; tell whoever runs the server."
        )
    try:
        return _unpack(wire, codings[0] if codings else "", limit_bytes)
    except _TooLargeError:
        return too_large(limit_bytes)
    except (_BrokenError, zlib.error, brotli.error, zstandard.ZstdError):
        coding = codings[0] if codings else "gzip"
        return _protocol(
            f"The body is broken or cut short: it does not unpack as {coding[:MAX_CODING_CHARS]!r}."
            " It is tried again; if that stays, tell whoever runs the server."
        )


def layers_of(content_encoding: str) -> list[str]:
    """Return the codings of a Content-Encoding header, in order, without those that do nothing."""
    names = (name.strip().lower().removeprefix("x-") for name in content_encoding.split(","))
    return [name for name in names if name not in {"", "identity"}]


def too_large(limit_bytes: int) -> Failed:
    """Return the failure of a body that passes the limit."""
    return Failed(
        kind=FailureKind.TOO_LARGE,
        message=f"The body is over {limit_bytes:,} bytes. If the feed really is that large, raise"
        " polling.max_body.",
    )


def is_too_large(body: bytes | Failed) -> bool:
    """Return whether the body passed the limit."""
    return isinstance(body, Failed) and body.kind is FailureKind.TOO_LARGE


def is_packed(wire: bytes, content_encoding: str) -> bool:
    """Return whether there is a coding to take off."""
    if wire.startswith((GZIP_MAGIC, ZSTD_MAGIC)):
        return True
    return bool(layers_of(content_encoding)) and not looks_plain(wire)


def looks_plain(wire: bytes) -> bool:
    """Return whether a body starts as XML, HTML or JSON does, in any encoding of text."""
    start = wire[:256]
    for mark in BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    return start.lstrip(b"\x00 \t\r\n").startswith((b"<", b"{"))


def _protocol(message: str) -> Failed:
    return Failed(kind=FailureKind.PROTOCOL, message=message)


def _unpack(wire: bytes, coding: str, limit: int) -> bytes:
    """Take the coding off by what the bytes are, where they tell; by the header's word else."""
    if len(wire) > limit and coding not in KNOWN_CODINGS:
        raise _TooLargeError
    if wire.startswith(GZIP_MAGIC):  # also where the header says deflate or nothing at all
        return _inflate(wire, limit, zlib.MAX_WBITS | 16)
    if wire.startswith(ZSTD_MAGIC):
        return _unzstd(wire, limit)
    if not coding or not wire or looks_plain(wire):
        return _bounded(wire, limit)
    match coding:
        case "gzip" | "deflate":
            return _inflate(
                wire, limit, zlib.MAX_WBITS if _has_zlib_head(wire) else -zlib.MAX_WBITS
            )
        case "br":
            return _unbrotli(wire, limit)
        case _:
            raise _BrokenError


def _bounded(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise _TooLargeError
    return body


def _has_zlib_head(wire: bytes) -> bool:
    """Return whether RFC 1950's two bytes stand first; some servers send RFC 1951 bare."""
    return len(wire) > 1 and wire[0] & 0x0F == zlib.DEFLATED and (wire[0] << 8 | wire[1]) % 31 == 0


def _inflate(wire: bytes, limit: int, wbits: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(wbits)
        parts.append(member.decompress(wire, limit - total + 1))
        total += len(parts[-1])
        if total > limit:
            raise _TooLargeError
        if not member.eof:
            raise _BrokenError
        wire = member.unused_data
        if not wire.startswith(GZIP_MAGIC):  # padding after the end means nothing
            return b"".join(parts)
    raise _BrokenError


def _unbrotli(wire: bytes, limit: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts = [unpacker.process(wire, output_buffer_limit=STEP_BYTES)]
    total = len(parts[0])
    # `can_accept_more_data` is no end: it says yes while output waits that the limit held back.
    while total <= limit and not unpacker.is_finished():
        parts.append(unpacker.process(b"", output_buffer_limit=STEP_BYTES))
        if not parts[-1]:
            raise _BrokenError
        total += len(parts[-1])
    if total > limit:
        raise _TooLargeError
    return b"".join(parts)


def _unzstd(wire: bytes, limit: int) -> bytes:
    body = bytearray()
    for _ in range(MAX_MEMBERS):
        wire = _unzstd_frame(wire, body, limit)
        if not wire:
            return bytes(body)
    raise _BrokenError


def _unzstd_frame(wire: bytes, body: bytearray, limit: int) -> bytes:
    """Append one frame's content to `body` and return what comes after the frame."""
    context = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    unpacker = context.decompressobj()
    for start in range(0, len(wire), ZSTD_SLICE_BYTES):
        body += unpacker.decompress(wire[start : start + ZSTD_SLICE_BYTES])
        if len(body) > limit:
            raise _TooLargeError
        if unpacker.eof:
            return unpacker.unused_data + wire[start + ZSTD_SLICE_BYTES :]
    raise _BrokenError
