"""A feed document in pieces: what stands before its entries, each entry, what stands after. Pure.

It knows how our own documents are laid out, and reads no other: each entry begins and ends on a
line of its own, at a depth where nothing else can (texts hold no bare "<" and, in JSON, no line's
end). A document that does not look like that comes in no pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath

MARK_BYTES = 8  # 64 bits: two of a digest's entries never share one by chance
_ENTRIES = {
    ".atom": re.compile(rb"\n <entry[ >].*?\n </entry>", re.DOTALL),
    ".rss": re.compile(rb"\n  <item>.*?\n  </item>", re.DOTALL),
    ".json": re.compile(rb"\n  \{\n.*?\n  \}", re.DOTALL),
}
_ITEMS = b'\n "items": ['  # of a JSON Feed; what stands before is no item
_COMMA = b","


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A document with its entries apart, in order."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes
    between: bytes  # what parts two entries

    def marks(self) -> frozenset[bytes]:
        """Return a mark for each entry's bytes: an entry that changes has another one."""
        return frozenset(map(mark, self.entries))

    def without(self, known: frozenset[bytes]) -> bytes | None:
        """Return the document with only the entries whose mark is not known.

        None where that leaves nothing out, or nothing at all.
        """
        fresh = [entry for entry in self.entries if mark(entry) not in known]
        if not fresh or len(fresh) == len(self.entries):
            return None
        return self.head + self.between.join(fresh) + self.tail


def mark(entry: bytes) -> bytes:
    """Return what an entry's bytes are known by."""
    return blake2b(entry, digest_size=MARK_BYTES).digest()


def cut(document: bytes, name: str) -> Pieces | None:
    """Return the pieces of a document of ours, by its file's name; None where it has none."""
    suffix = PurePosixPath(name).suffix
    pattern = _ENTRIES.get(suffix)
    start = document.find(_ITEMS) + len(_ITEMS) if suffix == ".json" else 0
    if pattern is None or (suffix == ".json" and start < len(_ITEMS)):
        return None
    found = list(pattern.finditer(document, start))
    if not found:
        return None
    between = _COMMA if suffix == ".json" else b""
    ends = [one.end() for one in found]
    if any(
        document[end : one.start()] != between for end, one in zip(ends, found[1:], strict=False)
    ):
        return None
    return Pieces(
        head=document[: found[0].start()],
        entries=tuple(one[0] for one in found),
        tail=document[ends[-1] :],
        between=between,
    )
