"""Reads an answer's body: bounded on the wire and unpacked, never in one long step of the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aggregator.model import Failed
from aggregator.poll import decode

if TYPE_CHECKING:
    import httpx

    from aggregator.poll.budget import Budget, Share
    from aggregator.poll.exchange import Fields

AT_ONCE_BYTES = 256 * 1024  # packed or unpacked: a millisecond's work, not worth a thread


async def read_body(
    response: httpx.Response, fields: Fields, *, limit_bytes: int, budget: Budget
) -> bytes | Failed:
    """Return the body without its coding, or the failure of one that is too large or broken."""
    with budget.share() as share:
        wire = await read_wire(response, fields, limit_bytes=limit_bytes, share=share)
        if isinstance(wire, Failed):
            return wire
        coding = fields.get("content-encoding", "")
        return await unpack(wire, coding, limit_bytes=limit_bytes, share=share)


async def read_wire(
    response: httpx.Response, fields: Fields, *, limit_bytes: int, share: Share
) -> bytes | Failed:
    """Return the body as it came over the wire, or the failure of one over the limit."""
    declared = fields.get("content-length", "")  # h11 has checked that it is a number
    if declared.isdecimal() and int(declared) > limit_bytes:
        return decode.too_large(limit_bytes)
    body = bytearray()
    async for part in response.aiter_raw():
        await share.grow(len(part))
        body += part
        if len(body) > limit_bytes:
            return decode.too_large(limit_bytes)
    return bytes(body)


async def unpack(wire: bytes, coding: str, *, limit_bytes: int, share: Share) -> bytes | Failed:
    """Return the body without its coding; what takes long is done in a thread.

    All the codings' libraries let go of the interpreter's lock while they work.
    """
    if len(wire) <= AT_ONCE_BYTES:
        small = decode.decode(wire, coding, limit_bytes=min(limit_bytes, AT_ONCE_BYTES))
        if not decode.is_too_large(small) or limit_bytes <= AT_ONCE_BYTES:
            return small
    if not decode.is_packed(wire, coding):
        return decode.decode(wire, coding, limit_bytes=limit_bytes)
    await share.grow(limit_bytes)
    return await asyncio.to_thread(decode.decode, wire, coding, limit_bytes=limit_bytes)


async def drain(response: httpx.Response) -> None:
    """Read to the end of an answer that has no body, so that its connection can be kept."""
    _ = [part async for part in response.aiter_raw()]


async def read_start(response: httpx.Response, limit_bytes: int) -> bytes:
    """Return the first bytes of a body, as they came over the wire."""
    start = bytearray()
    async for part in response.aiter_raw():
        start += part
        if len(start) >= limit_bytes:
            break
    return bytes(start[:limit_bytes])
