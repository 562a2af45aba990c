"""Bytes of any encoding come in; UTF-8 with only XML 1.0's characters goes out.

Encodings lie (a charset of the server's default, a declaration copied from another file), so
bytes that are valid UTF-8 are taken as UTF-8 whatever was declared. It must not guess by
statistics: the same bytes of one entry must read the same whatever else stands in the document.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (  # the longer marks first: UTF-32-LE begins with UTF-16-LE's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_WIDE: Final = (  # "<" and "{" without a mark (XML 1.0 appendix F)
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<\0", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0{\0", "utf-16-be"),
    (b"{\0", "utf-16-le"),
)
# Only true encodings of text: Python also calls base64, zlib and idna codecs. UTF-7 is left out
# because it smuggles markup past every check.
_ALLOWED: Final = frozenset(
    {"gb18030", "gbk", "big5", "big5hkscs", "euc_jp", "shift_jis", "cp932", "iso2022_jp"}
    | {"euc_kr", "cp949", "johab", "koi8-r", "koi8-u", "tis-620", "mac-roman", "mac-cyrillic"}
    | {"cp437", "cp850", "cp852", "cp866", "cp874"}
    | {f"cp125{digit}" for digit in range(9)}
    | {f"iso8859-{part}" for part in range(1, 17) if part != 12}  # noqa: PLR2004 there is no part 12
)
# What pages mean by these names (WHATWG Encoding Standard, "names and labels").
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_DECLARED: Final = re.compile(
    rb"^\s{0,100}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._:-]{1,40})[\"']"
)
_ESCAPE: Final = b"\x1b"  # ISO-2022-JP is made of ASCII bytes and these
_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 13})
_NONCHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE, U+FFFF
MAX_MENDED_BYTES = 1_000  # more invalid places than this: the document is no UTF-8 at all


def to_utf8(body: bytes, *, content_type: str = "") -> bytes:
    """Return the document as UTF-8, without a byte order mark and without control characters."""
    data = _decoded(body, content_type).translate(None, _CONTROLS)
    if b"\xef\xbf" in data:
        for noncharacter in _NONCHARACTERS:
            data = data.replace(noncharacter, b"")
    return data


def _decoded(body: bytes, content_type: str) -> bytes:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _recoded(body[len(mark) :], encoding)
    start = body[:64].lstrip(b" \t\r\n")
    for sign, encoding in _WIDE:
        if start.startswith(sign):
            return _recoded(body, encoding)
    return _narrow(body, content_type)


def _recoded(body: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        return _narrow(body, "")
    text = body.decode(encoding, "replace")
    return text.encode("utf-8", "replace")


def _narrow(body: bytes, content_type: str) -> bytes:
    labels = _labels(body, content_type)
    if _is_utf8(body):
        if _ESCAPE in body and "iso2022_jp" in labels:
            return body.decode("iso2022_jp", "replace").encode()
        return body
    for label in labels:
        try:
            return body.decode(label).encode()
        except UnicodeDecodeError:
            continue
    return _mended(body, labels)


def _labels(body: bytes, content_type: str) -> tuple[str, ...]:
    """Return the encodings declared, the server's word first (RFC 7303 section 3)."""
    found = []
    if match := _CHARSET.search(content_type):
        found.append(match[1])
    if declared := _DECLARED.match(body):
        found.append(declared[1].decode("ascii"))
    return tuple(name for name in map(codec_name, found) if name)


def codec_name(label: str) -> str:
    """Return Python's name of a declared encoding of text, "" where it is none or is UTF."""
    if not _LABEL.fullmatch(label):
        return ""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    name = _MEANT.get(name, name)
    return name if name in _ALLOWED else ""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mended(body: bytes, labels: tuple[str, ...]) -> bytes:
    """Return mostly valid UTF-8 with its stray bytes read as Windows-1252.

    One entry pasted from another encoding must not spoil its neighbours.
    """
    view, pieces, start = memoryview(body), [], 0
    for _ in range(MAX_MENDED_BYTES):
        try:
            codecs.utf_8_decode(view[start:], "strict", True)  # noqa: FBT003 positional in codecs
        except UnicodeDecodeError as error:
            bad, after = start + error.start, start + error.end
            stray = body[bad:after].decode("cp1252", "replace").encode()
            pieces += [body[start:bad], stray]
            start = after
        else:
            return b"".join([*pieces, body[start:]])
    return body.decode(labels[0] if labels else "cp1252", "replace").encode()
