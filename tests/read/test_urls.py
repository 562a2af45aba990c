from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.read.urls import MAX_URL_CHARS, absolute, is_absolute, leads_nowhere

BASE = "https://feeds.example/news/rss.xml"

RESOLVED = {
    "absolute stays as given": ("http://A.example/b/../c?x=1&y=#z", None),
    "non-ascii path stays as given": ("https://a.example/Ünïcode/мир", None),
    "bare host stays as given": ("https://a.example", None),
    "port stays as given": ("http://a.example:8080/x", None),
    "relative": ("a.html", "https://feeds.example/news/a.html"),
    "root-relative": ("/a", "https://feeds.example/a"),
    "without a scheme": ("//b.example/a", "https://b.example/a"),
    "query only": ("?a=1", "https://feeds.example/news/rss.xml?a=1"),
    "blanks around": ("  https://a.example/x \n", "https://a.example/x"),
    "blank inside": ("https://a.example/x y", "https://a.example/x%20y"),
    "line break inside": ("https://a.example/x\ny", "https://a.example/xy"),
    "quotes inside": ('https://a.example/"><b>', "https://a.example/%22%3E%3Cb%3E"),
    "direction marks inside": ("https://a.example/\u202etxt", "https://a.example/%E2%80%AEtxt"),
    "credentials": ("https://me:secret@a.example/x", "https://a.example/x"),
    "upper-case scheme": ("HTTPS://a.example/x", "https://a.example/x"),
    "international host": ("https://bücher.example/", "https://xn--bcher-kva.example/"),
}
REFUSED = {
    "nothing": "",
    "a fragment": "#top",
    "a fragment after a control": "\x01#top",
    "script": "javascript:alert(1)",
    "script with a control": "java\nscript:alert(1)",
    "feed scheme": "feed:https://a.example/",
    "data": "data:text/html,x",
    "file": "file:///etc/passwd",
    "mail": "mailto:me@a.example",
    "tag": "tag:a.example,2024:1",
    "broken IPv6": "http://[::1/x",
    "no host": "http://",
    "lone surrogate": "https://a.example/\ud800",
    "too long": "https://a.example/" + "x" * MAX_URL_CHARS,
    "too long once resolved": "/" + "é" * (MAX_URL_CHARS // 2),
}


@pytest.mark.parametrize(("url", "expected"), RESOLVED.values(), ids=RESOLVED.keys())
def test_a_web_address_is_made_absolute(url: str, expected: str | None) -> None:
    assert absolute(url, BASE) == (url if expected is None else expected)


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert absolute(url, BASE) == ""


@pytest.mark.parametrize("base", ["", "nonsense", "mailto:x@a.example"])
def test_a_useless_base_leaves_absolute_addresses_alone(base: str) -> None:
    assert absolute("https://a.example/x", base) == "https://a.example/x"
    assert absolute("x.html", base) == ""


@given(st.text(max_size=60), st.sampled_from(["", BASE]))
def test_every_result_is_one_clean_web_address(text: str, base: str) -> None:
    url = absolute(text, base)

    assert not url or re.fullmatch(r"https?://[^\x00-\x20\x7f\"<>]+", url)


def test_is_absolute_tells_a_web_address() -> None:
    assert is_absolute(" HTTPS://a.example")
    assert not is_absolute("urn:uuid:1")


@pytest.mark.parametrize(
    ("url", "nowhere"),
    [
        ("", True),
        (" \n", True),
        ("#", True),
        ("#a\nb", True),
        ("\0#a", True),
        ("?", False),
        ("a#b", False),
        ("https://a.example/#b", False),
    ],
)
def test_what_names_no_other_document_leads_nowhere(url: str, *, nowhere: bool) -> None:
    assert leads_nowhere(url) is nowhere
