"""Bends documents: the same seed and number give the same bytes wherever they are made.

It knows nothing of how a document is read; it only makes bytes.
"""

from __future__ import annotations

import html
import json
import re
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fuzz import seeds
from tests.fuzz.nasty import ADDRESSES, ENCODINGS, LAUGHS, NUMBERS, TOKENS, attacks

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_STEPS = 6
MAX_DOCUMENT_BYTES = 300_000
MAX_COPIES = 60
ELEMENT = re.compile(rb"<([A-Za-z][\w:.-]{0,30})(?:\s[^<>]{0,300})?>[^<]{0,400}</\1\s*>")
TAG_END = re.compile(rb">")
ATTRIBUTE = re.compile(rb"=(\"[^\"<>]{0,300}\"|'[^'<>]{0,300}')")
NUMBER = re.compile(rb"\d+")
ADDRESS = re.compile(rb"https?://[^\s\"'<>]{1,200}")
DECLARED = re.compile(rb"encoding=[\"'][^\"']*[\"']")


def document(seed: int, number: int) -> bytes:
    """Return the document with this number, bent in one to six steps."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 - repeatable on purpose
    body = _chosen(rng)
    for _ in range(rng.randint(1, MAX_STEPS)):
        bend = rng.choices(BENDS, WEIGHTS)[0]
        body = bend(body, rng)[:MAX_DOCUMENT_BYTES]
    return body


def _chosen(rng: Random) -> bytes:
    """Return a document to bend: an own one every third time."""
    some = seeds.OWN if rng.random() < 1 / 3 else seeds.documents()
    return rng.choice(some)


def _place(body: bytes, rng: Random) -> int:
    return rng.randrange(len(body) + 1)


def _span(body: bytes, rng: Random, most: int) -> tuple[int, int]:
    start = _place(body, rng)
    return start, min(len(body), start + rng.randint(1, most))


def _found(pattern: re.Pattern[bytes], body: bytes, rng: Random) -> re.Match[bytes] | None:
    """Return a match somewhere in the document: the first after a random place, or at all."""
    return pattern.search(body, _place(body, rng)) or pattern.search(body)


def flip(body: bytes, rng: Random) -> bytes:
    """Change a few bytes."""
    changed = bytearray(body)
    for _ in range(rng.randint(1, 8) if body else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def truncate(body: bytes, rng: Random) -> bytes:
    """Leave out the end."""
    return body[: _place(body, rng)]


def cut(body: bytes, rng: Random) -> bytes:
    """Leave out a piece."""
    start, end = _span(body, rng, 200)
    return body[:start] + body[end:]


def copy(body: bytes, rng: Random) -> bytes:
    """Put a piece somewhere else as well."""
    start, end = _span(body, rng, 400)
    at = _place(body, rng)
    return body[:at] + body[start:end] + body[at:]


def put_token(body: bytes, rng: Random) -> bytes:
    """Put something nasty anywhere."""
    at = _place(body, rng)
    return body[:at] + rng.choice(TOKENS) + body[at:]


def put_behind_tag(body: bytes, rng: Random) -> bytes:
    """Put something nasty where text stands, raw, escaped or in CDATA."""
    found = _found(TAG_END, body, rng)
    at = found.end() if found else len(body)
    return body[:at] + _dressed(rng.choice((*TOKENS, *attacks())), rng) + body[at:]


def put_attack(body: bytes, rng: Random) -> bytes:
    """Replace the text of an element with a known attack."""
    found = _found(ELEMENT, body, rng)
    if not found:
        return put_token(body, rng)
    start = body.index(b">", found.start()) + 1
    end = body.rindex(b"</", start, found.end())
    return body[:start] + _dressed(rng.choice(attacks()), rng) + body[end:]


def _dressed(token: bytes, rng: Random) -> bytes:
    match rng.randrange(4):
        case 0:
            return token
        case 1:
            return b"<![CDATA[" + token + b"]]>"
        case 2:
            return html.escape(token.decode("utf-8", "replace")).encode()
        case _:
            return html.escape(html.escape(token.decode("utf-8", "replace"))).encode()


def splice(body: bytes, rng: Random) -> bytes:
    """Go on with another document."""
    other = _chosen(rng)
    return body[: _place(body, rng)] + other[_place(other, rng) :]


def double(body: bytes, rng: Random) -> bytes:
    """Repeat an element, sometimes many times."""
    found = _found(ELEMENT, body, rng)
    if not found:
        return copy(body, rng)
    times = rng.choice((1, 2, MAX_COPIES))
    return body[: found.end()] + found[0] * times + body[found.end() :]


def nest(body: bytes, rng: Random) -> bytes:
    """Put an element into itself, or into many of its like."""
    found = _found(ELEMENT, body, rng)
    if not found:
        return copy(body, rng)
    name, depth = found[1], rng.choice((1, 5, 300))
    inner = (b"<%s>" % name) * depth + found[0] + (b"</%s>" % name) * depth
    return body[: found.start()] + inner + body[found.end() :]


def swap_attribute(body: bytes, rng: Random) -> bytes:
    """Give an attribute another value."""
    return _replaced(ATTRIBUTE, b'="%s"' % rng.choice((*TOKENS, *ADDRESSES)), body, rng)


def swap_address(body: bytes, rng: Random) -> bytes:
    """Lead an address astray."""
    return _replaced(ADDRESS, rng.choice(ADDRESSES), body, rng)


def swap_number(body: bytes, rng: Random) -> bytes:
    """Make a number huge, negative or none."""
    return _replaced(NUMBER, rng.choice(NUMBERS), body, rng)


def _replaced(pattern: re.Pattern[bytes], new: bytes, body: bytes, rng: Random) -> bytes:
    found = _found(pattern, body, rng)
    return body[: found.start()] + new + body[found.end() :] if found else put_token(body, rng)


def put_entities(body: bytes, rng: Random) -> bytes:
    """Declare entities that grow, and use them."""
    root = body.find(b"<", body.find(b"?>") + 1)
    body = body[: max(root, 0)] + LAUGHS + body[max(root, 0) :]
    found = _found(TAG_END, body, rng)
    at = found.end() if found else len(body)
    return body[:at] + rng.choice((b"&a;", b"&c;", b"&j;", b"%a;")) + body[at:]


def recode(body: bytes, rng: Random) -> bytes:
    """Write it in another encoding, or only say so."""
    name = rng.choice(ENCODINGS)
    if rng.random() < 1 / 2:
        body = DECLARED.sub(b'encoding="%s"' % name.encode(), body, count=1)
    if rng.random() < 1 / 3:
        return body
    try:
        return body.decode("utf-8", "replace").encode(name, "replace")
    except (LookupError, UnicodeError, TypeError, ValueError):
        return body


def bend_json(body: bytes, rng: Random) -> bytes:
    """Swap values of a JSON document; bend anything else as bytes."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return put_token(body, rng)
    for _ in range(rng.randint(1, 3)):
        tree = _bent(tree, rng)
    text = json.dumps(tree, ensure_ascii=rng.random() < 1 / 2)
    return text.encode("utf-8", "surrogatepass")


def _bent(tree: Any, rng: Random) -> Any:  # noqa: ANN401 - any JSON value
    """Return the tree with one of its values swapped, somewhere below."""
    if isinstance(tree, dict) and tree and rng.random() < 7 / 8:
        name = rng.choice(list(tree))
        other = rng.choice(list(tree)) if rng.random() < 1 / 8 else name
        return {**tree, other: _bent(tree[name], rng)}
    if isinstance(tree, list) and tree and rng.random() < 7 / 8:
        at = rng.randrange(len(tree))
        return [*tree[:at], _bent(tree[at], rng), *tree[at + rng.randrange(2) :]]
    return _json_value(tree, rng)


def _json_value(old: Any, rng: Random) -> Any:  # noqa: ANN401 - any JSON value
    nasty = rng.choice((*TOKENS, *ADDRESSES, *attacks())).decode("utf-8", "replace")
    return rng.choice(
        (
            None, True, -1, 2**70, 1e308, float("nan"), "", "\ud800", "\x00\ufffe",
            [], {}, [old] * 9,
            {"name": nasty}, [nasty], nasty, nasty, nasty, str(old)[:200] + nasty, _deep(rng),
        )
    )  # fmt: skip


def _deep(rng: Random) -> list[Any]:
    deep: list[Any] = []
    for _ in range(rng.choice((3, 90))):
        deep = [deep]
    return deep


BENDS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip, truncate, cut, copy, put_token, put_behind_tag, put_attack, splice, double, nest,
    swap_attribute, swap_address, swap_number, put_entities, recode, bend_json,
)  # fmt: skip
WEIGHTS = (6, 1, 4, 4, 8, 8, 8, 2, 3, 2, 5, 6, 4, 1, 2, 8)
