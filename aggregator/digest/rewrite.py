"""Whether a published entry was really rewritten: the only thing that moves `updated`.

Compares with the words as they stood when `updated` last moved, so that many small touches in a
row count together. It never looks at coverage, dates, markup or punctuation.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from aggregator.digest.words import plain, text_words, title_words

if TYPE_CHECKING:
    from aggregator.model import Entry, Publication

# A corrected name or a few other words of a news text of 100 distinct words stay above 0.9; a new
# sentence of twelve words or another standfirst falls below it. Of 147 entries captured twice the
# two that outlets touched kept 0.95 and more of their words (`bench/corrections.py`).
SAME_WORDS = 0.9
_HASH_BYTES = 4
# The smallest hashes of a word set estimate how far two sets overlap (Broder's bottom-k sketch).
# Exact up to 256 words; above, the standard error at 0.9 is 0.02. At most 1 kB a publication.
_SKETCH_WORDS = 256
_HASHES_KEPT = 20_000  # about 3 MB; words follow Zipf's law, so nearly every look-up hits


def sketch(entry: Entry) -> bytes:
    """Return the entry's words in brief, in steps of four bytes, sorted."""
    words = text_words(plain(entry.content) or entry.summary)
    hashes = sorted(set(map(_word_hash, words)))
    return b"".join(hashes[:_SKETCH_WORDS])


@lru_cache(maxsize=_HASHES_KEPT)
def _word_hash(word: str) -> bytes:
    return hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=_HASH_BYTES).digest()


def similarity(a: bytes, b: bytes) -> float:
    """Return the share of words that two sketches have in common, from 0 to 1."""
    left, right = _hashes(a), _hashes(b)
    smallest = sorted(left | right)[:_SKETCH_WORDS]
    if not smallest:
        return 1.0
    return len(left & right & set(smallest)) / len(smallest)


def _hashes(packed: bytes) -> frozenset[bytes]:
    return frozenset(packed[i : i + _HASH_BYTES] for i in range(0, len(packed), _HASH_BYTES))


def is_rewritten(previous: Publication, title: str, *sketches: bytes) -> bool:
    """Tell whether title or text say something else than when `updated` last moved.

    Titles are compared where the outlet wrote both: what stands for none moves with the text.
    Of several sketches of one text, such as with and without what its feed repeats around it, it is
    enough that one is as it was: that something was found to be clutter is no news.
    """
    if is_retitled(previous, title):
        return True
    return all(similarity(previous.lead_hash, words) < SAME_WORDS for words in sketches)


def is_retitled(previous: Publication, title: str) -> bool:
    """Tell whether the outlet wrote a title before and now, and another one now; "" is none."""
    wrote_both = bool(title and previous.source.title)
    return wrote_both and title_words(previous.title) != title_words(title)
