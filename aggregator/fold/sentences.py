"""A sample of the sentences of an entry's content: what two copies share beyond their summaries.

A wire text stands under many headlines and teasers; its sentences give it away. Nothing here
depends on other texts, and nothing is kept but 32-bit hashes.
"""

from __future__ import annotations

import re
from zlib import crc32

MAX_CHARACTERS = 4_000  # about 700 words: a copy shows in them, and they cost 40 us
MAX_SENTENCES = 24  # the smallest hashes of all, so that two samples hold the same ones: 96 bytes
# Shorter ones are said by many ("He declined to comment."). A character of a script without spaces
# is a word or half of one.
MIN_LETTERS = 32
MIN_LETTERS_DENSE = 10
MIN_BYTES_A_LETTER = 2.5  # in UTF-8, on average: dense scripts have three

_MARKUP = re.compile(r"<[^>]*>?")
_END = ". "
_AROUND = ".!?\"'\u201c\u201d\u2018\u2019"
_ENDS = ("! ", "? ", "\n", "\u3002", "\uff01", "\uff1f")


def sample(content: str) -> list[int]:
    """Return the smallest hashes of the sentences of some HTML, ascending; without any, none.

    Tags end a sentence: what is bold in one copy and plain in the other loses that sentence only.
    """
    text = _MARKUP.sub(_END, content[:MAX_CHARACTERS])
    for end in _ENDS:
        text = text.replace(end, _END)
    letters = ("".join(piece.split()).strip(_AROUND) for piece in text.lower().split(_END))
    hashes = {crc32(one.encode("utf-8", "replace")) for one in letters if _counts(one)}
    return sorted(hashes)[:MAX_SENTENCES]


def _counts(letters: str) -> bool:
    if len(letters) >= MIN_LETTERS:
        return True
    if len(letters) < MIN_LETTERS_DENSE or letters.isascii():
        return False
    return len(letters.encode("utf-8", "replace")) >= MIN_BYTES_A_LETTER * len(letters)
