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


def pack(value: object) -> bytes:
    """Return the value as one frame."""
    payload = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def unpack(payload: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """Return the value of a frame's payload."""
    return pickle.loads(payload)  # noqa: S301 - written by our own process at the other end


def write(stream: IO[bytes], value: object) -> None:
    """Write one frame and flush it."""
    stream.write(pack(value))
    stream.flush()


def read(stream: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was packed
    """Read one frame; EOFError where the other end has closed."""
    payload_bytes = int.from_bytes(_exactly(stream, LENGTH_BYTES), "big")
    return unpack(_exactly(stream, payload_bytes))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


async def read_async(stream: asyncio.StreamReader) -> Any:  # noqa: ANN401 - whatever was packed
    """Read one frame; asyncio.IncompleteReadError where the other end has closed."""
    payload_bytes = int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big")
    return unpack(await stream.readexactly(payload_bytes))
