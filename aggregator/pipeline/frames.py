"""Values over a pipe between our own processes: a length, then a pickle.

Both ends are this program; nothing from outside is ever unpickled. Pickle keeps our frozen values
as they are and costs a tenth of parsing what they hold.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from typing import IO

LENGTH_BYTES = 8
SLICE_BYTES = 64 * 1024  # as much as a pipe takes: the loop is not held up, nothing is copied twice


def pack(value: object) -> bytes:
    """Return the payload of the value's frame."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def _head(payload: bytes) -> bytes:
    return len(payload).to_bytes(LENGTH_BYTES, "big")


def unpack(payload: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return the value of a frame's payload."""
    return pickle.loads(payload)  # noqa: S301 - written by our own process at the other end


def write(stream: IO[bytes], value: object) -> None:
    """Write one frame and flush it."""
    payload = pack(value)
    stream.write(_head(payload))
    stream.write(payload)
    stream.flush()


def read(stream: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was packed
    """Read one frame; EOFError where the other end has closed."""
    return unpack(read_payload(stream))


def read_payload(stream: IO[bytes]) -> bytes:
    """Read one frame without unpacking it; EOFError where the other end has closed."""
    payload_bytes = int.from_bytes(_exactly(stream, LENGTH_BYTES), "big")
    return _exactly(stream, payload_bytes)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


async def read_async(stream: asyncio.StreamReader) -> Any:  # noqa: ANN401 - whatever was packed
    """Read one frame; asyncio.IncompleteReadError where the other end has closed."""
    payload_bytes = int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big")
    return unpack(await stream.readexactly(payload_bytes))


async def write_async(stream: asyncio.StreamWriter, value: object) -> None:
    """Write one frame piece by piece, as fast as the other end takes them."""
    payload = pack(value)
    stream.write(_head(payload))
    view = memoryview(payload)
    for start in range(0, len(payload), SLICE_BYTES):
        stream.write(view[start : start + SLICE_BYTES])
        await stream.drain()
