"""What to put into documents: tokens that end or open things, addresses, numbers, encodings."""

from __future__ import annotations

import functools
import importlib.util

from tests.end_to_end.processes import ROOT

VECTORS = ROOT.parent / "shared" / "hostile" / "xss_vectors.py"
NUMBERS = (
    b"9" * 400,
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"Infinity",
    b"2147483648",
    b"1" * 5000,
    b"18446744073709551616",
    b"00000000000000001",
    b"0x7f",
    b"99999-13-45T99:99:99Z",
    "٣".encode(),
)
ADDRESSES = (
    b"javascript:alert(1)",
    b"JaVa\tScRiPt:alert(1)",
    b"data:text/html,<script>alert(1)</script>",
    b"//evil.example/x",
    b"http://[::1/x",
    b"http://",
    b"https:///x",
    b"http://user:pw@h.example/",
    b"file:///etc/passwd",
    b"http://h.example:99999999/",
    b"http://h.example/\x00\x01\r\nSet-Cookie: a",
    b'http://h.example/" onmouseover=alert(1) x="',
    b"vbscript:x",
    b"feed:javascript:alert(1)",
    b"http://h.example/<script>alert(1)</script>",
    b"http:\\\\evil.example\\",
    b"http://\xe2\x98\x83.example/",
    b"mailto:a@b.example",
    b"tag:x,2026:1",
    b"?q=" + b"a" * 9000,
    b"../../../../etc/cron.d/x",
    b"http://xn--/",
    b"http://1.2.3.4.5/",
    b"view-source:http://h.example/",
    b"blob:http://h.example/1",
)
TOKENS = (
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"--!>",
    b"<?xml",
    b"?>",
    b"<?x <img src=x onerror=alert(1)>?>",
    b"&#0;",
    b"&#x110000;",
    b"&#xD800;",
    b"&#xFFFE;",
    b"&#11;",
    b"&amp;lt;script&amp;gt;",
    b"&nbsp;",
    b"&nosuch;",
    b"&",
    b"&#" + b"9" * 5000 + b";",
    b"&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    b"\x00",
    b"\x0b",
    b"\x1b[31m",
    b"\x7f",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xef\xbf\xbe",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\xf4\x90\x80\x80",
    b"\r",
    b"\t" * 50,
    b" " * 3000,
    b"<item>",
    b"</item>",
    b"<entry>",
    b"</entry>",
    b"</channel>",
    b"</rss>",
    b"</feed>",
    b"<title>",
    b"<guid>",
    b"<link/>",
    b"<a:b>",
    b"<svg>",
    b"<math>",
    b"<svg/onload=alert(1)>",
    b"<plaintext>",
    b"<script>alert(1)</script>",
    b"<img src=x onerror=alert(1)>",
    b"<base href='//evil.example/'>",
    b"<textarea>",
    b"<style>",
    b"<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    b"<template>",
    b"<select><option>",
    b"<form><input name=x>",
    b"<iframe srcdoc='<script>1</script>'>",
    b"<meta http-equiv=refresh content='0;url=//evil.example/'>",
    b"<link rel=stylesheet href=//evil.example/>",
    b"<p style='position:fixed' onclick=alert(1) id=x name=y>",
    b"<a href='java&#10;script:alert(1)'>x</a>",
    b" xmlns:a='b'",
    b" xmlns='http://www.w3.org/1999/xhtml'",
    b" xml:base='http://['",
    b" type='xhtml'",
    b" type='html'",
    b" type='text'",
    b" mode='base64'",
    b" isPermaLink='true'",
    b" xml:lang='x-" + b"a" * 90 + b"'",
    b"'",
    b'"',
    b"<",
    b">",
    b"=",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b",",
    b"null",
    b"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    b"<!DOCTYPE html>",
    b"<html><body>",
    b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>",
    b"{{ 7*7 }}{% include '/etc/passwd' %}",
    b'=HYPERLINK("//evil.example/")',
    b"%0d%0aSet-Cookie: a=b",
)
ENCODINGS = (
    "utf-16-le",
    "utf-16-be",
    "utf-16",
    "utf-32",
    "utf-7",
    "latin-1",
    "cp1252",
    "koi8-r",
    "shift_jis",
    "gb18030",
    "iso2022_jp",
    "base64",
    "zlib",
    "idna",
    "unicode_escape",
    "nonesuch",
    "utf-8-sig",
    "cp037",
)
LAUGHS = (
    b"<!DOCTYPE rss [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@functools.cache
def attacks() -> tuple[bytes, ...]:
    """Return known attacks on HTML: those beside the project where they are, and our own."""
    own = tuple(token for token in TOKENS if b"alert(1)" in token)
    if not VECTORS.is_file():
        return own
    spec = importlib.util.spec_from_file_location("xss_vectors", VECTORS)
    if spec is None or spec.loader is None:
        return own
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return (*own, *(vector.encode() for vector in module.VECTORS))
