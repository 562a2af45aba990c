from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.decode import MAX_MENDED_BYTES, codec_name, to_utf8

TEXT = "<rss>Café ☃</rss>"
RUSSIAN = "<rss>Мир</rss>"
JAPANESE = "<rss>日本</rss>"


def declared(encoding: str, text: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)


UNMARKED = {
    "utf-8": (TEXT.encode(), ""),
    "utf-8 with a mark": (codecs.BOM_UTF8 + TEXT.encode(), ""),
    "utf-16 with a mark": (TEXT.encode("utf-16"), ""),
    "utf-16-be with a mark": (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ""),
    "utf-32 with a mark": (TEXT.encode("utf-32"), ""),
    "utf-16-le without a mark": (TEXT.encode("utf-16-le"), ""),
    "utf-16-be without a mark": (TEXT.encode("utf-16-be"), ""),
    "utf-8 called latin-1 by the server": (TEXT.encode(), "text/xml; charset=iso-8859-1"),
}


@pytest.mark.parametrize(("body", "content_type"), UNMARKED.values(), ids=UNMARKED.keys())
def test_unicode_is_told_by_its_bytes(body: bytes, content_type: str) -> None:
    assert to_utf8(body, content_type=content_type).decode() == TEXT


def test_the_declaration_is_believed_where_the_bytes_are_not_utf8() -> None:
    assert "Мир" in to_utf8(declared("windows-1251", RUSSIAN)).decode()


def test_the_server_is_believed_before_the_declaration() -> None:
    body = RUSSIAN.encode("koi8-r")

    assert to_utf8(body, content_type='text/xml; charset="KOI8-R"').decode() == RUSSIAN


def test_a_declaration_that_does_not_fit_gives_way_to_the_next() -> None:
    body = declared("shift_jis", JAPANESE)

    assert "日本" in to_utf8(body, content_type="text/xml; charset=euc-kr").decode()


def test_latin_1_means_windows_1252() -> None:
    body = b'<?xml version="1.0" encoding="iso-8859-1"?><rss>\x93x\x94 \xe9</rss>'

    assert "“x” é" in to_utf8(body).decode()


def test_japanese_escapes_are_read_as_declared() -> None:
    assert "日本" in to_utf8(declared("iso-2022-jp", JAPANESE)).decode()


def test_a_stray_byte_does_not_spoil_its_neighbours() -> None:
    body = "Café ".encode() + b"\xe9t\xe9 \x93"

    assert to_utf8(body).decode() == "Café été “"


def test_many_stray_bytes_make_the_document_windows_1252() -> None:
    body = b"\xe9 " * (MAX_MENDED_BYTES + 1)

    assert to_utf8(body).decode() == "é " * (MAX_MENDED_BYTES + 1)


@pytest.mark.parametrize("label", ["base64", "zlib_codec", "idna", "utf-7", "nonesuch", "a b", ""])
def test_no_encoding_of_text_is_no_encoding(label: str) -> None:
    assert codec_name(label) == ""


def test_utf7_smuggles_nothing() -> None:
    body = b"<?xml version='1.0' encoding='utf-7'?><rss>+ADw-script+AD4-</rss>"

    assert b"<script" not in to_utf8(body, content_type="text/xml; charset=utf-7")


@given(st.binary(max_size=200))
def test_any_bytes_give_utf8_without_forbidden_characters(body: bytes) -> None:
    text = to_utf8(body).decode()

    assert not any(ord(sign) < 32 and sign not in "\t\n\r" for sign in text)
    assert "\ufffe" not in text
    assert "\uffff" not in text


def test_noncharacters_are_taken_out() -> None:
    assert to_utf8("a\ufffe\uffff\x0bb".encode()) == b"ab"
