"""Documents to bend: feeds of all four forms that use much of their format, and captured ones.

The captured ones lie beside the project and are no part of it. Big ones are cut to a few of their
entries: what bends one entry bends a hundred, and small documents are read ten times as often.
"""

from __future__ import annotations

import functools
import json
import re
import tarfile
from pathlib import Path
from random import Random

from tests.end_to_end.corpus import PACKED

KEPT_ENTRIES = 3
MAX_SEED_BYTES = 12_000
XML_ENTRY = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.DOTALL)

DATA = Path(__file__).with_name("data")
OWN = tuple(path.read_bytes() for path in sorted(DATA.iterdir()))


@functools.cache
def documents() -> tuple[bytes, ...]:
    """Return every document to bend, own ones first; the same ones for the same corpus."""
    return (*OWN, *_captured())


def _captured() -> list[bytes]:
    if not PACKED.is_file():
        return []
    with tarfile.open(PACKED) as packed:
        # in the order of the archive: going back in it means unpacking it again
        bodies = {
            member.name: file.read() for member in packed if (file := packed.extractfile(member))
        }
    cut = [cut_down(bodies[name], Random(name)) for name in sorted(bodies)]  # noqa: S311
    return [body for body in cut if len(body) <= MAX_SEED_BYTES]


def cut_down(body: bytes, rng: Random) -> bytes:
    """Return the document with at most three of its entries, the shorter ones more likely."""
    if body.lstrip()[:1] == b"{":
        return _json_cut_down(body)
    entries = list(XML_ENTRY.finditer(body))
    if len(entries) <= KEPT_ENTRIES:
        return body
    short = sorted(entries, key=lambda entry: len(entry[0]))[: 2 * KEPT_ENTRIES]
    kept = rng.sample(short, KEPT_ENTRIES)
    start, end = entries[0].start(), entries[-1].end()
    return body[:start] + b"".join(entry[0] for entry in kept) + body[end:]


def _json_cut_down(body: bytes) -> bytes:
    try:
        feed = json.loads(body)
        feed["items"] = feed["items"][:KEPT_ENTRIES]
    except (ValueError, KeyError, TypeError):
        return body
    return json.dumps(feed, ensure_ascii=False).encode()
