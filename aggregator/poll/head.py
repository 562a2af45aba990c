"""Measures an answer's head as its bytes come in, and leaves out what nobody reads. Pure.

Cookies are thrown away, so their lines do not count against the limit: an honest server may send
80 kB of them. Up to `CEILING` times the limit in all, that is. So does what comes before the real
head, such as "103 Early Hints", of which there may be `MAX_BEFORE`.
"""

from __future__ import annotations

import re

CEILING = 2  # times the limit: cookies, and heads before the real one, included
MAX_BEFORE = 10  # of informational answers; honest servers send one or two
HTTP = b"HTTP/"
HEAD_END = re.compile(rb"\n\r?\n")  # h11 takes bare line ends too
END_TAIL_BYTES = 2  # of an end that may have begun in what came before
STATUS = re.compile(rb"HTTP/[0-9.]+ +1(?!01)[0-9][0-9]\b")  # 101 ends HTTP itself, so it is no hint
COOKIE = re.compile(rb"^set-cookie[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n", re.IGNORECASE | re.MULTILINE)


class HeadTooLargeError(Exception):
    """The head passes its limit."""

    def __init__(self, limit_bytes: int) -> None:
        """Keep the limit for the message."""
        super().__init__(f"over {limit_bytes} bytes of head")
        self.limit_bytes = limit_bytes


class Head:
    """The head of one answer, on its way in."""

    def __init__(self, limit_bytes: int) -> None:
        """Start with nothing."""
        self._limit_bytes = limit_bytes
        self._data = bytearray()
        self._looked_at = 0
        self._total_bytes = 0  # with heads that came before and were left out
        self._before = 0

    def feed(self, data: bytes) -> bytes | None:
        """Take what came and return the head and what follows it, or None where more must come.

        HeadTooLargeError beyond the limits. What is not HTTP comes back as it is.
        """
        self._data += data
        self._total_bytes += len(data)
        while self._is_http() and (end := self._end()):
            if not STATUS.match(self._data):
                return self._whole(end)
            self._leave_out(end)
        if not self._is_http():
            return self.rest()
        if self._total_bytes > self._limit_bytes:
            self._check(bytes(self._data))
        return None

    def rest(self) -> bytes:
        """Return what came when nothing more does."""
        data = bytes(self._data)
        self._data.clear()
        return data

    def _is_http(self) -> bool:
        return self._data[: len(HTTP)] == HTTP[: len(self._data)]

    def _end(self) -> int:
        found = HEAD_END.search(self._data, max(self._looked_at - END_TAIL_BYTES, 0))
        self._looked_at = len(self._data)
        return found.end() if found else 0

    def _leave_out(self, end: int) -> None:
        del self._data[:end]
        self._looked_at = 0
        self._before += 1
        if self._before > MAX_BEFORE:
            raise HeadTooLargeError(self._limit_bytes)

    def _whole(self, end: int) -> bytes:
        head, rest = bytes(self._data[:end]), bytes(self._data[end:])
        self._total_bytes -= len(rest)
        return self._check(head) + rest

    def _check(self, head: bytes) -> bytes:
        """Return the head without cookies, within the limits."""
        counted = COOKIE.sub(b"", head)
        is_over = len(counted) > self._limit_bytes
        if is_over or self._total_bytes > CEILING * self._limit_bytes:
            raise HeadTooLargeError(self._limit_bytes)
        return counted
