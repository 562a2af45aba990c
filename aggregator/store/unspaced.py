"""Scripts written without spaces: their signs are cut apart, so that each is found as a word is.

A word of such a script is then a phrase of its signs, wherever in a run it stands. The store's
search index and a question are cut alike; the words that are shown never are. Databases hold
indexes made with these signs and marks: to change them takes another step of the schema.
"""

from __future__ import annotations

import re
from typing import Final

SEPARATOR: Final = "\x1f"  # one byte, and nothing to the index but the end of a word

# What is written onto the sign before it and is no letter to SQLite: "ดี" is not "ดู".
_MARK_RANGES = (
    *((0x0E31, 0x0E31), (0x0E34, 0x0E3A), (0x0E47, 0x0E4E)),  # Thai
    *((0x0EB1, 0x0EB1), (0x0EB4, 0x0EBC), (0x0EC8, 0x0ECE)),  # Lao
    *((0x102B, 0x103E), (0x1056, 0x1059), (0x105E, 0x1060), (0x1062, 0x1064)),  # Burmese
    *((0x1067, 0x106D), (0x1071, 0x1074), (0x1082, 0x108D), (0x108F, 0x108F), (0x109A, 0x109D)),
    *((0x17B4, 0x17D3), (0x17DD, 0x17DD)),  # Khmer
)
MARKS: Final = "".join(chr(code) for first, last in _MARK_RANGES for code in range(first, last + 1))

# Hangul has spaces, but its words carry their particles with them and stand in compounds.
_SIGNS = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\uff66-\uff9f"  # kana, zhuyin
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\uac00-\ud7af"  # Hangul
    "\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\ua000-\ua4cf\ua980-\ua9df\uaa60-\uaadf"  # rarer ones
)
_SIGN = re.compile(f"[{_SIGNS}]")
# Before each sign, and where a run of them ends in a letter or digit of another script.
_BORDER = re.compile(rf"(?![{MARKS}])(?=[{_SIGNS}])|(?<=[{_SIGNS}])(?=[^\W{_SIGNS}])")


def cut(text: str) -> str:
    """Return a text with a separator before each unspaced sign; itself where it has none."""
    if text.isascii() or not _SIGN.search(text):
        return text
    return _BORDER.sub(SEPARATOR, text)
