"""An address as a QR code: squares for a drawing that needs neither script nor style. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4  # modules of light around the code (ISO/IEC 18004 section 6.3.8)
MOST_CHARACTERS = 500  # a longer address makes a code too fine for a telephone to read


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code as an SVG path of strokes, one unit high, on a square of so many units."""

    size: int
    path: str


def code(address: str) -> Code | None:
    """Return the address as a QR code that can lose 15 % of itself; None for one too long."""
    if not address or len(address) > MOST_CHARACTERS:
        return None
    made = segno.make_qr(address, error="m", boost_error=False)
    rows = enumerate(made.matrix, start=QUIET)
    path = "".join(_strokes(y, bytes(row)) for y, row in rows)
    return Code(size=len(made.matrix) + 2 * QUIET, path=path)


def _strokes(y: int, row: bytes) -> str:
    """Return the dark runs of a row, each drawn from where the last one ended."""
    told, gap = f"M{QUIET} {y}.5", 0
    for is_dark, run in groupby(row):
        width = len(list(run))
        if is_dark:
            told += (f"m{gap} 0" if gap else "") + f"h{width}"
            gap = 0
        else:
            gap = width
    return told
