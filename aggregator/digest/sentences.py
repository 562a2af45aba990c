"""A text's sentences, word for word, as they may be quoted or compared.

Knows no language: a sentence ends at a stop of its script, or with its paragraph.
"""

from __future__ import annotations

import re

from aggregator.digest.words import plain

MAX_CHARS = 8_000  # of one text: the news stands at its head
_BLOCK_END = re.compile(
    r"<(?:br|hr|/?(?:p|div|li|ul|ol|h[1-6]|blockquote|figure|figcaption|table|tr|td|pre))\b[^<>]*>"
)
_CLOSERS = "\"'\u201d\u2019\u00bb)\\]\u300d\u300f\uff09"
_STOPS = ".!?\u2026\u061f\u06d4\u0964\u3002\uff01\uff1f"
# Stops of Latin script end a sentence only before white space; others wherever they stand.
_END = re.compile(
    rf"(?:[.!?\u2026]+[{_CLOSERS}]*(?=\s|$))|(?:[\u061f\u06d4\u0964\u3002\uff01\uff1f]+[{_CLOSERS}]*)"
)
# "Mr.", "St.", "U.S.", "J.": a short word with a capital, or letters with stops between them.
_SHORT_FORM = re.compile(r"(?:^|[\s(\"'\u201c\u2018])(?:[^\W\d_a-z]\w{0,2}|(?:\w\.)+\w|\d+)\.$")


def sentences(markup: str) -> list[str]:
    """Return the sentences of sanitised HTML or plain text in order, white space made one.

    What a paragraph ends with counts as one even without a stop; `is_whole` tells.
    """
    text = _BLOCK_END.sub("\n", markup[:MAX_CHARS])
    blocks = (" ".join(plain(block).split()) for block in text.split("\n"))
    return [sentence for block in blocks if block for sentence in _of_block(block)]


def _of_block(block: str) -> list[str]:
    found, start = [], 0
    for stop in _END.finditer(block):
        following = block[stop.end() :].lstrip()[:1]
        if following.islower() or (following and _SHORT_FORM.search(block[start : stop.end()])):
            continue
        found.append(block[start : stop.end()].strip())
        start = stop.end()
    if rest := block[start:].strip():
        found.append(rest)
    return found


def is_whole(sentence: str) -> bool:
    """Tell whether a sentence ends as sentences do, so that it is no headline or label."""
    return sentence.rstrip(_CLOSERS.replace("\\", ""))[-1:] in set(_STOPS)
